import { configJsonSchema } from './jsonSchema.ts'
import type { KeyPath } from './problem.ts'

type SchemaNode = {
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly items?: SchemaNode
  /** The forms that a value may have. */
  readonly anyOf?: readonly SchemaNode[]
}

/** The keys that are known below a path, in the order of the schema. */
export function knownKeys(path: KeyPath): readonly string[] {
  let node: SchemaNode | undefined = configJsonSchema()
  for (const key of path) node = typeof key === 'number' ? itemsOf(node) : propertiesOf(node)[key]
  return Object.keys(propertiesOf(node))
}

function propertiesOf(node: SchemaNode | undefined): NonNullable<SchemaNode['properties']> {
  return node?.properties ?? node?.anyOf?.find((form) => form.properties !== undefined)?.properties ?? {}
}

function itemsOf(node: SchemaNode | undefined): SchemaNode | undefined {
  return node?.items ?? node?.anyOf?.find((form) => form.items !== undefined)?.items
}

/** The place at which a key is known, when that is another one than `path`: `folders[].deletes`. */
export function elsewhere(path: KeyPath, key: string): string | undefined {
  return placesOf(key, configJsonSchema(), '').find((place) => place !== placeName(path))
}

function placesOf(key: string, node: SchemaNode, place: string): string[] {
  const inner = Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const below = place === '' ? name : `${place}.${name}`
    return child.items === undefined ? placesOf(key, child, below) : placesOf(key, child.items, `${below}[]`)
  })
  return node.properties?.[key] === undefined ? inner : [place, ...inner]
}

function placeName(path: KeyPath): string {
  return path.reduce<string>((name, key) => (typeof key === 'number' ? `${name}[]` : name === '' ? key : `${name}.${key}`), '')
}

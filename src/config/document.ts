import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml'
import type { KeyPath, Problem } from './problem.ts'

/** A parsed config text that still knows where everything stands. */
export type ConfigDocument = {
  /** What is wrong with the text as YAML. With `readable: false`, `value` says nothing. */
  readonly problems: readonly Problem[]
  readonly readable: boolean
  /** Every text value (never a key), to be replaced in place. */
  readonly texts: readonly Scalar<string>[]
  /** The plain value; a key without a value counts as absent. */
  value(): unknown
  /** The place of a value, or of the nearest key above it that is there. */
  at(path: KeyPath): { readonly line: number; readonly column: number }
  /** The place of a key itself. */
  atKey(path: KeyPath): { readonly line: number; readonly column: number }
  /** True when the key is there and has a value. */
  has(path: KeyPath): boolean
  /** The node of a text value, following aliases and merge keys. */
  textAt(path: KeyPath): Scalar | undefined
  atNode(node: Node): { readonly line: number; readonly column: number }
}

/** Parses YAML 1.2 with anchors and merge keys. Never throws. */
export function parseConfigText(text: string): ConfigDocument {
  const braces = hideBraces(text)
  const lines = new LineCounter()
  // `error`: the parser's own warnings on stderr quote the text, which may hold a key.
  const document = parseDocument(braces.text, { lineCounter: lines, prettyErrors: false, merge: true, logLevel: 'error' })
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const badAliases: Problem[] = []
  const texts: Scalar<string>[] = []
  visit(document, {
    Scalar(key, node) {
      if (typeof node.value !== 'string') return
      node.value = braces.restore(node.value)
      if (key !== 'key') texts.push(node as Scalar<string>)
    },
    Alias(_key, node, path) {
      const target = node.resolve(document)
      const at = place(node.range?.[0] ?? 0)
      if (target === undefined) badAliases.push({ ...at, message: 'this alias names no anchor' })
      else if (path.includes(target)) badAliases.push({ ...at, message: 'this alias names what it stands in' })
    },
  })
  if (badAliases.length === 0 && !canBeSpelledOut(document)) badAliases.push({ ...place(0), message: 'its aliases multiply into too much' })
  const problems = document.errors.map((error) => ({ ...place(error.pos[0]), message: yamlMessage(error.code, error.message) }))
  const fatal = document.errors.some((error) => error.code !== 'DUPLICATE_KEY') || badAliases.length > 0
  return {
    problems: fatal ? [...problems, ...badAliases].slice(0, 5) : problems,
    readable: !fatal,
    texts,
    value: () => withoutNulls(document.toJS()),
    at: (path) => place(offsetAt(document, path, 'value')),
    atKey: (path) => place(offsetAt(document, path, 'key')),
    has(path) {
      const { reached, whole } = walk(document, path)
      const value = reached.at(-1)?.value
      return whole && value !== null && value !== undefined && !(isScalar(value) && value.value === null)
    },
    textAt(path) {
      const { reached, whole } = walk(document, path)
      const value = reached.at(-1)?.value
      const node = isAlias(value) ? value.resolve(document) : value
      return whole && isScalar(node) ? node : undefined
    },
    atNode: (node) => place(node.range?.[0] ?? 0),
  }
}

/** The parser gives up on aliases of aliases of aliases: a short text that means millions of values. */
function canBeSpelledOut(document: Document.Parsed): boolean {
  if (document.errors.length > 0) return true
  try {
    document.toJS()
    return true
  } catch (error) {
    if (error instanceof ReferenceError) return false
    throw error
  }
}

/**
 * `${NAME}` unquoted inside `{ … }` or `[ … ]` is no YAML: the brace would begin a map. So the braces of every `${NAME}` become two characters
 * that the text does not use, and come back after parsing; lengths, and with them positions, stay.
 */
function hideBraces(text: string): { readonly text: string; restore(value: string): string } {
  const unused: string[] = []
  for (let code = 0xe000; unused.length < 2 && code < 0xf8ff; code++) {
    const character = String.fromCharCode(code)
    if (!text.includes(character)) unused.push(character)
  }
  const [open = '{', close = '}'] = unused
  return {
    text: text.replaceAll(/\$\{(\w+)\}/g, `$$${open}$1${close}`),
    restore: (value) => value.replaceAll(open, '{').replaceAll(close, '}'),
  }
}

function yamlMessage(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key is given twice'
  if (code === 'MULTIPLE_DOCS') return 'a second document starts here; a config is one document'
  // The parser quotes the text it stumbled over, which may hold a key.
  return `not valid YAML: ${message.replace(/: ".*$/s, '')}`
}

/** The nodes on the way to a value, as far as they are there; null for the way's missing end. */
function walk(document: Document.Parsed, path: KeyPath): { readonly reached: readonly Entry[]; readonly whole: boolean } {
  const reached: Entry[] = []
  let node: unknown = document.contents
  for (const key of path) {
    const entry = childOf(document, node, key)
    if (entry === undefined) return { reached, whole: false }
    reached.push(entry)
    node = entry.value
  }
  return { reached, whole: true }
}

type Entry = { readonly key: unknown; readonly value: unknown }

function childOf(document: Document.Parsed, node: unknown, key: string | number): Entry | undefined {
  const inside: unknown = isAlias(node) ? node.resolve(document) : node
  if (isSeq(inside)) return { key: undefined, value: inside.items[Number(key)] }
  if (!isMap(inside)) return undefined
  const pair = inside.items.find((item) => keyOf(item) === String(key))
  if (pair !== undefined) return pair
  const merged = inside.items.filter((item) => keyOf(item) === '<<').flatMap(({ value }) => (isSeq(value) ? value.items : [value]))
  return merged.map((source) => childOf(document, source, key)).find((entry) => entry !== undefined)
}

function offsetAt(document: Document.Parsed, path: KeyPath, want: 'key' | 'value'): number {
  const { reached, whole } = walk(document, path)
  const last = reached.at(-1)
  const empty = isScalar(last?.value) && last.value.value === null
  const target =
    whole && want === 'value' && !empty ? (startOf(last?.value) ?? startOf(last?.key)) : (startOf(last?.key) ?? startOf(last?.value))
  return target ?? startOf(document.contents) ?? 0
}

function keyOf(pair: Pair): string {
  if (!isScalar(pair.key)) return ''
  // The parser keeps the merge key as a symbol.
  return typeof pair.key.value === 'symbol' ? '<<' : String(pair.key.value)
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, withoutNulls(inner)]),
  )
}

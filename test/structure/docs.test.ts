import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type Command, type CommandGroup, wordOf } from '../../src/cli/command.ts'
import { SECTIONS } from '../../src/cli/commands.ts'
import { configJsonSchema } from '../../src/config/jsonSchema.ts'
import { EXIT } from '../../src/model/exitCode.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string): string => readFileSync(`${root}/${path}`, 'utf8')
const readme = read('README.md')
const { scripts, dependencies, devDependencies, files } = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  files: string[]
}

/** The cells of the tables below a heading, row by row, without the marks of code. */
function rowsBelow(heading: string): readonly (readonly string[])[] {
  const section = readme.split(/^## /m).find((one) => one.startsWith(`${heading}\n`))
  if (section === undefined) throw new Error(`the README has no section ${heading}`)
  return [...section.matchAll(/^\| `(.+?)` \| (.*) \|$/gm)].map(([, first = '', rest = '']) => [
    first,
    ...rest.split('|').map((cell) => cell.trim().replaceAll('`', '')),
  ])
}

type Leaf = { readonly key: string; readonly value: string }
type SchemaNode = {
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly items?: SchemaNode
  readonly default?: unknown
  readonly required?: readonly string[]
}

/** Every key of the config that holds a value, as the README writes it, with its default. */
function leavesOf(node: SchemaNode, place: string): readonly Leaf[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const key = place === '' ? name : `${place}.${name}`
    if (child.properties !== undefined) return leavesOf(child, key)
    if (child.items?.properties !== undefined) return leavesOf(child.items, `${key}[]`)
    return [
      { key, value: child.default === undefined ? '' : typeof child.default === 'string' ? child.default : JSON.stringify(child.default) },
    ]
  })
}

function commandNames(nodes: readonly (Command | CommandGroup)[]): readonly string[] {
  return nodes.flatMap((node) =>
    node.kind === 'command' ? wordOf(node) : node.commands.map((below) => `${wordOf(node)} ${wordOf(below)}`),
  )
}

const tree = SECTIONS.flatMap((section) => section.commands)

test('the command table lists every command, in the words of its help', () => {
  const abouts = tree.flatMap((node) => (node.kind === 'command' ? node.about : node.commands.map((below) => below.about)))
  const expected = commandNames(tree).map((name, i) => [name, abouts[i]?.replaceAll('`', '')])
  expect([...rowsBelow('Commands')].sort()).toEqual([...expected].sort())
})

test('the exit codes of the README are those of the program', () => {
  const line = readme.match(/^Exit codes: .*$/m)?.[0] ?? ''
  expect([...line.matchAll(/`(\d+)`/g)].map(([, code]) => Number(code))).toEqual(Object.values(EXIT))
})

test.each(['README.md', 'docs/service.md'])('every command line of %s can be typed', (file) => {
  const names = commandNames(tree)
  const text = read(file)
  const lines = [...text.matchAll(/(?:^|`)encord-sync ((?:[a-z]+ ?)+)/gm)].map(([, words = '']) => words.trim())
  expect(lines.length).toBeGreaterThan(0)
  expect(lines.filter((words) => !names.some((name) => words === name || words.startsWith(`${name} `)))).toEqual([])
  const npm = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name)
  expect(npm.filter((name) => !(name in scripts))).toEqual([])
})

test('the two commands for a fresh clone set everything up by themselves', () => {
  for (const name of ['demo', 'test']) expect(scripts[`pre${name}`]).toBe('node scripts/setup.mjs')
  expect(readme).toMatch(/^npm run demo .*\nnpm test /m)
})

test('the config table lists every key of the schema, in its order, with its default', () => {
  const rows = rowsBelow('Config').map(([key = '', value = '']) => ({ key, value }))
  // Defaults that depend on the system, and keys that have none.
  const said: Readonly<Record<string, string>> = {
    ledger: '~/.local/state/encord-sync/ledger.db',
    'folders[].path': 'required',
    'folders[].dataset': 'required',
  }
  expect(rows).toEqual(leavesOf(configJsonSchema() as SchemaNode, '').map(({ key, value }) => ({ key, value: said[key] ?? value })))
})

test('the dependency tables list exactly what package.json does, with the licence of each', () => {
  const licences = Object.keys({ ...dependencies, ...devDependencies }).map((name) => {
    const { license } = JSON.parse(read(`node_modules/${name}/package.json`)) as { license: string }
    return [name, license]
  })
  expect(rowsBelow('Dependencies').map(([name, , licence]) => [name, licence])).toEqual(licences)
})

test('the changelog has a section for what is not released yet', () => {
  const changelog = read('CHANGELOG.md')
  expect(changelog).toMatch(/^## \[Unreleased\]$/m)
  expect(changelog.match(/^## .*$/m)?.[0]).toBe('## [Unreleased]')
})

test('ARCHITECTURE.md names files that exist, and stays short', () => {
  const text = read('ARCHITECTURE.md')
  const named = [...text.matchAll(/`((?:[\w-]+\/)*[\w-]+(?:\.worker)?\.(?:ts|sql))`/g)].map(([, path = '']) => path)
  const places = ['src', 'src/sync', 'src/emulator', '.']
  expect(named.length).toBeGreaterThan(40)
  expect(named.filter((path) => !places.some((place) => existsSync(`${root}/${place}/${path}`)))).toEqual([])
  expect(text.split(/\s+/).length).toBeLessThan(1_300)
})

test.each(['README.md', 'ARCHITECTURE.md', 'SAFETY.md', 'docs/service.md'])(
  'links of %s to files of the project lead somewhere',
  (file) => {
    const targets = [...read(file).matchAll(/\]\(([^)#]+)[^)]*\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^https?:/.test(target))
    const base = file.includes('/') ? `${root}/docs` : root
    expect(targets.filter((target) => !existsSync(`${base}/${target}`))).toEqual([])
  },
)

test('everything that the package ships is there', () => {
  // dist is built.
  expect(files.filter((file) => file !== 'dist' && !existsSync(`${root}/${file}`))).toEqual([])
  expect(read('LICENSE')).toMatch(/^MIT License\n/)
})

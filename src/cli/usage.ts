import { distance } from 'fastest-levenshtein'
import type { Options } from 'yargs'
import { displayName } from '../model/displayName.ts'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import { COMMON_OPTIONS, type Command, type CommandGroup, wordOf } from './command.ts'

type Tree = readonly (Command | CommandGroup)[]

/**
 * What follows `--` is a path even when it starts with a dash. yargs never gives it to a named positional, so it is written as the
 * same path without the dash in front.
 */
export function withoutDashes(argv: readonly string[]): readonly string[] {
  const at = argv.indexOf('--')
  if (at < 0) return argv
  return [...argv.slice(0, at), ...argv.slice(at + 1).map((word) => (word.startsWith('-') ? `./${word}` : word))]
}

/**
 * Looks at parsed words before yargs does: a command that does not exist, an option that does not exist, an option given twice.
 * Each names what was perhaps meant. @throws UserError (2)
 */
export function checkUsage(tree: Tree, argv: Readonly<Record<string, unknown>>): void {
  const words = (argv['_'] as readonly unknown[]).map(String)
  const found = find(tree, words)
  const positionals = found.node?.kind === 'command' ? Object.keys(found.node.positionals) : []
  const options: Readonly<Record<string, Options>> = {
    ...COMMON_OPTIONS,
    help: {},
    h: {},
    ...(found.node?.kind === 'command' ? found.node.options : {}),
  }
  for (const [key, value] of Object.entries(argv)) {
    if (key === '_' || key === '$0' || positionals.includes(key)) continue
    const option = options[key]
    if (option === undefined) throw usageError(`unknown option ${dashed(key)}`, nearest(key, Object.keys(options)).map(dashed), found.path)
    if (Array.isArray(value) && option.array !== true) throw usageError(`${dashed(key)} was given more than once`, [], found.path)
  }
}

/** @returns the command the words lead to, or the group that still lacks one */
function find(tree: Tree, words: readonly string[]): { readonly node: Command | CommandGroup | null; readonly path: string } {
  const path: string[] = []
  let level: Tree = tree
  let node: Command | CommandGroup | null = null
  for (const word of words) {
    const next = level.find((one) => wordOf(one) === word)
    if (next === undefined) {
      const near = nearest(word, level.map(wordOf))
      throw usageError(
        `unknown command ${displayName([...path, word].join(' '))}`,
        near.map((one) => [...path, one].join(' ')),
        path.join(' '),
      )
    }
    path.push(word)
    node = next
    if (next.kind === 'command') break
    level = next.commands
  }
  return { node, path: path.join(' ') }
}

/** The words of the command that a command line begins with; '' when it does not begin with one. */
export function pathOf(tree: Tree, words: readonly string[]): string {
  return nodesOf(tree, words).map(wordOf).join(' ')
}

/** How the command that a command line begins with is typed, such as `deletes reject <id>`. */
export function usageOf(tree: Tree, words: readonly string[]): string {
  const nodes = nodesOf(tree, words)
  return nodes.map((node, index) => (index === nodes.length - 1 ? node.usage : wordOf(node))).join(' ')
}

function nodesOf(tree: Tree, words: readonly string[]): readonly (Command | CommandGroup)[] {
  const nodes: (Command | CommandGroup)[] = []
  let level = tree
  for (const word of words) {
    const next = level.find((one) => wordOf(one) === word)
    if (next === undefined) break
    nodes.push(next)
    level = next.kind === 'group' ? next.commands : []
  }
  return nodes
}

function nearest(word: string, names: readonly string[]): readonly string[] {
  const close = names
    .map((name) => ({ name, steps: name.startsWith(word) && word !== '' ? 1 : distance(word, name) }))
    .filter(({ name, steps }) => steps <= Math.max(1, Math.floor(name.length / 2)))
    .sort((a, b) => a.steps - b.steps)
  return close.slice(0, 1).map(({ name }) => name)
}

/** An error in how the command was typed; says what was perhaps meant. */
export function usageError(what: string, meant: readonly string[], commandPath: string): UserError {
  const [first] = meant
  return new UserError(EXIT.usage, {
    what: first === undefined ? what : `${what}: did you mean ${first}?`,
    notDone: 'nothing was done',
    next: ['encord-sync', commandPath, '--help'].filter((part) => part !== '').join(' '),
  })
}

function dashed(key: string): string {
  return `${key.length === 1 ? '-' : '--'}${displayName(key)}`
}

import type { Options } from 'yargs'
import { COMMON_OPTIONS, type Command, type CommandGroup, wordOf } from '../command.ts'

/** What may stand at the place of the cursor. */
export type Wanted =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'units' }
  | { readonly kind: 'folders' }
  | { readonly kind: 'batches' }
  /** The digest of a batch, by its id as it was typed. */
  | { readonly kind: 'digest'; readonly batch: string }
  | { readonly kind: 'files' }

/** Commands whose paths are units that the ledger knows. */
const OF_UNITS = ['units', 'why', 'retry', 'history']

/**
 * @param typed the words after the program's name, the last one being the one at the cursor, perhaps empty
 */
export function wantedAt(tree: readonly (Command | CommandGroup)[], typed: readonly string[]): Wanted {
  const current = typed.at(-1) ?? ''
  const before = typed.slice(0, -1)
  const { level, node, path, rest } = descend(tree, before)
  if (node === null) {
    return { kind: 'words', words: current.startsWith('-') ? dashed(COMMON_OPTIONS) : level.map(wordOf) }
  }
  const options: Readonly<Record<string, Options>> = { ...node.options, ...COMMON_OPTIONS, help: { type: 'boolean' } }
  const option = optionBefore(rest, options)
  if (option !== null) return valueWanted(option.name, option.options, rest)
  if (current.startsWith('-') && !rest.includes('--')) return { kind: 'words', words: dashed(options) }
  return positionalOf(path, node, positionalsOf(rest, options).length)
}

/** Follows the words of commands; options between them are passed over. */
function descend(
  tree: readonly (Command | CommandGroup)[],
  before: readonly string[],
): {
  readonly level: readonly (Command | CommandGroup)[]
  readonly node: Command | null
  readonly path: string
  readonly rest: readonly string[]
} {
  let level = tree
  const path: string[] = []
  for (const [i, word] of before.entries()) {
    if (word.startsWith('-') || before[i - 1] === '--config') continue
    const next = level.find((one) => wordOf(one) === word)
    if (next === undefined) return { level: [], node: null, path: path.join(' '), rest: [] }
    path.push(word)
    if (next.kind === 'command') return { level, node: next, path: path.join(' '), rest: before.slice(i + 1) }
    level = next.commands
  }
  return { level, node: null, path: path.join(' '), rest: [] }
}

function optionBefore(rest: readonly string[], options: Readonly<Record<string, Options>>) {
  const last = rest.at(-1)
  if (last === undefined || !last.startsWith('--')) return null
  const found = options[last.slice(2)]
  return found === undefined || found.type === 'boolean' ? null : { name: last.slice(2), options: found }
}

function valueWanted(name: string, { choices }: Options, rest: readonly string[]): Wanted {
  if (name === 'digest') return { kind: 'digest', batch: rest[0] ?? '' }
  return choices === undefined ? { kind: 'files' } : { kind: 'words', words: choices.map(String) }
}

/** The words that are no options and no values of options. */
function positionalsOf(rest: readonly string[], options: Readonly<Record<string, Options>>): readonly string[] {
  return rest.filter((word, i) => !word.startsWith('-') && optionBefore(rest.slice(0, i), options) === null)
}

function positionalOf(command: string, node: Command, given: number): Wanted {
  const entries = Object.entries(node.positionals)
  const [name, positional] = entries[Math.min(given, entries.length - 1)] ?? []
  if (name === undefined || positional === undefined) return { kind: 'words', words: [] }
  if (given >= entries.length && positional.array !== true) return { kind: 'words', words: [] }
  if (positional.choices !== undefined) return { kind: 'words', words: positional.choices.map(String) }
  if (name === 'folder') return { kind: 'folders' }
  if (command.startsWith('deletes ')) return { kind: 'batches' }
  return { kind: OF_UNITS.includes(command) ? 'units' : 'files' }
}

function dashed(options: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(options).map((name) => `--${name}`)
}

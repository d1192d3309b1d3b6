import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs'
import ignore, { type Ignore } from 'ignore'
import { type Blind, dirOf, joinPath, type RelPath } from '../model/file.ts'
import { DEFAULT_IGNORES } from './defaultIgnores.ts'
import { errnoOf } from './errno.ts'
import { STATE_DIRECTORY } from './stateDirectory.ts'

/** The ignore file of a directory: gitignore syntax, counts for what is below that directory. */
export const IGNORE_FILE = '.encordignore'

/** Whether a path is ignored; if so by which pattern, as it was written, and where that stands (`a/.encordignore:3`). */
type IgnoreVerdict = { readonly ignored: false } | { readonly ignored: true; readonly rule: string; readonly where: string }

/**
 * The ignore rules of one folder for one walk; ignore files are read when first needed and then kept, so open it anew for the
 * next walk. Order: defaults, config, the folder's ignore file, those below; the last match decides, and nothing below an ignored
 * directory comes back (gitignore(5)).
 */
export type IgnoreRules = {
  /** Reads a directory's ignore file. A `Blind` says that this one, or one above, can't be read: nothing is known of what is there. */
  enter(dir: RelPath): Blind | null
  check(path: RelPath, isDirectory: boolean): IgnoreVerdict
  /** The ignore files that were read so far: a digest of what each held. */
  files(): readonly { readonly dir: RelPath; readonly digest: string }[]
}

const ALWAYS: IgnoreVerdict = { ignored: true, rule: `${STATE_DIRECTORY}/`, where: 'always' }
const MAX_IGNORE_FILE_BYTES = 1 << 20
/** The matcher keeps an answer per path for ever; a million of them would cost more memory than the walk. */
const MAX_ANSWERS_KEPT = 1_000

/** The text of a directory's ignore file; null without one; else why it can't be read. */
export type ReadIgnoreFile = (dir: RelPath) => string | null | { readonly why: string }

type Rule = { readonly pattern: string; readonly rule: string; readonly where: string }

/**
 * @param root absolute path of the folder; null where there is none, only names
 * @param patterns the config's `ignore:` list
 * @param read the real disk's by default; a simulation hands in a file system of its own
 */
export function openIgnoreRules(
  root: string | null,
  patterns: readonly string[],
  read: ReadIgnoreFile = (dir) => (root === null ? null : readIgnoreFile(`${root}/${joinPath(dir, IGNORE_FILE)}`)),
): IgnoreRules {
  const base = new Matcher(null, [
    ...DEFAULT_IGNORES.map(({ pattern }) => ({ pattern, rule: pattern, where: 'default' })),
    ...patterns.map((pattern) => ({ pattern, rule: pattern, where: 'config' })),
  ])
  const chains = new Map<RelPath, Matcher | Blind>()
  const files = new Map<RelPath, string>()

  const chainAt = (dir: RelPath): Matcher | Blind => {
    const known = chains.get(dir)
    if (known !== undefined) return known
    const above = dir === '' ? base : chainAt(dirOf(dir))
    const isRead = above instanceof Matcher && !(dir !== '' && above.check(dir, true).ignored)
    const text = isRead ? read(dir) : null
    if (typeof text === 'string') files.set(dir, createHash('sha256').update(text).digest('hex'))
    const chain = above instanceof Matcher ? extend(above, text, dir) : above
    chains.set(dir, chain)
    return chain
  }

  return {
    enter(dir) {
      const chain = chainAt(dir)
      return chain instanceof Matcher ? null : { dir, why: chain.why }
    },
    check(path, isDirectory) {
      if (path === '') return { ignored: false }
      if (path.includes(STATE_DIRECTORY) && path.split('/').includes(STATE_DIRECTORY)) return ALWAYS
      const chain = chainAt(dirOf(path))
      return chain instanceof Matcher ? chain.check(path, isDirectory) : { ignored: false }
    },
    files: () => [...files].map(([dir, digest]) => ({ dir, digest })),
  }
}

/** Rules in order, the last match deciding; a deeper one is its parent's rules and its own, re-rooted. */
class Matcher {
  readonly #rules: readonly Rule[]
  #ignore: Ignore
  #answers = 0

  constructor(parent: Matcher | null, own: readonly Rule[]) {
    const inherited = parent === null ? [] : parent.#rules
    this.#rules = [...inherited, ...own]
    this.#ignore = ignore({ ignorecase: false })
    if (parent !== null) this.#ignore.add(parent.#ignore)
    this.#ignore.add(own.map(({ pattern }, index) => ({ pattern, mark: String(inherited.length + index) })))
  }

  check(path: RelPath, isDirectory: boolean): IgnoreVerdict {
    if (++this.#answers > MAX_ANSWERS_KEPT) {
      this.#ignore = ignore({ ignorecase: false }).add(this.#ignore)
      this.#answers = 0
    }
    const result = this.#ignore.test(isDirectory ? `${path}/` : path)
    if (!result.ignored) return { ignored: false }
    const rule = this.#rules[Number(result.rule?.mark)]
    return { ignored: true, rule: rule?.rule ?? '', where: rule?.where ?? '' }
  }
}

function extend(above: Matcher, text: ReturnType<ReadIgnoreFile>, dir: RelPath): Matcher | Blind {
  if (text === null) return above
  if (typeof text !== 'string') return { dir, why: text.why }
  return new Matcher(above, parseIgnoreFile(text, dir))
}

/** Never opens what is no regular file. */
function readIgnoreFile(absolute: string): ReturnType<ReadIgnoreFile> {
  let descriptor: number | null = null
  let at = ''
  try {
    const seen = lstatSync(absolute, { throwIfNoEntry: false })
    if (seen === undefined) return null
    // What lstat refuses is the directory's fault, not that of a file which may not even be there.
    at = `${IGNORE_FILE}: `
    if (!seen.isFile()) return { why: `${at}not-regular` }
    descriptor = openSync(absolute, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const stats = fstatSync(descriptor)
    if (!stats.isFile()) return { why: `${at}not-regular` }
    if (stats.size > MAX_IGNORE_FILE_BYTES) return { why: `${at}EFBIG` }
    return readFileSync(descriptor, 'utf8')
  } catch (error) {
    const errno = errnoOf(error)
    return errno === 'ENOENT' || errno === 'ENOTDIR' ? null : { why: `${at}${errno}` }
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}

function parseIgnoreFile(text: string, dir: RelPath): readonly Rule[] {
  const rules: Rule[] = []
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    rules.push({ pattern: reroot(line, dir), rule: line, where: `${joinPath(dir, IGNORE_FILE)}:${index + 1}` })
  }
  return rules
}

/** The same pattern seen from the folder's root. Without a slash before its end a pattern matches at any depth below `dir`. */
function reroot(line: string, dir: RelPath): string {
  if (dir === '') return line
  const negated = line.startsWith('!')
  const body = negated ? line.slice(1) : line
  const prefix = `${negated ? '!' : ''}/${dir.replace(/[\\*?[\]]/g, '\\$&')}`
  if (body.startsWith('/')) return `${prefix}${body}`
  return body.trimEnd().slice(0, -1).includes('/') ? `${prefix}/${body}` : `${prefix}/**/${body}`
}

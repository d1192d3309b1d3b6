import { createHash } from 'node:crypto'
import { extname } from 'node:path'

/** Takes names of files and directories out of what leaves the machine. */
export type Hider = {
  /** Each part of a path as a code; the same part has the same code, and an extension stays. */
  path(path: string): string
  /** A sentence, without the names that are known and without anything that looks like a path or a file. */
  text(text: string): string
  /** Every text of a value. */
  value(value: unknown): unknown
}

/** Shorter names are ordinary words as well. */
const SHORTEST = 3
/** Words that a path may begin with and that tell nothing. */
const PLAIN = new Set(' . .. home Users mnt media var lib etc opt srv usr bin local root run dev tmp node encord-sync'.split(' '))

/** Keys whose texts are names, whatever they look like. */
export const NAMES: ReadonlySet<string> = new Set(['path', 'folder', 'title', 'ledger', 'file', 'from'])
/** A part that is hidden already. */
const CODE = /^~[0-9a-f]{8}(?:\.[a-z0-9]{1,5})?$/

/**
 * @param salt makes the codes of one bundle worthless for another, and a guess of a name useless
 * @param names paths that are known; each of their parts is hidden in texts
 */
export function openHider(salt: string, names: readonly string[]): Hider {
  const code = (part: string): string => {
    const suffix = extname(part)
    const kept = /^\.[A-Za-z0-9]{1,5}$/.test(suffix) ? suffix.toLowerCase() : ''
    return `~${createHash('sha256').update(`${salt}\0${part}`).digest('hex').slice(0, 8)}${kept}`
  }
  const path = (whole: string): string =>
    whole
      .split('/')
      .map((part) => (PLAIN.has(part) || CODE.test(part) ? part : code(part)))
      .join('/')
  const known = [...new Set(names.flatMap((name) => name.split('/')))]
    .filter((part) => part.length >= SHORTEST && !PLAIN.has(part))
    .sort((a, b) => b.length - a.length)
  const text = (sentence: string): string => {
    let hidden = sentence
    for (const part of known) hidden = hidden.replaceAll(part, () => code(part))
    // What is left and looks like a path or a file; addresses of servers and our codes may stay.
    return hidden.replaceAll(/(?<![\w~:/.-])(?!https?:)[^\s"'(),;]*(?:\/[^\s"'(),;]+|\.(?:[A-Za-z]{2,5}\d?|mp4|7z))(?![\w~])/g, path)
  }
  const value = (one: unknown): unknown => {
    if (typeof one === 'string') return text(one)
    if (Array.isArray(one)) return one.map(value)
    if (one === null || typeof one !== 'object') return one
    return Object.fromEntries(
      Object.entries(one).map(([key, inner]) => [key, typeof inner === 'string' && NAMES.has(key) ? path(inner) : value(inner)]),
    )
  }
  return { path, text, value }
}

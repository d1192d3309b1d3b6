import { realpathSync } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'

/** Where paths of the config start. */
export type PathBase = { readonly home: string; readonly directory: string }

/** A path of the config as an absolute one, without a slash at its end; or what is wrong with it. */
export function absolutePath(text: string, base: PathBase): { readonly path: string } | { readonly problem: string } {
  if (text.includes('\0')) return { problem: 'a path holds no NUL character' }
  if (text === '~' || text.startsWith('~/')) return { path: resolve(base.home, text.slice(2)) }
  if (text.startsWith('~')) return { problem: 'only ~/… is known; another home is written out (./~… for a name that starts with ~)' }
  return { path: resolve(base.directory, text) }
}

/** The path with every link of its existing part followed: a folder need not be there yet. */
export function realPlace(path: string): string {
  const missing: string[] = []
  for (let existing = path; ; existing = dirname(existing)) {
    try {
      return join(realpathSync.native(existing), ...missing)
    } catch {
      if (dirname(existing) === existing) return path
      missing.unshift(basename(existing))
    }
  }
}

/** How one real place lies to another. */
export function relation(place: string, other: string): 'same' | 'inside' | 'around' | 'apart' {
  if (place === other) return 'same'
  if (place.startsWith(withSlash(other))) return 'inside'
  return other.startsWith(withSlash(place)) ? 'around' : 'apart'
}

function withSlash(path: string): string {
  return path.endsWith(sep) ? path : path + sep
}

/** The path as one word of a shell command. */
export function shellWord(path: string): string {
  return /^[\w./+@:-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}

import { readlinkSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** More links than this lead in a circle (as the system has it, path_resolution(7)). */
const MOST_LINKS = 40

/**
 * The path with its links followed. Of a folder whose disk is away, the place that the links lead to: it is known by that, and comes back there.
 * @param path absolute
 */
export function realPathOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return followed(path)
  }
}

function followed(path: string): string {
  let at = '/'
  let links = 0
  const names = path.split('/')
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === '' || name === '.') continue
    if (name === '..') {
      at = dirname(at)
      continue
    }
    const target = targetOf(join(at, name))
    if (target === null) {
      at = join(at, name)
      continue
    }
    if (++links > MOST_LINKS) return path
    if (target.startsWith('/')) at = '/'
    names.unshift(...target.split('/'))
  }
  return at
}

/** Null for what is no link, or is not there. */
function targetOf(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}

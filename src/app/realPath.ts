import { readlinkSync, realpathSync } from 'node:fs'
import { readlink, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** More links than this lead in a circle (as the system has it, path_resolution(7)). */
const MOST_LINKS = 40

/**
 * Where a path leads: `there` when all of it is there, `led` by links to a place that is away, `unseen` when it is away and none of it is a link
 * that can be read now.
 */
export type Followed = { readonly kind: 'there' | 'led' | 'unseen'; readonly path: string }

/**
 * The path with its links followed. Of a folder whose disk is away, the place that the links lead to: it is known by that, and comes back there.
 * @param path absolute
 */
export function realPathOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    const way = stepsOf(path)
    let step = way.next()
    while (step.done !== true) step = way.next(orNull(() => readlinkSync(step.value as string)))
    return step.value.path
  }
}

/** The same without holding up this thread: a share that is dead never answers. */
export async function followLinks(path: string): Promise<Followed> {
  try {
    return { kind: 'there', path: await realpath(path) }
  } catch {
    const way = stepsOf(path)
    let step = way.next()
    while (step.done !== true) step = way.next(await readlink(step.value).catch(() => null))
    return step.value
  }
}

/** Yields each place on the way, and is given what a link there leads to; null for what is no link, or is not there. */
function* stepsOf(path: string): Generator<string, Followed, string | null> {
  let at = '/'
  let links = 0
  const names = path.split('/')
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === '' || name === '.') continue
    if (name === '..') {
      at = dirname(at)
      continue
    }
    const target = yield join(at, name)
    if (target === null) {
      at = join(at, name)
      continue
    }
    if (++links > MOST_LINKS) return { kind: 'unseen', path }
    if (target.startsWith('/')) at = '/'
    names.unshift(...target.split('/'))
  }
  return { kind: links === 0 ? 'unseen' : 'led', path: at }
}

function orNull(read: () => string): string | null {
  try {
    return read()
  } catch {
    return null
  }
}

import { statSync } from 'node:fs'

/** Which file stands at a path, and on which file system; `none` when none does; null when nobody can tell now. */
export function inodeOf(path: string): string | null {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
    return stats === undefined ? 'none' : `${stats.dev} ${stats.ino}`
  } catch {
    return null
  }
}

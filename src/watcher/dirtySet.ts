import type { Clock } from '../model/clock.ts'
import type { RelPath } from '../model/file.ts'
import { laterQueue } from './laterQueue.ts'

/** What has to be looked at: some directories (not what is below them), or everything. */
export type Dirty = { readonly whole: true } | { readonly whole: false; readonly dirs: readonly RelPath[] }

/** Hints, gathered until somebody takes them. */
export type DirtySet = {
  add(dir: RelPath): void
  /** Everything is dirty: after an overflow, a wake-up, a remount. */
  addWhole(): void
  /** All that is dirty now, sorted; null when nothing is. What comes after belongs to the next take. */
  take(): Dirty | null
  close(): void
}

export type DirtySetOptions = {
  readonly clock: Clock
  /** From the first hint to `onReady`; not prolonged by further hints, so that a busy folder is looked at as well. */
  readonly debounceMs: number
  /** Called once for each batch, until it is taken. */
  onReady(): void
}

/** More directories than this are cheaper to find by one whole walk. */
const MAX_DIRECTORIES = 10_000

/** Turns a stream of hints into batches of directories. */
export function openDirtySet({ clock, debounceMs, onReady }: DirtySetOptions): DirtySet {
  let dirs = new Set<RelPath>()
  let whole = false
  let announced = false
  const timer = laterQueue<null>(clock, debounceMs, () => {
    if (whole || dirs.size > 0) onReady()
  })
  const announce = (): void => {
    if (announced) return
    announced = true
    timer.push(null)
  }
  return {
    add(dir) {
      if (!whole) dirs.add(dir)
      if (dirs.size > MAX_DIRECTORIES) this.addWhole()
      else announce()
    },
    addWhole() {
      whole = true
      dirs.clear()
      announce()
    },
    take() {
      const taken: Dirty | null = whole ? { whole: true } : dirs.size > 0 ? { whole: false, dirs: [...dirs].sort() } : null
      dirs = new Set()
      whole = false
      announced = false
      return taken
    },
    close() {
      timer.close()
    },
  }
}

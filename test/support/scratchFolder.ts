import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A directory of its own for one test, gone at the end of its scope (`using`). */
export type ScratchFolder = Disposable & {
  readonly path: string
  /** Writes a file (its directories are made); returns its absolute path. */
  write(relative: string, content?: string | Uint8Array): string
  mkdir(relative: string): string
}

export function scratchFolder(): ScratchFolder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'encord-sync-test-')))
  return {
    path,
    write(relative, content = 'x') {
      const absolute = join(path, relative)
      mkdirSync(dirname(absolute), { recursive: true })
      writeFileSync(absolute, content)
      return absolute
    },
    mkdir(relative) {
      const absolute = join(path, relative)
      mkdirSync(absolute, { recursive: true })
      return absolute
    },
    [Symbol.dispose]() {
      rmSync(path, { recursive: true, force: true })
    },
  }
}

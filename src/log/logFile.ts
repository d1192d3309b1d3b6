import { appendFileSync, closeSync, fstatSync, openSync, renameSync, rmSync } from 'node:fs'
import type { Outlet } from './outlet.ts'

/** A log in a file (0600) that is set aside at a size; `keep` older ones stay beside it as `NAME.1`, the newest, to `NAME.5`. */
export type LogFileOptions = { readonly path: string; readonly maxSizeBytes: number; readonly keep: number }

export type LogFile = Outlet & {
  /** Opens the file anew, after something else moved it away. */
  reopen(): void
  close(): void
}

/**
 * Opens a log file; written at once, so that nothing waits and nothing is lost at a stop. A disk that is full or gone loses lines, and ends nothing;
 * the file is opened anew then, since a share that was away knows nothing of the old descriptor. One that can't be set aside grows on.
 * winston's own File transport was tried: closed while it rotates, it never ends.
 */
export function openLogFile({ path, maxSizeBytes, keep }: LogFileOptions): LogFile {
  let open: { readonly descriptor: number; sizeBytes: number } | null = null
  let closed = false

  function file(): NonNullable<typeof open> {
    if (open === null) {
      const descriptor = openSync(path, 'a', 0o600)
      open = { descriptor, sizeBytes: fstatSync(descriptor).size }
    }
    return open
  }

  function letGo(): void {
    const old = open
    open = null
    if (old !== null) closeSync(old.descriptor)
  }

  function rotate(): void {
    letGo()
    if (keep === 0) {
      rmSync(path, { force: true })
      return
    }
    for (let number = keep - 1; number >= 1; number--) moveAside(`${path}.${number}`, `${path}.${number + 1}`)
    moveAside(path, `${path}.1`)
  }

  return {
    write(text) {
      if (closed) return
      const bytes = Buffer.from(text)
      try {
        const { sizeBytes } = file()
        if (sizeBytes > 0 && sizeBytes + bytes.length > maxSizeBytes) quietly(rotate)
        const current = file()
        appendFileSync(current.descriptor, bytes)
        current.sizeBytes += bytes.length
      } catch {
        // There is no other place to say it.
        quietly(letGo)
      }
    },
    get closed() {
      return closed
    },
    flushed: () => Promise.resolve(),
    reopen: () => quietly(letGo),
    close() {
      closed = true
      quietly(letGo)
    },
  }
}

function moveAside(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function quietly(work: () => void): void {
  try {
    work()
  } catch {
    // There is no other place to say it.
  }
}

import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { dirOf, type FileStamp, type RelPath, sameStamp } from '../model/file.ts'
import type { OpenedFile, OpenFailure } from '../sync/ports.ts'
import { type Ancestry, lookAtAncestors, sameAncestry } from './ancestors.ts'
import { errnoOf } from './errno.ts'
import { fileStamp } from './stamp.ts'

/** Read size: 2.6 times the throughput of the 64 KiB default. */
const CHUNK_BYTES = 1 << 20

/** Tells an opened file from the reason why it could not be opened. */
export function isOpenFailure(result: OpenedFile | OpenFailure): result is OpenFailure {
  return 'kind' in result
}

/**
 * Opens the regular file that a scan saw, and no other: looked at by `lstat` first (special files are never opened), no link is
 * followed in any directory of the path, and the descriptor has the size, times and inode of the scan.
 * @param root absolute path of the folder, links resolved.
 * @returns `changed` also when a directory above it was swapped; never throws for what the disk says.
 */
export async function openRegular(root: string, path: RelPath, expected: FileStamp): Promise<OpenedFile | OpenFailure> {
  const absolute = `${root}/${path}`
  const above = await lookAtAncestors(root, dirOf(path))
  if (above.kind === 'broken') return { kind: above.errno === 'ENOENT' ? 'gone' : 'changed', errno: above.errno }
  let handle: FileHandle | null = null
  try {
    const refusal = refuse(await lstat(absolute, { bigint: true }), expected)
    if (refusal !== null) return refusal
    // Without O_NONBLOCK a FIFO put here a moment ago would block a thread for ever.
    handle = await open(absolute, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const late = refuse(await handle.stat({ bigint: true }), expected) ?? (await swapped(root, path, above))
    if (late === null) {
      const opened = openedFile(root, path, { handle, stamp: expected, above })
      handle = null
      return opened
    }
    return late
  } catch (error) {
    return failureOf(errnoOf(error))
  } finally {
    await handle?.close()
  }
}

function refuse(stats: BigIntStats, expected: FileStamp): OpenFailure | null {
  if (!stats.isFile()) return { kind: 'not-regular', errno: stats.isSymbolicLink() ? 'ELOOP' : 'EFTYPE' }
  return sameStamp(fileStamp(stats), expected) ? null : { kind: 'changed', errno: 'ESTALE' }
}

async function swapped(root: string, path: RelPath, before: Ancestry): Promise<OpenFailure | null> {
  const after = await lookAtAncestors(root, dirOf(path))
  if (sameAncestry(before, after)) return null
  return { kind: 'changed', errno: after.kind === 'broken' ? after.errno : 'ESTALE' }
}

function failureOf(errno: string): OpenFailure {
  if (errno === 'ENOENT') return { kind: 'gone', errno }
  if (errno === 'ENOTDIR') return { kind: 'changed', errno }
  if (errno === 'ELOOP' || errno === 'ENXIO' || errno === 'ENODEV' || errno === 'EISDIR') return { kind: 'not-regular', errno }
  return { kind: 'unreadable', errno }
}

type Held = { readonly handle: FileHandle; readonly stamp: FileStamp; readonly above: Ancestry }

function openedFile(root: string, path: RelPath, { handle, stamp, above }: Held): OpenedFile {
  const reader = positionalReader(handle)
  return {
    stamp,
    sizeBytes: stamp.sizeBytes,
    open: () => bodyOf(reader.fill, stamp.sizeBytes),
    read: (offset, length) => reader.fill(offset, Math.max(0, length)),
    async unchanged() {
      try {
        if (refuse(await handle.stat({ bigint: true }), stamp) !== null) return false
        if (refuse(await lstat(`${root}/${path}`, { bigint: true }), stamp) !== null) return false
        return (await swapped(root, path, above)) === null
      } catch {
        return false
      }
    },
    close: () => reader.close(),
  }
}

type Fill = (offset: number, length: number) => Promise<Buffer>

/** Reads at positions; closing waits for reads under way, whose descriptor number may otherwise be another file's by then. */
function positionalReader(handle: FileHandle): { readonly fill: Fill; close(): Promise<void> } {
  const underWay = new Set<Promise<unknown>>()
  let closed: Promise<void> | null = null
  const fillNow = async (offset: number, length: number): Promise<Buffer> => {
    const buffer = Buffer.allocUnsafeSlow(length)
    let filled = 0
    while (filled < length) {
      const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return buffer.subarray(0, filled)
  }
  return {
    async fill(offset, length) {
      if (closed !== null) throw Object.assign(new Error('the file is closed'), { code: 'EBADF' })
      const reading = fillNow(offset, length)
      const settled = reading.catch(() => undefined).finally(() => underWay.delete(settled))
      underWay.add(settled)
      return reading
    },
    close() {
      closed ??= Promise.all(underWay).then(() => handle.close())
      return closed
    },
  }
}

/** A stream over the whole file that leaves the descriptor open, so that the next attempt starts anew on the same file. */
function bodyOf(fill: Fill, sizeBytes: number): Readable {
  let offset = 0
  return new Readable({
    highWaterMark: CHUNK_BYTES,
    read() {
      const length = Math.min(CHUNK_BYTES, sizeBytes - offset)
      if (length === 0) {
        this.push(null)
        return
      }
      fill(offset, length).then(
        (chunk) => {
          offset += chunk.length
          if (chunk.length === length) this.push(chunk)
          else this.destroy(Object.assign(new Error('the file became shorter while it was read'), { code: 'ESTALE' }))
        },
        (error: unknown) => this.destroy(error instanceof Error ? error : new Error('read failed')),
      )
    },
  })
}

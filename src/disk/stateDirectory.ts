import { constants } from 'node:fs'
import { link, lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises'
import { errnoOf } from './errno.ts'

/** The one directory of a folder that is written by this program: the marker and the sign of life. Never part of a dataset. */
export const STATE_DIRECTORY = '.encord-sync'

/** What came of a write into the state directory; `unwritable` for a read-only folder, a full disk, anything in its place. */
export type WriteResult =
  | { readonly kind: 'written' }
  | { readonly kind: 'exists' }
  | { readonly kind: 'unwritable'; readonly errno: string }

/** More than any of our own files ever holds. */
const MAX_STATE_FILE_BYTES = 64 * 1024

/** No write takes longer, ms. */
const OLD_DRAFT_MS = 86_400_000

/** Two writes of one process at once have a draft each: neither takes the other's away. */
let drafts = 0

/** Path of a file of the state directory. */
export function statePath(root: string, name: string): string {
  return `${root}/${STATE_DIRECTORY}/${name}`
}

/** The text of a state file; null when it is not there. @throws with an errno for anything but a readable regular file. */
export async function readStateFile(root: string, name: string): Promise<string | null> {
  try {
    await assertRealDirectory(root)
    const handle = await open(statePath(root, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const stats = await handle.stat()
      if (!stats.isFile() || stats.size > MAX_STATE_FILE_BYTES) throw failure('EFTYPE')
      return await handle.readFile('utf8')
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    throw error
  }
}

/**
 * Writes a state file whole and durably: beside its place, `fsync`, then into place.
 * @param replace false: never over an existing one (`exists`), also when two processes try at once.
 */
export async function writeStateFile(root: string, name: string, text: string, { replace }: { replace: boolean }): Promise<WriteResult> {
  const path = statePath(root, name)
  const draft = statePath(root, `${name}.${process.pid}-${++drafts}.tmp`)
  try {
    await makeStateDirectory(root)
    await unlink(draft).catch(() => undefined)
    await writeDurably(draft, text)
    if (replace) await rename(draft, path)
    else if (!(await linkInto(draft, path, text))) return { kind: 'exists' }
    await syncDirectory(`${root}/${STATE_DIRECTORY}`)
    if (replace) await removeOldDrafts(root, name).catch(() => undefined)
    return { kind: 'written' }
  } catch (error) {
    return { kind: 'unwritable', errno: errnoOf(error) }
  } finally {
    await unlink(draft).catch(() => undefined)
  }
}

/** What processes left that died as they wrote. By the file system's own clock: the draft of another machine may be a moment old. */
async function removeOldDrafts(root: string, name: string): Promise<void> {
  const { mtimeMs: nowMs } = await lstat(statePath(root, name))
  for (const entry of await readdir(`${root}/${STATE_DIRECTORY}`)) {
    if (!entry.startsWith(`${name}.`) || !entry.endsWith('.tmp')) continue
    const { mtimeMs } = await lstat(statePath(root, entry))
    if (nowMs - mtimeMs > OLD_DRAFT_MS) await unlink(statePath(root, entry))
  }
}

async function makeStateDirectory(root: string): Promise<void> {
  try {
    await mkdir(`${root}/${STATE_DIRECTORY}`, { mode: 0o755 })
    await syncDirectory(root)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  }
  await assertRealDirectory(root)
}

async function assertRealDirectory(root: string): Promise<void> {
  const stats = await lstat(`${root}/${STATE_DIRECTORY}`)
  if (!stats.isDirectory()) throw failure('ENOTDIR')
}

/** @returns false when something is there already. */
async function linkInto(draft: string, path: string, text: string): Promise<boolean> {
  try {
    await link(draft, path)
    return true
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'EEXIST') return false
    if (errno === 'ENOENT' || errno === 'EROFS' || errno === 'ENOSPC') throw error
  }
  // FAT and some network file systems have no hard links; a crash in here leaves a file that does not parse, and that is noticed.
  try {
    await writeDurably(path, text)
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', 0o644)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Some file systems refuse to sync a directory; their renames are as durable as they make them. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch {}
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code })
}

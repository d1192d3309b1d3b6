import { lstat, readdir } from 'node:fs/promises'
import { joinPath, type RelPath } from '../model/file.ts'
import type { AbsenceProof } from '../sync/ports.ts'
import { errnoOf } from './errno.ts'
import type { FolderMount } from './mounts.ts'
import { dirStamp, sameDirStamp } from './stamp.ts'

/** Why a proof failed where no system call said so. */
const NOT_ANOTHER_MOUNT = 'EXDEV'
const NOT_A_PATH = 'EINVAL'
const LISTED_ALL_THE_SAME = 'EEXIST'
const FOUND_BY_OTHER_SPELLING = 'ESPELLING'
const CHANGED_MEANWHILE = 'EAGAIN'

/**
 * Proves that a path is gone (design, section 6, rule 4), or says what stands in the way: every directory that is left of the
 * path is a real one on the root's own mount, the fresh listing of the last one lacks the next name byte for byte, and `lstat`
 * of that name says ENOENT. Whatever else is found means "not seen". A path whose name only another spelling answers to (file
 * systems that ignore case or Unicode form) is not seen either: that was a rename.
 * @param root absolute path of the folder, links resolved.
 * @param mounts from `mountsUnder`, as fresh as the caller needs.
 */
export async function proveAbsent(root: string, path: RelPath, mounts: readonly FolderMount[]): Promise<AbsenceProof> {
  const names = path.split('/')
  if (names.some((name) => name === '' || name === '.' || name === '..' || name.includes('\0'))) return unseen('', NOT_A_PATH)
  let at: RelPath = ''
  try {
    const rootDev = await devOfDirectory(root, at, mounts, null)
    if (typeof rootDev === 'string') return unseen(at, rootDev)
    for (const name of names) {
      const next = joinPath(at, name)
      const found = await lstat(`${root}/${next}`).then(
        () => 'there' as const,
        (error: unknown) => errnoOf(error),
      )
      if (found === 'ENOENT') return await listingLacks(root, at, name)
      if (found !== 'there') return unseen(next, found)
      if (next === path) return await spelledSo(root, at, name)
      const dev = await devOfDirectory(root, next, mounts, rootDev)
      if (typeof dev === 'string') return unseen(next, dev)
      at = next
    }
    return unseen(at, NOT_A_PATH)
  } catch (error) {
    return unseen(at, errnoOf(error))
  }
}

function unseen(at: RelPath, errno: string): AbsenceProof {
  return { kind: 'unseen', at, errno }
}

/** The device of a real directory on the root's mount, or the errno word that says why it is none. */
async function devOfDirectory(
  root: string,
  dir: RelPath,
  mounts: readonly FolderMount[],
  rootDev: bigint | null,
): Promise<bigint | string> {
  const stats = await lstat(absolutePath(root, dir), { bigint: true })
  if (stats.isSymbolicLink()) return 'ELOOP'
  if (!stats.isDirectory()) return 'ENOTDIR'
  if (dir !== '' && mounts.some((mount) => mount.dir === dir)) return NOT_ANOTHER_MOUNT
  // Only where there is no mount table: on Linux a btrfs sub-volume has a device of its own and is no mount.
  if (process.platform !== 'linux' && rootDev !== null && stats.dev !== rootDev) return NOT_ANOTHER_MOUNT
  return stats.dev
}

async function listingLacks(root: string, dir: RelPath, name: string): Promise<AbsenceProof> {
  const absolute = absolutePath(root, dir)
  const before = dirStamp(await lstat(absolute, { bigint: true }))
  if (await listed(absolute, name)) return unseen(joinPath(dir, name), LISTED_ALL_THE_SAME)
  const after = await lstat(absolute, { bigint: true })
  if (!after.isDirectory() || !sameDirStamp(before, dirStamp(after))) return unseen(dir, CHANGED_MEANWHILE)
  return { kind: 'absent', ancestor: dir, missingName: name, ancestorStamp: before }
}

async function spelledSo(root: string, dir: RelPath, name: string): Promise<AbsenceProof> {
  if (await listed(absolutePath(root, dir), name)) return { kind: 'present' }
  return unseen(joinPath(dir, name), FOUND_BY_OTHER_SPELLING)
}

async function listed(absolute: string, name: string): Promise<boolean> {
  const bytes = Buffer.from(name, 'utf8')
  return (await readdir(absolute, { encoding: 'buffer' })).some((found) => found.equals(bytes))
}

function absolutePath(root: string, dir: RelPath): string {
  return dir === '' ? root : `${root}/${dir}`
}

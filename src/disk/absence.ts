import { lstat, readdir } from 'node:fs/promises'
import { joinPath, type RelPath } from '../model/file.ts'
import type { AbsenceLook, AbsenceProof } from '../sync/ports.ts'
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
 * @param look what earlier proofs of the same look found; a directory is listed again when its times moved since
 */
export async function proveAbsent(
  root: string,
  path: RelPath,
  mounts: readonly FolderMount[],
  look: AbsenceLook = { listings: new Map(), real: new Set(), gone: new Map() },
): Promise<AbsenceProof> {
  const names = path.split('/')
  if (names.some((name) => name === '' || name === '.' || name === '..' || name.includes('\0'))) return unseen('', NOT_A_PATH)
  let at: RelPath = ''
  try {
    const rootDev = await devOfDirectory(root, at, mounts, null)
    if (typeof rootDev === 'string') return unseen(at, rootDev)
    for (const name of names) {
      const next = joinPath(at, name)
      const known = look.gone.get(next)
      if (known !== undefined) return known
      if (look.real.has(next) && next !== path) {
        at = next
        continue
      }
      const found = await lstat(`${root}/${next}`).then(
        () => 'there' as const,
        (error: unknown) => errnoOf(error),
      )
      if (found === 'ENOENT') return await listingLacks(root, at, name, look)
      if (found !== 'there') return unseen(next, found)
      if (next === path) return await spelledSo(root, at, name)
      const dev = await devOfDirectory(root, next, mounts, rootDev)
      if (typeof dev === 'string') return unseen(next, dev)
      look.real.add(next)
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

async function listingLacks(root: string, dir: RelPath, name: string, look: AbsenceLook): Promise<AbsenceProof> {
  const absolute = absolutePath(root, dir)
  const before = dirStamp(await lstat(absolute, { bigint: true }))
  const known = look.listings.get(dir)
  const names = known !== undefined && sameDirStamp(known.stamp, before) ? known.names : await namesIn(absolute)
  if (names.has(name)) return unseen(joinPath(dir, name), LISTED_ALL_THE_SAME)
  const after = await lstat(absolute, { bigint: true })
  if (!after.isDirectory() || !sameDirStamp(before, dirStamp(after))) return unseen(dir, CHANGED_MEANWHILE)
  look.listings.set(dir, { stamp: before, names })
  const proof = { kind: 'absent', ancestor: dir, missingName: name, ancestorStamp: before } as const
  look.gone.set(joinPath(dir, name), proof)
  return proof
}

async function spelledSo(root: string, dir: RelPath, name: string): Promise<AbsenceProof> {
  if ((await namesIn(absolutePath(root, dir))).has(name)) return { kind: 'present' }
  return unseen(joinPath(dir, name), FOUND_BY_OTHER_SPELLING)
}

/** Names as they are, byte for byte; one that is no UTF-8 is none that a path of ours has. */
async function namesIn(absolute: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  for (const bytes of await readdir(absolute, { encoding: 'buffer' })) {
    const name = bytes.toString('utf8')
    if (!name.includes('\uFFFD') || Buffer.from(name, 'utf8').equals(bytes)) names.add(name)
  }
  return names
}

function absolutePath(root: string, dir: RelPath): string {
  return dir === '' ? root : `${root}/${dir}`
}

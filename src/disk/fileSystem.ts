import { type BigIntStatsFs, statfsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'

/** Where a file system's changes come from; `unknown` is treated with the caution of `network` where it matters. */
export type FsKind = 'local' | 'network' | 'fuse' | 'unknown'

/** Linux `statfs` magic numbers (linux/magic.h and the file systems' own headers), as unsigned 32-bit. */
const MAGIC: ReadonlyMap<number, readonly [name: string, kind: FsKind]> = new Map([
  [0xef53, ['ext4', 'local']],
  [0x9123683e, ['btrfs', 'local']],
  [0x58465342, ['xfs', 'local']],
  [0x2fc12fc1, ['zfs', 'local']],
  [0xf2f52010, ['f2fs', 'local']],
  [0xca451a4e, ['bcachefs', 'local']],
  [0x3153464a, ['jfs', 'local']],
  [0x52654973, ['reiserfs', 'local']],
  [0x01021994, ['tmpfs', 'local']],
  [0x858458f6, ['ramfs', 'local']],
  [0x794c7630, ['overlay', 'local']],
  [0x4d44, ['vfat', 'local']],
  [0x2011bab0, ['exfat', 'local']],
  [0x7366746e, ['ntfs3', 'local']],
  [0x5346544e, ['ntfs', 'local']],
  [0x482b, ['hfsplus', 'local']],
  [0x9660, ['iso9660', 'local']],
  [0x15013346, ['udf', 'local']],
  [0x73717368, ['squashfs', 'local']],
  [0x6969, ['nfs', 'network']],
  [0x517b, ['smb', 'network']],
  [0xff534d42, ['cifs', 'network']],
  [0xfe534d42, ['smb2', 'network']],
  [0x01021997, ['9p', 'network']],
  [0x00c36400, ['ceph', 'network']],
  [0x5346414f, ['afs', 'network']],
  [0x73757245, ['coda', 'network']],
  [0x0bd00bd0, ['lustre', 'network']],
  [0x47504653, ['gpfs', 'network']],
  [0x7461636f, ['ocfs2', 'network']],
  [0x01161970, ['gfs2', 'network']],
  [0x786f4256, ['vboxsf', 'network']],
  [0xbacbacbc, ['vmhgfs', 'network']],
  // virtiofs answers with the same number.
  [0x65735546, ['fuse', 'fuse']],
])

/** A file system's type as a stable word, e.g. `ef53 ext4`, and its kind. */
export type FsType = { readonly word: string; readonly kind: FsKind }

/** Elsewhere than on Linux the number is counted out anew at each start of the system, so that it says nothing. */
const UNKNOWN: FsType = { word: 'unknown', kind: 'unknown' }

/** The word and kind of a `statfs` type number of Linux. */
export function fsTypeOf(type: bigint): FsType {
  const magic = Number(BigInt.asUintN(32, type))
  const [name, kind] = MAGIC.get(magic) ?? ['unknown', 'unknown']
  return { word: `${magic.toString(16)} ${name}`, kind }
}

/** The kind of a file system by its word; `unknown` for a word that names no type. */
export function fsKindOfWord(word: string): FsKind {
  const [magic = ''] = word.split(' ')
  return /^[0-9a-f]{1,8}$/.test(magic) ? fsTypeOf(BigInt(`0x${magic}`)).kind : 'unknown'
}

function ofAnswer(answer: BigIntStatsFs): FsType {
  return process.platform === 'linux' ? fsTypeOf(answer.type) : UNKNOWN
}

/** The type of the file system a directory lies on. @throws the errno of `statfs`. */
export async function fsTypeAt(directory: string): Promise<FsType> {
  return ofAnswer(await statfs(directory, { bigint: true }))
}

/** Whether a folder lies on a local, network or FUSE file system; `unknown` where `statfs` fails. */
export function fsKind(root: string): FsKind {
  try {
    return ofAnswer(statfsSync(root, { bigint: true })).kind
  } catch {
    return 'unknown'
  }
}

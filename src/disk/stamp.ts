import type { BigIntStats } from 'node:fs'
import type { DirStamp, FileStamp } from '../model/file.ts'

/** What a bigint `lstat` or `fstat` says of a directory, exactly. */
export function dirStamp(stats: BigIntStats): DirStamp {
  return {
    mtimeNs: String(stats.mtimeNs),
    ctimeNs: String(stats.ctimeNs),
    ino: String(stats.ino),
    birthNs: stats.birthtimeNs > 0n ? String(stats.birthtimeNs) : null,
  }
}

/** What a bigint `lstat` or `fstat` says of a regular file, exactly. */
export function fileStamp(stats: BigIntStats): FileStamp {
  return { sizeBytes: Number(stats.size), ...dirStamp(stats) }
}

/** True when a directory holds the names it held: same inode, same times. */
export function sameDirStamp(a: DirStamp, b: DirStamp): boolean {
  return a.ino === b.ino && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs
}

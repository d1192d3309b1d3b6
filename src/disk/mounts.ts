import { readFileSync } from 'node:fs'
import type { RelPath } from '../model/file.ts'

/** Where Linux tells what is mounted. */
export const MOUNT_TABLE = '/proc/self/mountinfo'

/** One line of the mount table. `source` is for people only: a disk's device name changes between starts. */
export type Mount = { readonly point: string; readonly fsType: string; readonly source: string }

/** A mount at ('') or under a folder. */
export type FolderMount = { readonly dir: RelPath; readonly fsType: string; readonly source: string }

/**
 * Reads the text of `/proc/self/mountinfo` (proc_pid_mountinfo(5)): field 5 is the mount point; after the lone dash come type
 * and source; blank, tab, newline and backslash are octal escapes. Of several mounts at one point the last one is on top.
 */
export function parseMountinfo(text: string): readonly Mount[] {
  const mounts = new Map<string, Mount>()
  for (const line of text.split('\n')) {
    const fields = line.split(' ')
    const dash = fields.indexOf('-', 6)
    const point = fields[4]
    const fsType = fields[dash + 1]
    const source = fields[dash + 2]
    if (dash < 0 || point === undefined || fsType === undefined) continue
    const mount = { point: unescapeOctal(point), fsType: unescapeOctal(fsType), source: unescapeOctal(source ?? '') }
    mounts.set(mount.point, mount)
  }
  return [...mounts.values()]
}

/** Bytes, not characters, are escaped: `\303\251` is one letter. */
function unescapeOctal(field: string): string {
  if (!field.includes('\\')) return field
  const bytes = Buffer.from(field, 'utf8').toString('latin1')
  const decoded = bytes.replace(/\\([0-7]{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
  return Buffer.from(decoded, 'latin1').toString('utf8')
}

/** The mounts of a table that lie at or under a folder, sorted by path. @param root absolute path, links resolved. */
export function mountsBelow(mounts: readonly Mount[], root: string): readonly FolderMount[] {
  const base = root === '/' ? '' : root
  return mounts
    .filter(({ point }) => point === root || point.startsWith(`${base}/`))
    .map(({ point, fsType, source }) => ({ dir: point === root ? '' : point.slice(base.length + 1), fsType, source }))
    .sort((a, b) => (a.dir < b.dir ? -1 : a.dir > b.dir ? 1 : 0))
}

/**
 * The mounts at and under a folder now. Where there is no mount table (other systems than Linux) the answer is empty, and a
 * change of `st_dev` between directories is all there is to see.
 * @throws the errno when the table of a Linux system can't be read: then nothing is known.
 */
export function mountsUnder(root: string): readonly FolderMount[] {
  if (process.platform !== 'linux') return []
  const mounts = parseMountinfo(readFileSync(MOUNT_TABLE, 'utf8'))
  // There is always a root: an empty table was not read.
  if (mounts.length === 0) throw Object.assign(new Error(`${MOUNT_TABLE} is empty`), { code: 'ENODATA' })
  return mountsBelow(mounts, root)
}

/** One line per mount, equal between two looks exactly when the same file-system types are mounted at the same places. */
export function mountKeys(mounts: readonly FolderMount[]): readonly string[] {
  return mounts.map(({ dir, fsType }) => `${fsType} ${dir}`)
}

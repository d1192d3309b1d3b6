/** Path below the folder's root: `/` between names, no leading `./`, '' for the root itself. Always valid UTF-8. */
export type RelPath = string

/**
 * What `lstat` says of a regular file. Nanoseconds and inodes are decimal strings: a 19-digit number is no JavaScript number.
 * `birthNs` is null where the file system keeps no birth time.
 */
export type FileStamp = {
  readonly sizeBytes: number
  readonly mtimeNs: string
  readonly ctimeNs: string
  readonly ino: string
  readonly birthNs: string | null
}

/** What `lstat` says of a directory. */
export type DirStamp = Omit<FileStamp, 'sizeBytes'>

/** What is left alone, and why. */
export type ProblemReason =
  | 'empty'
  | 'fifo'
  | 'socket'
  | 'device'
  | 'symlink'
  | 'not-utf8'
  | 'unreadable'
  | 'unknown-type'
  | 'sidecar'
  | 'labels'
  | 'dicom'
  | 'not-dicom'
  | 'no-series'
  | 'name-collision'
  | 'mount'

/**
 * A place that a scan could not look into, and the errno or reason. It hides everything below it. `ctimeNs`: of the directory, where that much can be
 * told: what was moved into it, or whether it was open for a while, changes that.
 */
export type Blind = { readonly dir: RelPath; readonly why: string; readonly ctimeNs?: string }

/** Is a path this one, or below it? Everything is at or below the root. */
export function isAtOrBelow(top: RelPath, path: RelPath): boolean {
  return top === '' || path === top || path.startsWith(`${top}/`)
}

/** True when size, times and inode are all the same. */
export function sameStamp(a: FileStamp, b: FileStamp): boolean {
  return a.sizeBytes === b.sizeBytes && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.ino === b.ino
}

/** The very same file, whatever it holds and wherever it stands; only where the file system keeps birth times: freed inodes are used again. */
export function isSameInode(a: Pick<FileStamp, 'ino' | 'birthNs'>, b: Pick<FileStamp, 'ino' | 'birthNs'>): boolean {
  return a.ino === b.ino && a.birthNs === b.birthNs
}

/** The directory part of a path, '' for a name directly in the folder. */
export function dirOf(path: RelPath): RelPath {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '' : path.slice(0, slash)
}

/** The last name of a path. */
export function nameOf(path: RelPath): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** A name in a directory as a path; the root directory is ''. */
export function joinPath(dir: RelPath, name: string): RelPath {
  return dir === '' ? name : `${dir}/${name}`
}

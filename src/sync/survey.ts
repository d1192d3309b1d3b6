import type { DirStamp, FileStamp, RelPath } from '../model/file.ts'
import type { Absence, FileRecord, ScanRecord } from './records.ts'

/** What differs between a look at the disk and the ledger. What is equal is not mentioned. */
export type Difference =
  | { readonly kind: 'new'; readonly path: RelPath; readonly stamp: FileStamp; readonly problem: string | null }
  /** Another stamp, or back after an absence, or too young a hash to be believed. */
  | { readonly kind: 'changed'; readonly known: FileRecord; readonly stamp: FileStamp; readonly problem: string | null }
  | { readonly kind: 'absent'; readonly known: FileRecord; readonly absence: Absence }
  /** Its place could not be looked into, or something else stands at its path. */
  | { readonly kind: 'unseen'; readonly known: FileRecord; readonly why: string }
  /** An ignore rule covers it now. */
  | { readonly kind: 'excluded'; readonly known: FileRecord; readonly why: string }

/** A directory that was read. `digest` is set when nothing in it differed and nothing in it is young. */
export type SeenDir = {
  readonly path: RelPath
  readonly stamp: DirStamp
  readonly doneNs: string | null
  readonly digest: Uint8Array | null
}

/** One walk of a folder, or of some of its directories, compared with the ledger. */
export type Survey = {
  readonly scan: Omit<ScanRecord, 'id' | 'folderId' | 'process'>
  /** Parents before children. */
  readonly dirs: readonly SeenDir[]
  readonly goneDirs: readonly number[]
  readonly unseenDirs: readonly { readonly id: number; readonly why: string }[]
  readonly differences: readonly Difference[]
  /** Mount points at and under the folder. */
  readonly mounts: readonly string[]
  /** Sub-directories by directory that was read: what the watcher has to hear. */
  readonly tree: readonly { readonly dir: RelPath; readonly subdirs: readonly string[] }[]
  /** The ignore files that were read: a digest of what each holds. */
  readonly ignoreFiles: readonly { readonly dir: RelPath; readonly digest: string }[]
  readonly files: number
  readonly ignored: number
}

/** What a survey is asked to do. `dirs: null` is the whole folder. */
export type SurveyRequest = {
  readonly folderId: number
  readonly root: string
  readonly dirs: readonly RelPath[] | null
  readonly ignore: readonly { readonly pattern: string; readonly where: string }[]
  readonly knownMounts: readonly string[]
  /** The newest scan in the ledger, of any folder. */
  readonly newestScan: number
  /** Local file systems keep directory times; then an unchanged ctime of the parent contradicts an absence. */
  readonly keepsDirTimes: boolean
}

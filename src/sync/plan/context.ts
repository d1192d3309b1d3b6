import type { FolderPolicy, FolderState } from '../../model/folder.ts'
import type { FileRecord, ForeignRow, RemoteRecord, UnitRecord, VersionRecord } from '../records.ts'
import type { Patience } from './action.ts'

/** The clocks at the moment of planning. `serverMs` is the newest `Date` header, null before the first answer. */
export type Now = { readonly wallMs: number; readonly monotonicMs: number; readonly serverMs: number | null }

/** Another unit of the same dataset whose live row holds the same content. */
export type Twin = {
  readonly unit: UnitRecord
  readonly version: VersionRecord
  /** Is the content still at the twin's own path? `unknown`: it changed there and is not hashed yet, or a call for it is on its way. */
  readonly own: 'there' | 'vacated' | 'unknown' | 'unseen'
}

/** Is a content still at the place that our own note on its row names? `doubtful`: something else stands there, or no look tells of it. */
export type NotedPlace = Twin['own'] | 'doubtful'

/** What may be, or hold, the content of a unit's row, and whether a single pass waits for what tells. */
export type Arriving = { readonly path: string; readonly patience: Patience }

/** What the ledger and the disk say around one unit. */
export type UnitContext = {
  readonly policy: FolderPolicy
  readonly now: Now
  readonly folder: { readonly uid: string; readonly state: FolderState; readonly paused: boolean }
  readonly remote: RemoteRecord
  /** ms that a file has been at rest, by looks of this process or by its ctime on a local file system. */
  quietMs(file: FileRecord): number
  /** ms that nothing in the unit's directory changed. */
  readonly dirQuietMs: number
  /** ctime of `.done` in the unit's directory, ns. */
  readonly doneNs: string | null
  /** Does another file of this size belong to a unit with a row in the dataset? */
  readonly sizeKnown: boolean
  readonly twins: readonly Twin[]
  /** A call for this content that was lost for good, and may have made the row of this unit; a plain copy of what stands elsewhere has none. */
  lostCall(content: string): VersionRecord | null
  /** Was a call for a file, or for a group of frames, of this size lost for good? */
  isLostOfSize(sizeBytes: number): boolean
  /**
   * Where the content of this unit's row may have gone: a new file with it, or of its size and not read yet; for a group, a frame of another one that
   * holds all that its row does. Or another folder of the dataset that has yet to be looked at.
   */
  readonly arriving: Arriving | null
  /** A file in a group's directory, not read yet, that has the size of a frame which the group lost: it may be that frame, renamed. */
  readonly lostFrame: FileRecord | null
  /** An older unit whose path differs only in its Unicode form; the two would fight over one name. */
  readonly collidesWith: string | null
  /** The unit's metadata file, as it was last seen, and for how long it has been so; null where none is known. */
  readonly sidecar: { readonly file: FileRecord; readonly quietMs: number } | null
  /** Of a DICOM series: files of its directory whose series is not known yet. Empty for any other unit. */
  readonly unsorted: readonly FileRecord[]
  /** How many series of its directory come before it, for its title; 0 for any other unit. */
  readonly seriesPart: number
  /** Rows the ledger did not make that might be this unit: same own sha256, or same title (or base name) and size. */
  readonly foreign: readonly ForeignRow[]
  /** Does what such a row holds still stand at the place that our own note on it names? That of an unknown folder counts as vacated. */
  placeOf(row: ForeignRow): NotedPlace
  /** Was it made by a folder of this dataset that the config names? */
  isFollowed(row: ForeignRow): boolean
}

import type { RelPath } from '../../model/file.ts'
import type { FolderPolicy } from '../../model/folder.ts'
import type { BatchRecord, CandidateRecord, FileRecord, FolderRecord, ScanRecord, UnitRecord, VersionRecord } from '../records.ts'
import type { Now } from './context.ts'
import type { EditSince, RuleSince } from './ruleEdits.ts'

/** A version that may have to be deleted, with all that is known for and against it. */
export type CandidateView = {
  readonly candidate: CandidateRecord
  readonly unit: UnitRecord
  readonly version: VersionRecord
  readonly files: readonly FileRecord[]
  /** sha256 of each file that the row was made of; null where it is not known. */
  readonly contents: readonly (string | null)[]
  readonly frames: number
  readonly batch: BatchRecord | null
  readonly first: ScanRecord | null
  readonly second: ScanRecord | null
  /** Where it may have gone, in any folder of the dataset: a file of its size whose content is not known, or one of its content without a row. */
  readonly unsettled: FileRecord | null
  /** Why it may be at a place that cannot be looked into now, and could, or was none, when this was last seen. */
  readonly hiding: string | null
  /** Files at other paths that hold the same content. */
  readonly copies: readonly FileRecord[]
  /** Ids of the copies that were there when a person approved it. */
  readonly approvedCopies: readonly number[]
  /** Other content took the place of its file, or of its last frame, and may have gone elsewhere since. */
  readonly isReplaced: boolean
  /**
   * When its file went, another row of its content went elsewhere with a file that may have been this one's; or that file holds something else
   * since. Or its file went elsewhere, and was replaced there.
   */
  readonly isLeftBehind: boolean
  /** The path that the row left for what may be a copy of its file; null where it went to no such one. */
  readonly copiedFrom: RelPath | null
  /**
   * Files that it lost, or that others took the place of, and that stand elsewhere: they are the very files, and hold something else by now; those
   * of an older row may hold the same.
   */
  readonly wentTo: readonly FileRecord[]
  /** The row that took its place, for a superseded version. */
  readonly successor: VersionRecord | null
  /** A person said of this row that it stays. */
  readonly keptByPerson: boolean
  /** The id of another folder that made this row, says our own note on it, or `NOBODY_KNOWN`; null: this folder did. */
  readonly madeBy: string | null
}

export type DeleteContext = {
  readonly folder: FolderRecord
  readonly policy: FolderPolicy
  readonly now: Now
  /** ms until the confirming scan; the grace that is in force for this file system. */
  readonly graceMs: number
  readonly lastWhole: ScanRecord | null
  /** Looks at the folder that began before this scan was written down let no row go. */
  readonly looksFrom: number
  /** What the last whole walks of all folders took together, ms: they are taken one after the other. */
  readonly walksMs: number
  /** The first complete look since `deletes.mode` was changed: what it lacks may have been gone before. Null: there was none yet. */
  readonly modeScan: number | null
  readonly modeSince: RuleSince
  readonly onChangeSince: RuleSince
  readonly editSince: EditSince
  readonly graceSince: EditSince
  /** The other folders of the same dataset that were ever seen. */
  readonly others: readonly (Pick<FolderRecord, 'id' | 'path' | 'state'> & Pick<DeleteContext, 'lastWhole' | 'looksFrom'>)[]
  /** A place (of a unit, or a directory) that was seen before and cannot be seen now; null when there is none. */
  readonly unseen: RelPath | null
  /** Sent in the window and not approved by a person. */
  readonly sent: { readonly units: number; readonly files: number }
  readonly live: { readonly units: number; readonly files: number }
  readonly fileSystem: 'local' | 'network'
}

export type Other = DeleteContext['others'][number]

export type Waiting = {
  readonly kind: 'wait'
  readonly rule: string
  readonly why: string
  readonly forMs: number | null
  readonly needsScan: boolean
  /** Ids of folders of the dataset, this one too, of which a new look at the whole is needed, as soon as may be. */
  readonly needsLooks: readonly number[]
}

/** The rule of design section 6 that decided, and its words. */
export type Verdict =
  | { readonly kind: 'delete'; readonly because: string }
  | Waiting
  | { readonly kind: 'hold'; readonly rule: string; readonly why: string }
  | { readonly kind: 'cancel'; readonly why: string }
  /** Its path belongs to another unit now: it is an older version of what stands there. */
  | { readonly kind: 'overwritten'; readonly why: string }

export function wait(rule: string, why: string, forMs: number | null, needsScan: boolean): Waiting {
  return { kind: 'wait', rule, why, forMs, needsScan, needsLooks: [] }
}

export function hold(rule: string, why: string): Verdict {
  return { kind: 'hold', rule, why }
}

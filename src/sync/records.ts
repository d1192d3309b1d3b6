import type { Blind, DirStamp, FileStamp, RelPath } from '../model/file.ts'
import type { FolderState } from '../model/folder.ts'
import type {
  CandidateReason,
  FrameStep,
  LocalFact,
  OperationPhase,
  OperationVerb,
  RemoteFact,
  UnitKind,
  UnitShape,
  VersionRole,
  WorkFact,
} from '../model/unit.ts'

/** What the ledger remembers, as sync sees it. Times are ms since 1970 by the wall clock. */
export type RemoteRecord = {
  readonly id: number
  readonly domain: string
  readonly dataset: string
  /**
   * `due`: this ledger has never read the dataset; nothing is sent before it has. `again`: it may have forgotten rows of it (it was lost or
   * put back); nothing is sent before it read the dataset twice.
   */
  readonly firstContact: 'due' | 'again' | 'done'
  /** When the first of those two readings was asked for; null: there was none yet. */
  readonly firstLookMs: number | null
  readonly listedAtMs: number | null
  /** False once the server refused a path as a title. */
  readonly pathTitles: boolean
  /** False once the server refused `datarow` for this key. */
  readonly datarow: boolean
}

export type FolderRecord = {
  readonly id: number
  readonly uid: string
  readonly path: string
  /** The path as the config had it when it was last bound; null in a ledger that no run has bound since it is remembered. */
  readonly writtenAs: string | null
  readonly remoteId: number
  readonly root: { readonly ino: string; readonly birthNs: string | null; readonly fsType: string } | null
  readonly mounts: readonly string[]
  readonly marker: 'none' | 'written' | 'unwritable'
  readonly state: FolderState
  readonly why: string
  readonly sinceMs: number
  readonly paused: boolean
  /** When the pause ends by itself, ms since 1970; null when only a person ends it. */
  readonly pausedUntilMs: number | null
  readonly deleteMode: 'propagate' | 'hold' | 'never'
  readonly modeSinceMs: number
}

export type DirRecord = {
  readonly id: number
  readonly path: RelPath
  readonly stamp: DirStamp
  readonly local: LocalFact
  readonly digest: Uint8Array | null
  readonly doneNs: string | null
}

/** What the bytes of a file say: its type and whether its structure reaches its end. */
export type Look =
  | {
      readonly kind: 'video' | 'image'
      readonly format: string
      readonly mime: string
      readonly whole: { readonly kind: 'whole' } | { readonly kind: 'cut' | 'unknown-end'; readonly why: string }
      /** Of an image, where its headers tell it. Looks of older versions have none. */
      readonly pixels?: { readonly width: number; readonly height: number }
    }
  /** No value of a patient's is kept of it: which series it is of, its place there, and the tags that Encord needs and it lacks. */
  | {
      readonly kind: 'dicom'
      readonly mime: string
      readonly series: string | null
      readonly number: number | null
      readonly missing: readonly string[]
      readonly whole: { readonly kind: 'whole' } | { readonly kind: 'cut' | 'unknown-end'; readonly why: string }
    }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unreadable'; readonly why: string }

/** Where a path's absence was noticed: rule 4's directory and its times before and after. */
export type Absence = {
  readonly ancestor: RelPath
  readonly ctimeBeforeNs: string | null
  readonly ctimeAfterNs: string
  readonly unchanged: number
}

export type FileRecord = {
  readonly id: number
  readonly folderId: number
  readonly dirId: number
  readonly path: RelPath
  readonly stamp: FileStamp
  readonly local: LocalFact
  readonly problem: string | null
  readonly unitId: number | null
  readonly look: Look | null
  readonly sha256: string | null
  readonly racy: boolean
  /** The scan since which what it holds stands there, or where its row came from. */
  readonly firstScan: number
  readonly absentScan: number | null
  readonly absence: Absence | null
}

export type UnitRecord = {
  readonly id: number
  readonly folderId: number
  readonly shape: UnitShape
  readonly key: RelPath
  readonly kind: UnitKind
  readonly local: LocalFact
  readonly work: WorkFact
  readonly why: string
  readonly sinceMs: number
  readonly attempts: number
  readonly retryAtMs: number | null
  /** A person said: send it although it looks cut off. */
  readonly asIs: boolean
  /** `none`: a person said that no row of before is what the unit holds. When its files change that is asked anew. */
  readonly unlinked: 'ask' | 'none'
  /** When content changed lately, ms. */
  readonly changes: readonly number[]
}

export type VersionRecord = {
  readonly id: number
  readonly unitId: number | null
  readonly remoteId: number
  readonly part: number
  readonly kind: UnitKind
  readonly dataHash: string | null
  readonly title: string
  /** sha256 of the file; for a group the sha256 over its frames' sha256, sorted. */
  readonly content: string | null
  readonly sizeBytes: number
  readonly remote: RemoteFact
  readonly role: VersionRole
  readonly ticket: string | null
  readonly ticketAtMs: number | null
  readonly liveAtMs: number | null
  readonly listedAtMs: number | null
  readonly titleDue: boolean
  readonly metadataDue: boolean
  /** The scan that first found its files changed or gone; null while nothing was found to differ from it. */
  readonly changedScan: number | null
  /** The newest scan, of any folder, before its bytes were read at their path to be sent; 0 when that is not known. */
  readonly readAfter: number
}

export type FrameRecord = {
  readonly versionId: number
  readonly ord: number
  readonly fileId: number | null
  readonly name: string
  readonly sizeBytes: number
  readonly sha256: string | null
  readonly dataHash: string | null
  readonly ticket: string | null
  readonly ticketAtMs: number | null
  readonly step: FrameStep
}

export type OperationRecord = {
  readonly id: number
  readonly versionId: number
  readonly verb: OperationVerb
  readonly phase: OperationPhase
  readonly beganMs: number
  readonly serverTimeMs: number | null
  readonly evidence: string | null
  /** The server's error word, where it sent one. */
  readonly answer: string | null
  /** Trusted listings that lacked the hash since the call, and when the first of them came. */
  readonly lacking: number
  readonly lackingAtMs: number | null
}

export type ScanRecord = {
  readonly id: number
  readonly folderId: number
  readonly whole: boolean
  readonly beganMs: number
  readonly endedMs: number
  readonly process: string
  /** The newest scan, of any folder, that was written down when this one's walk began: all that it saw was seen after that. */
  readonly beganAfter: number
  readonly result: 'complete' | 'unsettled' | 'partial'
  readonly blind: readonly Blind[]
  readonly busy: readonly RelPath[]
}

export type CandidateRecord = {
  readonly versionId: number
  readonly why: CandidateReason
  readonly firstScan: number | null
  readonly firstAtMs: number | null
  readonly secondScan: number | null
  readonly madeMs: number
  /** Why it waits or is held, for people. */
  readonly note: string
  readonly batchId: number | null
}

export type BatchRecord = {
  readonly id: number
  readonly folderId: number
  readonly digest: string
  readonly why: string
  readonly madeMs: number
  readonly decision: 'approved' | 'rejected' | null
  readonly decidedMs: number | null
}

/** A row of the dataset that this ledger did not make. */
export type ForeignRow = {
  readonly remoteId: number
  readonly dataHash: string
  readonly title: string
  readonly type: string
  readonly sizeBytes: number | null
  readonly own: OwnNote | null
}

/** Our own note on a row: the folder and the place that it is followed for, and the content that was there. */
export type OwnNote = {
  readonly folder: string
  readonly path: string
  readonly sha256: string
  /** Nothing but its name told whose row it is, when it was linked: who made it, and what it holds, nobody knows. Null: its folder made it. */
  readonly linked: 'by-name' | null
}

export type HistoryEntry = {
  readonly atMs: number
  readonly folderId: number | null
  readonly verb: 'registered' | 'deleted' | 'renamed' | 'adopted' | 'lost' | 'superseded' | 'approved' | 'rejected' | 'accepted'
  readonly dataHash: string | null
  readonly key: string | null
  readonly files: number
  readonly approved: boolean
  readonly detail: Readonly<Record<string, unknown>>
}

/** A unit with everything that a decision about it needs. */
export type UnitView = {
  readonly unit: UnitRecord
  readonly files: readonly FileRecord[]
  readonly versions: readonly VersionRecord[]
  readonly frames: readonly FrameRecord[]
  readonly operations: readonly OperationRecord[]
  readonly candidates: readonly CandidateRecord[]
}

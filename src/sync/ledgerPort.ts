import type { DirStamp, FileStamp, RelPath } from '../model/file.ts'
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
import type {
  Absence,
  BatchRecord,
  CandidateRecord,
  DirRecord,
  FileRecord,
  FolderRecord,
  ForeignRow,
  FrameRecord,
  HistoryEntry,
  Look,
  OperationRecord,
  RemoteRecord,
  ScanRecord,
  UnitRecord,
  UnitView,
  VersionRecord,
} from './records.ts'

/** What a coming version starts with. */
export type NewVersion = {
  readonly unitId: number
  readonly remoteId: number
  readonly kind: UnitKind
  readonly title: string
  readonly sizeBytes: number
}

/** A row of a dataset that belongs to no unit. */
export type DetachedVersion = Omit<NewVersion, 'unitId'> & { readonly dataHash: string }

/**
 * What sync needs of the ledger. Writes outside a transaction are their own; `commit` shares one with others and resolves once it
 * is on disk. A write that fails throws, and the caller stops: no intent, no call.
 */
export type LedgerPort = {
  /** The ledger's own facts: who it is, how far it came, the newest wall time it has seen. */
  readonly meta: {
    read: (key: string) => string | null
    write: (key: string, value: string) => void
    remove: (key: string) => void
    /** Grows with every transaction; the folder marker's copy tells a rolled-back ledger. */
    sequence: () => number
    ledgerId: () => string
  }
  /** Datasets this ledger has sent to, and the rows in them that it did not make. */
  readonly remotes: {
    all: () => RemoteRecord[]
    get(id: number): RemoteRecord
    ensure(domain: string, dataset: string): RemoteRecord
    find(domain: string, dataset: string): RemoteRecord | null
    markContacted: (id: number) => void
    /** The ledger may have forgotten rows of it: it has to be read before anything is sent, as a listing may leave out rows, twice. */
    markDue: (id: number) => void
    /** The first of the two listings that a contact takes was asked for then, ms since 1970. */
    markFirstLook: (id: number, atMs: number) => void
    markListed: (id: number, atMs: number) => void
    refusePathTitles: (id: number) => void
    setDatarow: (id: number, state: 'open' | 'refused') => void
    /** A row that was there at the first contact. */
    addForeign: (row: ForeignRow) => void
    /** One that came later, and that a lost call may have made. */
    addAsked: (row: ForeignRow) => void
    dropForeign: (remoteId: number, dataHash: string) => void
    clearForeign: (remoteId: number) => void
    foreignRows: (remoteId: number) => ForeignRow[]
    /** The same, and with them those that lost calls may have made. */
    adoptableRows: (remoteId: number) => ForeignRow[]
  }
  /** Watched folders, known by their marker's id: a folder that moved is the same folder. */
  readonly folders: {
    get: (id: number) => FolderRecord
    all: () => FolderRecord[]
    byUid: (uid: string) => FolderRecord | null
    byPath: (path: string) => FolderRecord | null
    add(
      folder: {
        uid: string
        path: string
        remoteId: number
        deleteMode: FolderRecord['deleteMode']
      },
      atMs: number,
    ): FolderRecord
    /** The newest record that had this id for this dataset until `release` took it away. */
    released(uid: string, remoteId: number): FolderRecord | null
    /** The newest record of this path for this dataset that left the config. */
    left: (path: string, remoteId: number) => FolderRecord | null
    setState: (id: number, next: FolderState, why: string, atMs: number) => void
    setIdentity: (id: number, root: NonNullable<FolderRecord['root']>, marker: FolderRecord['marker']) => void
    setMounts: (id: number, points: readonly string[]) => void
    setPath: (id: number, path: string, writtenAs: string) => void
    setRemote: (id: number, remoteId: number) => void
    setDeleteMode: (id: number, next: FolderRecord['deleteMode'], atMs: number) => void
    /** Null: no pause. `untilMs`: when it ends by itself, ms since 1970; null when only a person ends it. */
    setPaused: (id: number, asked: { readonly untilMs: number | null } | null, atMs: number) => void
    /** A digest of ignore rules and policy: when it changes, directory digests are dropped. */
    rules: (id: number) => string
    setRules: (id: number, digest: string) => void
    /** The folder's id is another record's from now on. */
    release: (id: number, uid: string) => void
    unconfigure: (id: number) => void
  }
  /** Recorded looks at a folder: the evidence of absences. */
  readonly scans: {
    add: (scan: Omit<ScanRecord, 'id'>) => number
    get(id: number): ScanRecord | null
    lastWhole(folderId: number): ScanRecord | null
    /** The first complete look at the whole folder that began at or after that time, and when that scan was written down; null when none did yet. */
    firstCompleteSince: (folderId: number, since: { readonly ms: number; readonly scan: number }) => number | null
    /** Of all folders; 0 when there was none yet. */
    newest: () => number
    /** The last whole scan before this one that saw every place that was known. */
    completeBefore(folderId: number, scanId: number): ScanRecord | null
    /** This scan of the folder, or the last whole one before it. */
    wholeUpTo(folderId: number, scanId: number): ScanRecord | null
    /** Partial scans prove nothing and are dropped after a while. */
    prune: (folderId: number, beforeMs: number) => void
  }
  /** Directories and files as the last scans saw them. */
  readonly tree: {
    dir(folderId: number, path: RelPath): DirRecord | null
    children: (dirId: number) => DirRecord[]
    unseenDir: (folderId: number) => RelPath | null
    allDirs: (folderId: number) => DirRecord[]
    ensureDir(folderId: number, path: RelPath, parentId: number | null, stamp: DirStamp, doneNs: string | null): number
    setDirLocal: (id: number, local: LocalFact, why: string | null) => void
    setDigest: (id: number, digest: Uint8Array | null) => void
    dropDigests: (folderId: number) => void
    /** Directories that are gone, with all below them, are forgotten once no file is remembered there. @returns their ids */
    forgetGoneDirs: (folderId: number) => number[]
    file: (id: number) => FileRecord | null
    fileAt: (dirId: number, name: string) => FileRecord | null
    filesOfDir: (dirId: number) => FileRecord[]
    filesOfUnit: (unitId: number) => FileRecord[]
    /** Files in a directory and everywhere below it. */
    filesBelow: (folderId: number, dir: RelPath) => FileRecord[]
    problems: (folderId: number) => FileRecord[]
    addFile: (file: {
      folderId: number
      dirId: number
      name: string
      stamp: FileStamp
      problem: string | null
      unitId: number | null
      scanId: number
    }) => number
    /** The file is here with this stamp. `contentDoubtful` forgets its look and hash. */
    seeFile(id: number, stamp: FileStamp, problem: string | null, content: 'kept' | 'doubtful'): void
    setFileLocal: (id: number, local: LocalFact, scanId: number | null, absence: Absence | null) => void
    setProblem: (id: number, problem: string | null) => void
    setLook: (id: number, look: Look) => void
    /** `racy`: the file's ctime is less than 2 s older than the hash, so that a later write may hide behind the same stamp. */
    setSha(id: number, sha256: string, racy: boolean): void
    setFileUnit: (id: number, unitId: number | null) => void
    /** What stands there came with this scan: the file belongs to another unit, or another content was written over it. */
    setFirstScan: (id: number, scanId: number) => void
    moveFile: (id: number, folderId: number, dirId: number, name: string) => void
    removeFile: (id: number) => void
    /** Does a unit with a row in this dataset hold a file of this size? */
    sizeIsKnown: (sizeBytes: number, remoteId: number) => boolean
    /** A file of this size, in any folder of this dataset, whose content is not known yet. */
    unsettledOfSize: (sizeBytes: number, remoteId: number) => FileRecord | null
    /** A file of this size, a unit of its own in an open folder of this dataset, that waits for nothing but to be read. */
    arrivingOfSize: (sizeBytes: number, remoteId: number) => FileRecord | null
    /** Files with this inode, birth time, size and mtime, in any folder of this dataset. */
    linkSince: (remoteId: number, scanId: number) => FileRecord | null
    sameIdentity: (stamp: FileStamp, remoteId: number) => FileRecord[]
    sameInode: (stamp: Pick<FileStamp, 'ino' | 'birthNs'>, remoteId: number) => FileRecord[]
    ofInode: (stamp: Pick<FileStamp, 'ino' | 'birthNs'>, remoteId: number) => FileRecord[]
    goneLike: (file: Pick<FileRecord, 'sha256' | 'stamp'>, remoteId: number) => FileRecord[]
    /** Files that hold this content, in any folder of this dataset. */
    withContent: (sha256: string, remoteId: number) => FileRecord[]
  }
  /** Units: what one row of the dataset should hold, and what is left to do for it. */
  readonly units: {
    get(id: number): UnitRecord | null
    byKey(folderId: number, shape: UnitShape, key: RelPath): UnitRecord | null
    /** Units of DICOM files that lie, or lay, directly in a directory. */
    seriesIn: (dirId: number) => UnitRecord[]
    ensure(folderId: number, shape: UnitShape, key: RelPath, kind: UnitKind, atMs: number): number
    setLocal: (id: number, local: LocalFact) => void
    /** `since` and `attempts` start anew unless they are given. */
    setWork: (id: number, work: WorkFact, why: string, atMs: number, attempts?: number, retryAtMs?: number | null) => void
    setKind: (id: number, kind: UnitKind) => void
    rekey: (id: number, folderId: number, key: RelPath) => void
    setAsIs: (id: number, asIs: boolean) => void
    setUnlinked: (id: number, unlinked: UnitRecord['unlinked']) => void
    setChanges: (id: number, changes: readonly number[]) => void
    remove: (id: number) => void
    /** Ids of the units that something is left to do for. */
    open: (folderId: number) => number[]
    /** A unit of the folder whose place cannot be seen now. */
    unseen: (folderId: number) => UnitRecord | null
    /** Ids of the units whose file or directory is not there, not seen or excluded. */
    gone: (folderId: number) => number[]
    list: (folderId: number) => UnitRecord[]
    /** Units with a live row, and the files (frames) they hold: what the percent rule is a percentage of. */
    liveCounts(folderId: number): {
      readonly units: number
      readonly files: number
    }
  }
  /** Versions: remote rows, or attempts at one; and the frames of groups. */
  readonly versions: {
    get(id: number): VersionRecord | null
    byHash(remoteId: number, dataHash: string): VersionRecord | null
    ofUnit: (unitId: number) => VersionRecord[]
    /** @param readAfter the newest scan before its files were looked at, or will be, to be sent */
    addComing: (version: NewVersion, readAfter: number) => number
    /** A row that someone else made, or a further row of a sequence. */
    addLive(
      version: NewVersion & {
        readonly dataHash: string
        readonly part: number
        readonly content: string | null
        readonly metadataDue: boolean
      },
      atMs: number,
    ): number
    /** A row of the dataset that no unit is for, so that what is done to it can be written down. */
    addDetached: (row: DetachedVersion, atMs: number) => number
    setTicket: (id: number, dataHash: string | null, ticket: string, atMs: number) => void
    setSent: (id: number, content: string, sizeBytes: number) => void
    setRemote: (id: number, remote: RemoteFact) => void
    setRole: (id: number, role: VersionRole) => void
    setLive: (id: number, dataHash: string, title: string, metadataDue: boolean, atMs: number) => void
    setContent: (id: number, content: string) => void
    /** The version is over; its hash stays for ever, as the only proof against a late duplicate. */
    retire: (id: number, remote: RemoteFact, role: VersionRole) => void
    /** Two rows of this table may never share a hash: a ticket that came to nothing gives it up when another row has it. */
    forgetHash: (id: number) => void
    setTitle: (id: number, title: string) => void
    setTitleDue: (id: number, due: boolean) => void
    setMetadataDue: (id: number, due: boolean) => void
    /** This scan found what the unit's row holds changed or gone; an earlier one that did so stays. Null: it was found to be the same. */
    setChangedScan: (unitId: number, scanId: number | null) => void
    /** What one version holds was seen, and found changed, when another's was. */
    copySeen: (fromId: number, toId: number) => void
    markListed: (remoteId: number, dataHash: string, atMs: number) => void
    forgetListed: (id: number) => void
    liveOf: (remoteId: number) => VersionRecord[]
    /** Closed versions whose call was lost, and may have made a row: which one, a listing or a person has yet to say. */
    lostOf: (remoteId: number) => VersionRecord[]
    /** The id of the youngest of them; 0 when there is none. */
    newestLost: (remoteId: number) => number
    lostWithContent: (remoteId: number, content: string) => VersionRecord[]
    isLostOfSize: (remoteId: number, sizeBytes: number) => boolean
    setUnit: (id: number, unitId: number | null) => void
    /** Current live versions of this content in this dataset. */
    withContent: (remoteId: number, content: string) => VersionRecord[]
    /** Does the unit's row hold this content, as the frame of that name where it has frames? Null: it has no row. */
    currentHolds(unitId: number, name: string, sha256: string): boolean | null
    callingWithContent: (remoteId: number, content: string) => VersionRecord[]
    frames: (versionId: number) => FrameRecord[]
    setFrames(
      versionId: number,
      frames: readonly {
        fileId: number
        name: string
        sizeBytes: number
      }[],
    ): void
    setFrameTicket: (versionId: number, ord: number, dataHash: string, ticket: string, atMs: number) => void
    setFrameSent: (versionId: number, ord: number, sha256: string) => void
    setFrameStep: (versionId: number, ord: number, step: FrameStep) => void
  }
  /** The journal of calls that change a dataset: intent before, outcome after. */
  readonly operations: {
    intend: (versionId: number, verb: OperationVerb, atMs: number, serverTimeMs: number | null, evidence: string | null) => number
    end: (id: number, phase: OperationPhase, atMs: number, answer?: string | null) => void
    openOf: (versionId: number) => OperationRecord[]
    open: () => OperationRecord[]
    /** At start: every intent without an outcome is a call that may have happened. Staging, titles and notes are simply repeated. */
    doubtIntents(): number
    setLacking: (id: number, count: number, firstAtMs: number | null) => void
  }
  /** Versions that may have to be deleted, their proof so far, and the frozen batches a person decides about. */
  readonly candidates: {
    /** The first scan of the oldest proof that is being taken; null when there is none. */
    oldestFirstScan: () => number | null
    get(versionId: number): CandidateRecord | null
    ofFolder: (folderId: number) => CandidateRecord[]
    /** All but the older rows that wait for a person: nothing becomes of those before one decides. */
    undecidedOf: (folderId: number) => CandidateRecord[]
    /** Starts a candidate, or starts its proof anew. */
    add: (
      versionId: number,
      why: CandidateReason,
      firstScan: {
        id: number
        atMs: number
      } | null,
      atMs: number,
    ) => void
    setFirst: (
      versionId: number,
      scan: {
        id: number
        atMs: number
      } | null,
    ) => void
    setSecond: (versionId: number, scanId: number | null) => void
    setNote: (versionId: number, text: string) => void
    setBatch: (versionId: number, batchId: number | null) => void
    remove: (versionId: number) => void
    addBatch: (folderId: number, digest: string, why: string, atMs: number) => number
    batch(id: number): BatchRecord | null
    batches: (folderId: number) => BatchRecord[]
    inBatch: (batchId: number) => CandidateRecord[]
    decide: (batchId: number, decision: 'approved' | 'rejected', atMs: number) => void
  }
  /** What was changed in datasets; append-only. The window of the delete limit is counted here, so restarts change nothing. */
  readonly history: {
    add: (entry: HistoryEntry) => void
    /** DELETE calls of a folder since `sinceMs` that no person approved: done ones and those whose outcome is open. */
    deletesSince(
      folderId: number,
      sinceMs: number,
    ): {
      readonly units: number
      readonly files: number
    }
    /** Rows of a folder that were found since `sinceMs` to be gone from the dataset, without a call that this ledger knows of. */
    lostSince: (folderId: number, sinceMs: number) => number
  }
  /** What came to its end long ago. */
  readonly past: {
    newestVersion: () => number
    /** A slice of what is over. @returns how many rows: 0 when nothing is left */
    forget: (horizon: { readonly beforeMs: number; readonly newestVersion: number }) => number
    /** The same for whole looks at a folder. @param keep a look that is asked for by its number */
    thinScans: (folderId: number, beforeMs: number, keep: readonly number[]) => number
  }
  /** Writes in the next shared transaction; resolves once it is on disk. */
  commit<T>(write: () => T): Promise<T>
  /** One transaction, now. */
  now<T>(write: () => T): T
  /** A unit with all that a decision about it needs; null when there is no such unit. */
  view(unitId: number): UnitView | null
}

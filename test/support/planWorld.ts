import type { FileStamp } from '../../src/model/file.ts'
import type { FolderPolicy } from '../../src/model/folder.ts'
import type { Twin, UnitContext } from '../../src/sync/plan/context.ts'
import type { CandidateView, DeleteContext } from '../../src/sync/plan/deleteView.ts'
import type {
  CandidateRecord,
  FileRecord,
  FolderRecord,
  ForeignRow,
  Look,
  RemoteRecord,
  ScanRecord,
  UnitRecord,
  UnitView,
  VersionRecord,
} from '../../src/sync/records.ts'

/** The wall clock of the planned moment, ms since 1970. */
export const NOW_MS = 1_800_000_000_000
export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000

export const WHOLE_IMAGE: Look = { kind: 'image', format: 'jpeg', mime: 'image/jpeg', whole: { kind: 'whole' } }
export const WHOLE_VIDEO: Look = { kind: 'video', format: 'mp4', mime: 'video/mp4', whole: { kind: 'whole' } }

/** The defaults of the config. */
export function policyOf(change: Partial<FolderPolicy> = {}, deletes: Partial<FolderPolicy['deletes']> = {}): FolderPolicy {
  return {
    title: { kind: 'path' },
    subdirectories: 'group',
    dicom: 'set-aside',
    via: { kind: 'upload' },
    settleMs: 5_000,
    groupSettleMs: 60_000,
    regroupSettleMs: 600_000,
    groupIncomplete: 'block',
    onChange: 'hold',
    ...change,
    deletes: { mode: 'propagate', graceMs: 120_000, limit: { count: 50, percent: 10, perMs: 24 * HOUR_MS }, ...deletes },
  }
}

/** Nanoseconds of a wall time in ms. */
export function ns(ms: number): string {
  return String(BigInt(Math.round(ms)) * 1_000_000n)
}

export function stampOf(change: Partial<FileStamp> = {}): FileStamp {
  return {
    sizeBytes: 100,
    mtimeNs: ns(NOW_MS - HOUR_MS),
    ctimeNs: ns(NOW_MS - HOUR_MS),
    ino: '1',
    birthNs: ns(NOW_MS - HOUR_MS),
    ...change,
  }
}

export function fileOf(path: string, change: Partial<FileRecord> = {}): FileRecord {
  return {
    id: 1,
    folderId: 1,
    dirId: 1,
    path,
    stamp: stampOf(),
    local: 'present',
    problem: null,
    unitId: 1,
    look: WHOLE_IMAGE,
    sha256: null,
    racy: false,
    firstScan: 1,
    absentScan: null,
    absence: null,
    ...change,
  }
}

export function unitOf(key: string, change: Partial<UnitRecord> = {}): UnitRecord {
  return {
    id: 1,
    folderId: 1,
    shape: 'file',
    key,
    kind: 'image',
    local: 'present',
    work: 'waiting',
    why: '',
    sinceMs: 0,
    attempts: 0,
    retryAtMs: null,
    asIs: false,
    unlinked: 'ask',
    changes: [],
    ...change,
  }
}

export function versionOf(change: Partial<VersionRecord> = {}): VersionRecord {
  return {
    id: 1,
    unitId: 1,
    remoteId: 1,
    part: 0,
    kind: 'image',
    dataHash: 'hash-1',
    title: 'a.jpg',
    content: 'sha-old',
    sizeBytes: 100,
    remote: 'live',
    role: 'current',
    ticket: null,
    ticketAtMs: null,
    liveAtMs: NOW_MS - HOUR_MS,
    listedAtMs: NOW_MS - HOUR_MS,
    titleDue: false,
    metadataDue: false,
    changedScan: null,
    readAfter: 0,
    ...change,
  }
}

export function remoteOf(change: Partial<RemoteRecord> = {}): RemoteRecord {
  return {
    id: 1,
    domain: 'd',
    dataset: 's',
    firstContact: 'done',
    firstLookMs: null,
    listedAtMs: NOW_MS,
    pathTitles: true,
    datarow: true,
    ...change,
  }
}

export function viewOf(unit: UnitRecord, files: readonly FileRecord[], change: Partial<UnitView> = {}): UnitView {
  return { unit, files, versions: [], frames: [], operations: [], candidates: [], ...change }
}

export type ContextRecipe = Partial<Omit<UnitContext, 'quietMs'>> & { readonly quietMs?: number | ((file: FileRecord) => number) }

/** Around one unit: everything has been at rest for an hour, and the dataset is known. */
export function contextOf({ quietMs = HOUR_MS, ...change }: ContextRecipe = {}): UnitContext {
  return {
    policy: policyOf(),
    now: { wallMs: NOW_MS, monotonicMs: 0, serverMs: NOW_MS },
    folder: { uid: 'folder-1', state: 'ok', paused: false },
    remote: remoteOf(),
    dirQuietMs: HOUR_MS,
    doneNs: null,
    sizeKnown: false,
    lostFrame: null,
    twins: [],
    lostCall: () => null,
    isLostOfSize: () => false,
    arriving: null,
    collidesWith: null,
    sidecar: null,
    unsorted: [],
    seriesPart: 0,
    foreign: [],
    placeOf: () => 'vacated',
    isFollowed: () => false,
    ...change,
    quietMs: typeof quietMs === 'number' ? () => quietMs : quietMs,
  }
}

export function twinOf(key: string, own: Twin['own']): Twin {
  return { unit: unitOf(key, { id: 2 }), version: versionOf({ id: 2, unitId: 2, content: 'sha-new' }), own }
}

export function foreignOf(change: Partial<ForeignRow> = {}): ForeignRow {
  return { remoteId: 1, dataHash: 'foreign', title: 'a.jpg', type: 'IMAGE', sizeBytes: 100, own: null, ...change }
}

export function scanOf(change: Partial<ScanRecord> = {}): ScanRecord {
  return {
    id: 1,
    folderId: 1,
    whole: true,
    beganMs: NOW_MS - 1_000,
    endedMs: NOW_MS,
    process: 'p1',
    beganAfter: 0,
    result: 'complete',
    blind: [],
    busy: [],
    ...change,
  }
}

export function candidateOf(change: Partial<CandidateRecord> = {}): CandidateRecord {
  return {
    versionId: 1,
    why: 'absent',
    firstScan: 10,
    firstAtMs: NOW_MS - 10 * MINUTE_MS,
    secondScan: 11,
    madeMs: NOW_MS - 10 * MINUTE_MS,
    note: '',
    batchId: null,
    ...change,
  }
}

/** The `index`-th candidate of a folder, with all the proof there can be: it may be deleted. */
export function provenCandidate(index = 1, change: Partial<CandidateView> = {}): CandidateView {
  const key = `f${index}.jpg`
  const absence = { ancestor: '', ctimeBeforeNs: ns(NOW_MS - HOUR_MS), ctimeAfterNs: ns(NOW_MS - 11 * MINUTE_MS), unchanged: 0 }
  return {
    candidate: candidateOf({ versionId: index }),
    unit: unitOf(key, { id: index, local: 'absent', work: 'none' }),
    version: versionOf({ id: index, unitId: index, dataHash: `hash-${index}`, title: key, readAfter: 1 }),
    files: [fileOf(key, { id: index, unitId: index, local: 'absent', absentScan: 10, absence, sha256: 'sha-old' })],
    contents: ['sha-old'],
    frames: 1,
    batch: null,
    first: scanOf({ id: 10, beganMs: NOW_MS - 10 * MINUTE_MS - 1_000, endedMs: NOW_MS - 10 * MINUTE_MS }),
    second: scanOf({ id: 11, beganMs: NOW_MS - MINUTE_MS, endedMs: NOW_MS - MINUTE_MS + 1_000 }),
    unsettled: null,
    hiding: null,
    copies: [],
    approvedCopies: [],
    isReplaced: false,
    isLeftBehind: false,
    copiedFrom: null,
    wentTo: [],
    successor: null,
    keptByPerson: false,
    madeBy: null,
    ...change,
  }
}

export function folderOf(change: Partial<FolderRecord> = {}): FolderRecord {
  return {
    id: 1,
    uid: 'folder-1',
    path: '/IN',
    writtenAs: '/IN',
    remoteId: 1,
    root: { ino: '2', birthNs: '1', fsType: 'ext4' },
    mounts: [],
    marker: 'written',
    state: 'ok',
    why: '',
    sinceMs: 0,
    paused: false,
    pausedUntilMs: null,
    deleteMode: 'propagate',
    modeSinceMs: 0,
    ...change,
  }
}

/** A folder of 1,000 live units in which nothing was deleted yet. */
export function deleteContext(change: Partial<DeleteContext> = {}): DeleteContext {
  return {
    folder: folderOf(),
    policy: policyOf(),
    now: { wallMs: NOW_MS, monotonicMs: 0, serverMs: NOW_MS },
    graceMs: 120_000,
    lastWhole: scanOf({ id: 12 }),
    looksFrom: 0,
    walksMs: 0,
    modeScan: 1,
    modeSince: { ms: 0, scan: 0, look: null },
    onChangeSince: { ms: 0, scan: 0, look: null },
    editSince: { ms: 0, scan: 0, look: null, edit: 'rules' },
    graceSince: { ms: 0, scan: 0, look: null, edit: 'grace' },
    others: [],
    unseen: null,
    sent: { units: 0, files: 0 },
    live: { units: 1_000, files: 1_000 },
    fileSystem: 'local',
    ...change,
  }
}

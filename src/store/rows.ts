import { joinPath } from '../model/file.ts'
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
  CandidateRecord,
  DirRecord,
  FileRecord,
  FrameRecord,
  Look,
  OperationRecord,
  UnitRecord,
  VersionRecord,
} from '../sync/records.ts'

/** Rows as SQLite gives them, and the records they become. */
export type FileRow = {
  id: number
  folder_id: number
  dir_id: number
  dir: string
  name: string
  size_bytes: number
  mtime_ns: string
  ctime_ns: string
  ino: string
  birth_ns: string | null
  local: LocalFact
  problem: string | null
  unit_id: number | null
  look: string | null
  sha256: string | null
  racy: number
  first_scan: number
  absent_scan: number | null
  absence: string | null
}

export function toFile(row: FileRow): FileRecord {
  return {
    id: row.id,
    folderId: row.folder_id,
    dirId: row.dir_id,
    path: joinPath(row.dir, row.name),
    stamp: { sizeBytes: row.size_bytes, mtimeNs: row.mtime_ns, ctimeNs: row.ctime_ns, ino: row.ino, birthNs: row.birth_ns },
    local: row.local,
    problem: row.problem,
    unitId: row.unit_id,
    look: row.look === null ? null : (JSON.parse(row.look) as Look),
    sha256: row.sha256,
    racy: row.racy === 1,
    firstScan: row.first_scan,
    absentScan: row.absent_scan,
    absence: row.absence === null ? null : (JSON.parse(row.absence) as Absence),
  }
}

export type DirRow = {
  id: number
  path: string
  mtime_ns: string
  ctime_ns: string
  ino: string
  birth_ns: string | null
  local: LocalFact
  digest: Buffer | null
  done_ns: string | null
}

export function toDir(row: DirRow): DirRecord {
  return {
    id: row.id,
    path: row.path,
    stamp: { mtimeNs: row.mtime_ns, ctimeNs: row.ctime_ns, ino: row.ino, birthNs: row.birth_ns },
    local: row.local,
    digest: row.digest,
    doneNs: row.done_ns,
  }
}

export type UnitRow = {
  id: number
  folder_id: number
  shape: UnitShape
  key: string
  kind: UnitKind
  local: LocalFact
  work: WorkFact
  why: string
  since: number
  attempts: number
  retry_at: number | null
  as_is: number
  unlinked: 'ask' | 'none'
  changes: string
}

export function toUnit(row: UnitRow): UnitRecord {
  return {
    id: row.id,
    folderId: row.folder_id,
    shape: row.shape,
    key: row.key,
    kind: row.kind,
    local: row.local,
    work: row.work,
    why: row.why,
    sinceMs: row.since,
    attempts: row.attempts,
    retryAtMs: row.retry_at,
    asIs: row.as_is === 1,
    unlinked: row.unlinked,
    changes: JSON.parse(row.changes) as number[],
  }
}

export type VersionRow = {
  id: number
  unit_id: number | null
  remote_id: number
  part: number
  kind: UnitKind
  data_hash: string | null
  title: string
  content: string | null
  size_bytes: number
  remote: RemoteFact
  role: VersionRole
  ticket: string | null
  ticket_at: number | null
  live_at: number | null
  listed_at: number | null
  title_due: number
  metadata_due: number
  changed_scan: number | null
  read_after: number
}

export function toVersion(row: VersionRow): VersionRecord {
  return {
    id: row.id,
    unitId: row.unit_id,
    remoteId: row.remote_id,
    part: row.part,
    kind: row.kind,
    dataHash: row.data_hash,
    title: row.title,
    content: row.content,
    sizeBytes: row.size_bytes,
    remote: row.remote,
    role: row.role,
    ticket: row.ticket,
    ticketAtMs: row.ticket_at,
    liveAtMs: row.live_at,
    listedAtMs: row.listed_at,
    titleDue: row.title_due === 1,
    metadataDue: row.metadata_due === 1,
    changedScan: row.changed_scan,
    readAfter: row.read_after,
  }
}

export type FrameRow = {
  version_id: number
  ord: number
  file_id: number | null
  name: string
  size_bytes: number
  sha256: string | null
  data_hash: string | null
  ticket: string | null
  ticket_at: number | null
  step: FrameStep
}

export function toFrame(row: FrameRow): FrameRecord {
  return {
    versionId: row.version_id,
    ord: row.ord,
    fileId: row.file_id,
    name: row.name,
    sizeBytes: row.size_bytes,
    sha256: row.sha256,
    dataHash: row.data_hash,
    ticket: row.ticket,
    ticketAtMs: row.ticket_at,
    step: row.step,
  }
}

export type OperationRow = {
  id: number
  version_id: number
  verb: OperationVerb
  phase: OperationPhase
  began: number
  server_time: number | null
  evidence: string | null
  answer: string | null
  lacking: number
  lacking_at: number | null
}

export function toOperation(row: OperationRow): OperationRecord {
  return {
    id: row.id,
    versionId: row.version_id,
    verb: row.verb,
    phase: row.phase,
    beganMs: row.began,
    serverTimeMs: row.server_time,
    evidence: row.evidence,
    answer: row.answer,
    lacking: row.lacking,
    lackingAtMs: row.lacking_at,
  }
}

export type CandidateRow = {
  version_id: number
  why: CandidateReason
  first_scan: number | null
  first_at: number | null
  second_scan: number | null
  made: number
  note: string
  batch_id: number | null
}

export function toCandidate(row: CandidateRow): CandidateRecord {
  return {
    versionId: row.version_id,
    why: row.why,
    firstScan: row.first_scan,
    firstAtMs: row.first_at,
    secondScan: row.second_scan,
    madeMs: row.made,
    note: row.note,
    batchId: row.batch_id,
  }
}

import type { UnitLine } from '../control/api.ts'
import { unreachable } from '../model/error.ts'
import { isAtOrBelow, type ProblemReason } from '../model/file.ts'
import { pathArgument } from '../model/nextCommand.ts'
import { shownKey, stateOf, type UnitState } from '../model/unit.ts'
import type { UnitSummary } from '../store/facts.ts'
import type { Ledger } from '../store/openLedger.ts'
import { SIDECAR, sidecarOwner } from '../sync/plan/sidecar.ts'
import type { FileRecord, FolderRecord } from '../sync/records.ts'
import { type Place, placesOf } from './place.ts'

/** The units at a path and below it, and the files there that are no unit; null is everything. @throws UserError (2) */
export function unitLines(ledger: Ledger, path: string | null): readonly UnitLine[] {
  const places: readonly Place[] = path === null ? ledger.folders.all().map((folder) => ({ folder, path: '' })) : placesOf(ledger, path)
  return places.flatMap((place) => linesAt(ledger, place))
}

function linesAt(ledger: Ledger, { folder, path }: Place): readonly UnitLine[] {
  const units = ledger.facts.summaries(folder.id, path).map((summary) => unitLine(folder, summary))
  const apart = ledger.tree
    .problems(folder.id)
    .filter((file) => file.unitId === null && isAtOrBelow(path, file.path))
    .map((file) => fileLine(ledger, folder, file))
  if (units.length > 0 || apart.length > 0) return [...units, ...apart]
  // A frame is part of its group.
  const owner = ownerOf(ledger, folder, path)
  return owner === null ? [] : [unitLine(folder, owner)]
}

/** The unit that a path is, or is a file of, or the metadata of; null when there is none. */
export function ownerOf(ledger: Ledger, folder: FolderRecord, path: string): UnitSummary | null {
  const exact = ledger.facts.summaries(folder.id, path).find(({ unit }) => unit.key === path)
  if (exact !== undefined) return exact
  const file = fileAt(ledger, folder, path)
  const metadataOf = file?.problem === SIDECAR && file.local === 'present' ? sidecarOwner(path) : null
  const unitId = file?.unitId ?? (metadataOf === null ? null : ledger.units.byKey(folder.id, metadataOf.shape, metadataOf.key)?.id) ?? null
  const unit = unitId === null ? null : ledger.units.get(unitId)
  if (unit === null) return null
  const home = ledger.folders.get(unit.folderId)
  return ledger.facts.summaries(home.id, unit.key).find((summary) => summary.unit.id === unit.id) ?? null
}

/** What the ledger knows of one file. */
export function fileAt(ledger: Ledger, folder: FolderRecord, path: string): FileRecord | null {
  const slash = path.lastIndexOf('/')
  const dir = ledger.tree.dir(folder.id, path.slice(0, Math.max(0, slash)))
  return dir === null ? null : ledger.tree.fileAt(dir.id, path.slice(slash + 1))
}

/** A unit as people see it. */
export function unitLine(folder: FolderRecord, summary: UnitSummary): UnitLine {
  const { unit, facts, version, candidate } = summary
  const state = stateOf(facts)
  return {
    folder: folder.path,
    path: shownKey(unit.key),
    state,
    kind: unit.kind,
    why: reasonOf(state, summary),
    sinceMs: candidate !== null && (state === 'missing' || state === 'held') ? candidate.madeMs : unit.sinceMs,
    dataHash: version?.dataHash ?? null,
    title: version?.title ?? null,
    sizeBytes: summary.sizeBytes,
    files: summary.files,
    sha256: summary.sha256,
  }
}

/** A file that is no unit. */
export function fileLine(ledger: Ledger, folder: FolderRecord, file: FileRecord): UnitLine {
  return {
    folder: folder.path,
    path: file.path,
    state: 'set-aside',
    kind: null,
    why: problemText(file.problem ?? ''),
    sinceMs: fileSinceMs(ledger, folder, file),
    dataHash: null,
    title: null,
    sizeBytes: file.stamp.sizeBytes,
    files: 1,
    sha256: file.sha256,
  }
}

/** Of what is no regular file no times are kept: it is there since it was seen first. */
function fileSinceMs(ledger: Ledger, folder: FolderRecord, { stamp, firstScan }: FileRecord): number {
  const ctimeMs = Number(BigInt(stamp.ctimeNs) / 1_000_000n)
  const seen = ctimeMs > 0 ? null : ledger.scans.get(firstScan)
  return seen === null ? ctimeMs || folder.sinceMs : (seen.endedMs ?? seen.beganMs)
}

/** Why a unit is in its state, in words; never empty. */
function reasonOf(state: UnitState, { unit, facts, candidate }: UnitSummary): string {
  const note = candidate?.note ?? ''
  switch (state) {
    case 'waiting':
      return unit.why === '' ? 'not compared with its row yet' : unit.why
    case 'queued':
      return unit.why === '' ? 'ready; it waits for a slot' : unit.why
    case 'uploading':
      return facts.coming === 'sent' ? 'all bytes are sent; it is about to be registered' : 'its bytes are being sent'
    case 'registering':
      return 'registered, with an unknown answer; it is looked up before anything is repeated'
    case 'synced':
      return facts.local === 'unseen' ? 'in the dataset; its place cannot be seen now' : 'in the dataset'
    case 'failed':
    case 'rejected':
    case 'unlinked':
      return unit.why === '' ? 'no reason was recorded' : unit.why
    case 'missing':
      return note === '' ? 'gone from the disk; two complete scans have to say so' : note
    case 'held':
      return note === '' ? 'gone from the disk; its delete waits for a decision' : note
    case 'deleting':
      return 'its DELETE was sent, with an unknown answer; it is looked up before anything is repeated'
    case 'gone':
      return 'gone from the disk, and no row is left'
    case 'detached':
      return facts.local === 'excluded' ? 'no longer followed, by an ignore rule or the config; its row is kept' : 'kept by a person'
    case 'remote-missing':
      return 'its row was removed from the dataset by someone else'
    default:
      return unreachable(state)
  }
}

const PROBLEM_TEXTS: Readonly<Record<ProblemReason, string>> = {
  empty: 'it is empty',
  fifo: 'a FIFO is never opened',
  socket: 'a socket is never opened',
  device: 'a device is never opened',
  symlink: 'links are not followed',
  'not-utf8': 'its name is not UTF-8',
  unreadable: 'it cannot be read',
  'unknown-type': 'no known video or image type',
  sidecar: 'metadata, and nothing of that name is a unit here (NAME.EXT.metadata.json; .metadata.json for a group)',
  dicom: 'a DICOM file: `dicomseries: true` in the folder sends series, with the patient data they hold',
  'not-dicom': 'its name says DICOM, its content does not',
  'no-series': 'a DICOM file without a SeriesInstanceUID that is one (digits and dots): no series can be made of it',
  labels: 'labels (.encord.json): recognised, not sent',
  'name-collision': 'its name differs from another one only in its Unicode form',
  mount: 'another file system is mounted here',
}

/** A problem of a file in words; those of the server and of the media walkers are words already. */
export function problemText(problem: string): string {
  return PROBLEM_TEXTS[problem as ProblemReason] ?? problem
}

/** The one command that helps a unit in this state; null where it goes on by itself. */
export function commandForUnit(line: UnitLine): string | null {
  const path = pathArgument(`${line.folder}/${line.path}`)
  switch (line.state) {
    case 'failed':
    case 'remote-missing':
      return `encord-sync retry ${path}`
    case 'rejected':
      return /looks cut off/.test(line.why) ? `encord-sync retry --as-is ${path}` : `encord-sync retry ${path}`
    case 'unlinked':
      return 'encord-sync adopt'
    case 'held':
      return 'encord-sync deletes list'
    default:
      return null
  }
}

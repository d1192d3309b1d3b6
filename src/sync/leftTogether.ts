import { type FileStamp, isSameInode } from '../model/file.ts'
import { isOfFrames } from '../model/unit.ts'
import { isGhostOfAnyRow } from './ghosts.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { standsSince } from './plan/standsSince.ts'
import type { FileRecord, UnitRecord, VersionRecord } from './records.ts'
import { replacedFiles } from './replacedFiles.ts'

/**
 * Rows of one content lost their files, and fewer files of it came elsewhere: one of the rows went there, which of them nobody can tell. Noted for
 * those that were left behind: each may be the one that carries the work of what came. Called inside a transaction.
 * @param scanId the newest scan then
 */
export function noteLeftBehind(ledger: LedgerPort, unitIds: Iterable<number>, scanId: number): void {
  for (const unitId of unitIds) {
    for (const { id, role, remote } of ledger.versions.ofUnit(unitId)) {
      const isNoted = ledger.meta.read(keyOf(id)) === String(scanId)
      if (role === 'current' && remote === 'live' && !isNoted) ledger.meta.write(keyOf(id), String(scanId))
    }
  }
}

/** Other units whose row holds this content, and whose files are gone. */
export function leftWith(ledger: LedgerPort, unitId: number, remoteId: number): readonly number[] {
  const contents = ledger.versions.ofUnit(unitId).flatMap(({ role, content }) => (role === 'current' && content !== null ? content : []))
  const units = contents.flatMap((content) => ledger.versions.withContent(remoteId, content)).flatMap((version) => version.unitId ?? [])
  return [...new Set(units)].filter((id) => id !== unitId && ledger.units.get(id)?.local === 'absent')
}

/**
 * Files were replaced, or changed where they stood, that hold what is gone from elsewhere: by now only a copy that came later, or the very file,
 * tells that it went there, and from now on nothing does. Called inside a transaction.
 * @param replaced as they were known until now
 */
export function noteReplacedElsewhere(ledger: LedgerPort, replaced: readonly FileRecord[], remoteId: number, scanId: number): void {
  const left = new Set<number>()
  for (const file of replaced) {
    for (const gone of ledger.tree.goneLike(file, remoteId)) {
      const { unitId } = gone
      if (unitId === null || unitId === file.unitId || ledger.units.get(unitId)?.local !== 'absent') continue
      if (isVeryFile(gone, file) || cameLater(ledger, unitId, gone, file)) left.add(unitId)
    }
  }
  noteLeftBehind(ledger, left, scanId)
}

/**
 * Files are gone from where looks at what is gone from elsewhere saw them, as the very file or as its content: those looks did not lack it, and its
 * proof starts anew. Not for what counts for nothing while it stands: a frame of the row's own unit, and beside a row whose file is gone a copy that
 * was there before, of which there may be many that go one by one. What is on a list already waits for a person. Called inside a transaction, once the
 * look is written down.
 */
export function startAnewWithout(ledger: LedgerPort, gone: readonly FileRecord[], remoteId: number): void {
  if (gone.length === 0) return
  const places = placesOf(gone)
  for (const folder of ledger.folders.all().filter((one) => one.remoteId === remoteId)) {
    for (const { versionId, why, firstScan, batchId } of ledger.candidates.ofFolder(folder.id)) {
      const version = firstScan === null || batchId !== null ? null : ledger.versions.get(versionId)
      if (version === null || version.unitId === null) continue
      const { unitId } = version
      const files = ledger.tree.filesOfUnit(unitId)
      const contents = isOfFrames(version.kind) ? ledger.versions.frames(versionId).map(({ sha256 }) => sha256) : [version.content]
      const since = why === 'absent' ? standsSince({ version, contents, files }) : null
      const elsewhere = (what: string | null): Place | null => {
        const place = places.get(what)
        return place !== undefined && (place.units.size > 1 || !place.units.has(unitId)) ? place : null
      }
      const left = files.filter((file) => file.local === 'absent' && !isGhostOfAnyRow(file)).map(({ stamp }) => stamp)
      const wasThere =
        contents.some((sha) => (elsewhere(sha)?.newest ?? 0) > (since ?? 0)) ||
        [...left, ...replacedFiles(ledger, version)].some((one) => elsewhere(inodeOf(one)) !== null)
      if (wasThere) ledger.candidates.setFirst(versionId, null)
    }
  }
}

/** Where files stood that are of one content, or are one file. `newest`: the scan that the youngest of them is known since. */
type Place = { readonly units: Set<number | null>; readonly newest: number }

function placesOf(gone: readonly FileRecord[]): ReadonlyMap<string | null, Place> {
  const places = new Map<string | null, Place>()
  for (const { sha256, stamp, unitId, firstScan } of gone) {
    for (const what of [sha256, inodeOf(stamp)].filter((one) => one !== null)) {
      const { units, newest } = places.get(what) ?? { units: new Set(), newest: 0 }
      places.set(what, { units: units.add(unitId), newest: Math.max(newest, firstScan) })
    }
  }
  return places
}

/** Null: a file system without birth times gives its inode to the next file. */
function inodeOf({ ino, birthNs }: Pick<FileStamp, 'ino' | 'birthNs'>): string | null {
  return birthNs === null ? null : `${ino}:${birthNs}`
}

function isVeryFile(gone: FileRecord, { stamp }: FileRecord): boolean {
  return !isGhostOfAnyRow(gone) && stamp.birthNs !== null && isSameInode(gone.stamp, stamp)
}

/** Of equal files either one may go, but for the older one. Of a row that was linked nobody knows whether it is. */
function cameLater(ledger: LedgerPort, unitId: number, gone: FileRecord, file: FileRecord): boolean {
  if (gone.sha256 !== file.sha256) return false
  return (
    file.firstScan > gone.firstScan || ledger.versions.ofUnit(unitId).some(({ role, readAfter }) => role === 'current' && readAfter === 0)
  )
}

/** Was it left behind when a file of its content came elsewhere, and is gone since then? What came back, and went later, did not go there. */
export function isLeftBehind(
  ledger: Pick<LedgerPort, 'meta'>,
  { id }: Pick<VersionRecord, 'id'>,
  { local }: Pick<UnitRecord, 'local'>,
  files: readonly Pick<FileRecord, 'absentScan'>[],
): boolean {
  const scanId = local === 'absent' ? ledger.meta.read(keyOf(id)) : null
  return scanId !== null && files.some(({ absentScan }) => absentScan === null || absentScan <= Number(scanId))
}

function keyOf(versionId: number): string {
  return `left-behind:${versionId}`
}

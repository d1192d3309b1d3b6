import type { FileStamp } from '../model/file.ts'
import { ageOf, type CopyAge, countsSince } from './copyAge.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { contentsOf, standsSince } from './plan/standsSince.ts'
import type { FileRecord } from './records.ts'
import { lostFiles } from './replacedFiles.ts'

/**
 * Files are gone from where looks at what is gone from elsewhere saw them, as the very file or as its content: those looks did not lack it, and its
 * proof starts anew. Not for what counts for nothing while it stands: a frame of the row's own unit, and beside a row whose file is gone a copy that
 * was there before, of which there may be many that go one by one. What is on a list already waits for a person. Called inside a transaction, once the
 * look is written down.
 */
export function startAnewWithout(ledger: LedgerPort, gone: readonly FileRecord[], remoteId: number): void {
  if (gone.length === 0) return
  const places = placesOf(ledger, gone)
  for (const folder of ledger.folders.all().filter((one) => one.remoteId === remoteId)) {
    for (const { versionId, why, firstScan, batchId } of ledger.candidates.ofFolder(folder.id)) {
      const version = firstScan === null || batchId !== null ? null : ledger.versions.get(versionId)
      if (version === null || version.unitId === null) continue
      const { unitId } = version
      const files = ledger.tree.filesOfUnit(unitId)
      const contents = contentsOf(version, ledger.versions.frames(versionId))
      const since = why === 'absent' ? standsSince({ version, contents, files }) : null
      const elsewhere = (what: string | null): Place | null => {
        const place = what === null ? undefined : places.get(what)
        return place !== undefined && (place.units.size > 1 || !place.units.has(unitId)) ? place : null
      }
      const wasThere =
        contents.some((sha) => elsewhere(sha)?.ages.some((age) => countsSince(version, age) > (since ?? 0)) === true) ||
        lostFiles(ledger, version, files).some((one) => elsewhere(inodeOf(one)) !== null)
      if (wasThere) ledger.candidates.setFirst(versionId, null)
    }
  }
}

/** Where files stood that are of one content, or are one file. `ages`: of all of them, each once. */
type Place = { readonly units: Set<number | null>; readonly ages: CopyAge[] }

function placesOf(ledger: LedgerPort, gone: readonly FileRecord[]): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>()
  for (const file of gone) {
    const age = ageOf(ledger, file)
    for (const what of [file.sha256, inodeOf(file.stamp)].filter((one) => one !== null)) {
      const place = places.get(what) ?? { units: new Set(), ages: [] }
      place.units.add(file.unitId)
      if (!place.ages.some(({ firstScan, rowSince }) => firstScan === age.firstScan && rowSince === age.rowSince)) place.ages.push(age)
      places.set(what, place)
    }
  }
  return places
}

/** Null: a file system without birth times gives its inode to the next file. */
function inodeOf({ ino, birthNs }: Pick<FileStamp, 'ino' | 'birthNs'>): string | null {
  return birthNs === null ? null : `${ino}:${birthNs}`
}

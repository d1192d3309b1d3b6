import type { FileStamp, RelPath } from '../model/file.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { FileRecord, UnitRecord, VersionRecord } from './records.ts'
import { lostFiles } from './replacedFiles.ts'

/*
 * A row goes to what holds its content once that is gone from its own place. By content a copy is what its original was, and where that is by now,
 * edited, under another name, on another disk, nothing tells: such a row goes by no rule any more.
 */

/**
 * A unit's rows are about to go to what holds the same content. Noted for each that may go to a copy: it is not the very file. Called inside a
 * transaction, while the rows and files are the unit's.
 * @param before the files of the unit
 * @param arrived the files that the rows go to
 */
export function noteCopied(ledger: LedgerPort, from: UnitRecord, before: readonly FileRecord[], arrived: readonly FileRecord[]): void {
  for (const version of ledger.versions.ofUnit(from.id)) {
    if (version.role !== 'current' || isVeryFile(ledger, version, before, arrived)) continue
    ledger.meta.write(keyOf(version), from.key)
  }
}

/** The path that a row left for what may be a copy of its file; null where it went to no such one. */
export function copiedFrom(ledger: Pick<LedgerPort, 'meta'>, version: Pick<VersionRecord, 'id'>): RelPath | null {
  return ledger.meta.read(keyOf(version))
}

/**
 * By inode and birth time, also when something stands in its place by now. Without birth times an inode is given to the next file: there it has to be
 * as it was when it was last seen, with nothing in its place.
 */
function isVeryFile(ledger: LedgerPort, version: VersionRecord, before: readonly FileRecord[], arrived: readonly FileRecord[]): boolean {
  const lost = new Set(
    lostFiles(ledger, version, before)
      .filter(({ birthNs }) => birthNs !== null)
      .map(inodeOf),
  )
  if (arrived.every(({ stamp }) => lost.has(inodeOf(stamp)))) return true
  const gone = new Set(before.filter(({ local }) => local === 'absent').map(({ stamp }) => bareOf(stamp)))
  return arrived.every(({ stamp }) => stamp.birthNs === null && gone.has(bareOf(stamp)))
}

function inodeOf({ ino, birthNs }: Pick<FileStamp, 'ino' | 'birthNs'>): string {
  return `${ino} ${birthNs}`
}

function bareOf({ ino, sizeBytes, mtimeNs }: FileStamp): string {
  return `${ino} ${sizeBytes} ${mtimeNs}`
}

function keyOf({ id }: Pick<VersionRecord, 'id'>): string {
  return `gone-to-copy:${id}`
}

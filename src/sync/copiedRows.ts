import type { FileStamp, RelPath } from '../model/file.ts'
import { isRowless } from './candidateFiles.ts'
import { isGhostOfAnyRow } from './ghosts.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { leftWith } from './leftTogether.ts'
import { contentsOf } from './plan/standsSince.ts'
import type { FileRecord, UnitRecord, VersionRecord } from './records.ts'
import { lostFiles } from './replacedFiles.ts'

/*
 * A row goes to what holds its content once that is gone from its own place. By content a copy is what its original was, so where the original may
 * live on (edited, under another name, out of sight) the row goes by no rule any more.
 */

/**
 * A unit's rows are about to go to what holds the same content. Noted for each that may go to a copy: it is not the very file, and its original was
 * not simply gone, with nothing in its place and nothing else that may be it. Called inside a transaction, while the rows and files are the unit's.
 * @param arrived the files that the rows go to
 */
export function noteCopied(ledger: LedgerPort, from: UnitRecord, remoteId: number, arrived: readonly FileRecord[]): void {
  const before = ledger.tree.filesOfUnit(from.id)
  for (const version of ledger.versions.ofUnit(from.id)) {
    if (version.role !== 'current' || isVeryFile(ledger, version, before, arrived)) continue
    if (isSimplyGone(ledger, version, before) && !mayBeElsewhere(ledger, version, from.id, remoteId, arrived)) continue
    ledger.meta.write(keyOf(version), from.key)
  }
}

/** The path that a row left for what may be a copy of its file; null where it went to no such one. */
export function copiedFrom(ledger: Pick<LedgerPort, 'meta'>, version: Pick<VersionRecord, 'id'>): RelPath | null {
  return ledger.meta.read(keyOf(version))
}

/** Without birth times an inode proves nothing: it is given to the next file. */
function isVeryFile(ledger: LedgerPort, version: VersionRecord, before: readonly FileRecord[], arrived: readonly FileRecord[]): boolean {
  const lost = lostFiles(ledger, version, before).filter(({ birthNs }) => birthNs !== null)
  const inodes = new Set(lost.map(inodeOf))
  return arrived.every(({ stamp }) => inodes.has(inodeOf(stamp)))
}

/** Did all that the row is made of go, unchanged until then as far as is known, and does nothing stand in its place? */
function isSimplyGone(ledger: LedgerPort, version: VersionRecord, before: readonly FileRecord[]): boolean {
  if (before.some(({ local }) => local !== 'absent')) return false
  const gone = new Set(before.filter((file) => !isGhostOfAnyRow(file)).map(({ sha256 }) => sha256))
  return contentsOf(version, ledger.versions.frames(version.id)).every((sha256) => sha256 !== null && gone.has(sha256))
}

/** Do more files that it may be stand elsewhere than other rows of its content, or size, look for theirs? */
function mayBeElsewhere(
  ledger: LedgerPort,
  version: VersionRecord,
  fromUnitId: number,
  remoteId: number,
  arrived: readonly FileRecord[],
): boolean {
  const { tree, versions } = ledger
  const own = new Set([fromUnitId, ...arrived.flatMap(({ unitId }) => unitId ?? [])])
  const contents = new Set(contentsOf(version, versions.frames(version.id)).flatMap((sha256) => sha256 ?? []))
  const equal = [...contents].flatMap((sha256) => tree.withContent(sha256, remoteId)).filter((file) => !own.has(file.unitId ?? 0))
  const rowless = new Set(equal.filter((file) => isRowless(ledger, file)).map(({ unitId }) => unitId))
  if (rowless.size > leftWith(ledger, fromUnitId, remoteId).length) return true
  const sizes = [...new Set(arrived.map(({ stamp }) => stamp.sizeBytes))]
  return sizes.every((sizeBytes) => tree.unreadBeyondGone(sizeBytes, remoteId, fromUnitId))
}

function inodeOf({ ino, birthNs }: Pick<FileStamp, 'ino' | 'birthNs'>): string {
  return `${ino} ${birthNs}`
}

function keyOf({ id }: Pick<VersionRecord, 'id'>): string {
  return `gone-to-copy:${id}`
}

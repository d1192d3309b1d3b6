import { nameOf, sameStamp } from '../model/file.ts'
import { FileChanged } from './fileChanged.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { FileRecord, VersionRecord } from './records.ts'

/**
 * Called inside the commit that goes on with a version: a survey may have given its unit's place away while bytes were on their way.
 * @throws FileChanged the version is no longer the one its unit waits for, and nothing more is done for it
 */
export function checkStillComing(ledger: LedgerPort, versionId: number, unitId: number, files: readonly FileRecord[]): void {
  const version = ledger.versions.get(versionId)
  if (version?.role === 'coming' && version.unitId === unitId && stillOf(ledger, unitId, files)) return
  throw new FileChanged(ledger.units.get(unitId)?.key ?? '', 'its place was given away while it was sent')
}

/** Are these still the unit's own files? A move may have taken the unit elsewhere, and left them to another one. */
export function stillOf(ledger: LedgerPort, unitId: number, files: readonly FileRecord[]): boolean {
  return files.every((file) => ledger.tree.file(file.id)?.unitId === unitId)
}

/** Has the call no outcome yet? While a listing is read, or a write waits for its turn, somebody else may settle it. */
export function isOpen({ operations }: Pick<LedgerPort, 'operations'>, versionId: number, operationId: number): boolean {
  return operations.openOf(versionId).some((one) => one.id === operationId)
}

/** Does this row of the dataset stand for something else than this version already? No row has two. */
export function isAnothers(
  ledger: Pick<LedgerPort, 'versions'>,
  { id, remoteId }: Pick<VersionRecord, 'id' | 'remoteId'>,
  dataHash: string,
): boolean {
  const owner = ledger.versions.byHash(remoteId, dataHash)
  return owner !== null && owner.id !== id
}

/**
 * Keeps what a file's bytes were, called inside a commit. The answer is about the stamp the file had when it was opened: a survey
 * may have written a newer one since.
 * @returns false when it did: the hash is then about bytes that are gone
 */
export function keepSha(ledger: LedgerPort, file: FileRecord, sha256: string, wallMs: number): boolean {
  const now = ledger.tree.file(file.id)
  if (now === null || !sameStamp(now.stamp, file.stamp)) return false
  const isOther =
    now.sha256 !== sha256 && now.unitId !== null && ledger.versions.currentHolds(now.unitId, nameOf(now.path), sha256) === false
  // The path is older than what stands there now: to a row of this content elsewhere, it is a copy that came later.
  if (isOther) ledger.tree.setFirstScan(file.id, ledger.scans.newest())
  ledger.tree.setSha(file.id, sha256, isRacy(file, wallMs))
  return true
}

const RACY_MS = 2_000

/**
 * A hash taken within 2 s of a change may hide a later write in the same tick of the file system's clock. A ctime further ahead
 * than that is another machine's clock, or one that was set back since, and says nothing about now.
 */
function isRacy(file: Pick<FileRecord, 'stamp'>, wallMs: number): boolean {
  return Math.abs(wallMs - Number(BigInt(file.stamp.ctimeNs) / 1_000_000n)) < RACY_MS
}

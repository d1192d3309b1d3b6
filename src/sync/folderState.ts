import type { Clock } from '../model/clock.ts'
import type { Log } from '../model/event.ts'
import { type FolderState, isShut } from '../model/folder.ts'
import { commandFor } from '../model/nextCommand.ts'
import { rememberRoot } from './bindFolders.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { judgeIdentity, KEPT_BY_TWIN } from './plan/folderIdentity.ts'
import type { Disk } from './ports.ts'

export type FolderStateTools = { readonly ledger: LedgerPort; readonly disk: Disk; readonly log: Log; readonly clock: Clock }

/**
 * Judges a folder's identity and writes down its state when it changed. States that the disk does not explain (`credentials`,
 * `clock`, `degraded`) are handed in and give way to what the disk says.
 */
export async function reviewState(
  tools: FolderStateTools,
  folderId: number,
  other: { readonly state: Extract<FolderState, 'credentials' | 'clock' | 'degraded'>; readonly why: string } | null,
): Promise<{ readonly state: FolderState; readonly was: FolderState }> {
  const { ledger, disk, clock } = tools
  const path = ledger.folders.get(folderId).path
  await rememberRoot(tools, folderId, path)
  const seen = await disk.identity(path)
  // As the ledger has it now: a person may have accepted what stands there while it was looked at.
  const known = ledger.folders.get(folderId)
  let verdict = judgeIdentity(known, seen, ledgerNow(ledger), clock.wallMs())
  // A rolled-back ledger stays frozen until a person accepts it, also after the folder's own memory was renewed.
  const frozen = whyFrozen(ledger, folderId)
  if (verdict.state === 'ok' && frozen !== null) verdict = { state: 'frozen', why: frozen }
  if (verdict.state === 'ok' && other !== null) verdict = other
  if (verdict.state !== known.state || verdict.why !== known.why) {
    ledger.now(() => {
      ledger.folders.setState(folderId, verdict.state, verdict.why, clock.wallMs())
      // What the ledger forgot must be read before anything is sent; without its own marker a folder can't tell whether it did.
      if (verdict.state === 'restored') ledger.remotes.markDue(known.remoteId)
      // So must what was sent with a copy of the ledger.
      if (known.why === KEPT_BY_TWIN) readAllAnew(ledger)
      if (verdict.state !== 'frozen') return
      readAllAnew(ledger)
      // Kept apart from the state: a disk that is away for a while must not thaw it.
      ledger.meta.write(frozenKey(folderId), verdict.why)
    })
    tools.log.emit('folder.state', {
      folder: path,
      state: verdict.state,
      was: known.state,
      why: verdict.why,
      next: commandFor(verdict.state, path),
    })
  }
  return { state: verdict.state, was: known.state }
}

/** Which ledger this is and how far it is, to be set against what a folder remembers of it. */
export function ledgerNow({ meta }: Pick<LedgerPort, 'meta'>): { readonly id: string; readonly sequence: number } {
  return { id: meta.ledgerId(), sequence: meta.sequence() }
}

function frozenKey(folderId: number): string {
  return `frozen:${folderId}`
}

/** Why the folder's deletes are frozen until a person accepts the ledger, also while its state says something else; else null. */
export function whyFrozen(ledger: LedgerPort, folderId: number): string | null {
  return ledger.meta.read(frozenKey(folderId)) || null
}

/** A person takes the folder as it is, and the ledger for what it knows of it. Called inside a transaction. */
export function acceptState(ledger: LedgerPort, folderId: number, atMs: number): void {
  ledger.meta.write(frozenKey(folderId), '')
  ledger.folders.setState(folderId, 'ok', '', atMs)
}

/** Deletes of a folder are frozen until a person accepts the ledger, and the datasets are read anew. Called inside a transaction. */
export function freezeState(ledger: LedgerPort, folderId: number, why: string, atMs: number): void {
  ledger.meta.write(frozenKey(folderId), why)
  ledger.folders.setState(folderId, 'frozen', why, atMs)
  readAllAnew(ledger)
}

/** What one folder tells of the ledger holds for every dataset: a folder that cannot be written remembers nothing. */
function readAllAnew({ folders, remotes }: LedgerPort): void {
  for (const { remoteId } of folders.all()) remotes.markDue(remoteId)
}

/** The ledger was accepted; a state with another reason stays. Called inside a transaction. @returns false when it was not frozen */
export function thawState(ledger: LedgerPort, folderId: number, atMs: number): boolean {
  const { state } = ledger.folders.get(folderId)
  const wasFrozen = state === 'frozen' || whyFrozen(ledger, folderId) !== null
  if (state === 'frozen') acceptState(ledger, folderId, atMs)
  else if (wasFrozen) ledger.meta.write(frozenKey(folderId), '')
  return wasFrozen
}

/** Renews the folder's memory of how far the ledger was; `released` at a clean stop. */
export async function renewAlive(tools: FolderStateTools, folderId: number, released: boolean): Promise<void> {
  const { ledger, disk, clock } = tools
  const folder = ledger.folders.get(folderId)
  if (folder.marker !== 'written' || isShut(folder.state) || folder.state === 'frozen') return
  // What stands there may have changed since the last look, or was not looked at by this process: another's memory is kept.
  const now = ledgerNow(ledger)
  const { state } = judgeIdentity(folder, await disk.identity(folder.path), now, clock.wallMs())
  if (isShut(state) || state === 'frozen') return
  const alive = { ledgerId: ledger.meta.ledgerId(), sequence: ledger.meta.sequence(), atMs: clock.wallMs(), released }
  await disk.writeAlive(folder.path, alive)
  const newest = Number(ledger.meta.read('newest_time') ?? 0)
  if (alive.atMs > newest) ledger.now(() => ledger.meta.write('newest_time', String(alive.atMs)))
}

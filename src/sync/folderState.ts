import type { Clock } from '../model/clock.ts'
import type { Log } from '../model/event.ts'
import { doubledBy, type FolderState, isShut, leftBefore } from '../model/folder.ts'
import { commandFor } from '../model/nextCommand.ts'
import { rememberRoot } from './bindFolders.ts'
import { keeperOf } from './keeperOf.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { leftFolder } from './leftFolder.ts'
import { isSameRoot, judgeIdentity, KEPT_BY_TWIN, type LedgerNow, putBack, rolledBack } from './plan/folderIdentity.ts'
import type { Disk } from './ports.ts'
import { isStandInNoted, noteStandIn } from './standIn.ts'

export type FolderStateTools = { readonly ledger: LedgerPort; readonly disk: Disk; readonly log: Log; readonly clock: Clock }

/**
 * Judges a folder's identity and writes down its state when it changed. States that the disk does not explain (`credentials`,
 * `clock`, `degraded`) are handed in and give way to what the disk says.
 */
export async function reviewState(
  tools: FolderStateTools,
  folderId: number,
  other: { readonly state: Extract<FolderState, 'credentials' | 'clock' | 'degraded'>; readonly why: string } | null,
): Promise<{ readonly state: FolderState; readonly was: FolderState; readonly mounted: readonly string[] | null }> {
  const { ledger, disk, clock } = tools
  const path = ledger.folders.get(folderId).path
  await rememberRoot(tools, folderId, path)
  const left = leftIn(ledger, folderId)
  const seen = await disk.identity(path)
  const keeper = await keeperOf(tools, folderId, seen)
  // As the ledger has it now: a person may have accepted what stands there while it was looked at.
  const known = ledger.folders.get(folderId)
  const now = ledgerNow(ledger, folderId, left)
  let verdict = judgeIdentity(known, seen, now, clock.wallMs())
  if (keeper !== null) verdict = { state: 'foreign', why: doubledBy(keeper.writtenAs ?? keeper.path) }
  const gone = leftFolder(ledger, known, seen)
  if (gone !== null) verdict = { state: 'foreign', why: leftBefore(gone.writtenAs ?? gone.path) }
  // A rolled-back ledger stays frozen until a person accepts it, also after the folder's own memory was renewed.
  const frozen = whyFrozen(ledger, folderId)
  if (verdict.state === 'ok' && frozen !== null) verdict = { state: 'frozen', why: frozen }
  // So does a folder that was put back to a snapshot.
  const older = whyPutBack(ledger, folderId)
  if (verdict.state === 'ok' && older !== null) verdict = { state: 'restored', why: older }
  if (verdict.state === 'ok' && other !== null) verdict = other
  // Kept apart from the state: one that is away, or kept by another process, for a while may come back as either.
  if (seen.kind === 'there' && known.root !== null && !isShut(verdict.state)) {
    const standIn = isSameRoot(known.root, seen.root) ? null : seen.root
    if (!isStandInNoted(ledger, folderId, standIn)) ledger.now(() => noteStandIn(ledger, folderId, standIn))
  }
  if (verdict.state !== known.state || verdict.why !== known.why) {
    ledger.now(() => {
      ledger.folders.setState(folderId, verdict.state, verdict.why, clock.wallMs())
      // What the ledger forgot must be read before anything is sent; without its own marker a folder can't tell whether it did.
      if (verdict.state === 'restored') ledger.remotes.markDue(known.remoteId)
      // Kept apart from the state, as its memory is renewed. One whose disk is another one is itself again once that is back.
      if (seen.kind === 'there' && verdict.why === putBack(seen, now)) ledger.meta.write(putBackKey(folderId), verdict.why)
      // So must what was sent with a copy of the ledger.
      if (known.why === KEPT_BY_TWIN) readAllAnew(ledger)
      if (verdict.state !== 'frozen') return
      readAllAnew(ledger)
      // Kept apart from the state: a disk that is away for a while must not thaw it. What the ledger forgot may be about any folder.
      const isOlder = seen.kind === 'there' && verdict.why === rolledBack(seen, now)
      const forgetful = isOlder ? ledger.folders.all().map(({ id }) => id) : [folderId]
      for (const id of forgetful) ledger.meta.write(frozenKey(id), verdict.why)
    })
    tools.log.emit('folder.state', {
      folder: path,
      state: verdict.state,
      was: known.state,
      why: verdict.why,
      next: commandFor(verdict.state, path, verdict.why),
    })
  }
  return { state: verdict.state, was: known.state, mounted: (seen.kind === 'there' && seen.mounted) || null }
}

/**
 * Which ledger this is and how far it is, to be set against what a folder remembers of it.
 * @param before as `leftIn` said before the folder was looked at: a look that a sign of life, or a person's word, came in between of tells nothing
 */
export function ledgerNow(ledger: Pick<LedgerPort, 'meta' | 'folders'>, folderId: number, before: number | null): LedgerNow {
  const { meta } = ledger
  const left = leftIn({ meta }, folderId)
  const told = meta.read(toldKey(ledger, folderId))
  // Versions that noted only what they found there may have kept it meanwhile.
  const sequence = told === null ? meta.sequence() : Math.max(Number(told), left ?? 0)
  return { id: meta.ledgerId(), sequence, left: left === before ? left : null }
}

/**
 * How far the folder may have been told that the ledger is: noted before each sign of life. The ledger itself goes on while a disk is away, also one
 * that was put back, and may be further by the time that is back. Called inside a transaction.
 */
export function noteTold(ledger: Pick<LedgerPort, 'meta' | 'folders'>, folderId: number, sequence: number): void {
  ledger.meta.write(toldKey(ledger, folderId), String(sequence))
}

/** By the id that its marker has: one that is given another dataset, and its former one again, is one place with one memory. */
function toldKey({ folders }: Pick<LedgerPort, 'folders'>, folderId: number): string {
  return `told:${folders.get(folderId).uid}`
}

/** How far the ledger was when it last left a sign of life in the folder; null: it never did since a person accepted the folder. */
export function leftIn({ meta }: Pick<LedgerPort, 'meta'>, folderId: number): number | null {
  const left = meta.read(leftKey(folderId)) || null
  return left === null ? null : Number(left)
}

function leftKey(folderId: number): string {
  return `alive:${folderId}`
}

function putBackKey(folderId: number): string {
  return `put-back:${folderId}`
}

/** Why the folder is taken for one that was put back to a snapshot until a person accepts it, whatever it remembers by now; else null. */
function whyPutBack({ meta }: Pick<LedgerPort, 'meta'>, folderId: number): string | null {
  return meta.read(putBackKey(folderId)) || null
}

/** A person takes the folder as it is, also where it remembers less than it was told. Called inside a transaction. */
export function forgetAlive({ meta }: Pick<LedgerPort, 'meta'>, folderId: number): void {
  for (const key of [leftKey(folderId), putBackKey(folderId)]) meta.write(key, '')
}

/**
 * Leaves a sign of life in the folder. That it did the ledger notes once it is found there, on the disk that the ledger knows: noted before,
 * or for a folder that cannot be written, an older one would tell of a snapshot where there was none.
 */
export async function leaveAlive(
  { ledger, disk }: Pick<FolderStateTools, 'ledger' | 'disk'>,
  folderId: number,
  alive: Parameters<Disk['writeAlive']>[1],
): Promise<void> {
  const { path } = ledger.folders.get(folderId)
  ledger.now(() => noteTold(ledger, folderId, alive.sequence))
  await disk.writeAlive(path, alive)
  const seen = await disk.identity(path)
  const { uid, root } = ledger.folders.get(folderId)
  if (seen.kind !== 'there' || root === null || !isSameRoot(root, seen.root)) return
  const isOurs = typeof seen.marker === 'object' && seen.marker.folderId === uid && seen.marker.ledgerId === alive.ledgerId
  const isThere = seen.alive?.ledgerId === alive.ledgerId && seen.alive.sequence === alive.sequence
  if (isOurs && isThere) ledger.now(() => ledger.meta.write(leftKey(folderId), String(alive.sequence)))
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
  const left = leftIn(ledger, folderId)
  const seen = await disk.identity(folder.path)
  const now = ledgerNow(ledger, folderId, left)
  const { state, why } = judgeIdentity(folder, seen, now, clock.wallMs())
  if (isShut(state) || state === 'frozen') return
  // So is one that tells of a snapshot, before that is written down.
  if (seen.kind === 'there' && why === putBack(seen, now) && whyPutBack(ledger, folderId) === null) return
  // Each sign of life is a step of the ledger: looks, edits and decisions are forgotten by a ledger that is put back, too.
  await ledger.commit(() => undefined)
  const alive = { ledgerId: ledger.meta.ledgerId(), sequence: ledger.meta.sequence(), atMs: clock.wallMs(), released }
  await leaveAlive(tools, folderId, alive)
  const newest = Number(ledger.meta.read('newest_time') ?? 0)
  if (alive.atMs > newest) ledger.now(() => ledger.meta.write('newest_time', String(alive.atMs)))
}

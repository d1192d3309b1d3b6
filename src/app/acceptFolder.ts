import type { LocalApi } from '../control/api.ts'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import { shownMount } from '../model/folder.ts'
import { commandFor } from '../model/nextCommand.ts'
import { noteAccepted } from '../sync/acceptedLedger.ts'
import { acceptState, forgetAlive, freezeState, leaveAlive, ledgerNow, whyFrozen } from '../sync/folderState.ts'
import { keeperOf } from '../sync/keeperOf.ts'
import { leftFolder } from '../sync/leftFolder.ts'
import { isKeptByAnother, isSameRoot, overlaid, rolledBack, type SeenIdentity } from '../sync/plan/folderIdentity.ts'
import type { FolderRecord } from '../sync/records.ts'
import { acceptStandIn } from '../sync/standIn.ts'
import { approvalsOf } from './acceptLedger.ts'
import { type ChangeParts, recordDecision } from './changeParts.ts'
import { takeLedger } from './cloneGuard.ts'
import { shownState } from './folderLines.ts'
import { type BehindMounts, behindMounts, letGoOfUnseen, unseenUnits } from './letGoOfUnseen.ts'
import { readMachineId } from './machineId.ts'
import { folderNamed } from './place.ts'

type There = Extract<SeenIdentity, { kind: 'there' }>

/**
 * Takes a folder as it stands: its root, a marker of ours, the file systems mounted below it, the places that can't be seen.
 * Proof that was collected before does not count any more, so that nothing is deleted for what was seen of the other folder.
 * A ledger that forgot something is accepted along with it only where the folder's state said so.
 * @param given its path, its id or a path in it
 * @throws UserError (2) when no folder is there; (3) while another service or another folder of the config keeps it, when it is one that left the
 *   config, or became another one meanwhile
 */
export async function acceptFolder(parts: ChangeParts, given: string): ReturnType<LocalApi['acceptFolder']> {
  const { ledger, disk, wallMs } = parts
  const folder = folderNamed(ledger, given)
  const seen = await disk.identity(folder.path)
  if (seen.kind !== 'there') throw notThere(folder, seen)
  const keeper = await keeperOf({ ledger, disk }, folder.id, seen)
  if (keeper !== null) throw doubled(folder, keeper)
  const left = leftFolder(ledger, folder, seen)
  if (left !== null) throw leftBehind(folder, left)
  const ledgerId = ledger.meta.ledgerId()
  if (isKeptByAnother(seen, ledgerId, wallMs())) throw keptByAnother(folder)
  const mounts = await disk.mounts(folder.path)
  if (mounts === null) throw notThere(folder, { kind: 'unreadable', errno: 'what is mounted there cannot be told now' })
  const marker = await disk.writeMarker(folder.path, { folderId: folder.uid, ledgerId, root: seen.root }, 'accepted')
  const after = await disk.identity(folder.path)
  if (after.kind !== 'there' || !isSameRoot(seen.root, after.root)) throw becameAnother(folder)
  const forgot = folder.state === 'frozen' ? null : forgottenOf(ledger, folder, seen, after)
  const behind = behindMounts(parts, folder, mounts)
  const mayForget = folder.state === 'frozen' || !(isKnownBy(seen, ledgerId) || isUnmarked(folder, seen))
  const settled = [
    ...changesOf(folder, seen, marker, mounts, forgot),
    ...unseenOf(parts, folder, behind),
    ...proofsOf(parts, folder),
    ...(mayForget ? approvalsOf(parts, [folder]) : []),
  ]
  ledger.now(() => {
    if (folder.root !== null && !isSameRoot(folder.root, seen.root)) acceptStandIn(ledger, folder.id, seen.root)
    ledger.folders.setIdentity(folder.id, seen.root, marker)
    ledger.folders.setMounts(folder.id, mounts)
    forgetAlive(ledger, folder.id)
    if (mayForget) noteAccepted(ledger, [folder], wallMs())
    if (forgot === null) acceptState(ledger, folder.id, wallMs())
    else freezeState(ledger, folder.id, forgot, wallMs())
    // Without its memory, or with that of another ledger, a folder can't tell what its own one forgot; the dataset can.
    ledger.remotes.markDue(folder.remoteId)
    // With its last frozen folder accepted, a copied ledger is accepted as a whole.
    if (folder.state === 'frozen' && !ledger.folders.all().some((one) => one.state === 'frozen')) {
      takeLedger(ledger, (parts.machineId ?? readMachineId)())
    }
    letGoOfUnseen(parts, folder, behind)
    ledger.tree.dropDigests(folder.id)
    for (const candidate of ledger.candidates.ofFolder(folder.id)) ledger.candidates.setFirst(candidate.versionId, null)
    recordDecision(parts, folder.id, 'accepted', { detail: { was: folder.state, why: folder.why, settled } })
  })
  if (marker === 'written' && forgot === null) {
    const alive = { ledgerId, sequence: ledger.meta.sequence(), atMs: wallMs(), released: parts.service === null }
    await leaveAlive(parts, folder.id, alive)
  }
  const accepted = ledger.folders.get(folder.id)
  const { path, state, why } = accepted
  if (state !== folder.state) {
    parts.log.emit('folder.state', {
      folder: path,
      state,
      was: folder.state,
      why: why || 'accepted by a person',
      next: commandFor(state, path, why),
    })
  }
  parts.poke(folder.id)
  const shown = shownState(accepted)
  return { folder: path, state: shown.state, settled, next: shown.next }
}

/**
 * Why the ledger has to be accepted too: it knows less than the folder remembers, may have a twin, or another one kept the folder, also where no
 * look has said so yet. Null when it has not.
 * @param seen before the marker was written: one that is not ours is accepted with all that its ledger may have forgotten
 */
function forgottenOf(ledger: ChangeParts['ledger'], folder: FolderRecord, seen: There, after: There): string | null {
  const now = ledgerNow(ledger, folder.id, null)
  const other = isKnownBy(seen, now.id) ? overlaid(seen, now) : null
  return rolledBack(after, now) ?? other ?? whyFrozen(ledger, folder.id)
}

/**
 * Does the folder tell what its ledger forgot? Without a marker, or with another ledger's, it doesn't: that one may have kept it meanwhile, and
 * what a person said then this one never heard of. The memory beside the marker was renewed since.
 */
function isKnownBy({ marker }: There, ledgerId: string): boolean {
  return typeof marker === 'object' && marker.ledgerId === ledgerId
}

/** It never had a marker, as it cannot be written, and has none: that tells nothing of its ledger. Its deletes are held anyway; those of others are not. */
function isUnmarked(folder: FolderRecord, { marker }: There): boolean {
  return folder.marker !== 'written' && marker === 'none'
}

function changesOf(
  folder: FolderRecord,
  seen: There,
  marker: FolderRecord['marker'],
  mounts: readonly string[],
  forgot: string | null,
): readonly string[] {
  const isOther = folder.root === null || !isSameRoot(folder.root, seen.root)
  const added = mounts.filter((point) => !folder.mounts.includes(point))
  const gone = folder.mounts.filter((point) => !mounts.includes(point))
  return [
    ...(isOther ? ['the directory is taken as this folder'] : []),
    marker === 'written' ? 'the marker is written' : 'the folder cannot be written, so its deletes stay held',
    ...added.map((point) => `mounted now: ${shownMount(point)}`),
    ...gone.map((point) => `no longer mounted: ${shownMount(point)}`),
    ...(forgot === null ? [] : [`its deletes stay frozen: ${forgot}`]),
  ]
}

function unseenOf(parts: ChangeParts, folder: FolderRecord, behind: BehindMounts): readonly string[] {
  const units = unseenUnits(parts, folder, behind).size
  return units === 0
    ? []
    : [`${units} ${units === 1 ? 'unit that' : 'units that'} cannot be seen: kept in the dataset, followed again when seen`]
}

function proofsOf({ ledger }: ChangeParts, folder: FolderRecord): readonly string[] {
  const units = ledger.candidates.ofFolder(folder.id).filter((candidate) => candidate.firstScan !== null).length
  return units === 0 ? [] : [`the proof for ${units} missing ${units === 1 ? 'unit' : 'units'} starts anew`]
}

function notThere(folder: FolderRecord, seen: Exclude<SeenIdentity, There>): UserError {
  const what = seen.kind === 'absent' ? 'is not there' : 'cannot be read'
  return new UserError(EXIT.usage, {
    what: `the folder ${folder.path} ${what} (${seen.errno})`,
    notDone: 'it was not accepted',
    next: 'mount it or make it readable, then accept it again',
  })
}

function becameAnother(folder: FolderRecord): UserError {
  return new UserError(EXIT.person, {
    what: `another directory stands at ${folder.path} than a moment ago`,
    notDone: 'it was not accepted',
    next: 'look at what is mounted there, then accept it again',
  })
}

function doubled(folder: FolderRecord, keeper: FolderRecord): UserError {
  return new UserError(EXIT.person, {
    what: `${folder.path} is the same directory as ${keeper.path}, and the config names both`,
    notDone: 'it was not accepted, and its marker is what it was',
    next: 'take one of the two out of the config, then: encord-sync config check',
  })
}

function leftBehind(folder: FolderRecord, left: FolderRecord): UserError {
  return new UserError(EXIT.person, {
    what: `${folder.path} is the folder that was at ${left.path}, whose rows are known: as a new one all of it would be sent a second time`,
    notDone: 'it was not accepted, and its marker is what it was',
    next: 'restart the service, which takes it up again',
  })
}

function keptByAnother(folder: FolderRecord): UserError {
  return new UserError(EXIT.person, {
    what: `another encord-sync keeps ${folder.path}: its sign of life is under 5 min old`,
    notDone: 'it was not accepted',
    next: 'stop the other one, then accept the folder again',
  })
}

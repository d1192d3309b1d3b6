import type { LocalApi } from '../control/api.ts'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import { approvedRows, noteAccepted } from '../sync/acceptedLedger.ts'
import { leaveAlive, noteTold, thawState } from '../sync/folderState.ts'
import { isAtWork, overlaid, type SeenIdentity } from '../sync/plan/folderIdentity.ts'
import type { FolderRecord } from '../sync/records.ts'
import { type ChangeParts, recordDecision } from './changeParts.ts'
import { isClone, takeLedger } from './cloneGuard.ts'
import { readMachineId } from './machineId.ts'
import { signDecision } from './signDecision.ts'

type There = Extract<SeenIdentity, { kind: 'there' }>
type Alive = NonNullable<There['alive']>

/**
 * Takes a rolled-back or copied ledger for what it knows: it counts as newer than what its folders remember, and as this machine's.
 * The datasets are read before anything is sent, proof that was collected before does not count any more, and what is gone by then is held:
 * what a person said of it since is forgotten.
 * @throws UserError (3) while the machine that it was copied from still keeps one of the folders
 */
export async function acceptLedger(parts: ChangeParts): ReturnType<LocalApi['acceptLedger']> {
  const { ledger, wallMs } = parts
  const machineId = (parts.machineId ?? readMachineId)()
  const wasClone = isClone(ledger, machineId)
  const folders = ledger.folders.all()
  const kept = await memoriesOf(parts, folders)
  const remembered = kept.filter(({ alive }) => alive.ledgerId === ledger.meta.ledgerId())
  if (wasClone) refuseWhileKept(parts, remembered)
  const own = ledger.meta.sequence()
  const newest = Math.max(own, ...remembered.map(({ alive }) => alive.sequence))
  const frozen: string[] = []
  const settled = [
    ...(newest > own ? [`the ledger counts as newer than what its folders remember (${newest}, it had ${own})`] : []),
    ...(wasClone ? ["the ledger is this machine's now"] : []),
    ...proofsOf(parts, folders),
    ...approvalsOf(parts, folders),
  ]
  // What another ledger left there would have them frozen anew.
  for (const { folder } of kept.filter((memory) => isOverlaid(parts, memory)))
    await leaveAlive(parts, folder.id, {
      ledgerId: ledger.meta.ledgerId(),
      sequence: own,
      atMs: wallMs(),
      released: parts.service === null,
    })
  ledger.now(() => {
    if (newest > own) ledger.meta.write('sequence', String(newest + 1))
    for (const { id } of folders) noteTold(ledger, id, ledger.meta.sequence())
    takeLedger(ledger, machineId)
    noteAccepted(ledger, folders, wallMs())
    for (const folder of folders) {
      for (const candidate of ledger.candidates.ofFolder(folder.id)) ledger.candidates.setFirst(candidate.versionId, null)
      // Also where no look has frozen it yet, as the ledger was put back a moment ago.
      ledger.remotes.markDue(folder.remoteId)
      if (!thawState(ledger, folder.id, wallMs())) continue
      frozen.push(folder.path)
      recordDecision(parts, folder.id, 'accepted', { detail: { what: 'the ledger', was: folder.state, why: folder.why, settled } })
    }
  })
  await signDecision(parts, folders)
  for (const { path, state } of folders.filter((folder) => frozen.includes(folder.path) && folder.state === 'frozen')) {
    parts.log.emit('folder.state', { folder: path, state: 'ok', was: state, why: 'the ledger was accepted by a person', next: null })
  }
  parts.poke(null)
  return { folders: frozen, settled }
}

type Memory = { readonly folder: FolderRecord; readonly marker: There['marker']; readonly alive: Alive }

/** What the folders remember, of this ledger or another; those that are away remember nothing now, and freeze it again when they come back. */
async function memoriesOf({ disk }: ChangeParts, folders: readonly FolderRecord[]): Promise<readonly Memory[]> {
  const found: Memory[] = []
  for (const folder of folders) {
    const seen = await disk.identity(folder.path)
    if (seen.kind === 'there' && seen.alive !== null) found.push({ folder, marker: seen.marker, alive: seen.alive })
  }
  return found
}

/** With this ledger's marker, and the sign of life of another one which is at work there no more. */
function isOverlaid({ ledger, wallMs }: ChangeParts, { folder, marker, alive }: Memory): boolean {
  const id = ledger.meta.ledgerId()
  const isOurs = typeof marker === 'object' && marker.ledgerId === id && marker.folderId === folder.uid
  return isOurs && !isAtWork(alive, wallMs()) && overlaid({ alive }, { id }) !== null
}

function refuseWhileKept({ wallMs }: ChangeParts, remembered: readonly Memory[]): void {
  const kept = remembered.find(({ alive }) => isAtWork(alive, wallMs()))
  if (kept === undefined) return
  throw new UserError(EXIT.person, {
    what: `another machine with this ledger keeps ${kept.folder.path}: its sign of life is under 5 min old`,
    notDone: 'the ledger was not accepted',
    next: 'stop the other one, wait 5 min, then: encord-sync ledger accept',
  })
}

function proofsOf({ ledger }: ChangeParts, folders: readonly FolderRecord[]): readonly string[] {
  const all = folders.flatMap((folder) => ledger.candidates.ofFolder(folder.id))
  const units = all.filter((candidate) => candidate.firstScan !== null).length
  return units === 0 ? [] : [`the proof for ${units} missing ${units === 1 ? 'unit' : 'units'} starts anew`]
}

/** That approvals end with the acceptance; nothing where there are none. */
export function approvalsOf({ ledger }: ChangeParts, folders: readonly FolderRecord[]): readonly string[] {
  const rows = approvedRows(ledger, folders).length
  return rows === 0 ? [] : [`${rows} approved ${rows === 1 ? 'row waits' : 'rows wait'} for a decision again`]
}

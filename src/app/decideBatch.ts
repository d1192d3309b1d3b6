import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import { noteApprovedCopies } from '../sync/approvedCopies.ts'
import { callOff } from '../sync/candidates.ts'
import { shownIn } from '../sync/heldBatch.ts'
import { copiesOf } from '../sync/judgeDeletes.ts'
import { noteKept } from '../sync/keptRows.ts'
import { outdateLooks } from '../sync/oldLooks.ts'
import { isOfContentBack } from '../sync/plan/judgeContent.ts'
import type { BatchRecord, CandidateRecord, FolderRecord } from '../sync/records.ts'
import { type ChangeParts, recordDecision } from './changeParts.ts'

/**
 * Approves what is left of exactly the set that was shown. Files that came back meanwhile leave the batch, and so will a row whose content
 * turns up elsewhere before it goes.
 * @throws UserError (2) for an unknown batch, another digest, or a batch already decided
 */
export function approveBatch(
  parts: ChangeParts,
  ask: { readonly id: number; readonly digest: string },
): { readonly approved: number; readonly returned: number } {
  const { ledger, wallMs } = parts
  const result = ledger.now(() => {
    const batch = openBatch(parts, ask.id)
    if (batch.digest !== ask.digest) throw otherDigest(batch)
    const held = ledger.candidates.inBatch(batch.id)
    const filesBack = held.filter((candidate) => isBack(parts, candidate))
    for (const candidate of filesBack) callOff(parts, candidate.versionId)
    const contentsBack = isOfContentBack(batch) ? [] : held.filter((candidate) => isContentBack(parts, candidate))
    for (const candidate of contentsBack) ledger.candidates.setBatch(candidate.versionId, null)
    const returned = [...filesBack, ...contentsBack]
    ledger.candidates.decide(batch.id, 'approved', wallMs())
    const outdated = outdateAll(parts, batch)
    const folder = ledger.folders.get(batch.folderId)
    for (const candidate of held.filter((one) => !returned.includes(one))) {
      const copies = copiesOf(ledger, folder, candidate)
      noteApprovedCopies(
        ledger,
        candidate.versionId,
        copies.map(({ id }) => id),
      )
      record(parts, batch, candidate, 'approved')
    }
    return { outdated, approved: held.length - returned.length, returned: returned.length }
  })
  for (const { id } of result.outdated) parts.poke(id)
  return { approved: result.approved, returned: result.returned }
}

/**
 * Keeps every row of a batch: they are no longer followed, and no later scan asks again. One whose file comes back is followed again, and goes
 * only if a person approves that.
 * @throws UserError (2) for an unknown batch, or one already decided
 */
export function rejectBatch(parts: ChangeParts, id: number): { readonly kept: number; readonly folderId: number } {
  const { ledger, wallMs } = parts
  const result = ledger.now(() => {
    const batch = openBatch(parts, id)
    const held = ledger.candidates.inBatch(batch.id)
    ledger.candidates.decide(batch.id, 'rejected', wallMs())
    for (const candidate of held) {
      record(parts, batch, candidate, 'rejected')
      const isFileBack = isBack(parts, candidate)
      ledger.candidates.remove(candidate.versionId)
      if (!isFileBack) ledger.versions.setRole(candidate.versionId, 'detached')
    }
    // What left the list, as its file came back say, was among what the person was shown. Of a batch of before that was noted, what is left tells.
    const shown = new Set([...shownIn(ledger, batch.id), ...held.map(({ versionId }) => versionId)])
    for (const versionId of shown) noteKept(ledger, versionId, wallMs())
    return { batch, kept: held.length }
  })
  parts.poke(result.batch.folderId)
  return { kept: result.kept, folderId: result.batch.folderId }
}

/** What was seen before is what the person was shown: evidence is taken again. @returns the folders of the dataset */
function outdateAll({ ledger }: ChangeParts, { folderId }: BatchRecord): readonly FolderRecord[] {
  const { remoteId } = ledger.folders.get(folderId)
  const folders = ledger.folders.all().filter((folder) => folder.remoteId === remoteId)
  for (const { id } of folders) outdateLooks(ledger, id)
  return folders
}

function openBatch({ ledger }: ChangeParts, id: number): BatchRecord {
  const batch = ledger.candidates.batch(id)
  if (batch === null) throw refusal(`there is no batch ${id}`)
  if (batch.decision !== null) throw refusal(`batch ${id} was ${batch.decision} already`)
  return batch
}

/** The file of an absent candidate is there again: nothing is left to decide. */
function isBack({ ledger }: ChangeParts, candidate: CandidateRecord): boolean {
  const unitId = ledger.versions.get(candidate.versionId)?.unitId ?? null
  return candidate.why === 'absent' && unitId !== null && ledger.units.get(unitId)?.local === 'present'
}

/** What an older row holds was put back and sent again. It is shown anew, as what it is now. */
function isContentBack({ ledger }: ChangeParts, candidate: CandidateRecord): boolean {
  const version = ledger.versions.get(candidate.versionId)
  if (candidate.why !== 'superseded' || version?.unitId == null) return false
  return ledger.versions.ofUnit(version.unitId).some(({ role, content }) => role === 'current' && content === version.content)
}

function record(parts: ChangeParts, batch: BatchRecord, candidate: CandidateRecord, verb: 'approved' | 'rejected'): void {
  const version = parts.ledger.versions.get(candidate.versionId)
  const unit = version?.unitId == null ? null : parts.ledger.units.get(version.unitId)
  recordDecision(parts, batch.folderId, verb, {
    dataHash: version?.dataHash ?? null,
    key: unit?.key ?? null,
    files: Math.max(1, parts.ledger.versions.frames(candidate.versionId).length),
    detail: { batch: batch.id },
  })
}

function otherDigest(batch: BatchRecord): UserError {
  return refusal(`batch ${batch.id} has another digest than the one given: it is not the set that was shown`)
}

function refusal(what: string): UserError {
  return new UserError(EXIT.usage, { what, notDone: 'nothing was decided', next: 'encord-sync deletes list' })
}

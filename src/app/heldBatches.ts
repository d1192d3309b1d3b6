import type { HeldBatch } from '../control/api.ts'
import { shownKey } from '../model/unit.ts'
import type { Judged } from '../sync/plan/deleteLimit.ts'
import type { BatchRecord, CandidateRecord, FolderRecord } from '../sync/records.ts'
import type { LocalParts } from './localParts.ts'
import { judgedCandidates } from './proof.ts'

type HeldUnit = HeldBatch['units'][number]

/** What waits for a person, batch by batch, and after it what still collects its proof. */
export function heldBatches(parts: LocalParts): readonly HeldBatch[] {
  return parts.ledger.folders.all().flatMap((folder) => batchesOf(parts, folder))
}

function batchesOf(parts: LocalParts, folder: FolderRecord): readonly HeldBatch[] {
  const { ledger } = parts
  const judged = new Map(judgedCandidates(parts, folder).map((one) => [one.view.candidate.versionId, one]))
  const units = (candidates: readonly CandidateRecord[]) => candidates.flatMap((one) => heldUnit(parts, one, judged.get(one.versionId)))
  const frozen = ledger.candidates
    .batches(folder.id)
    .filter((batch) => batch.decision !== 'rejected')
    .map((batch) => frozenBatch(folder, batch, units(ledger.candidates.inBatch(batch.id))))
  const loose = ledger.candidates.ofFolder(folder.id).filter((candidate) => candidate.batchId === null)
  const isKept = ({ versionId }: CandidateRecord): boolean => staysByRule(judged.get(versionId))
  const apart = (candidates: readonly CandidateRecord[], why: string): readonly HeldBatch[] => {
    const shown = units(candidates)
    if (shown.length === 0) return []
    const madeMs = Math.min(...candidates.map((candidate) => candidate.madeMs))
    return [{ id: null, digest: null, decision: null, folder: folder.path, why, madeMs, units: shown }]
  }
  return [
    ...frozen,
    ...apart(
      loose.filter((one) => !isKept(one)),
      'proof is still being collected',
    ),
    ...apart(loose.filter(isKept), 'they stay, as the folder says; `encord-sync delete HASH…` removes some'),
  ]
}

/** Nothing is collected for what the folder keeps (`deletes.mode: never`, `on_change: keep`). */
function staysByRule(judged: Judged | undefined): boolean {
  return judged?.verdict.kind === 'wait' && (judged.verdict.rule === 'mode' || judged.verdict.rule === 'on-change')
}

function frozenBatch(folder: FolderRecord, { id, digest, decision, why, madeMs }: BatchRecord, units: readonly HeldUnit[]): HeldBatch {
  return { id, digest, decision: decision === 'approved' ? 'approved' : null, folder: folder.path, why, madeMs, units }
}

function heldUnit({ ledger }: LocalParts, candidate: CandidateRecord, judged: Judged | undefined): HeldUnit[] {
  const version = ledger.versions.get(candidate.versionId)
  const unit = version?.unitId == null ? null : ledger.units.get(version.unitId)
  if (version === null || unit === null) return []
  const verdict = judged?.verdict
  return [
    {
      path: shownKey(unit.key),
      dataHash: version.dataHash ?? '',
      title: version.title,
      files: Math.max(1, ledger.versions.frames(version.id).length),
      why: candidate.why,
      missing: verdict === undefined || verdict.kind === 'delete' ? null : verdict.why,
    },
  ]
}

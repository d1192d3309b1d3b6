import type { LedgerPort } from './ledgerPort.ts'
import type { CandidateRecord, VersionRecord } from './records.ts'

/** What a row was a candidate for before a person named it; it becomes that again when the row stays. */
type Before = Pick<CandidateRecord, 'why' | 'madeMs' | 'batchId'>

/** The evidence of a delete by command: that it was asked for, of which row, and what it was a candidate for until then. */
export function commandEvidence(row: { readonly dataHash: string; readonly title: string; readonly type: string }, before: Before | null) {
  const was = before === null ? null : { why: before.why, madeMs: before.madeMs, batchId: before.batchId }
  return JSON.stringify({ proof: 'named by a person', row, was })
}

/**
 * A row that a person named is still there: the command is over, and nothing sends it again. A row without a unit is forgotten,
 * any other is what it was before. Called inside a commit.
 */
export function dropCommand(ledger: LedgerPort, version: VersionRecord, evidence: string | null): void {
  ledger.candidates.remove(version.id)
  if (version.unitId === null) {
    ledger.versions.retire(version.id, 'gone', 'closed')
    // The row lives: no later look may take its hash for that of a deleted one.
    ledger.versions.forgetHash(version.id)
    return
  }
  const was = evidence === null ? null : ((JSON.parse(evidence) as { was?: Before | null }).was ?? null)
  // The proof of an absence starts anew, with the next scan.
  if (was === null || was.why === 'command') return
  ledger.candidates.add(version.id, was.why, null, was.madeMs)
  if (was.batchId !== null) ledger.candidates.setBatch(version.id, was.batchId)
}

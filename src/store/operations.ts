import type { Database } from 'better-sqlite3'
import type { OperationPhase, OperationVerb } from '../model/unit.ts'
import type { OperationRecord } from '../sync/records.ts'
import { type OperationRow, toOperation } from './rows.ts'

/** The journal of calls that change a dataset: intent before, outcome after. */
export function operationStore(db: Database) {
  const add = db.prepare<[number, OperationVerb, number, number | null, string | null]>(
    `INSERT INTO operations (version_id, verb, phase, began, server_time, evidence) VALUES (?, ?, 'intent', ?, ?, ?)`,
  )
  const end = db.prepare<[OperationPhase, number, string | null, number]>(
    'UPDATE operations SET phase = ?, ended = ?, answer = ? WHERE id = ?',
  )
  const openOf = db.prepare<[number], OperationRow>(
    `SELECT o.* FROM operations o WHERE o.version_id = ? AND o.phase IN ('intent', 'unknown') ORDER BY o.id`,
  )
  const openAll = db.prepare<[], OperationRow>(`SELECT * FROM operations WHERE phase IN ('intent', 'unknown') ORDER BY id`)
  // The second condition is that of the partial index, word for word.
  const orphan = db.prepare(
    `UPDATE operations SET phase = 'unknown'
     WHERE phase = 'intent' AND phase IN ('intent', 'unknown') AND verb IN ('register', 'group', 'delete')`,
  )
  const repeatable = db.prepare(
    `UPDATE operations SET phase = 'not-applied' WHERE phase IN ('intent', 'unknown') AND verb IN ('stage', 'title', 'metadata')`,
  )
  const registering = db.prepare(
    `UPDATE versions SET remote = 'registering' WHERE remote = 'sent'
       AND id IN (SELECT version_id FROM operations WHERE phase = 'unknown' AND phase IN ('intent', 'unknown') AND verb IN ('register', 'group'))`,
  )
  const lacking = db.prepare<[number, number | null, number]>('UPDATE operations SET lacking = ?, lacking_at = ? WHERE id = ?')
  return {
    intend: (versionId: number, verb: OperationVerb, atMs: number, serverTimeMs: number | null, evidence: string | null): number =>
      Number(add.run(versionId, verb, atMs, serverTimeMs, evidence).lastInsertRowid),
    end: (id: number, phase: OperationPhase, atMs: number, answer: string | null = null): void => void end.run(phase, atMs, answer, id),
    openOf: (versionId: number): OperationRecord[] => openOf.all(versionId).map(toOperation),
    open: (): OperationRecord[] => openAll.all().map(toOperation),
    /** At start: every intent without an outcome is a call that may have happened. Staging, titles and notes are simply repeated. */
    doubtIntents(): number {
      repeatable.run()
      const { changes } = orphan.run()
      registering.run()
      return changes
    },
    setLacking: (id: number, count: number, firstAtMs: number | null): void => void lacking.run(count, firstAtMs, id),
  }
}

import { renewAlive } from '../sync/folderState.ts'
import type { ChangeParts } from './changeParts.ts'

/**
 * The folders remember from now on that the ledger knows what a person decided: a copy of it from before is older than that, and not only since the
 * next sign of life. Nothing where a folder can't be written, or remembers another ledger.
 */
export async function signDecision(parts: ChangeParts, folderIds: readonly number[]): Promise<void> {
  // What a person does counts as a step of the ledger, also when nothing else happens for long.
  await parts.ledger.commit(() => undefined)
  for (const id of folderIds) await renewAlive(parts, id, parts.service === null)
}

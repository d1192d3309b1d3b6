import { renewAlive } from '../sync/folderState.ts'
import type { ChangeParts } from './changeParts.ts'

/**
 * The folders remember from now on that the ledger knows what a person decided: a copy of it from before is older than that, and not only since the
 * next sign of life. Nothing where a folder can't be written, or remembers another ledger.
 */
export async function signDecision(parts: ChangeParts, folders: readonly { readonly id: number }[]): Promise<void> {
  for (const { id } of folders) await renewAlive(parts, id, parts.service === null)
}

import type { LocalApi } from '../control/api.ts'
import { folderLines } from './folderLines.ts'
import { heldBatches } from './heldBatches.ts'
import { historyLines } from './historyLines.ts'
import type { LocalParts } from './localParts.ts'
import { statusView } from './statusView.ts'
import { unitLines } from './unitLines.ts'
import { whyView } from './whyView.ts'

/** The reading half of the local interface. */
export type Queries = Pick<LocalApi, 'status' | 'units' | 'why' | 'deletes' | 'folders' | 'history' | 'verifyHistory'>

/** Answers from the ledger, which may be open for reading only. */
export function queries(parts: LocalParts): Queries {
  return {
    status: async () => statusView(parts),
    units: async ({ path }) => unitLines(parts.ledger, path),
    why: async ({ path }) => whyView(parts, path),
    deletes: async () => heldBatches(parts),
    folders: async () => folderLines(parts),
    history: async (ask) => historyLines(parts, ask),
    verifyHistory: async () => parts.ledger.history.verify(),
  }
}

import type { ReloadView } from '../control/api.ts'
import type { Clock } from '../model/clock.ts'
import type { Log } from '../model/event.ts'
import type { Disk } from '../sync/ports.ts'
import type { HistoryEntry } from '../sync/records.ts'
import type { LocalParts } from './localParts.ts'

/** What the writing half of the local interface needs besides; the ledger is open for writing, its lock held. */
export type ChangeParts = LocalParts & {
  readonly log: Log
  readonly disk: Disk
  readonly clock: Clock
  /** Which machine this is; by default as the system says. */
  readonly machineId?: () => string | null
  /** Has the service read its config again; null where none runs. */
  reload(): Promise<ReloadView | null>
  /** Has the service list a dataset now, so that the ledger knows what it lacks. @returns was it read? Never where no service runs */
  readDataset(remoteId: number): Promise<boolean>
  /** Tells the engine to look again at a folder, or at all (null); nothing where none runs. */
  poke(folderId: number | null): void
}

/** Writes down what a person decided. */
export function recordDecision(
  { ledger, wallMs }: Pick<ChangeParts, 'ledger' | 'wallMs'>,
  folderId: number,
  verb: Extract<HistoryEntry['verb'], 'approved' | 'rejected' | 'accepted'>,
  what: {
    readonly dataHash?: string | null
    readonly key?: string | null
    readonly files?: number
    readonly detail?: HistoryEntry['detail']
  },
): void {
  const { dataHash = null, key = null, files = 1, detail = {} } = what
  ledger.history.add({ atMs: wallMs(), folderId, verb, dataHash, key, files, approved: true, detail })
}

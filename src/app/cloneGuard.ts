import type { Log } from '../model/event.ts'
import { commandFor } from '../model/nextCommand.ts'
import type { Ledger } from '../store/openLedger.ts'
import { freezeState } from '../sync/folderState.ts'
import type { FolderRecord } from '../sync/records.ts'

/** Where the ledger keeps whose it is. */
const KEY = 'machine_id'

/** Was the ledger kept on another machine until now? Unknown counts as no. */
export function isClone(ledger: Pick<Ledger, 'meta'>, machineId: string | null): boolean {
  const stored = ledger.meta.read(KEY)
  return machineId !== null && stored !== null && stored !== machineId
}

/** The ledger is this machine's from now on. */
export function takeLedger(ledger: Pick<Ledger, 'meta'>, machineId: string | null): void {
  if (machineId !== null) ledger.meta.write(KEY, machineId)
}

/**
 * At start, before anything is looked at: a ledger that came from another machine (a cloned disk, a restored backup) may have a twin
 * that goes on, so that every folder's deletes are frozen until a person accepts it; later, those of folders that join the config.
 */
export function freezeClone(
  ledger: Ledger,
  machineId: string | null,
  tools: { readonly log: Log; wallMs(): number },
  folders: readonly FolderRecord[] = ledger.folders.all(),
): void {
  if (!isClone(ledger, machineId)) {
    if (ledger.meta.read(KEY) === null) takeLedger(ledger, machineId)
    return
  }
  const why = 'the ledger was kept on another machine: it is a copy, and the other one may go on'
  for (const folder of folders) {
    if (folder.state === 'frozen') continue
    ledger.now(() => freezeState(ledger, folder.id, why, tools.wallMs()))
    const next = commandFor('frozen', folder.path, '')
    tools.log.emit('folder.state', { folder: folder.path, state: 'frozen', was: folder.state, why, next })
  }
}

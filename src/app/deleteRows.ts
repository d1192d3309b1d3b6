import { existsSync } from 'node:fs'
import type { LoadedConfig } from '../config/loadedConfig.ts'
import { displayName } from '../model/displayName.ts'
import { UserError } from '../model/error.ts'
import type { Log } from '../model/event.ts'
import { EXIT } from '../model/exitCode.ts'
import type { RemoteListing, RemoteRow } from '../model/remote.ts'
import { shownKey } from '../model/unit.ts'
import { takeLock } from '../store/lock.ts'
import { type Ledger, prepareLedgerPlace } from '../store/openLedger.ts'
import { openSafely } from '../store/openSafely.ts'
import { type CommandOutcome, type CommandTools, deleteByCommand, settleOpenDeletes } from '../sync/deleteByCommand.ts'
import type { DatasetAccess } from './datasetCalls.ts'
import { openForDelete } from './links.ts'
import type { CallTools } from './userCalls.ts'

/** A row that a person named, as it is shown before anything is sent. */
export type NamedRow = Pick<RemoteRow, 'dataHash' | 'title' | 'type' | 'createdAtMs'> & {
  /** The file that the ledger knows it by, absolute; null where there is none. */
  readonly path: string | null
  /** The file still stands there, and its row is the current one: it will not be sent again by itself. */
  readonly isFileLeft: boolean
}

export type DeletedRow = NamedRow & { readonly outcome: CommandOutcome }

export type DeleteRowsTools = CallTools & {
  /** Wraps the first read of the dataset, to put its failure into words. */
  read(listing: Promise<RemoteListing>): Promise<RemoteListing>
  /** Shows the rows and asks; false sends nothing. */
  confirm(rows: readonly NamedRow[], dataset: Pick<RemoteListing, 'dataset' | 'title'>): Promise<boolean>
  /** An answer was lost; the dataset is read again after this long, ms. */
  onWait(forMs: number): void
}

const SILENT: Log = { emit: () => undefined }

/**
 * Deletes exactly these rows once they were shown and confirmed. The ledger is locked for as long, and made when there is none: no
 * call leaves without its intent in it.
 * @returns null when the person said no
 * @throws UserError (75) while another instance holds the ledger, (2) for a hash that the dataset does not hold, (1) for one whose
 *   upload is not settled; nothing was sent then
 */
export async function deleteRows(
  config: LoadedConfig,
  access: DatasetAccess,
  dataHashes: readonly string[],
  tools: DeleteRowsTools,
): Promise<readonly DeletedRow[] | null> {
  const { ledger, close } = await openLocked(config, () => tools.clock.wallMs())
  try {
    const link = openForDelete(config, access, tools)
    try {
      const read = () => tools.read(link.remote.listing({ clientMetadata: false }, { signal: tools.signal }))
      const first = await read()
      checkDataset(first, access)
      const remoteId = ledger.remotes.ensure(config.encord.domain, access.dataset).id
      const command: CommandTools = { ...tools, ...link, ledger, remoteId, log: SILENT, absentGapMs: config.encord.absentGapMs }
      const hadOpen = await settleOpenDeletes(
        command,
        first.rows.map((row) => row.dataHash),
      )
      const listing = hadOpen ? await read() : first
      const rows = rowsNamed(listing, access, dataHashes)
      const shown = rows.map((row) => shownRow(ledger, remoteId, row))
      checkSettled(ledger, remoteId, rows)
      if (!(await tools.confirm(shown, listing))) return null
      const outcomes = await deleteByCommand(
        command,
        rows.map((row) => row.dataHash),
      )
      return shown.map((row) => ({ ...row, outcome: outcomes.get(row.dataHash) ?? { kind: 'not-sent', why: 'no call was made for it' } }))
    } finally {
      link.close()
    }
  } finally {
    close()
  }
}

async function openLocked(
  { ledgerPath, folders }: LoadedConfig,
  wallMs: () => number,
): Promise<{ readonly ledger: Ledger; close(): void }> {
  const watched = folders.map((folder) => folder.path)
  if (!existsSync(ledgerPath)) prepareLedgerPlace(ledgerPath, watched)
  const lock = takeLock(ledgerPath)
  if (lock === null) {
    throw new UserError(EXIT.locked, {
      what: `the service, or another command, holds the ledger ${ledgerPath}`,
      notDone: 'nothing was deleted',
      next: 'stop the service, then run this again',
    })
  }
  try {
    const ledger = await openSafely(ledgerPath, watched, { wallMs, onMigrated: () => undefined })
    // Whoever wrote an intent without an outcome is gone: the lock is ours.
    ledger.now(() => void ledger.operations.doubtIntents())
    const close = () => {
      ledger.close()
      lock.release()
    }
    return { ledger, close }
  } catch (error) {
    lock.release()
    throw error
  }
}

function checkDataset(listing: RemoteListing, { dataset }: DatasetAccess): void {
  if (listing.dataset.toLowerCase() === dataset) return
  throw new UserError(EXIT.person, {
    what: `asked for the dataset ${dataset}, the server answered with ${displayName(listing.dataset)}`,
    notDone: 'nothing was deleted',
    next: `encord-sync dataset info --dataset ${dataset}`,
  })
}

/** The rows in the order they were named. @throws UserError (2) that names every hash that the dataset lacks */
function rowsNamed(listing: RemoteListing, { dataset }: DatasetAccess, dataHashes: readonly string[]): readonly RemoteRow[] {
  const rows = new Map(listing.rows.map((row) => [row.dataHash, row]))
  const unknown = dataHashes.filter((hash) => !rows.has(hash))
  if (unknown.length === 0) return dataHashes.flatMap((hash) => rows.get(hash) ?? [])
  throw new UserError(EXIT.usage, {
    what: `the dataset ${dataset} holds no row ${unknown.map(displayName).join(', ')}`,
    notDone: 'nothing was deleted, the other rows neither',
    next: 'encord-sync units (the hashes of your files), or the Encord app',
  })
}

function shownRow(ledger: Ledger, remoteId: number, { dataHash, title, type, createdAtMs }: RemoteRow): NamedRow {
  const version = ledger.versions.byHash(remoteId, dataHash)
  const unit = version?.unitId == null ? null : ledger.units.get(version.unitId)
  const path = unit === null ? null : `${ledger.folders.get(unit.folderId).path}/${shownKey(unit.key)}`
  const isFileLeft = unit !== null && version?.role === 'current' && unit.local !== 'absent'
  return { dataHash, title, type, createdAtMs, path, isFileLeft }
}

/** A row whose register call has an open outcome, or an earlier DELETE, is left to a pass that settles it. */
function checkSettled(ledger: Ledger, remoteId: number, rows: readonly RemoteRow[]): void {
  const open = rows.filter(({ dataHash }) => {
    const version = ledger.versions.byHash(remoteId, dataHash)
    if (version === null) return false
    return ['ticket', 'sent', 'registering'].includes(version.remote) || ledger.operations.openOf(version.id).length > 0
  })
  if (open.length === 0) return
  throw new UserError(EXIT.failed, {
    what: `the answer to an earlier call is not known yet for ${open.map((row) => row.dataHash).join(', ')}`,
    notDone: 'nothing was deleted',
    next: 'encord-sync once (it looks the answer up), then this again',
  })
}

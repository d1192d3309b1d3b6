import { existsSync } from 'node:fs'
import { type Changes, changes } from '../app/changes.ts'
import { openDisk } from '../app/disk.ts'
import { guardOf } from '../app/guard.ts'
import type { LocalParts } from '../app/localParts.ts'
import { queries } from '../app/queries.ts'
import { statusBeforeFirstRun } from '../app/statusView.ts'
import { systemClock } from '../app/systemClock.ts'
import type { LoadedConfig } from '../config/loadedConfig.ts'
import { connectLocal } from '../control/client.ts'
import { UserError } from '../model/error.ts'
import type { Log } from '../model/event.ts'
import { EXIT } from '../model/exitCode.ts'
import { lockedError, takeLock } from '../store/lock.ts'
import { type Ledger, openLedgerReadOnly } from '../store/openLedger.ts'
import { openSafely } from '../store/openSafely.ts'
import type { Host, LocalAccess } from './command.ts'

const SILENT: Log = { emit: () => undefined }

/**
 * The local interface of a config's ledger: the service's when one runs, else the ledger itself; `write` takes the lock for as long.
 * @throws UserError (75) when the lock is held and nobody answers; (2) when there is no ledger to change
 */
export async function openLocal(mode: 'read' | 'write', config: LoadedConfig, host: Host): Promise<LocalAccess> {
  const service = await openService(config.ledgerPath, host)
  if (service !== null) return service
  return mode === 'read' ? readAccess(config, host) : await writeAccess(config, host)
}

/** The service that holds a ledger, whatever became of the config since; null when none answers. */
export async function openService(ledgerPath: string, host: Host): Promise<LocalAccess | null> {
  const service = await connectLocal(ledgerPath, host.env, { version: host.version })
  return service === null ? null : { ...service, close: async () => undefined }
}

function readAccess(config: LoadedConfig, host: Host): LocalAccess {
  const ledger = openLedgerReadOnly(config.ledgerPath)
  if (ledger === null) return beforeFirstRun(config, host)
  return { ...queries(partsOf(ledger, config, host)), ...refusing(), close: async () => ledger.close() }
}

async function writeAccess(config: LoadedConfig, host: Host): Promise<LocalAccess> {
  const { ledgerPath } = config
  if (!existsSync(ledgerPath)) throw noLedger(ledgerPath)
  const lock = takeLock(ledgerPath)
  if (lock === null) throw lockedError(ledgerPath)
  try {
    const watched = config.folders.map((folder) => folder.path)
    const ledger = await openSafely(ledgerPath, watched, { wallMs: host.nowMs, onMigrated: () => undefined })
    const parts = partsOf(ledger, config, host)
    const disk = openDisk(() => Promise.reject(new Error('a command walks no folder')))
    return {
      ...queries(parts),
      ...changes({
        ...parts,
        log: SILENT,
        disk,
        clock: { ...systemClock, wallMs: host.nowMs },
        reload: async () => null,
        readDataset: async () => false,
        poke: () => undefined,
      }),
      async close() {
        ledger.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

function partsOf(ledger: Ledger, config: LoadedConfig, host: Host): LocalParts {
  return {
    ledger,
    config,
    version: host.version,
    wallMs: host.nowMs,
    service: null,
    uploads: () => [],
    unread: () => null,
    reloaded: () => null,
    guard: guardOf,
  }
}

/** No run was made yet: nothing is known, and nothing can be changed. */
function beforeFirstRun(config: LoadedConfig, host: Host): LocalAccess {
  const { ledgerPath } = config
  return {
    ...refusing(),
    status: async () => statusBeforeFirstRun({ config, version: host.version, wallMs: host.nowMs }, ledgerPath),
    units: async () => [],
    why: async () => {
      throw noLedger(ledgerPath)
    },
    deletes: async () => [],
    folders: async () => [],
    history: async () => [],
    verifyHistory: async () => ({ entries: 0, unchained: 0, problems: [] }),
    close: async () => undefined,
  }
}

/** The writing half where the ledger is open for reading only: a command that asks for it has a defect. */
function refusing(): Changes {
  const refuse = () => Promise.reject(new Error('the ledger is open for reading only'))
  return {
    retry: refuse,
    approve: refuse,
    reject: refuse,
    pause: refuse,
    resume: refuse,
    reload: refuse,
    acceptFolder: refuse,
    acceptLedger: refuse,
    adopt: refuse,
  }
}

function noLedger(ledgerPath: string): UserError {
  return new UserError(EXIT.usage, {
    what: `there is no ledger at ${ledgerPath} yet: no run was made with this config`,
    notDone: 'nothing was changed',
    next: 'encord-sync once',
  })
}

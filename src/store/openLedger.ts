import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, realpathSync, statfsSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import Database from 'better-sqlite3'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import { isOfFrames } from '../model/unit.ts'
import type { UnitView } from '../sync/records.ts'
import { type Backup, backUp } from './backups.ts'
import { candidateStore } from './candidates.ts'
import { damageOf, quickCheck } from './damage.ts'
import { factStore } from './facts.ts'
import { folderStore } from './folders.ts'
import { type Commit, groupCommit } from './groupCommit.ts'
import { historyStore } from './history.ts'
import { metaStore } from './meta.ts'
import { migrate, readMigrations, schemaOf } from './migrate.ts'
import { operationStore } from './operations.ts'
import { ownPath } from './ownPath.ts'
import { pastStore } from './past.ts'
import { remoteStore } from './remotes.ts'
import { scanStore } from './scans.ts'
import { treeStore } from './tree.ts'
import { unitStore } from './units.ts'
import { versionStore } from './versions.ts'

/** Magic numbers of `statfs` on Linux for file systems whose locks and fsync can't be trusted from several machines. */
const NETWORK_FILE_SYSTEMS = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9p'],
])

function aggregates(db: Database.Database) {
  return {
    meta: metaStore(db),
    remotes: remoteStore(db),
    folders: folderStore(db),
    scans: scanStore(db),
    tree: treeStore(db),
    units: unitStore(db),
    versions: versionStore(db),
    operations: operationStore(db),
    candidates: candidateStore(db),
    history: historyStore(db),
    facts: factStore(db),
    past: pastStore(db),
  }
}

/** The open ledger: one store per aggregate, and transactions over them. */
export type Ledger = ReturnType<typeof aggregates> & {
  /** Writes in the next shared transaction; resolves once it is on disk. */
  readonly commit: Commit
  /** One transaction, now: for starts and commands. */
  now<T>(write: () => T): T
  /** A unit with all that a decision about it needs; null when there is no such unit. */
  view(unitId: number): UnitView | null
  readonly path: string
  /** Copies it to a file of its own while it is used, see `backups`. */
  backUp(target: string, signal?: AbortSignal): Promise<Backup>
  /** A private copy in memory: what is written to it changes nothing. */
  copy(): Ledger
  close(): void
}

/**
 * Pages that a connection keeps in memory, KiB: as many as SQLite's own default. The system's cache holds the file anyway, and 100,000 files
 * took no more CPU than with four times as many; the 16 MB that better-sqlite3 gives a connection would only be filled.
 */
const CACHE_KIB = 2_000

/** A write waits this long for others to share its fsync, ms; where several came last time, for more of them. */
const COMMIT_MS = 2
const CROWDED_COMMIT_MS = 10
const CROWD = 2

function stores(db: Database.Database): Ledger {
  const group = db.memory
    ? groupCommit(db)
    : groupCommit(db, (flush, shared) => void setTimeout(flush, shared >= CROWD ? CROWDED_COMMIT_MS : COMMIT_MS))
  const parts = aggregates(db)
  // Made once: wrapping each write anew costs more than a small transaction.
  const transaction = db.transaction((write: () => unknown) => write())
  return {
    ...parts,
    commit: group.commit,
    now: <T>(write: () => T) => transaction.immediate(write) as T,
    view(unitId) {
      const unit = parts.units.get(unitId)
      if (unit === null) return null
      const versions = parts.versions.ofUnit(unitId).filter((version) => version.role !== 'closed')
      return {
        unit,
        files: parts.tree.filesOfUnit(unitId),
        versions,
        frames: versions.flatMap((version) => (isOfFrames(version.kind) ? parts.versions.frames(version.id) : [])),
        operations: versions.flatMap((version) => parts.operations.openOf(version.id)),
        candidates: versions.flatMap((version) => parts.candidates.get(version.id) ?? []),
      }
    },
    path: db.name,
    backUp: (target, signal) => backUp(db, target, signal),
    copy: () => stores(inMemory(db)),
    close() {
      group.flush()
      db.close()
    },
  }
}

function inMemory(db: Database.Database): Database.Database {
  const bytes = db.serialize()
  // A header that says WAL can't be opened from memory; bytes 18 and 19 are the journal versions.
  bytes[18] = 1
  bytes[19] = 1
  return new Database(bytes)
}

/**
 * Opens the ledger for writing, making or migrating it when needed. The caller holds the lock. `openSafely` makes a copy before
 * a migration; this does not.
 * @param watched absolute paths of watched folders, none of which may hold the ledger
 * @throws UserError (2) for a place that can't keep a ledger, or a newer schema; (3) when it is damaged
 */
export function openLedger(file: string, watched: readonly string[], onMigrated: (name: string) => void): Ledger {
  checkPlace(file, watched)
  const db = new Database(file)
  try {
    // Before anything is changed: a newer ledger is left as it is.
    schemaOf(db, file)
    quickCheck(db, file)
    chmodSync(file, 0o600)
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma('foreign_keys = ON')
    db.pragma(`cache_size = -${CACHE_KIB}`)
    for (const name of migrate(db, file)) onMigrated(name)
    db.prepare(`INSERT OR IGNORE INTO meta (key, value) VALUES ('ledger_id', ?), ('sequence', '0')`).run(randomUUID())
    return stores(db)
  } catch (error) {
    db.close()
    throw damageOf(error, file) ?? error
  }
}

/** A new ledger in memory, for a plan before the first run. */
export function openLedgerInMemory(): Ledger {
  const db = new Database(':memory:')
  db.pragma('foreign_keys = ON')
  migrate(db, ':memory:')
  db.prepare(`INSERT OR IGNORE INTO meta (key, value) VALUES ('ledger_id', ?), ('sequence', '0')`).run(randomUUID())
  return stores(db)
}

/** A ledger over a database that someone else opened, migrated and will close: for the simulation, which keeps one for many worlds. */
export function ledgerOver(db: Database.Database): Ledger {
  return stores(db)
}

/**
 * Opens the ledger for reading, beside a running service; null when there is none yet. One of an older version is read as what it
 * will be: a copy in memory is migrated.
 * @throws UserError (2) for a newer schema; (3) when it is damaged
 */
export function openLedgerReadOnly(file: string): Ledger | null {
  if (!existsSync(file)) return null
  const db = new Database(file, { readonly: true, fileMustExist: true })
  try {
    db.pragma(`cache_size = -${CACHE_KIB}`)
    const schema = schemaOf(db, file)
    if (schema === readMigrations().length) return stores(db)
    const copy = schema === 0 ? null : inMemory(db)
    db.close()
    if (copy === null) return null
    migrate(copy, file)
    return { ...stores(copy), path: file }
  } catch (error) {
    db.close()
    throw damageOf(error, file) ?? error
  }
}

/** Makes the ledger's directory (0700) and checks that it can hold a ledger. @throws UserError (2) */
export function prepareLedgerPlace(file: string, watched: readonly string[]): void {
  // First the check: nothing is ever made inside a watched folder.
  checkPlace(file, watched)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
}

/** Both where it is named, as its copies lie there, and where a link leads. */
function checkPlace(named: string, watched: readonly string[]): void {
  for (const file of new Set([named, ownPath(named)])) checkOnePlace(file, watched)
}

function checkOnePlace(file: string, watched: readonly string[]): void {
  const existing = existingAbove(dirname(file))
  const real = join(realpathSync(existing), file.slice(existing.length))
  for (const folder of watched) {
    const root = existsSync(folder) ? realpathSync(folder) : folder
    if (real.startsWith(root.endsWith(sep) ? root : root + sep)) {
      throw new UserError(EXIT.usage, {
        what: `the ledger ${file} lies inside the watched folder ${folder}`,
        notDone: 'Nothing was read or sent.',
        next: 'set `ledger:` to a place outside every folder',
      })
    }
  }
  const kind = NETWORK_FILE_SYSTEMS.get(Number(statfsSync(existing).type) >>> 0)
  if (kind !== undefined) {
    throw new UserError(EXIT.usage, {
      what: `the ledger ${file} lies on a network file system (${kind})`,
      notDone: 'Nothing was read or sent.',
      next: 'set `ledger:` to a local disk',
    })
  }
}

function existingAbove(directory: string): string {
  return existsSync(directory) || dirname(directory) === directory ? directory : existingAbove(dirname(directory))
}

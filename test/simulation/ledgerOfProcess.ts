import Database from 'better-sqlite3'
import { groupCommit } from '../../src/store/groupCommit.ts'
import { migrate } from '../../src/store/migrate.ts'
import { type Ledger, ledgerOver } from '../../src/store/openLedger.ts'
import { Died, type ProcessPort } from './processPort.ts'
import { ReadMemory } from './readMemory.ts'

/**
 * One real ledger in memory for many worlds: each world runs inside a transaction that is rolled back at its end, since preparing
 * the ledger's statements takes longer than a whole world.
 */
export class LedgerShelf {
  readonly #db = new Database(':memory:')
  readonly #memory: ReadMemory
  readonly ledger: Ledger

  constructor() {
    this.#db.pragma('foreign_keys = ON')
    migrate(this.#db, ':memory:')
    this.#db.prepare(`INSERT OR IGNORE INTO meta (key, value) VALUES ('ledger_id', 'ledger-1'), ('sequence', '0')`).run()
    this.#memory = new ReadMemory(this.#db)
    this.ledger = ledgerOver(this.#memory.db)
  }

  begin(): void {
    this.#db.exec('BEGIN')
  }

  end(): void {
    this.#db.exec('ROLLBACK')
    this.#memory.forget()
  }

  /** Remembers the ledger as it is now; `restore` brings it back, as an old backup does. */
  remember(): void {
    this.#db.exec('SAVEPOINT backup')
  }

  restore(): void {
    this.#db.exec('ROLLBACK TO backup')
    this.#memory.forget()
  }

  /** The ledger as one process holds it: nothing is written by a process that is dead, and what waited for its transaction is lost. */
  forProcess(port: ProcessPort): Ledger {
    const { ledger } = this
    const group = groupCommit(this.#memory.db)
    const alive = <T>(write: () => T): T => {
      if (!port.isAlive) throw new Died('ledger')
      return write()
    }
    return {
      ...guarded(ledger, port),
      now: (write) => alive(() => ledger.now(write)),
      view: (unitId) => alive(() => ledger.view(unitId)),
      async commit(write) {
        if (!port.isAlive) return await new Promise(() => undefined)
        port.pendingCommits++
        try {
          return await group.commit(() => alive(write))
        } finally {
          port.pendingCommits--
        }
      },
    }
  }
}

type Methods = Record<string, (...given: never[]) => unknown>

const STORES = ['meta', 'remotes', 'folders', 'scans', 'tree', 'units', 'versions', 'operations', 'candidates', 'history', 'facts'] as const

/** The same stores, which a dead process cannot use. */
function guarded(ledger: Ledger, port: ProcessPort): Ledger {
  const stores = STORES.map((name) => {
    const methods = Object.entries(ledger[name] as unknown as Methods).map(([method, call]) => [
      method,
      (...given: never[]) => {
        if (!port.isAlive) throw new Died(`${name}.${method}`)
        return call(...given)
      },
    ])
    return [name, Object.fromEntries(methods)]
  })
  return { ...ledger, ...Object.fromEntries(stores) } as Ledger
}

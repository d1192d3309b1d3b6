import type Database from 'better-sqlite3'

type Statement = Database.Statement<unknown[], unknown>
type Remembered = { readonly stamp: number; readonly value: unknown }

const MOST_REMEMBERED = 2_000

/**
 * A database that answers a read it has answered before from memory, until one of the read's tables was written to: nearly half of
 * a simulated world's time went into the same few reads. Exact because the ledger's schema has no cascades and its triggers only
 * refuse.
 */
export class ReadMemory {
  readonly db: Database.Database
  readonly #real: Database.Database
  readonly #tables: readonly string[]
  readonly #writes = new Map<string, { count: number }>()

  constructor(real: Database.Database) {
    this.#real = real
    this.#tables = real
      .prepare<[], { name: string; sql: string }>(`SELECT name, sql FROM sqlite_schema WHERE type = 'table'`)
      .all()
      .map(({ name, sql }) => {
        if (/ON (DELETE|UPDATE) (CASCADE|SET)/i.test(sql)) throw new Error(`writes to other tables change ${name}`)
        return name
      })
    for (const name of this.#tables) this.#writes.set(name, { count: 0 })
    this.db = this.#remembering()
  }

  /** Everything may be different now: a transaction was rolled back. */
  forget(): void {
    for (const writes of this.#writes.values()) writes.count++
  }

  #remembering(): Database.Database {
    const real = this.#real
    return {
      memory: real.memory,
      name: real.name,
      prepare: (sql: string) => this.#statement(real.prepare(sql), sql),
      transaction: (write: (...given: unknown[]) => unknown) =>
        real.transaction((...given: unknown[]) => {
          try {
            return write(...given)
          } catch (error) {
            this.forget()
            throw error
          }
        }),
    } as unknown as Database.Database
  }

  #statement(statement: Statement, sql: string) {
    const tables = this.#tables
      .filter((name) => new RegExp(`\\b${name}\\b`).test(sql))
      .map((name) => this.#writes.get(name) as { count: number })
    const stamp = (): number => tables.reduce((sum, writes) => sum + writes.count, 0)
    const known = { get: new Map<unknown, Remembered>(), all: new Map<unknown, Remembered>() }
    const wrote = (): void => {
      for (const writes of tables) writes.count++
    }
    const read = (how: 'get' | 'all', given: unknown[]): unknown => {
      // Also a write may answer with rows: DELETE … RETURNING.
      if (!statement.readonly) {
        wrote()
        return statement[how](...given)
      }
      const key = given.length === 1 && typeof given[0] !== 'object' ? given[0] : JSON.stringify(given)
      const now = stamp()
      const found = known[how].get(key)
      if (found?.stamp === now) return found.value
      const value = statement[how](...given)
      if (known[how].size >= MOST_REMEMBERED) known[how].clear()
      known[how].set(key, { stamp: now, value })
      return value
    }
    return {
      get: (...given: unknown[]) => read('get', given),
      all: (...given: unknown[]) => (read('all', given) as unknown[]).slice(),
      iterate: (...given: unknown[]) => statement.iterate(...given),
      run: (...given: unknown[]) => {
        wrote()
        return statement.run(...given)
      },
    }
  }
}

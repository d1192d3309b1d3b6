import { readdirSync, readFileSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'

const MIGRATIONS = new URL('./migrations/', import.meta.url)

/** The numbered migrations, in order; a gap in the numbers is a defect of the build and throws. */
export function readMigrations(): readonly { readonly number: number; readonly name: string; readonly sql: string }[] {
  const names = readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith('.sql'))
    .sort()
  return names.map((name, index) => {
    const number = Number(name.slice(0, 4))
    if (number !== index + 1) throw new Error(`migration ${name} does not follow number ${index}`)
    return { number, name, sql: readFileSync(new URL(name, MIGRATIONS), 'utf8') }
  })
}

/**
 * Brings a ledger to this version's schema, one migration per transaction, in which the schema's number goes first.
 * @returns the names of the migrations that ran
 * @throws UserError (2) when the ledger is of a newer version, which is left untouched.
 */
export function migrate(db: Database, file: string): readonly string[] {
  const migrations = readMigrations()
  const current = Number(db.pragma('user_version', { simple: true }))
  if (current > migrations.length) {
    throw new UserError(EXIT.usage, {
      what: `the ledger ${file} has schema ${current}; this encord-sync knows up to ${migrations.length}`,
      notDone: 'Nothing was read or written.',
      next: 'install the newer encord-sync that made it',
    })
  }
  const ran: string[] = []
  for (const migration of migrations.slice(current)) {
    db.transaction(() => {
      db.pragma(`user_version = ${migration.number}`)
      db.exec(migration.sql)
    }).immediate()
    ran.push(migration.name)
  }
  return ran
}

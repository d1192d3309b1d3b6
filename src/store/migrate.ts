import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'

const MIGRATIONS = new URL('./migrations/', import.meta.url)

/** First line of a migration that makes tables anew: other tables' references to them would be broken, or followed, on the way. */
const REBUILDS = '-- rebuilds tables\n'

export type Migration = { readonly number: number; readonly name: string; readonly sql: string }

/** The numbered migrations of a directory, in order; a gap in the numbers is a defect of the build and throws. */
export function readMigrations(directory: URL = MIGRATIONS): readonly Migration[] {
  const names = readdirSync(directory)
    .filter((name) => name.endsWith('.sql'))
    .sort()
  return names.map((name, index) => {
    const number = Number(name.slice(0, 4))
    if (number !== index + 1) throw new Error(`migration ${name} does not follow number ${index}`)
    return { number, name, sql: readFileSync(new URL(name, directory), 'utf8') }
  })
}

/**
 * Brings a ledger to this version's schema, one migration per transaction, in which the schema's number goes first. One that makes tables
 * anew runs without foreign keys; that each reference still leads somewhere is checked before it counts.
 * @returns the names of the migrations that ran
 * @throws UserError (2) when the ledger is of a newer version, which is left untouched.
 */
export function migrate(db: Database, file: string, migrations: readonly Migration[] = readMigrations()): readonly string[] {
  const current = schemaOf(db, file, migrations.length)
  const ran: string[] = []
  // What a group holds is known by the hash of its frames' hashes, which SQLite cannot make.
  db.function('sha256', { deterministic: true }, (text) => (text === null ? null : createHash('sha256').update(String(text)).digest('hex')))
  for (const migration of migrations.slice(current)) {
    if (migration.sql.startsWith(REBUILDS)) rebuild(db, migration)
    else run(db, migration, () => undefined)
    ran.push(migration.name)
  }
  return ran
}

function run(db: Database, { number, sql }: Migration, check: () => void): void {
  db.transaction(() => {
    db.pragma(`user_version = ${number}`)
    db.exec(sql)
    check()
  }).immediate()
}

/** Foreign keys are switched outside of the transaction, as SQLite takes no switch within one, and checked before it ends. */
function rebuild(db: Database, migration: Migration): void {
  const before = db.pragma('foreign_keys', { simple: true })
  db.pragma('foreign_keys = OFF')
  try {
    run(db, migration, () => {
      const broken = db.pragma('foreign_key_check') as readonly unknown[]
      if (broken.length > 0) throw new Error(`migration ${migration.name} would leave ${broken.length} references to nothing`)
    })
  } finally {
    db.pragma(`foreign_keys = ${before}`)
  }
}

/**
 * The number of a ledger's schema, 0 for an empty file.
 * @param newest the newest schema that this version knows
 * @throws UserError (2) when the ledger's is newer
 */
export function schemaOf(db: Database, file: string, newest = readMigrations().length): number {
  const current = Number(db.pragma('user_version', { simple: true }))
  if (current <= newest) return current
  throw new UserError(EXIT.usage, {
    what: `the ledger ${file} has schema ${current}; this encord-sync knows up to ${newest}`,
    notDone: 'Nothing was read or written.',
    next: 'install the newer encord-sync that made it',
  })
}

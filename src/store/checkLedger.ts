import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { isDamage } from './damage.ts'
import { historyStore } from './history.ts'
import { readMigrations, schemaOf } from './migrate.ts'

/** One thing that a ledger was looked at for; `problems` is empty when it holds. */
export type LedgerCheck = { readonly name: string; readonly about: string; readonly problems: readonly string[] }

/** A call whose outcome is still open after this time was not looked after, ms. */
const OLD_CALL_MS = 86_400_000
/** Rows that are named of one rule. */
const MOST_NAMED = 10

/** Rules that the schema can't hold by itself; each statement returns the rows that break it, as `what`. @see design, sections 5 and 6 */
const RULES: readonly { readonly name: string; readonly about: string; readonly sql: string }[] = [
  {
    name: 'rows-have-hashes',
    about: 'every row in the dataset is known by its hash',
    sql: `SELECT 'version ' || id || ' (' || title || ') has no data_hash' AS what FROM versions
      WHERE remote IN ('live', 'deleting') AND data_hash IS NULL`,
  },
  {
    name: 'calls-end',
    about: 'no call is without an outcome for more than a day',
    sql: `SELECT 'operation ' || id || ' (' || verb || ') is open since ' || datetime(began / 1000, 'unixepoch') || ' UTC' AS what
      FROM operations WHERE phase IN ('intent', 'unknown') AND began < @now - ${OLD_CALL_MS}`,
  },
  {
    name: 'deletes-are-journaled',
    about: 'every row that is being deleted has its call in the journal',
    sql: `SELECT 'version ' || v.id || ' (' || v.title || ') is being deleted without a call' AS what FROM versions v
      WHERE v.remote = 'deleting' AND NOT EXISTS (SELECT 1 FROM operations o
        WHERE o.version_id = v.id AND o.verb = 'delete' AND o.phase IN ('intent', 'unknown'))`,
  },
  {
    name: 'deletes-have-evidence',
    about: 'every DELETE that was sent has its evidence',
    sql: `SELECT 'operation ' || id || ' has no evidence' AS what FROM operations WHERE verb = 'delete' AND evidence IS NULL`,
  },
  {
    name: 'candidates-are-rows',
    about: 'only rows in the dataset wait to be deleted',
    sql: `SELECT 'version ' || v.id || ' (' || v.title || ') waits to be deleted and is ' || v.remote AS what
      FROM candidates c JOIN versions v ON v.id = c.version_id WHERE v.remote IN ('gone', 'missing')`,
  },
  {
    name: 'signed-urls-end',
    about: 'no signed URL is kept longer than its upload needs it',
    sql: `SELECT 'version ' || v.id || ' (' || v.title || ') keeps signed URLs of its frames' AS what FROM versions v
      WHERE v.remote IN ('live', 'gone', 'stray') AND EXISTS (SELECT 1 FROM frames f WHERE f.version_id = v.id AND f.ticket IS NOT NULL)`,
  },
]

/**
 * Looks at a ledger from the bytes up: pages and indexes, references, schema, the chain of the history, and rules between rows.
 * Changes nothing; a service may run. A ledger that is no database has one check, with that problem.
 * @throws UserError (2) when its schema is newer
 */
export function checkLedger(file: string, nowMs: number): readonly LedgerCheck[] {
  if (!existsSync(file)) return [{ name: 'file', about: 'there is a ledger', problems: [`nothing is at ${file}`] }]
  const db = new Database(file, { readonly: true, fileMustExist: true })
  try {
    const schema = schemaOf(db, file)
    const pages = { name: 'pages', about: 'pages and indexes agree', problems: integrity(db) }
    if (pages.problems.length > 0) return [pages]
    const newest = readMigrations().length
    const current = { name: 'schema', about: `it has the schema of this version (${newest})`, problems: schemaProblems(schema, newest) }
    // The tables of another schema are not those that the rules below are about.
    if (schema !== newest) return [pages, current]
    const chain = historyStore(db).verify().problems
    return [
      pages,
      current,
      { name: 'references', about: 'every reference leads somewhere', problems: references(db) },
      { name: 'history', about: 'the history is as it was written', problems: chain },
      ...RULES.map(({ name, about, sql }) => ({ name, about, problems: broken(db, sql, nowMs) })),
    ]
  } catch (error) {
    if (!isDamage(error)) throw error
    return [{ name: 'pages', about: 'pages and indexes agree', problems: [error.message] }]
  } finally {
    db.close()
  }
}

function integrity(db: Database.Database): readonly string[] {
  const rows = db.pragma(`integrity_check(${MOST_NAMED})`) as { integrity_check: string }[]
  return rows.map((row) => row.integrity_check).filter((text) => text !== 'ok')
}

function schemaProblems(schema: number, newest: number): readonly string[] {
  return schema === newest ? [] : [`it has schema ${schema}; the next \`run\` or \`once\` migrates it, after a copy`]
}

function references(db: Database.Database): readonly string[] {
  const rows = db.pragma('foreign_key_check') as { table: string; rowid: number | null; parent: string }[]
  return named(rows.map(({ table, rowid, parent }) => `${table} ${rowid ?? '?'} names a row of ${parent} that is not there`))
}

function broken(db: Database.Database, sql: string, nowMs: number): readonly string[] {
  const rows = db.prepare<[{ now: number }], { what: string }>(sql).all({ now: nowMs })
  return named(rows.map(({ what }) => what))
}

function named(problems: readonly string[]): readonly string[] {
  const more = problems.length - MOST_NAMED
  return more > 0 ? [...problems.slice(0, MOST_NAMED), `and ${more} more`] : problems
}

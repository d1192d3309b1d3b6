import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { migrate } from '../../src/store/migrate.ts'
import { ledgerOver } from '../../src/store/openLedger.ts'

/** Statements that read a table as a whole, and why that costs no more from year to year. */
const WHOLE: readonly { readonly holds: string; readonly because: string }[] = [
  { holds: 'FROM folders', because: 'as many as the config ever had' },
  { holds: 'FROM remotes r', because: 'as many datasets as the config ever had' },
  { holds: 'FROM remotes ORDER BY id', because: 'as many datasets as the config ever had' },
  { holds: 'FROM history WHERE @folder IS NULL', because: '`history` of all of it was asked for' },
  { holds: 'SELECT * FROM history ORDER BY seq', because: '`history --verify` walks all of it' },
  { holds: 'FROM candidates c', because: 'rows that are in the dataset, and wait' },
  { holds: 'WITH RECURSIVE gone', because: 'directories that are gone, until they are forgotten' },
  { holds: 'WITH RECURSIVE groups', because: 'from one group that has frames to the next, or with one of a size to the one before' },
  { holds: "f.problem = 'symlink'", because: 'what is set aside now' },
]

/** Each statement that a ledger is asked, with SQLite's plan for it. */
function plans(): readonly { readonly sql: string; readonly steps: readonly string[] }[] {
  const db = new Database(':memory:')
  migrate(db, ':memory:')
  const prepare = db.prepare.bind(db) as (sql: string) => Database.Statement
  const asked = new Set<string>()
  Object.assign(db, { prepare: (sql: string) => prepare(sql) && asked.add(sql) && prepare(sql) })
  const ledger = ledgerOver(db)
  // Prepared when they are asked.
  ledger.remotes.all()
  ledger.units.gone(1)
  ledger.tree.allDirs(1)
  return [...asked].map((sql) => {
    const parameters = [...sql.matchAll(/\?/g)].map(() => 1)
    const named = Object.fromEntries([...sql.matchAll(/@(\w+)/g)].map(([, name]) => [name, 1]))
    const rows = prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...(parameters.length > 0 ? parameters : [named])) as { detail: string }[]
    return { sql: sql.replace(/\s+/g, ' '), steps: rows.map(({ detail }) => detail) }
  })
}

test('nothing that is asked on each pass reads all of the past, or builds an index of its own for it', () => {
  const found = plans().filter(({ steps }) => steps.some((step) => /^SCAN (?!gone|kept|[gk]\b)|AUTOMATIC/.test(step)))
  expect(found.filter(({ sql }) => !WHOLE.some(({ holds }) => sql.includes(holds)))).toEqual([])
  expect(WHOLE.filter(({ holds }) => !found.some(({ sql }) => sql.includes(holds))).map(({ holds }) => holds)).toEqual([])
})

test('what is looked up by a folder, a dataset or a size alone goes through an index that leaves out what is over', () => {
  const stepsOf = (text: string) => plans().flatMap(({ sql, steps }) => (sql.includes(text) ? [steps.join('; ')] : []))
  expect(stepsOf("remote IN ('live', 'deleting')").filter((steps) => !/content/.test(steps))).toEqual([
    'SEARCH versions USING INDEX versions_there (remote_id=?)',
  ])
  expect(stepsOf("remote = 'missing'")).toEqual(['SEARCH versions USING INDEX versions_missing (remote_id=?)'])
  expect(stepsOf('FROM groups CROSS JOIN versions v')).toEqual([
    expect.stringMatching(/^CO-ROUTINE groups; .*SEARCH frames USING COVERING INDEX frames_size \(size_bytes=\? AND version_id<\?\)/),
  ])
  expect(stepsOf('f.sha256 IS NULL').every((steps) => steps.startsWith('SEARCH f USING INDEX files_unread'))).toBe(true)
  expect(stepsOf('f.size_bytes = ? AND f.ino = ?')[0]).toMatch(/^SEARCH f USING INDEX files_size \(size_bytes=\? AND ino=\?\)/)
  expect(stepsOf('WHERE f.ino = ?')[0]).toMatch(/^SEARCH f USING INDEX files_inode \(ino=\?\)/)
  expect(stepsOf('json_extract(detail')).toEqual([expect.stringMatching(/history_sent \(folder_id=\? AND <expr>>\? AND <expr><\?\)/)])
})

import type { Database } from 'better-sqlite3'

/** The ledger's own facts: who it is, how far it came, the newest wall time it has seen. */
export function metaStore(db: Database) {
  const get = db.prepare<[string], { value: string }>('SELECT value FROM meta WHERE key = ?')
  const set = db.prepare<[string, string]>(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  )
  const drop = db.prepare<[string]>('DELETE FROM meta WHERE key = ?')
  return {
    read: (key: string): string | null => get.get(key)?.value ?? null,
    write: (key: string, value: string): void => void set.run(key, value),
    remove: (key: string): void => void drop.run(key),
    /** Grows with every transaction; the folder marker's copy tells a rolled-back ledger. */
    sequence: (): number => Number(get.get('sequence')?.value ?? 0),
    ledgerId: (): string => {
      const row = get.get('ledger_id')
      if (row === undefined) throw new Error('the ledger has no id')
      return row.value
    },
  }
}

import Database from 'better-sqlite3'

/** The version of SQLite, asked of the native module: the way to know that it loads. @throws what the module throws when it does not */
export function sqliteVersion(): string {
  const db = new Database(':memory:')
  try {
    return String(db.prepare('SELECT sqlite_version()').pluck().get())
  } finally {
    db.close()
  }
}

import type { Database } from 'better-sqlite3'
import type { ForeignRow, RemoteRecord } from '../sync/records.ts'

type Row = {
  id: number
  domain: string
  dataset: string
  first_contact: 'due' | 'done'
  forgot: number
  first_look: number | null
  listed_at: number | null
  path_titles: number
  datarow: number
}
type ForeignRowRow = {
  remote_id: number
  data_hash: string
  title: string
  type: string
  size_bytes: number | null
  own_folder: string | null
  own_path: string | null
  own_sha256: string | null
  own_linked: 'by-name' | null
}

function toRemote(row: Row): RemoteRecord {
  return {
    id: row.id,
    domain: row.domain,
    dataset: row.dataset,
    firstContact: row.first_contact === 'due' && row.forgot === 1 ? 'again' : row.first_contact,
    firstLookMs: row.first_look,
    listedAtMs: row.listed_at,
    pathTitles: row.path_titles === 1,
    datarow: row.datarow === 1,
  }
}

function toForeign(row: ForeignRowRow): ForeignRow {
  const own =
    row.own_folder === null || row.own_path === null || row.own_sha256 === null
      ? null
      : { folder: row.own_folder, path: row.own_path, sha256: row.own_sha256, linked: row.own_linked }
  return { remoteId: row.remote_id, dataHash: row.data_hash, title: row.title, type: row.type, sizeBytes: row.size_bytes, own }
}

/** Datasets this ledger has sent to, and the rows in them that it did not make. */
export function remoteStore(db: Database) {
  const find = db.prepare<[string, string], Row>('SELECT * FROM remotes WHERE domain = ? AND dataset = ?')
  const byId = db.prepare<[number], Row>('SELECT * FROM remotes WHERE id = ?')
  const add = db.prepare<[string, string]>('INSERT INTO remotes (domain, dataset) VALUES (?, ?)')
  const contacted = db.prepare<[number]>(`UPDATE remotes SET first_contact = 'done', forgot = 0, first_look = NULL WHERE id = ?`)
  const due = db.prepare<[number]>(`UPDATE remotes SET first_contact = 'due', forgot = 1, first_look = NULL WHERE id = ?`)
  const firstLook = db.prepare<[number, number]>('UPDATE remotes SET first_look = ? WHERE id = ?')
  const listed = db.prepare<[number, number]>('UPDATE remotes SET listed_at = ? WHERE id = ?')
  const noPaths = db.prepare<[number]>('UPDATE remotes SET path_titles = 0 WHERE id = ?')
  const datarow = db.prepare<[number, number]>('UPDATE remotes SET datarow = ? WHERE id = ?')
  type Note = [folder: string | null, path: string | null, sha256: string | null, linked: string | null]
  const addForeign = db.prepare<[number, string, string, string, number | null, ...Note, number]>(
    `INSERT OR REPLACE INTO foreign_rows (remote_id, data_hash, title, type, size_bytes, own_folder, own_path, own_sha256, own_linked, asked)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const dropForeign = db.prepare<[number, string]>('DELETE FROM foreign_rows WHERE remote_id = ? AND data_hash = ?')
  const clearForeign = db.prepare<[number]>('DELETE FROM foreign_rows WHERE remote_id = ?')
  const adoptable = db.prepare<[number], ForeignRowRow>('SELECT * FROM foreign_rows WHERE remote_id = ?')
  const foreignOf = db.prepare<[number], ForeignRowRow>('SELECT * FROM foreign_rows WHERE remote_id = ? AND asked = 0')
  const put = ({ remoteId, dataHash, title, type, sizeBytes, own }: ForeignRow, asked: 0 | 1): void => {
    const note: Note = own === null ? [null, null, null, null] : [own.folder, own.path, own.sha256, own.linked]
    addForeign.run(remoteId, dataHash, title, type, sizeBytes, ...note, asked)
  }
  return {
    all: (): RemoteRecord[] => db.prepare<[], Row>('SELECT * FROM remotes ORDER BY id').all().map(toRemote),
    get(id: number): RemoteRecord {
      const row = byId.get(id)
      if (row === undefined) throw new Error(`no remote ${id}`)
      return toRemote(row)
    },
    ensure(domain: string, dataset: string): RemoteRecord {
      if (find.get(domain, dataset) === undefined) add.run(domain, dataset)
      return toRemote(find.get(domain, dataset) as Row)
    },
    find(domain: string, dataset: string): RemoteRecord | null {
      const row = find.get(domain, dataset)
      return row === undefined ? null : toRemote(row)
    },
    markContacted: (id: number): void => void contacted.run(id),
    /** The ledger may have forgotten rows of it: it has to be read before anything is sent, as a listing may leave out rows, twice. */
    markDue: (id: number): void => void due.run(id),
    /** The first of the two listings that a contact takes was asked for then, ms since 1970. */
    markFirstLook: (id: number, atMs: number): void => void firstLook.run(atMs, id),
    markListed: (id: number, atMs: number): void => void listed.run(atMs, id),
    refusePathTitles: (id: number): void => void noPaths.run(id),
    setDatarow: (id: number, state: 'open' | 'refused'): void => void datarow.run(state === 'open' ? 1 : 0, id),
    /** A row that was there at the first contact. */
    addForeign: (row: ForeignRow): void => put(row, 0),
    /** One that came later, and that a lost call may have made. */
    addAsked: (row: ForeignRow): void => put(row, 1),
    dropForeign: (remoteId: number, dataHash: string): void => void dropForeign.run(remoteId, dataHash),
    clearForeign: (remoteId: number): void => void clearForeign.run(remoteId),
    foreignRows: (remoteId: number): ForeignRow[] => foreignOf.all(remoteId).map(toForeign),
    /** The same, and with them those that lost calls may have made. */
    adoptableRows: (remoteId: number): ForeignRow[] => adoptable.all(remoteId).map(toForeign),
  }
}

import type { Database } from 'better-sqlite3'
import type { FolderState } from '../model/folder.ts'
import type { FolderRecord } from '../sync/records.ts'

type Row = {
  id: number
  uid: string
  path: string
  written_as: string | null
  remote_id: number
  root_ino: string | null
  root_birth_ns: string | null
  fs_type: string | null
  mounts: string
  marker: FolderRecord['marker']
  state: FolderState
  why: string
  since: number
  paused: number
  configured: number
  delete_mode: FolderRecord['deleteMode']
  mode_since: number
  rules: string
  incident_state: FolderState | null
  incident_from: number | null
  incident_to: number | null
}

/** A time during which a folder was not well, ms since 1970; `state` is the last one of it. `toMs` is null while it lasts. */
export type FolderIncident = { readonly state: FolderState; readonly fromMs: number; readonly toMs: number | null }

/** States that are no incident. */
const WELL: readonly FolderState[] = ['ok', 'degraded', 'paused']

/** In the column: 0 is no pause, 1 one that a person ends, anything above the time at which it ends. */
const FOR_GOOD = 1

function toFolder(row: Row): FolderRecord {
  return {
    id: row.id,
    uid: row.uid,
    path: row.path,
    writtenAs: row.written_as,
    remoteId: row.remote_id,
    root: row.root_ino === null ? null : { ino: row.root_ino, birthNs: row.root_birth_ns, fsType: row.fs_type ?? '' },
    mounts: JSON.parse(row.mounts) as string[],
    marker: row.marker,
    state: row.state,
    why: row.why,
    sinceMs: row.since,
    paused: row.paused !== 0,
    pausedUntilMs: row.paused > FOR_GOOD ? row.paused : null,
    deleteMode: row.delete_mode,
    modeSinceMs: row.mode_since,
  }
}

/** Watched folders, known by their marker's id: a folder that moved is the same folder. */
export function folderStore(db: Database) {
  const byUid = db.prepare<[string], Row>('SELECT * FROM folders WHERE uid = ?')
  const byPath = db.prepare<[string], Row>('SELECT * FROM folders WHERE path = ? ORDER BY configured DESC, id DESC LIMIT 1')
  const released = db.prepare<[string, number], Row>(
    `SELECT * FROM folders WHERE uid = ? || '#' || id AND remote_id = ? ORDER BY id DESC LIMIT 1`,
  )
  const left = db.prepare<[string, number], Row>(
    'SELECT * FROM folders WHERE path = ? AND remote_id = ? AND configured = 0 ORDER BY id DESC LIMIT 1',
  )
  const byId = db.prepare<[number], Row>('SELECT * FROM folders WHERE id = ?')
  const configured = db.prepare<[], Row>('SELECT * FROM folders WHERE configured = 1 ORDER BY id')
  const add = db.prepare<[string, string, number, number, string, number]>(
    `INSERT INTO folders (uid, path, remote_id, state, why, since, delete_mode, mode_since) VALUES (?, ?, ?, 'ok', '', ?, ?, ?)`,
  )
  // The right-hand sides see the row as it was: an incident begins with the first state that is not well, and ends with the first that is.
  const state = db.prepare<[{ state: FolderState; why: string; at: number; id: number; ill: 0 | 1 }]>(
    `UPDATE folders SET state = @state, why = @why, since = @at,
       incident_state = CASE WHEN @ill THEN @state ELSE incident_state END,
       incident_from = CASE WHEN @ill AND (incident_from IS NULL OR incident_to IS NOT NULL) THEN @at ELSE incident_from END,
       incident_to = CASE WHEN @ill THEN NULL WHEN incident_from IS NOT NULL THEN coalesce(incident_to, @at) END
     WHERE id = @id`,
  )
  const identity = db.prepare<[string, string | null, string, string, number]>(
    'UPDATE folders SET root_ino = ?, root_birth_ns = ?, fs_type = ?, marker = ? WHERE id = ?',
  )
  const mounts = db.prepare<[string, number]>('UPDATE folders SET mounts = ? WHERE id = ?')
  const place = db.prepare<[string, string, number]>('UPDATE folders SET path = ?, written_as = ?, configured = 1 WHERE id = ?')
  const remote = db.prepare<[number, number]>('UPDATE folders SET remote_id = ? WHERE id = ?')
  const mode = db.prepare<[string, number, number]>('UPDATE folders SET delete_mode = ?, mode_since = ? WHERE id = ?')
  const pause = db.prepare<[{ paused: number; at: number; id: number }]>(
    `UPDATE folders SET paused = @paused, since = CASE WHEN state IN ('ok', 'degraded', 'paused') THEN @at ELSE since END WHERE id = @id`,
  )
  const rules = db.prepare<[string, number]>('UPDATE folders SET rules = ? WHERE id = ?')
  const unconfigure = db.prepare<[number]>('UPDATE folders SET configured = 0 WHERE id = ?')
  const optional = (row: Row | undefined): FolderRecord | null => (row === undefined ? null : toFolder(row))
  const get = (id: number): FolderRecord => {
    const row = byId.get(id)
    if (row === undefined) throw new Error(`no folder ${id}`)
    return toFolder(row)
  }
  return {
    get,
    all: (): FolderRecord[] => configured.all().map(toFolder),
    byUid: (uid: string): FolderRecord | null => optional(byUid.get(uid)),
    /** The newest record that had this id for this dataset until `release` took it away. */
    released: (uid: string, remoteId: number): FolderRecord | null => optional(released.get(uid, remoteId)),
    /** The newest record of this path for this dataset that left the config. */
    left: (path: string, remoteId: number): FolderRecord | null => optional(left.get(path, remoteId)),
    byPath: (path: string): FolderRecord | null => optional(byPath.get(path)),
    add(folder: { uid: string; path: string; remoteId: number; deleteMode: FolderRecord['deleteMode'] }, atMs: number): FolderRecord {
      const { lastInsertRowid } = add.run(folder.uid, folder.path, folder.remoteId, atMs, folder.deleteMode, atMs)
      return get(Number(lastInsertRowid))
    },
    setState: (id: number, next: FolderState, why: string, atMs: number): void =>
      void state.run({ state: next, why, at: atMs, id, ill: WELL.includes(next) ? 0 : 1 }),
    /** The last time the folder was not well, the running one included; null when it always was. */
    incident(id: number): FolderIncident | null {
      const row = byId.get(id)
      if (row === undefined || row.incident_from === null || row.incident_state === null) return null
      return { state: row.incident_state, fromMs: row.incident_from, toMs: row.incident_to }
    },
    setIdentity: (id: number, root: NonNullable<FolderRecord['root']>, marker: FolderRecord['marker']): void =>
      void identity.run(root.ino, root.birthNs, root.fsType, marker, id),
    setMounts: (id: number, points: readonly string[]): void => void mounts.run(JSON.stringify(points), id),
    /** @param writtenAs the path as the config has it, `path` with its links followed */
    setPath: (id: number, path: string, writtenAs: string): void => void place.run(path, writtenAs, id),
    setRemote: (id: number, remoteId: number): void => void remote.run(remoteId, id),
    setDeleteMode: (id: number, next: FolderRecord['deleteMode'], atMs: number): void => void mode.run(next, atMs, id),
    /** A folder that is well is shown as paused, or no longer, from `atMs` on; one that is not stays what it is. */
    setPaused: (id: number, asked: { readonly untilMs: number | null } | null, atMs: number): void =>
      void pause.run({ paused: asked === null ? 0 : (asked.untilMs ?? FOR_GOOD), at: atMs, id }),
    /** A digest of ignore rules and policy: when it changes, directory digests are dropped. */
    rules: (id: number): string => byId.get(id)?.rules ?? '',
    setRules: (id: number, digest: string): void => void rules.run(digest, id),
    /** The folder's id is another record's from now on. */
    release: (id: number, uid: string): void => void db.prepare<[string, number]>('UPDATE folders SET uid = ? WHERE id = ?').run(uid, id),
    unconfigure: (id: number): void => void unconfigure.run(id),
  }
}

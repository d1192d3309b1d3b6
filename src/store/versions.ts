import type { Database } from 'better-sqlite3'
import type { FrameStep, RemoteFact, UnitKind, VersionRole } from '../model/unit.ts'
import type { DetachedVersion, NewVersion } from '../sync/ledgerPort.ts'
import type { FrameRecord, VersionRecord } from '../sync/records.ts'
import { type FrameRow, toFrame, toVersion, type VersionRow } from './rows.ts'

/** Versions: remote rows, or attempts at one; and the frames of groups. */
export function versionStore(db: Database) {
  const byId = db.prepare<[number], VersionRow>('SELECT * FROM versions WHERE id = ?')
  const byHash = db.prepare<[number, string], VersionRow>('SELECT * FROM versions WHERE remote_id = ? AND data_hash = ?')
  const ofUnit = db.prepare<[number], VersionRow>('SELECT * FROM versions WHERE unit_id = ? ORDER BY id')
  const add = db.prepare<[number, number, number, UnitKind, string, number, RemoteFact, VersionRole, number]>(
    `INSERT INTO versions (unit_id, remote_id, part, kind, title, size_bytes, remote, role, read_after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const addDetached = db.prepare<[number, UnitKind, string, string, number, number]>(
    `INSERT INTO versions (unit_id, remote_id, kind, data_hash, title, size_bytes, remote, role, live_at) VALUES (NULL, ?, ?, ?, ?, ?, 'live', 'detached', ?)`,
  )
  const setTicket = db.prepare<[string | null, string, number, number]>(
    `UPDATE versions SET data_hash = ?, ticket = ?, ticket_at = ?, remote = 'ticket' WHERE id = ?`,
  )
  const setSent = db.prepare<[string, number, number]>(`UPDATE versions SET remote = 'sent', content = ?, size_bytes = ? WHERE id = ?`)
  const setRemote = db.prepare<[RemoteFact, number]>('UPDATE versions SET remote = ? WHERE id = ?')
  const setRole = db.prepare<[VersionRole, number]>('UPDATE versions SET role = ? WHERE id = ?')
  const setLive = db.prepare<[string, string, number, number, number]>(
    `UPDATE versions SET remote = 'live', role = 'current', data_hash = ?, title = ?, live_at = ?, metadata_due = ?, ticket = NULL WHERE id = ?`,
  )
  const retire = db.prepare<[RemoteFact, VersionRole, number]>(
    'UPDATE versions SET remote = ?, role = ?, ticket = NULL, title_due = 0, metadata_due = 0 WHERE id = ?',
  )
  const forgetHash = db.prepare<[number]>('UPDATE versions SET data_hash = NULL WHERE id = ?')
  const setContent = db.prepare<[string, number]>('UPDATE versions SET content = ? WHERE id = ?')
  const setTitle = db.prepare<[string, number]>('UPDATE versions SET title = ?, title_due = 0 WHERE id = ?')
  const titleDue = db.prepare<[number, number]>('UPDATE versions SET title_due = ? WHERE id = ?')
  const metadataDue = db.prepare<[number, number]>('UPDATE versions SET metadata_due = ? WHERE id = ?')
  const noteChanged = db.prepare<[number, number]>(
    `UPDATE versions SET changed_scan = ? WHERE unit_id = ? AND role IN ('current', 'coming') AND changed_scan IS NULL`,
  )
  const forgetChanged = db.prepare<[number]>(
    `UPDATE versions SET changed_scan = NULL WHERE unit_id = ? AND role = 'current' AND changed_scan IS NOT NULL`,
  )
  const copySeen = db.prepare<[number, number]>(
    `UPDATE versions SET (read_after, changed_scan) = (SELECT one.read_after, one.changed_scan FROM versions one WHERE one.id = ?) WHERE id = ?`,
  )
  const unlisted = db.prepare<[number]>('UPDATE versions SET listed_at = NULL WHERE id = ?')
  const listed = db.prepare<[number, number, string]>('UPDATE versions SET listed_at = ? WHERE remote_id = ? AND data_hash = ?')
  const liveOf = db.prepare<[number], VersionRow>(`SELECT * FROM versions WHERE remote_id = ? AND remote IN ('live', 'deleting')`)
  const LOST = `FROM versions WHERE remote_id = ? AND remote = 'registering' AND role = 'closed'`
  const lostOf = db.prepare<[number], VersionRow>(`SELECT * ${LOST}`)
  const lostWith = db.prepare<[number, string], VersionRow>(`SELECT * ${LOST} AND content = ?`)
  const lostOfSize = db.prepare<[number, number], { one: number }>(`SELECT 1 AS one ${LOST} AND size_bytes = ? LIMIT 1`)
  const newestLost = db.prepare<[number], { id: number | null }>(`SELECT max(id) AS id ${LOST}`)
  const missingOf = db.prepare<[number], VersionRow>(
    `SELECT * FROM versions WHERE remote_id = ? AND remote = 'missing' AND role <> 'closed'`,
  )
  const unitRef = db.prepare<[number | null, number]>('UPDATE versions SET unit_id = ? WHERE id = ?')
  const sameContent = db.prepare<[number, string], VersionRow>(
    `SELECT * FROM versions WHERE remote_id = ? AND content = ? AND role = 'current' AND remote IN ('live', 'deleting')`,
  )
  const currentHolds = db.prepare<[{ unit: number; name: string; sha: string }], { held: number | null }>(
    `SELECT max(v.content = @sha OR EXISTS (SELECT 1 FROM frames f WHERE f.version_id = v.id AND f.name = @name AND f.sha256 = @sha)) AS held
     FROM versions v WHERE v.unit_id = @unit AND v.role = 'current'`,
  )
  const callingContent = db.prepare<[number, string], VersionRow>(
    `SELECT v.* FROM versions v WHERE v.remote_id = ? AND v.content = ? AND v.role = 'coming'
       AND EXISTS (SELECT 1 FROM operations o WHERE o.version_id = v.id AND o.verb IN ('register', 'group') AND o.phase IN ('intent', 'unknown'))`,
  )
  const framesOf = db.prepare<[number], FrameRow>('SELECT * FROM frames WHERE version_id = ? ORDER BY ord')
  const addFrame = db.prepare<[number, number, number, string, number]>(
    `INSERT INTO frames (version_id, ord, file_id, name, size_bytes, step) VALUES (?, ?, ?, ?, ?, 'planned')`,
  )
  const frameTicket = db.prepare<[string, string, number, number, number]>(
    `UPDATE frames SET data_hash = ?, ticket = ?, ticket_at = ?, step = 'ticket' WHERE version_id = ? AND ord = ?`,
  )
  const frameSent = db.prepare<[string, number, number]>(`UPDATE frames SET sha256 = ?, step = 'sent' WHERE version_id = ? AND ord = ?`)
  const frameStep = db.prepare<[FrameStep, number, number]>('UPDATE frames SET step = ? WHERE version_id = ? AND ord = ?')
  const dropTickets = db.prepare<[number]>('UPDATE frames SET ticket = NULL WHERE version_id = ?')
  const dropFrames = db.prepare<[number]>('DELETE FROM frames WHERE version_id = ?')

  return {
    get(id: number): VersionRecord | null {
      const row = byId.get(id)
      return row === undefined ? null : toVersion(row)
    },
    byHash(remoteId: number, dataHash: string): VersionRecord | null {
      const row = byHash.get(remoteId, dataHash)
      return row === undefined ? null : toVersion(row)
    },
    ofUnit: (unitId: number): VersionRecord[] => ofUnit.all(unitId).map(toVersion),
    /** @param readAfter the newest scan before its files were looked at, or will be, to be sent */
    addComing(version: NewVersion, readAfter: number): number {
      const { unitId, remoteId, kind, title, sizeBytes } = version
      return Number(add.run(unitId, remoteId, 0, kind, title, sizeBytes, 'ticket', 'coming', readAfter).lastInsertRowid)
    },
    /** A row that someone else made, or a further row of a sequence. */
    addLive(
      version: NewVersion & {
        readonly dataHash: string
        readonly part: number
        readonly content: string | null
        readonly metadataDue: boolean
      },
      atMs: number,
    ): number {
      const id = Number(
        add.run(version.unitId, version.remoteId, version.part, version.kind, version.title, version.sizeBytes, 'sent', 'closed', 0)
          .lastInsertRowid,
      )
      setLive.run(version.dataHash, version.title, atMs, version.metadataDue ? 1 : 0, id)
      if (version.content !== null) setContent.run(version.content, id)
      return id
    },
    /** A row of the dataset that no unit is for, so that what is done to it can be written down. */
    addDetached: (row: DetachedVersion, atMs: number): number =>
      Number(addDetached.run(row.remoteId, row.kind, row.dataHash, row.title, row.sizeBytes, atMs).lastInsertRowid),
    setTicket: (id: number, dataHash: string | null, ticket: string, atMs: number): void => void setTicket.run(dataHash, ticket, atMs, id),
    setSent: (id: number, content: string, sizeBytes: number): void => void setSent.run(content, sizeBytes, id),
    setRemote: (id: number, remote: RemoteFact): void => void setRemote.run(remote, id),
    setRole: (id: number, role: VersionRole): void => void setRole.run(role, id),
    setLive: (id: number, dataHash: string, title: string, metadataDue: boolean, atMs: number): void => {
      setLive.run(dataHash, title, atMs, metadataDue ? 1 : 0, id)
      dropTickets.run(id)
    },
    setContent: (id: number, content: string): void => void setContent.run(content, id),
    /** The version is over; its hash stays for ever, as the only proof against a late duplicate. */
    retire: (id: number, remote: RemoteFact, role: VersionRole): void => {
      retire.run(remote, role, id)
      dropTickets.run(id)
    },
    /** Two rows of this table may never share a hash: a ticket that came to nothing gives it up when another row has it. */
    forgetHash: (id: number): void => void forgetHash.run(id),
    setTitle: (id: number, title: string): void => void setTitle.run(title, id),
    setTitleDue: (id: number, due: boolean): void => void titleDue.run(due ? 1 : 0, id),
    setMetadataDue: (id: number, due: boolean): void => void metadataDue.run(due ? 1 : 0, id),
    /** This scan found what the unit's row holds changed or gone; an earlier one that did so stays. Null: it was found to be the same. */
    setChangedScan(unitId: number, scanId: number | null): void {
      if (scanId === null) forgetChanged.run(unitId)
      else noteChanged.run(scanId, unitId)
    },
    /** What one version holds was seen, and found changed, when another's was. */
    copySeen: (fromId: number, toId: number): void => void copySeen.run(fromId, toId),
    /** No listing shows its row any more. */
    forgetListed: (id: number): void => void unlisted.run(id),
    markListed: (remoteId: number, dataHash: string, atMs: number): void => void listed.run(atMs, remoteId, dataHash),
    liveOf: (remoteId: number): VersionRecord[] => liveOf.all(remoteId).map(toVersion),
    lostOf: (remoteId: number): VersionRecord[] => lostOf.all(remoteId).map(toVersion),
    newestLost: (remoteId: number): number => newestLost.get(remoteId)?.id ?? 0,
    lostWithContent: (remoteId: number, content: string): VersionRecord[] => lostWith.all(remoteId, content).map(toVersion),
    isLostOfSize: (remoteId: number, sizeBytes: number): boolean => lostOfSize.get(remoteId, sizeBytes) !== undefined,
    /** Rows that someone else removed, and that are not sent again by themselves. */
    missingOf: (remoteId: number): VersionRecord[] => missingOf.all(remoteId).map(toVersion),
    setUnit: (id: number, unitId: number | null): void => void unitRef.run(unitId, id),
    /** Current live versions of this content in this dataset. */
    withContent: (remoteId: number, content: string): VersionRecord[] => sameContent.all(remoteId, content).map(toVersion),
    /** Does the unit's row hold this content, as the frame of that name where it has frames? Null: it has no row. */
    currentHolds(unitId: number, name: string, sha256: string): boolean | null {
      const held = currentHolds.get({ unit: unitId, name, sha: sha256 })?.held ?? null
      return held === null ? null : held === 1
    },
    /** Versions of this content that may become rows of this dataset by a call whose answer is not known. */
    callingWithContent: (remoteId: number, content: string): VersionRecord[] => callingContent.all(remoteId, content).map(toVersion),

    frames: (versionId: number): FrameRecord[] => framesOf.all(versionId).map(toFrame),
    setFrames(versionId: number, frames: readonly { fileId: number; name: string; sizeBytes: number }[]): void {
      dropFrames.run(versionId)
      frames.forEach((frame, ord) => {
        addFrame.run(versionId, ord, frame.fileId, frame.name, frame.sizeBytes)
      })
    },
    setFrameTicket: (versionId: number, ord: number, dataHash: string, ticket: string, atMs: number): void =>
      void frameTicket.run(dataHash, ticket, atMs, versionId, ord),
    setFrameSent: (versionId: number, ord: number, sha256: string): void => void frameSent.run(sha256, versionId, ord),
    setFrameStep: (versionId: number, ord: number, step: FrameStep): void => void frameStep.run(step, versionId, ord),
  }
}

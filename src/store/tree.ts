import type { Database } from 'better-sqlite3'
import type { DirStamp, FileStamp, RelPath } from '../model/file.ts'
import type { LocalFact } from '../model/unit.ts'
import type { Absence, DirRecord, FileRecord, Look } from '../sync/records.ts'
import { type DirRow, type FileRow, toDir, toFile } from './rows.ts'
import { IS_USED_SIDECAR } from './usedSidecar.ts'

const FILE = 'SELECT f.*, d.path AS dir FROM files f JOIN dirs d ON d.id = f.dir_id'

/** Directories and files as the last scans saw them. */
export function treeStore(db: Database) {
  const dirByPath = db.prepare<[number, string], DirRow>('SELECT * FROM dirs WHERE folder_id = ? AND path = ?')
  const dirChildren = db.prepare<[number], DirRow>('SELECT * FROM dirs WHERE parent_id = ?')
  const addDir = db.prepare<[number, number | null, string, string, string, string, string | null, string | null]>(
    `INSERT INTO dirs (folder_id, parent_id, path, mtime_ns, ctime_ns, ino, birth_ns, local, done_ns) VALUES (?, ?, ?, ?, ?, ?, ?, 'present', ?)`,
  )
  const seeDir = db.prepare<[string, string, string, string | null, string | null, number]>(
    `UPDATE dirs SET mtime_ns = ?, ctime_ns = ?, ino = ?, birth_ns = ?, done_ns = ?, local = 'present', why = NULL WHERE id = ?`,
  )
  const dirLocal = db.prepare<[LocalFact, string | null, number]>('UPDATE dirs SET local = ?, why = ?, digest = NULL WHERE id = ?')
  const dirById = db.prepare<[number], DirRow & { folder_id: number }>('SELECT * FROM dirs WHERE id = ?')
  const dropDigestsBelow = db.prepare<[number, string, string]>(
    'UPDATE dirs SET digest = NULL WHERE folder_id = ? AND path >= ? AND path < ?',
  )
  const setDigest = db.prepare<[Buffer | null, number]>('UPDATE dirs SET digest = ? WHERE id = ?')
  const dropDigests = db.prepare<[number]>('UPDATE dirs SET digest = NULL WHERE folder_id = ?')
  const dropDigestOf = db.prepare<[number]>('UPDATE dirs SET digest = NULL WHERE id = (SELECT dir_id FROM files WHERE id = ?)')

  const fileById = db.prepare<[number], FileRow>(`${FILE} WHERE f.id = ?`)
  const filesOfDir = db.prepare<[number], FileRow>(`${FILE} WHERE f.dir_id = ?`)
  const filesOfUnit = db.prepare<[number], FileRow>(`${FILE} WHERE f.unit_id = ?`)
  const fileAt = db.prepare<[number, string], FileRow>(`${FILE} WHERE f.dir_id = ? AND f.name = ?`)
  const problems = db.prepare<[number], FileRow>(
    `${FILE} WHERE f.folder_id = ? AND f.problem IS NOT NULL AND f.local = 'present' AND NOT ${IS_USED_SIDECAR} ORDER BY d.path, f.name`,
  )
  const addFile = db.prepare<[number, number, string, number, string, string, string, string | null, string | null, number | null, number]>(
    `INSERT INTO files (folder_id, dir_id, name, size_bytes, mtime_ns, ctime_ns, ino, birth_ns, local, problem, unit_id, first_scan)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'present', ?, ?, ?)`,
  )
  const seeFile = db.prepare<[number, string, string, string, string | null, string | null, number]>(
    `UPDATE files SET size_bytes = ?, mtime_ns = ?, ctime_ns = ?, ino = ?, birth_ns = ?, problem = ?,
       local = 'present', absent_scan = NULL, absence = NULL WHERE id = ?`,
  )
  const forgetContent = db.prepare<[number]>('UPDATE files SET look = NULL, sha256 = NULL, racy = 0 WHERE id = ?')
  const setLocal = db.prepare<[LocalFact, number | null, string | null, number]>(
    'UPDATE files SET local = ?, absent_scan = ?, absence = ? WHERE id = ?',
  )
  const setProblem = db.prepare<[string | null, number]>('UPDATE files SET problem = ? WHERE id = ?')
  const setLook = db.prepare<[string, number]>('UPDATE files SET look = ? WHERE id = ?')
  const setSha = db.prepare<[string, number, number]>('UPDATE files SET sha256 = ?, racy = ? WHERE id = ?')
  const setUnit = db.prepare<[number | null, number]>('UPDATE files SET unit_id = ? WHERE id = ?')
  const setFirstScan = db.prepare<[number, number]>('UPDATE files SET first_scan = ? WHERE id = ?')
  const move = db.prepare<[number, number, string, number]>('UPDATE files SET folder_id = ?, dir_id = ?, name = ? WHERE id = ?')
  const remove = db.prepare<[number]>('DELETE FROM files WHERE id = ?')
  // From the directories: each one that is gone is asked about by every look at what is above it.
  const filesBelow = db.prepare<[{ folder: number; dir: string; from: string; to: string }], FileRow>(
    ['d.path = @dir', 'd.path >= @from AND d.path < @to AND d.path <> @dir']
      .map(
        (where) => `SELECT f.*, d.path AS dir FROM dirs d CROSS JOIN files f ON f.dir_id = d.id
        WHERE d.folder_id = @folder AND ${where} AND f.folder_id = @folder`,
      )
      .join(' UNION ALL '),
  )
  const forgetGoneDirs = db.prepare<[{ folder: number }], { id: number }>(
    `WITH RECURSIVE
       gone (id, parent_id) AS (
         SELECT id, parent_id FROM dirs WHERE folder_id = @folder AND local = 'absent' AND local <> 'present'
         UNION SELECT d.id, d.parent_id FROM gone g JOIN dirs d ON d.parent_id = g.id),
       kept (id, parent_id) AS (
         SELECT id, parent_id FROM gone WHERE EXISTS (SELECT 1 FROM files f WHERE f.dir_id = gone.id)
         UNION SELECT g.id, g.parent_id FROM kept k JOIN gone g ON g.id = k.parent_id)
     DELETE FROM dirs WHERE id IN (SELECT id FROM gone EXCEPT SELECT id FROM kept) RETURNING id`,
  )
  const unseenDir = db.prepare<[number], { path: string }>(
    `SELECT path FROM dirs d WHERE folder_id = ? AND local = 'unseen' AND local <> 'present' AND NOT EXISTS (SELECT 1 FROM dirs a
       WHERE a.folder_id = d.folder_id AND a.local IN ('absent', 'excluded') AND a.local <> 'present' AND substr(d.path, 1, length(a.path) + 1) = a.path || '/') ORDER BY path LIMIT 1`,
  )
  const knownSize = db.prepare<[number, number], { one: number }>(
    `SELECT 1 AS one FROM versions WHERE remote_id = ? AND size_bytes = ? AND role = 'current' LIMIT 1`,
  )
  // From one group with such a frame to the one before it: a camera's frames may all have one size, and the newest row most likely is a current one.
  const knownFrameSize = db.prepare<[{ size: number; remote: number }], { one: number }>(
    `WITH RECURSIVE groups (id) AS (
       SELECT max(version_id) FROM frames WHERE size_bytes = @size
       UNION ALL SELECT (SELECT max(version_id) FROM frames WHERE size_bytes = @size AND version_id < groups.id) FROM groups WHERE groups.id IS NOT NULL)
     SELECT 1 AS one FROM groups CROSS JOIN versions v ON v.id = groups.id WHERE v.remote_id = @remote AND v.role = 'current' LIMIT 1`,
  )
  const callingSize = db.prepare<[number, number, number], { one: number }>(
    `SELECT 1 AS one FROM operations o JOIN versions v ON v.id = o.version_id
     WHERE o.phase IN ('intent', 'unknown') AND o.verb IN ('register', 'group') AND v.role = 'coming' AND v.remote_id = ?
       AND (v.size_bytes = ? OR EXISTS (SELECT 1 FROM frames f WHERE f.version_id = v.id AND f.size_bytes = ?)) LIMIT 1`,
  )
  const unsettledSize = db.prepare<[number, number], FileRow>(
    `${FILE} JOIN folders o ON o.id = f.folder_id
     WHERE f.size_bytes = ? AND o.remote_id = ? AND o.configured = 1 AND f.local IN ('present', 'unseen') AND f.sha256 IS NULL
       AND (f.problem IS NULL OR f.problem IN ('not-utf8', 'unknown-type', 'dicom', 'not-dicom', 'no-series')) LIMIT 1`,
  )
  const arrivingSize = db.prepare<[number, number], FileRow>(
    `${FILE} JOIN folders o ON o.id = f.folder_id JOIN units u ON u.id = f.unit_id
     WHERE f.size_bytes = ? AND o.remote_id = ? AND o.configured = 1 AND o.paused = 0 AND o.state IN ('ok', 'degraded', 'restored')
       AND f.local = 'present' AND f.sha256 IS NULL AND f.problem IS NULL AND u.shape = 'file' AND u.work IN ('waiting', 'queued') LIMIT 1`,
  )
  const withContent = db.prepare<[string, number], FileRow>(
    `${FILE} JOIN folders o ON o.id = f.folder_id WHERE f.sha256 = ? AND o.remote_id = ? AND f.local IN ('present', 'unseen')`,
  )
  const newLink = db.prepare<[number, number], FileRow>(
    `${FILE} JOIN folders o ON o.id = f.folder_id
     WHERE o.remote_id = ? AND o.configured = 1 AND f.problem = 'symlink' AND f.local = 'present' AND f.first_scan > ? LIMIT 1`,
  )
  const sameIdentity = db.prepare<[number, string, string | null, string, number], FileRow>(
    `${FILE} JOIN folders o ON o.id = f.folder_id
     WHERE f.size_bytes = ? AND f.ino = ? AND f.birth_ns = ? AND f.mtime_ns = ? AND o.remote_id = ?`,
  )
  const sameInode = db.prepare<[string, string, number], FileRow>(
    `${FILE} JOIN folders o ON o.id = f.folder_id
     WHERE f.ino = ? AND f.birth_ns = ? AND o.remote_id = ? AND f.local IN ('present', 'unseen')`,
  )
  const ofInode = db.prepare<[string, string, number], FileRow>(
    `${FILE} JOIN folders o ON o.id = f.folder_id
     WHERE f.ino = ? AND f.birth_ns = ? AND o.remote_id = ? AND f.local IN ('present', 'unseen', 'absent')`,
  )
  const goneLike = db.prepare<[{ sha: string | null; ino: string; birth: string | null; remote: number }], FileRow>(
    `${FILE} JOIN folders o ON o.id = f.folder_id
     WHERE (f.sha256 = @sha OR (f.ino = @ino AND f.birth_ns = @birth)) AND o.remote_id = @remote AND f.local = 'absent'`,
  )
  const optional = (row: FileRow | undefined): FileRecord | null => (row === undefined ? null : toFile(row))

  return {
    dir(folderId: number, path: RelPath): DirRecord | null {
      const row = dirByPath.get(folderId, path)
      return row === undefined ? null : toDir(row)
    },
    children: (dirId: number): DirRecord[] => dirChildren.all(dirId).map(toDir),
    /** A directory that was seen before and cannot be seen now, though what is above it is there; null when there is none. */
    unseenDir: (folderId: number): RelPath | null => unseenDir.get(folderId)?.path ?? null,
    allDirs: (folderId: number): DirRecord[] =>
      db.prepare<[number], DirRow>('SELECT * FROM dirs WHERE folder_id = ?').all(folderId).map(toDir),
    ensureDir(folderId: number, path: RelPath, parentId: number | null, stamp: DirStamp, doneNs: string | null): number {
      const known = dirByPath.get(folderId, path)
      if (known !== undefined) {
        seeDir.run(stamp.mtimeNs, stamp.ctimeNs, stamp.ino, stamp.birthNs, doneNs, known.id)
        return known.id
      }
      return Number(addDir.run(folderId, parentId, path, stamp.mtimeNs, stamp.ctimeNs, stamp.ino, stamp.birthNs, doneNs).lastInsertRowid)
    },
    /** What lies below is read anew when it is seen again. */
    setDirLocal(id: number, local: LocalFact, why: string | null): void {
      dirLocal.run(local, why, id)
      const dir = dirById.get(id)
      if (dir !== undefined) dropDigestsBelow.run(dir.folder_id, ...below(dir.path))
    },
    setDigest: (id: number, digest: Uint8Array | null): void => void setDigest.run(digest === null ? null : Buffer.from(digest), id),
    dropDigests: (folderId: number): void => void dropDigests.run(folderId),
    /** Directories that are gone, with all below them, are forgotten once no file is remembered there. @returns their ids */
    forgetGoneDirs: (folderId: number): number[] => forgetGoneDirs.all({ folder: folderId }).map(({ id }) => id),

    file: (id: number): FileRecord | null => optional(fileById.get(id)),
    fileAt: (dirId: number, name: string): FileRecord | null => optional(fileAt.get(dirId, name)),
    filesOfDir: (dirId: number): FileRecord[] => filesOfDir.all(dirId).map(toFile),
    filesOfUnit: (unitId: number): FileRecord[] => filesOfUnit.all(unitId).map(toFile),
    /** Files in a directory and everywhere below it. */
    filesBelow(folderId: number, dir: RelPath): FileRecord[] {
      const [from, to] = below(dir)
      return filesBelow.all({ folder: folderId, dir, from, to }).map(toFile)
    },
    problems: (folderId: number): FileRecord[] => problems.all(folderId).map(toFile),
    addFile: (file: {
      folderId: number
      dirId: number
      name: string
      stamp: FileStamp
      problem: string | null
      unitId: number | null
      scanId: number
    }): number =>
      Number(
        addFile.run(
          file.folderId,
          file.dirId,
          file.name,
          file.stamp.sizeBytes,
          file.stamp.mtimeNs,
          file.stamp.ctimeNs,
          file.stamp.ino,
          file.stamp.birthNs,
          file.problem,
          file.unitId,
          file.scanId,
        ).lastInsertRowid,
      ),
    /** The file is here with this stamp. `contentDoubtful` forgets its look and hash. */
    seeFile(id: number, stamp: FileStamp, problem: string | null, content: 'kept' | 'doubtful'): void {
      seeFile.run(stamp.sizeBytes, stamp.mtimeNs, stamp.ctimeNs, stamp.ino, stamp.birthNs, problem, id)
      if (content === 'doubtful') forgetContent.run(id)
    },
    setFileLocal: (id: number, local: LocalFact, scanId: number | null, absence: Absence | null): void => {
      setLocal.run(local, scanId, absence === null ? null : JSON.stringify(absence), id)
    },
    setProblem: (id: number, problem: string | null): void => void setProblem.run(problem, id),
    setLook: (id: number, look: Look): void => void setLook.run(JSON.stringify(look), id),
    /** `racy`: the file's ctime is less than 2 s older than the hash, so that a later write may hide behind the same stamp. */
    setSha(id: number, sha256: string, racy: boolean): void {
      setSha.run(sha256, racy ? 1 : 0, id)
      if (racy) dropDigestOf.run(id)
    },
    setFileUnit: (id: number, unitId: number | null): void => void setUnit.run(unitId, id),
    setFirstScan: (id: number, scanId: number): void => void setFirstScan.run(scanId, id),
    moveFile: (id: number, folderId: number, dirId: number, name: string): void => void move.run(folderId, dirId, name, id),
    removeFile: (id: number): void => void remove.run(id),
    /** Does a unit with a row in this dataset, or with a call for one whose answer is not known, hold a file of this size? */
    sizeIsKnown: (sizeBytes: number, remoteId: number): boolean =>
      knownSize.get(remoteId, sizeBytes) !== undefined ||
      knownFrameSize.get({ size: sizeBytes, remote: remoteId }) !== undefined ||
      callingSize.get(remoteId, sizeBytes, sizeBytes) !== undefined,
    /** A file of this size, in any folder of this dataset, whose content is not known yet. */
    unsettledOfSize: (sizeBytes: number, remoteId: number): FileRecord | null => optional(unsettledSize.get(sizeBytes, remoteId)),
    /** A file of this size, a unit of its own in an open folder of this dataset, that waits for nothing but to be read. */
    arrivingOfSize: (sizeBytes: number, remoteId: number): FileRecord | null => optional(arrivingSize.get(sizeBytes, remoteId)),
    /** A link, in any folder of this dataset, that no scan up to this one has seen leading where it leads now. */
    linkSince: (remoteId: number, scanId: number): FileRecord | null => optional(newLink.get(remoteId, scanId)),
    /** Files with this inode, birth time, size and mtime, in any folder of this dataset. */
    sameIdentity: (stamp: FileStamp, remoteId: number): FileRecord[] =>
      sameIdentity.all(stamp.sizeBytes, stamp.ino, stamp.birthNs, stamp.mtimeNs, remoteId).map(toFile),
    /** Where the file with this inode and birth time stands now, whatever it holds, in any folder of this dataset: at each of its names. */
    sameInode: ({ ino, birthNs }: Pick<FileStamp, 'ino' | 'birthNs'>, remoteId: number): FileRecord[] =>
      birthNs === null ? [] : sameInode.all(ino, birthNs, remoteId).map(toFile),
    /** The same, and where it stood, and is gone from. */
    ofInode: ({ ino, birthNs }: Pick<FileStamp, 'ino' | 'birthNs'>, remoteId: number): FileRecord[] =>
      birthNs === null ? [] : ofInode.all(ino, birthNs, remoteId).map(toFile),
    /** Files of this dataset's folders that are gone, and held this content, or are the very file. */
    goneLike: ({ sha256, stamp: { ino, birthNs } }: Pick<FileRecord, 'sha256' | 'stamp'>, remoteId: number): FileRecord[] =>
      goneLike.all({ sha: sha256, ino, birth: birthNs, remote: remoteId }).map(toFile),
    /** Files that hold this content, in any folder of this dataset. */
    withContent: (sha256: string, remoteId: number): FileRecord[] => withContent.all(sha256, remoteId).map(toFile),
  }
}

/** What lies below a directory, as a range of paths: from the first one, and up to but without the second. */
function below(dir: RelPath): [from: string, to: string] {
  // '0' is the character after '/'.
  return dir === '' ? ['', '\u{10ffff}'] : [`${dir}/`, `${dir}0`]
}

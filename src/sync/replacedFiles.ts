import { type FileStamp, isSameInode } from '../model/file.ts'
import { followedRows } from './followedRows.ts'
import { isGhostOfAnyRow } from './ghosts.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { contentsOf } from './plan/standsSince.ts'
import type { FileRecord, VersionRecord } from './records.ts'
import { remembered } from './remembered.ts'
import type { Difference } from './survey.ts'

/**
 * What a file is known by wherever it stands, and whatever it holds; `fileId`: of the path that it stood at; `scan`: the newest one when it left that.
 * Absent for one that stood elsewhere since, and in notes of before that was kept: nothing tells when it left there.
 */
type Inode = Pick<FileStamp, 'ino' | 'birthNs'> & { readonly fileId: number; readonly scan?: number }

/** So many are noted for one path until it is known where they are. */
const MOST_LATER = 100

/**
 * Another file stands in the place of one that a row was made of, or its group goes on without it: the entry of the path is of that one from now on,
 * or forgotten, and the row's own file, moved aside and edited, may be seen elsewhere only later. Of those that follow at the same path the row may
 * hold each that was written anew with the same content, and there may be one each second: one is forgotten once all folders were looked at and it
 * stands in none, and a row of which too many are left is a person's question. Such a one is noted once it is changed where it stands, too: nothing
 * tells later that it held the same. That its row is not in the dataset, or its call on its way, may be over by then. Called inside a transaction,
 * while each unit still has the files that it had.
 */
export function noteReplacedFiles(ledger: LedgerPort, differences: readonly Difference[]): void {
  const byUnit = new Map<number, Left[]>()
  for (const difference of differences) {
    const isGone = difference.kind === 'absent' && difference.known.local !== 'absent'
    if (!isGone && difference.kind !== 'changed') continue
    const { unitId } = difference.known
    if (unitId === null) continue
    const left = byUnit.get(unitId)
    if (left === undefined) byUnit.set(unitId, [difference])
    else left.push(difference)
  }
  for (const [unitId, left] of byUnit) noteLeft(ledger, unitId, left)
}

type Left = Extract<Difference, { readonly kind: 'absent' | 'changed' }>

function noteLeft(ledger: LedgerPort, unitId: number, left: readonly Left[]): void {
  if (left.length === 0) return
  const told = left.filter(({ known }) => known.stamp.birthNs !== null)
  const bare = left.filter(({ known }) => known.stamp.birthNs === null)
  for (const version of followedRows(ledger, unitId)) {
    if (told.length > 0) noteOf(ledger, version, told)
    // Changed, and gone before it was read: nothing that comes elsewhere tells whether it is that.
    const isGoneUnread = bare.some(({ kind, known }) => kind === 'absent' && known.sha256 === null)
    if (isGoneUnread && version.role === 'current') ledger.meta.write(awayKeyOf(version), AWAY)
  }
}

/**
 * Was each folder of the dataset looked at as a whole since that scan? One that is paused, or away, may be where a file went. What the scan that is
 * being written down now saw is not in the ledger yet.
 */
function isLookedSince({ folders, scans }: LedgerPort, remoteId: number, scan: number): boolean {
  const newest = scans.newest()
  const ids = folders.all().flatMap((folder) => (folder.remoteId === remoteId ? folder.id : []))
  return ids.every((id) => (scans.firstCompleteSince(id, { ms: 0, scan }) ?? newest) < newest)
}

function noteOf(ledger: LedgerPort, version: VersionRecord, left: readonly Left[]): void {
  const isLooked = remembered((scan) => isLookedSince(ledger, version.remoteId, scan))
  const stands = (one: Inode): boolean => ledger.tree.sameInode(one, version.remoteId).length > 0
  const frames = ledger.versions.frames(version.id)
  const held = new Set(contentsOf(version, frames))
  const sizes = new Set([version.sizeBytes, ...frames.map((frame) => frame.sizeBytes)])
  // By path: a group may have lost many thousand frames at once.
  const noted = new Map<number, readonly Inode[]>()
  for (const one of replacedFiles(ledger, version)) noted.set(one.fileId, [...(noted.get(one.fileId) ?? []), one])
  let isNews = false
  for (const difference of left) {
    const { id: fileId, stamp, sha256 } = difference.known
    const known = noted.get(fileId) ?? []
    const [first] = known
    // The first one is noted as it leaves; that it holds what a call is on its way for, nothing tells by then.
    const mayWait = first === undefined && version.role === 'current'
    const isFirstStill = mayWait && difference.kind === 'changed' && isSameInode(stamp, difference.stamp)
    if (isFirstStill || known.some((one) => isSameInode(one, stamp))) continue
    // What was not read before it was replaced may have held the same.
    const isHeld = sha256 === null ? sizes.has(stamp.sizeBytes) : held.has(sha256)
    if (!isHeld && (first !== undefined || version.role !== 'current')) continue
    const inode = { fileId, ino: stamp.ino, birthNs: stamp.birthNs, scan: ledger.scans.newest() }
    const later = known.slice(1)
    const open = later.flatMap(({ scan, ...one }) => {
      if (scan === undefined || stands(one)) return one
      return isLooked(scan) ? [] : { ...one, scan }
    })
    // Where one of so many is nobody can tell any more.
    const isLost = open.length >= MOST_LATER
    if (isLost) ledger.meta.write(awayKeyOf(version), AWAY)
    const kept = isLost ? [] : open
    noted.set(fileId, first === undefined ? [inode] : [first, ...kept, inode])
    for (const one of later) if (!kept.some((other) => isSameInode(one, other))) forgetRow(ledger, version, one)
    const ids = rowsOf(ledger, stamp)
    if (!ids.includes(version.id)) ledger.meta.write(rowsKeyOf(stamp), JSON.stringify([...ids, version.id]))
    isNews = true
  }
  if (isNews) ledger.meta.write(keyOf(version), JSON.stringify([...noted.values()].flat()))
}

/**
 * A file that rows of other units were made of, which had gone to its place from theirs. `unlooked`: rows at whose place it stands as well, as far as
 * is known: as a hard link, or as nobody has looked there since it went.
 */
type Arrived = { readonly stamp: FileStamp; readonly rows: readonly number[]; readonly unlooked: readonly number[] }

/**
 * Files that another one takes the place of, and that had come there from other units' places. Asked before their own replacement is noted and
 * anything moves: a row that another one displaces is no unit's for a while. A place that a look found empty in between is taken none the less.
 */
export function arrivedFiles(ledger: LedgerPort, differences: readonly Difference[], remoteId: number): readonly Arrived[] {
  return differences.flatMap((difference) => {
    if (difference.kind !== 'changed' || isSameInode(difference.known.stamp, difference.stamp)) return []
    const { unitId, stamp } = difference.known
    if (unitId === null || stamp.birthNs === null) return []
    const rows = rowsOf(ledger, stamp).filter((id) => ledger.versions.get(id)?.unitId !== unitId)
    const places = ledger.tree.sameInode(stamp, remoteId).flatMap((file) => file.unitId ?? [])
    const unlooked = places.filter((id) => id !== unitId).flatMap((id) => followedRows(ledger, id).map((version) => version.id))
    return rows.length + unlooked.length === 0 ? [] : { stamp, rows, unlooked }
  })
}

/**
 * Such files were replaced: once one stands nowhere any more, nothing else tells of the rows that went with it. What is no unit's is no place where
 * a row's file lives on: a copy of before that an editor leaves, and may remove. Whether it still stands where nobody looked is known by the next
 * look there. Called inside a transaction, once the look is written down.
 */
export function noteReplacedAway(ledger: LedgerPort, replaced: readonly Arrived[], remoteId: number, scanId: number): void {
  for (const id of new Set(replaced.flatMap(({ unlooked }) => unlooked)))
    if (ledger.meta.read(awayKeyOf({ id })) !== AWAY) ledger.meta.write(awayKeyOf({ id }), String(scanId))
  const gone = replaced.filter(({ stamp }) => ledger.tree.sameInode(stamp, remoteId).every(({ unitId }) => unitId === null))
  for (const id of new Set(gone.flatMap(({ rows }) => rows))) ledger.meta.write(awayKeyOf({ id }), AWAY)
}

/**
 * Did a file that it was made of go elsewhere, and was replaced there?
 * @param seenAfter the newest scan that was over before its files were last known to be at their places
 */
export function isReplacedAway(ledger: Pick<LedgerPort, 'meta'>, version: Pick<VersionRecord, 'id'>, seenAfter: number): boolean {
  const noted = ledger.meta.read(awayKeyOf(version))
  return noted === AWAY || (noted !== null && seenAfter < Number(noted))
}

/** One that stands nowhere, and is noted for its row no more: a file may be written anew with the same content each minute. */
function forgetRow(ledger: LedgerPort, { id }: VersionRecord, inode: Inode): void {
  const left = rowsOf(ledger, inode).filter((one) => one !== id)
  if (left.length > 0) ledger.meta.write(rowsKeyOf(inode), JSON.stringify(left))
  else ledger.meta.remove(rowsKeyOf(inode))
}

/** Rows that a file was noted for, as it left its place. */
function rowsOf(ledger: Pick<LedgerPort, 'meta'>, stamp: Pick<FileStamp, 'ino' | 'birthNs'>): readonly number[] {
  const text = ledger.meta.read(rowsKeyOf(stamp))
  return text === null ? [] : (JSON.parse(text) as number[])
}

/** The files that a row was made of, and that left their paths or their unit, or that others took the place of. */
export function replacedFiles(ledger: Pick<LedgerPort, 'meta'>, version: Pick<VersionRecord, 'id'>): readonly Inode[] {
  const text = ledger.meta.read(keyOf(version))
  return text === null ? [] : (JSON.parse(text) as Inode[])
}

/** Those, and the files of the row's unit that are gone. */
export function lostFiles(
  ledger: Pick<LedgerPort, 'meta'>,
  version: Pick<VersionRecord, 'id'>,
  files: readonly FileRecord[],
): readonly Pick<FileStamp, 'ino' | 'birthNs'>[] {
  const gone = files.filter((file) => file.local === 'absent' && !isGhostOfAnyRow(file))
  return [...gone.map(({ stamp }) => stamp), ...replacedFiles(ledger, version)]
}

function keyOf({ id }: Pick<VersionRecord, 'id'>): string {
  return `replaced-files:${id}`
}

function rowsKeyOf({ ino, birthNs }: Pick<FileStamp, 'ino' | 'birthNs'>): string {
  return `rows-of-file:${ino}:${birthNs}`
}

/** No later look changes that; the number of no scan that finds something replaced, as it is the first one. */
const AWAY = '1'

function awayKeyOf({ id }: Pick<VersionRecord, 'id'>): string {
  return `replaced-away:${id}`
}

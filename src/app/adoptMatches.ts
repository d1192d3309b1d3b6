import { nameOf } from '../model/file.ts'
import { ROW_TYPES } from '../model/remote.ts'
import { isOfFrames, type UnitKind } from '../model/unit.ts'
import { mayHaveMade } from '../sync/lostCalls.ts'
import { withoutPart } from '../sync/plan/title.ts'
import type { ForeignRow, VersionRecord } from '../sync/records.ts'

/** A unit that waits for a person, as far as it tells which row it may be. */
export type Waiting = {
  readonly unitId: number
  readonly remoteId: number
  readonly kind: UnitKind
  /** The title that its row would have, and the name of its file or directory. */
  readonly title: string
  readonly name: string
  readonly sizeBytes: number
  /** sha256 of its content; null where it was not read. */
  readonly content: string | null
  /** Its row may lie in a bucket, where the server may know no size. */
  readonly isCloud: boolean
  /** Its directory may have become several rows, numbered by the server. */
  readonly isSequence: boolean
  /** The call that was lost, and may have made its row; null: the row was there before this ledger. */
  readonly lost: VersionRecord | null
}

/** Which rows a unit is, several only of a sequence; null where that is not sure. */
export type Match = { readonly waiting: Waiting; readonly rows: readonly ForeignRow[] | null }

/**
 * Which row each unit is. A row that two of them, or the lost call of any other, could have is nobody's: a unit that is given another one's row
 * has it deleted with its file. A title that fits whole goes before a base name, also before that of another unit.
 * @param foreign the rows that no unit has, by dataset. @param lost all lost calls of a dataset
 */
export function matchRows(
  waiting: readonly Waiting[],
  foreign: (remoteId: number) => readonly ForeignRow[],
  lost: (remoteId: number) => readonly VersionRecord[],
): readonly Match[] {
  const remoteIds = [...new Set(waiting.map((one) => one.remoteId))]
  // Read once: thousands of units may wait for thousands of rows.
  const rowsOf = new Map(remoteIds.map((remoteId) => [remoteId, foreign(remoteId)]))
  const found = waiting.map((one) => ({ waiting: one, rows: rowsFor(one, rowsOf.get(one.remoteId) ?? []) }))
  const claims = new Map<string, Set<string>>()
  const claim = (remoteId: number, row: ForeignRow, by: string): void => {
    const id = `${remoteId} ${row.dataHash}`
    claims.set(id, (claims.get(id) ?? new Set()).add(by))
  }
  for (const { waiting: one, rows } of found) for (const row of rows) claim(one.remoteId, row, claimant(one))
  for (const [remoteId, rows] of rowsOf)
    for (const call of lost(remoteId))
      for (const row of rows.filter((one) => mayHaveMade(call, one))) claim(remoteId, row, `call ${call.id}`)
  return found.map(({ waiting: one, rows }) => {
    const isSure = rows.length > 0 && rows.every((row) => claims.get(`${one.remoteId} ${row.dataHash}`)?.size === 1)
    return { waiting: one, rows: isSure && (rows.length === 1 || one.isSequence) ? rows : null }
  })
}

function claimant({ unitId, lost }: Waiting): string {
  return lost === null ? `unit ${unitId}` : `call ${lost.id}`
}

/** The rows a unit may be, best kind of match only; of a sequence the first row, then its further ones. */
function rowsFor(one: Waiting, rows: readonly ForeignRow[]): readonly ForeignRow[] {
  const possible = rows.filter((row) => isPossible(one, row))
  if (one.lost !== null) {
    const { lost } = one
    const made = possible.filter((row) => mayHaveMade(lost, row))
    return one.isSequence ? inOrder(made, lost.title) : made.filter((row) => row.title === lost.title || row.title === nameOf(lost.title))
  }
  const isOf = (row: ForeignRow, fits: (title: string) => boolean): boolean =>
    fits(row.title) || (one.isSequence && fits(withoutPart(row.title)))
  const whole = possible.filter((row) => isOf(row, (title) => title === one.title))
  const best = whole.length > 0 ? whole : possible.filter((row) => isOf(row, (title) => nameOf(title) === one.name))
  return one.isSequence ? inOrder(best, one.title) : best
}

function inOrder(rows: readonly ForeignRow[], title: string): readonly ForeignRow[] {
  const place = (row: ForeignRow): number => (row.title === title || row.title === nameOf(title) ? 0 : 1)
  return rows.toSorted((a, b) => place(a) - place(b) || a.title.localeCompare(b.title, 'en', { numeric: true }))
}

/** By type, size, and the note that tells which content a row stands for. */
function isPossible({ kind, sizeBytes, content, isCloud }: Waiting, row: ForeignRow): boolean {
  if (row.type !== ROW_TYPES[kind] || (row.own !== null && row.own.sha256 !== content)) return false
  return isOfFrames(kind) || row.sizeBytes === null || row.sizeBytes === sizeBytes || (isCloud && row.sizeBytes === 0)
}

import type { RelPath } from '../../src/model/file.ts'
import { stateOf, type UnitState } from '../../src/model/unit.ts'
import type { CellWorld } from './cellWorld.ts'

/** What became of the row that was there before the event; `none`: there was none. */
type RowFate = 'none' | 'kept' | 'superseded' | 'detached' | 'gone' | 'closed' | 'missing' | 'unfollowed'

/**
 * Where a cell landed, in one line: the word for the unit at the place where it should be now, what became of the row it had, and
 * bodies sent / rows more / DELETE calls since the event.
 */
export type Landing = `${UnitState | 'forgotten'} ${RowFate} ${number}/${number}/${number}`

export type Place = { readonly folder: string; readonly key: RelPath }

export type Before = {
  readonly hash: string | null
  readonly rows: ReadonlySet<string>
  readonly puts: number
  readonly deletes: number
}

export function before(world: CellWorld, place: Place): Before {
  const summary = summaryAt(world, place)
  const version = summary === undefined ? null : world.ledger.versions.ofUnit(summary.unit.id).find((one) => one.role !== 'closed')
  const isKnown = version?.remote === 'live' || version?.remote === 'deleting' || version?.remote === 'missing'
  // The row of a call whose answer was lost is there, although the ledger cannot know.
  const hash = isKnown ? version.dataHash : (world.liveRows().find((row) => row.title === place.key)?.hash ?? null)
  return {
    hash,
    rows: new Set([...world.server.rows.values()].filter((row) => row.goneMs === null).map((row) => row.hash)),
    puts: world.server.calls['put'] ?? 0,
    deletes: world.server.calls['delete'] ?? 0,
  }
}

export function landing(world: CellWorld, place: Place, since: Before): Landing {
  const summary = summaryAt(world, place)
  const state = summary === undefined ? 'forgotten' : stateOf(summary.facts)
  const puts = (world.server.calls['put'] ?? 0) - since.puts
  const fresh = [...world.server.rows.values()].filter((row) => row.by === 'us' && row.goneMs === null && !since.rows.has(row.hash)).length
  const deletes = (world.server.calls['delete'] ?? 0) - since.deletes
  return `${state} ${fateOf(world, since.hash)} ${puts}/${fresh}/${deletes}`
}

/** The title of the row that was there before, if it still is. */
export function titleOf(world: CellWorld, since: Before): string | null {
  return since.hash === null ? null : (world.server.rows.get(since.hash)?.title ?? null)
}

/** Why the unit waits, or why its row does, for people. */
export function reasonAt(world: CellWorld, place: Place): string {
  const summary = summaryAt(world, place)
  return summary === undefined ? '' : `${summary.unit.why} | ${summary.candidate?.note ?? ''}`
}

function summaryAt(world: CellWorld, { folder, key }: Place) {
  const record = world.ledger.folders.byPath(folder)
  if (record === null) return undefined
  return world.ledger.facts.summaries(record.id, key).find((one) => one.unit.key === key)
}

function fateOf(world: CellWorld, hash: string | null): RowFate {
  if (hash === null) return 'none'
  const row = world.server.rows.get(hash)
  const remotes = ['d0', 'd1', 'd2'].flatMap((dataset) => world.ledger.remotes.find('sim', dataset) ?? [])
  const version = remotes.map((remote) => world.ledger.versions.byHash(remote.id, hash)).find((one) => one !== null) ?? null
  if (row === undefined || row.goneMs !== null) return version?.remote === 'missing' ? 'missing' : 'gone'
  if (version === null) return 'unfollowed'
  if (version.role === 'closed') return 'closed'
  return version.role === 'current' || version.role === 'coming' ? 'kept' : version.role
}

import type { Ledger } from '../../src/store/openLedger.ts'
import type { World } from './worldEvent.ts'

type Calls = Readonly<Record<string, number>>

/** A pass for which everything was in step before it began. */
export type QuietPass = {
  readonly world: Pick<World, 'server' | 'rescanMs'>
  /** In the config. */
  readonly folders: number
  /** That the server ever had. */
  readonly rows: number
  readonly ledgerWasOld: boolean
  readonly clockLeapt: boolean
}

/** @returns what it called more often than it had to, in words */
export function callsTooMany(
  { world, folders, rows, ledgerWasOld, clockLeapt }: QuietPass,
  before: Calls,
  after: Calls,
): readonly string[] {
  // Folders of one dataset share a listing only while it is under way.
  // Rows of the last moments may lack in it, and are looked for until it shows them.
  const lagging = world.server.lagMs > 0 ? 12 : 0
  // What a ledger that was put back cannot tell it asks again: a row that a clock which was ahead made in the future is not missed before that,
  // and a dataset without any row that it knows is not believed.
  const untold = ledgerWasOld ? (world.rescanMs + 15_000) / 5_000 : 0
  // A key that may not read or change rows is tried again after a day, or when the clock says so; a call for each row may be under way then.
  const tried = clockLeapt && !world.server.datarow ? rows : 0
  const allowed: Calls = { listing: folders + lagging + untold, row: tried, update: tried }
  return Object.entries(after).flatMap(([call, count]) => {
    const more = count - (before[call] ?? 0)
    return more > (allowed[call] ?? 0) ? [`${more} ${call} calls although everything was in step`] : []
  })
}

/** Is a row in no listing so far? It is followed again after the next one. A listing that lagged counts as one that shows all once a clock has leapt. */
export function missesRows({ folders, units, versions }: Ledger): boolean {
  const all = folders.all().flatMap(({ id }) => units.list(id))
  return all.some((unit) => versions.ofUnit(unit.id).some((version) => version.remote === 'missing'))
}

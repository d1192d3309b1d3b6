import type { Planted } from '../simulation/service.ts'
import { type EventName, happening, home } from './cellEvents.ts'
import { type Effect, type State, seenState, worldIn } from './cellStates.ts'
import { before, type Landing, landing, reasonAt, titleOf } from './cellView.ts'
import type { CellWorld } from './cellWorld.ts'

/** What came of one event in one state. */
export type CellResult = {
  /** The column in which the ledger stood when it happened, by its own facts. */
  readonly met: State | null
  readonly landing: Landing
  /** Title of the row that was there before. */
  readonly title: string | null
  readonly reason: string
  readonly failures: readonly string[]
}

/** The event is noticed while the calls in hand still stand still, ms. */
const NOTICED_MS = 3_000
/** Longer than every wait but the grace, ms. */
const WATCHED_MS = 30_000

/** Brings a unit into a state, lets one thing happen, and looks where it lands once everything went on. @param onEvent called when the state is reached */
export async function runCell(
  name: EventName,
  state: State,
  effect: Effect,
  planted: Planted = {},
  onEvent: (world: CellWorld) => void = () => undefined,
): Promise<CellResult> {
  const event = happening(name)
  const { subject } = event
  const prepared = { change: {}, remember: 'never' as const, twin: false, ...event.prepared?.(state) }
  const world = await worldIn(state, effect, subject, prepared, planted)
  try {
    const met = seenState(world, subject)
    const since = before(world, home(subject))
    onEvent(world)
    const place = (await event.act({ world, state, subject })) ?? home(subject)
    await world.run(NOTICED_MS)
    for (const gate of ['put', 'stage', 'look'] as const) world.open(gate)
    await world.run(event.watchMs ?? WATCHED_MS)
    return {
      met,
      landing: landing(world, place, since),
      title: titleOf(world, since),
      reason: reasonAt(world, place),
      failures: world.failures,
    }
  } finally {
    world[Symbol.dispose]()
  }
}

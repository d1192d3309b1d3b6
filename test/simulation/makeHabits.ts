import type { Random } from '../../src/model/clock.ts'
import { between, pick, seeded } from './chance.ts'
import { FREELY } from './freely.ts'
import type { World, WorldEvent } from './worldEvent.ts'

/** Chance of its own, so that a world without habits is what it was before there were any. */
const OWN_CHANCE = 0x4ab1_7ed5
const SHARE = 0.25
const FRAMES = ['1.jpg', '2.jpg', '10.jpg']
const DIRS = ['g', 'h', 'n']
/** Free of what else a world does. */
const OWN_NAMES = ['p.jpg', 'q.jpg', 'r.jpg']

/** Adds what people do with groups in several steps, each of which rests for long enough, or hardly so, to be seen: single events hardly ever follow each other so. */
export function withHabits(world: World): World {
  const random = seeded((world.seed ^ OWN_CHANCE) >>> 0)
  if (random() >= SHARE) return world
  const folders = random() < 0.5 ? world.folders : world.folders.map((folder) => ({ ...folder, ...FREELY }))
  return { ...world, folders, events: [...world.events, ...regroup(random, world)].sort((a, b) => a.atMs - b.atMs) }
}

/** Frames leave a group one after the other, get a place of their own on the way, and come to another group; or they go there at once. */
function regroup(random: Random, world: World): readonly WorldEvent[] {
  const from = `${pick(random, world.folders).path}/${pick(random, DIRS)}`
  const over = pick(random, world.folders).path
  const to = `${pick(random, world.folders).path}/${pick(random, DIRS)}`
  const frames = FRAMES.slice(0, between(random, 2, 3))
  const leaving = random() < 0.5 ? frames : frames.slice(1)
  const isByWay = random() < 0.7
  const events: WorldEvent[] = frames.map((name, i) => ({
    atMs: between(random, 0, 500),
    do: 'write',
    at: `${from}/${name}`,
    content: `i${960 + i}`,
  }))
  let atMs = between(random, 8_000, 25_000)
  for (const [i, name] of leaving.entries()) {
    events.push({ atMs, do: 'rename', at: `${from}/${name}`, to: isByWay ? `${over}/${OWN_NAMES[i]}` : `${to}/${name}` })
    atMs += pause(random)
  }
  if (!isByWay) return events
  if (random() < 0.3) events.push({ atMs, do: 'copy', at: `${over}/${pick(random, OWN_NAMES)}`, to: `${over}/s.jpg` })
  atMs += pause(random)
  for (const [i, name] of leaving.entries()) {
    events.push({ atMs, do: 'rename', at: `${over}/${OWN_NAMES[i]}`, to: `${to}/${name}` })
    atMs += pause(random)
  }
  return events
}

/** At once, before a look is over, or long after. */
function pause(random: Random): number {
  return pick(random, [between(random, 0, 50), between(random, 100, 3_000), between(random, 8_000, 25_000)])
}

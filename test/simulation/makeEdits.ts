import type { Random } from '../../src/model/clock.ts'
import { dirOf, nameOf, type RelPath } from '../../src/model/file.ts'
import { between, pick, seeded } from './chance.ts'
import { FREELY } from './freely.ts'
import type { ConfigEdit, World, WorldEvent } from './worldEvent.ts'

/** Chance of its own, so that a world without edits is what it was before there were any. */
const OWN_CHANCE = 0x0ed1_7ed5
const SHARE = 0.4

/**
 * Adds edits of ignore files, and of the config while the service runs, to some worlds, about what is in them, near to what happens in them; often something goes, or is replaced, at about
 * the same time, and goes by itself but for the edit.
 */
export function withEdits(world: World): World {
  const random = seeded((world.seed ^ OWN_CHANCE) >>> 0)
  if (random() >= SHARE) return world
  const edits = Array.from({ length: between(random, 1, 4) }, (_, i) => edit(random, world, i)).flat()
  if (random() < 0.2) edits.push(...oldLedger(random, world))
  const folders = random() < 0.5 ? world.folders : world.folders.map((folder) => ({ ...folder, ...FREELY, ...replaces(random) }))
  return { ...world, folders, events: [...world.events, ...edits].sort((a, b) => a.atMs - b.atMs) }
}

function replaces(random: Random) {
  return random() < 0.7 ? ({ onChange: 'replace' } as const) : {}
}

/** The ledger is put back to an older one, and accepted; meanwhile something happens to a file. */
function oldLedger(random: Random, world: World): readonly WorldEvent[] {
  const backUpMs = pick(random, world.events).atMs + between(random, 0, 30_000)
  const atMs = backUpMs + between(random, 5_000, 60_000)
  const forMs = between(random, 10, 10_000)
  const acceptMs = atMs + forMs + between(random, 500, 40_000)
  const at = pathIn(random, world)
  const changeMs = between(random, atMs - 10_000, acceptMs + 5_000)
  return [
    { atMs: backUpMs, do: 'rememberLedger' },
    { atMs, do: 'oldLedger', forMs },
    random() < 0.6 ? { atMs: changeMs, do: 'remove', at } : { atMs: changeMs, do: 'save', at, content: contentFor(at, 990) },
    { atMs: acceptMs, do: 'acceptLedger' },
  ]
}

function pathIn(random: Random, world: World): string {
  const paths = world.events.flatMap((event) => ('at' in event && event.at.includes('.') ? [event.at] : []))
  return paths.length === 0 ? `${world.folders[0]?.path}/a.jpg` : pick(random, paths)
}

function contentFor(at: string, number: number): string {
  return `${at.endsWith('.mp4') ? 'v' : 'i'}${number}`
}

function edit(random: Random, world: World, i: number): readonly WorldEvent[] {
  const near = pick(random, world.events)
  const atMs = Math.max(0, near.atMs + between(random, -4_000, 30_000))
  const path = pathIn(random, world)
  const made: WorldEvent = random() < 0.5 ? ignoreFile(random, atMs, path) : { atMs, do: 'edit', edit: configEdit(random, world, path) }
  if (random() < 0.4) return [made]
  const other = pathIn(random, world)
  const thenMs = Math.max(0, atMs + between(random, -20_000, 20_000))
  return [
    made,
    random() < 0.6
      ? { atMs: thenMs, do: 'remove', at: other }
      : { atMs: thenMs, do: 'save', at: other, content: contentFor(other, 900 + i) },
  ]
}

/** In the file's directory, or one above it. */
function ignoreFile(random: Random, atMs: number, path: RelPath): WorldEvent {
  const [, folder = '', ...rest] = path.split('/')
  const dir = random() < 0.6 ? `/${folder}` : dirOf(path)
  if (random() < 0.25) return { atMs, do: 'ignoreFile', at: dir, text: null }
  const own = [nameOf(path), path.slice(dir.length + 1), `/${path.slice(dir.length + 1)}`, `*${path.slice(path.lastIndexOf('.'))}`]
  const others = ['*.jpg', '*.mp4', 'none.jpg', 'm/', ...(rest.length > 1 ? [`${rest[0]}/`] : [])]
  const line = random() < 0.7 ? pick(random, own) : pick(random, others)
  return { atMs, do: 'ignoreFile', at: dir, text: random() < 0.2 ? `${line}\n!${nameOf(path)}\n` : `${line}\n` }
}

function configEdit(random: Random, world: World, path: string): ConfigEdit {
  const folder = between(random, 0, world.folders.length - 1)
  switch (between(random, 0, 8)) {
    case 0:
    case 1:
      return { set: 'mode', folder, mode: pick(random, ['propagate', 'propagate', 'hold', 'never'] as const) }
    case 2:
    case 3:
      return { set: 'onChange', folder, onChange: pick(random, ['replace', 'replace', 'hold', 'keep'] as const) }
    case 4:
      return { set: 'grace', folder, graceMs: pick(random, [2_000, 6_000, 15_000, 30_000]) }
    case 5:
      return { set: 'groupIncomplete', folder, groupIncomplete: pick(random, ['block', 'skip', 'skip'] as const) }
    case 6:
      return { set: 'subdirectories', folder, subdirectories: random() < 0.5 ? 'group' : 'individual' }
    case 7:
      return { set: 'configured', folder, configured: random() < 0.5 }
    default:
      return { set: 'ignore', folder, ignore: pick(random, [[nameOf(path)], ['g/'], [], ['*.mp4'], ['none.jpg']]) }
  }
}

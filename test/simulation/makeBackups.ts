import type { Random } from '../../src/model/clock.ts'
import { between, pick, seeded } from './chance.ts'
import { FREELY } from './freely.ts'
import type { World, WorldEvent } from './worldEvent.ts'

/** Chance of its own, so that a world without backups is what it was before there were any. */
const OWN_CHANCE = 0xbac0_7ed5
const SHARE = 0.2
/** What is kept beside, and where; its frames are free of what else a world does. */
const FILES = ['t.jpg']
const FRAMES = ['k/1.jpg', 'k/2.jpg']

/** Adds what people do before they change something: they keep a copy of it beside, change the original, and remove the copy when they are done. */
export function withBackups(world: World): World {
  const random = seeded((world.seed ^ OWN_CHANCE) >>> 0)
  if (random() >= SHARE) return world
  const folders = random() < 0.3 ? world.folders : world.folders.map((folder) => ({ ...folder, ...FREELY }))
  return { ...world, folders, events: [...world.events, ...backup(random, world)].sort((a, b) => a.atMs - b.atMs) }
}

function backup(random: Random, world: World): readonly WorldEvent[] {
  const home = pick(random, world.folders).path
  const away = random() < 0.7 ? home : pick(random, world.folders).path
  const names = random() < 0.5 ? FILES : FRAMES
  const kept = (name: string): string => `${away}/${name.includes('/') ? name.replace('/', '_old/') : `old_${name}`}`
  const all = (make: (name: string, i: number) => WorldEvent): readonly WorldEvent[] => names.map(make)
  const keep = pick(random, ['copy', 'copy', 'copy', 'copy', 'hardLink'] as const)
  const change = pick(random, ['save', 'save', 'rewrite', 'touched'] as const)
  const changed = random() < 0.5 ? names : names.slice(0, 1)
  const copiedMs = between(random, 8_000, 25_000)
  const changedMs = copiedMs + pause(random)
  const removedMs = changedMs + pause(random) + between(random, 0, 30_000)
  return [
    ...all((name, i) => ({ atMs: between(random, 0, 500), do: 'write', at: `${home}/${name}`, content: `i${980 + i}` })),
    ...all((name, i) => ({ atMs: copiedMs + i, do: keep, at: `${home}/${name}`, to: kept(name) })),
    ...changed.flatMap((name, i): readonly WorldEvent[] => {
      const [atMs, at, content] = [changedMs + i * between(random, 0, 2_000), `${home}/${name}`, `i${984 + i}`]
      if (change === 'touched')
        return [
          { atMs, do: 'save', at, content: `i${980 + i}` },
          { atMs: atMs + pause(random), do: 'save', at, content },
        ]
      return [change === 'save' ? { atMs, do: 'save', at, content } : { atMs, do: 'rewrite', at, content, hidden: false }]
    }),
    ...(random() < 0.3
      ? [
          { atMs: removedMs - 10, do: 'rename', at: kept(names[0] as string), to: `${away}/u.jpg` } as const,
          { atMs: removedMs + pause(random), do: 'remove', at: `${away}/u.jpg` } as const,
        ]
      : []),
    ...all((name, i) => ({ atMs: removedMs + i, do: 'remove', at: kept(name) })),
  ]
}

/** At once, before a look is over, or long after. */
function pause(random: Random): number {
  return pick(random, [between(random, 5, 50), between(random, 100, 4_000), between(random, 8_000, 25_000)])
}

import type { Planted } from './service.ts'
import type { World, WorldEvent } from './worldEvent.ts'
import { runWorld, type WorldResult } from './worldRun.ts'

/** Drops events, then luck, as long as the same promise is still broken. */
export async function shrink(
  world: World,
  promise: string,
  planted: Planted = {},
): Promise<{ readonly world: World; readonly result: WorldResult }> {
  let small = world
  let result = await runWorld(world, planted)
  const tryOne = async (candidate: World): Promise<boolean> => {
    const tried = await runWorld(candidate, planted)
    if (!tried.broken.some((one) => one.promise === promise)) return false
    small = candidate
    result = tried
    return true
  }
  for (let size = Math.ceil(small.events.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < small.events.length; ) {
      const events = small.events.filter((_, i) => i < at || i >= at + size)
      if (!(await tryOne({ ...small, events }))) at += size
    }
  }
  for (const plain of [{ slowness: 0 }, { hintLoss: 0 }, { concurrency: 2 }]) await tryOne({ ...small, ...plain })
  const [first] = small.folders
  if (first !== undefined && small.folders.length > 1 && small.events.every((event) => isAbout(event, first.path))) {
    await tryOne({ ...small, folders: [first] })
  }
  return { world: small, result }
}

function isAbout(event: WorldEvent, folder: string): boolean {
  const paths = [...('at' in event ? [event.at] : []), ...('to' in event ? [event.to] : [])]
  return paths.every((path) => path === folder || path.startsWith(`${folder}/`))
}

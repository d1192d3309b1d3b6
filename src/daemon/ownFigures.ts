import type { OwnFigures } from '../status/metrics.ts'

/** What this process uses now. Resources are what keeps its loop alive (`process.getActiveResourcesInfo`): timers, sockets, watches. */
export function ownFigures(): OwnFigures {
  const { rss, heapUsed } = process.memoryUsage()
  const resources = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) resources.set(kind, (resources.get(kind) ?? 0) + 1)
  return { residentBytes: rss, heapUsedBytes: heapUsed, resources }
}

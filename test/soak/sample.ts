import { readdirSync, readFileSync } from 'node:fs'

/** What a process holds at one moment. */
export type Sample = {
  readonly atMs: number
  readonly residentMb: number
  readonly heapMb: number
  /** Deletes that wait for a person. */
  readonly held: number
  readonly descriptors: number
  /** inotify watches of all its descriptors. */
  readonly watches: number
  /** What keeps its loop alive, by kind: `Timeout`, `TCPSocketWrap`, … */
  readonly resources: ReadonlyMap<string, number>
}

/** Looks at a process from outside (proc(5)) and asks its metrics. @param page address of its status page, with a slash at the end */
export async function sampleOf(pid: number, page: string): Promise<Sample> {
  const metrics = await (await fetch(`${page}metrics`, { headers: { Connection: 'close' } })).text()
  const heap = Number(/^encord_sync_heap_used_bytes (\d+)$/m.exec(metrics)?.[1])
  const resources = [...metrics.matchAll(/^encord_sync_active_resources\{kind="(\w+)"\} (\d+)$/gm)]
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  const descriptors = readdirSync(`/proc/${pid}/fd`)
  return {
    atMs: performance.now(),
    residentMb: Number(resident) / 1_000,
    heapMb: heap / 1e6,
    held: Number(/^encord_sync_held_deletes\{.*\} (\d+)$/m.exec(metrics)?.[1]),
    descriptors: descriptors.length,
    watches: descriptors.reduce((total, fd) => total + watchesOf(pid, fd), 0),
    resources: new Map(resources.map(([, kind = '', count]) => [kind, Number(count)])),
  }
}

function watchesOf(pid: number, fd: string): number {
  try {
    return readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('inotify ')).length
  } catch {
    // Closed since it was listed.
    return 0
  }
}

/** A process at rest, and how many directories it has to watch. */
export type Rest = { readonly sample: Sample; readonly directories: number }

/** How many directories there are at and below a folder; the service's own one is not watched. */
export function directoriesBelow(root: string): number {
  const below = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name !== '.encord-sync')
  return below.reduce((total, { name }) => total + directoriesBelow(`${root}/${name}`), 1)
}

import type { Clock } from '../model/clock.ts'
import type { Trouble } from '../model/notice.ts'
import type { RemoteLink } from '../sync/remoteLink.ts'

/** How long a server may be away before a person is told, ms. */
const LONG_MS = 3_600_000

/**
 * Watches how long the servers have been away. Without anything to send nobody would notice that one is back, so that it is asked then.
 * @returns what is wrong now; to be asked from time to time
 */
export function watchOffline(links: () => ReadonlyMap<number, RemoteLink>, clock: Clock): () => readonly Trouble[] {
  const since = new Map<number, number>()
  const asked = new Set<number>()
  /** What it says otherwise (a refused key, for one) is told elsewhere. A server that is silent holds a question for long: one at a time. */
  async function ask(link: RemoteLink): Promise<void> {
    asked.add(link.id)
    await link.remote.keyMeta().then(
      () => link.succeeded(),
      () => undefined,
    )
    asked.delete(link.id)
  }

  return () => {
    const now = clock.monotonicMs()
    for (const id of since.keys()) if (!links().has(id)) since.delete(id)
    return [...links().values()].flatMap((link) => {
      if (link.failures() === 0) {
        since.delete(link.id)
        return []
      }
      const began = since.get(link.id) ?? now
      since.set(link.id, began)
      if (now - began < LONG_MS) return []
      if (!asked.has(link.id)) void ask(link)
      const what = `the server has not answered for more than an hour (${link.trouble() ?? 'no answer'}); nothing is lost, it goes on by itself`
      return [{ key: `offline:${link.id}`, cause: 'offline', folder: null, what, next: 'encord-sync status' }]
    })
  }
}

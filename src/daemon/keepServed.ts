import type { LocalServer } from '../control/server.ts'
import type { Clock } from '../model/clock.ts'
import { messageOf } from '../model/error.ts'
import type { Log } from '../model/event.ts'

/** Between two looks, ms. */
const LOOK_MS = 10_000

/**
 * Keeps what others know the service by, until the signal: its hold of the ledger, and the socket that commands reach it through.
 * @param hold rejects the wait with its error when the ledger is not this service's any more
 */
export async function keepServed(
  server: Pick<LocalServer, 'renew'>,
  hold: () => void,
  { clock, log, signal }: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal },
): Promise<void> {
  let isUnreachable = false
  while (!signal.aborted) {
    await clock.sleep(LOOK_MS, signal).catch(() => undefined)
    if (signal.aborted) return
    hold()
    try {
      if (await server.renew()) log.emit('service.reachable', {})
      isUnreachable = false
    } catch (error) {
      const why = messageOf(error)
      if (!isUnreachable) log.emit('service.unreachable', { why, next: 'restart the service' })
      isUnreachable = true
    }
  }
}

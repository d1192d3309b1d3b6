import { randomBytes } from 'node:crypto'
import type { LoadedConfig } from '../config/loadedConfig.ts'
import type { LocalApi } from '../control/api.ts'
import type { Clock } from '../model/clock.ts'
import type { Log } from '../model/event.ts'
import { type StatusServer, serveStatus } from '../status/server.ts'
import { openStatusToken } from '../status/token.ts'
import { ownFigures } from './ownFigures.ts'

/**
 * The status page; it is served before anything is sent, so that an address which can't be had stops the start.
 * @param idleMs since the engine made its last round
 */
export async function openPage(
  address: NonNullable<LoadedConfig['status']>,
  ledgerPath: string,
  api: LocalApi,
  idleMs: () => number,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<StatusServer> {
  const { file, token } = openStatusToken(ledgerPath, () => randomBytes(32).toString('base64url'))
  const server = await serveStatus(api, {
    ...address,
    token,
    wallMs: () => clock.wallMs(),
    monotonicMs: () => clock.monotonicMs(),
    idleMs,
    ownFigures,
  })
  log.emit('status.listening', { url: server.url, tokenFile: file })
  return server
}

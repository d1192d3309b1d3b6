import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import { type ReadingApi, type RouteOptions, statusRoutes } from './routes.ts'

export type StatusServerOptions = RouteOptions & {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
}

/** The page, while it is served. */
export type StatusServer = {
  /** `http://127.0.0.1:8765/` */
  readonly url: string
  /** Resolves when nothing listens any more; answers in hand are cut. */
  close(): Promise<void>
}

/** Readers at the same time; the rest is turned away. */
const MOST_CONNECTIONS = 64

/**
 * Serves health, metrics and the page, for reading only. Resolves when it listens.
 * @throws UserError (2) when the address can't be listened on
 */
export async function serveStatus(api: ReadingApi, options: StatusServerOptions): Promise<StatusServer> {
  const { host } = options
  let port = options.port
  const app = statusRoutes(api, options, () => ({ host, port }))
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
  server.maxConnections = MOST_CONNECTIONS
  await listen(server, options)
  port = (server.address() as AddressInfo).port
  return {
    url: `http://${address(host, port)}/`,
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function listen(server: Server, { host, port }: StatusServerOptions): Promise<void> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
    // Without a free descriptor nobody can be let in: that passes, and without a listener it would end the process.
    server.on('error', () => undefined)
  } catch (cause) {
    throw cannotListen(address(host, port), cause)
  }
}

function address(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'ports below 1024 need a privilege that encord-sync does not',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the name is not known',
}

function cannotListen(where: string, cause: unknown): UserError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown reason'
  return new UserError(
    EXIT.usage,
    {
      what: `the status page cannot be served on ${where}: ${REASONS[code] ?? code}`,
      notDone: 'the service was not started, nothing was sent',
      next: 'give status.listen another address, such as 127.0.0.1:8766, or leave it out',
    },
    { cause },
  )
}

import { once } from 'node:events'
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { dirname } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import type { LocalApi } from './api.ts'
import { CALL_ARGUMENTS, type LocalCall, MOST_REQUEST_BYTES, PROTOCOL, requestSchema, tooLong, toWire, versionSchema } from './protocol.ts'
import { readServiceFile, removeServiceFile, writeServiceFile } from './serviceFile.ts'

export type LocalServerOptions = {
  /** From `chooseSocketPath`. What stands there is removed: the caller holds the ledger's lock, so nobody listens. */
  readonly socketPath: string
  readonly ledgerPath: string
  readonly version: string
  readonly startedAtMs: number
}

/** A running local interface. */
export type LocalServer = {
  /**
   * Serves at its place again when its socket, or the note beside the ledger, was taken away: by a cleaner of temporary files, at a logout.
   * @returns whether it had to
   * @throws with an errno when it could not
   */
  renew(): Promise<boolean>
  /** Resolves when nothing listens any more; calls in hand are cut. */
  close(): Promise<void>
}

/** Serves the local interface on a unix socket (0600) and says so in `daemon.json` beside the ledger. Resolves when it listens. */
export async function serveLocal(api: LocalApi, options: LocalServerOptions): Promise<LocalServer> {
  const { socketPath, ledgerPath, version, startedAtMs } = options
  const app = localApp(api, version)
  const tell = (): void => writeServiceFile(ledgerPath, { pid: process.pid, socket: socketPath, startedAtMs, version })
  let server = await listen(app, socketPath)
  let standing = whatStandsAt(socketPath)
  tell()
  return {
    async renew() {
      const isThere = server.listening && whatStandsAt(socketPath) === standing
      if (isThere && readServiceFile(ledgerPath)?.socket === socketPath) return false
      if (!isThere) {
        // First: it removes whatever stands at its path by then.
        await end(server)
        mkdirSync(dirname(socketPath), { recursive: true, mode: 0o700 })
        server = await listen(app, socketPath)
        standing = whatStandsAt(socketPath)
      }
      tell()
      return true
    },
    async close() {
      if (!server.listening) return
      removeServiceFile(ledgerPath, socketPath)
      await end(server)
    },
  }
}

async function listen(app: Hono, socketPath: string): Promise<Server> {
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
  rmSync(socketPath, { force: true })
  server.listen(socketPath)
  await once(server, 'listening')
  server.on('error', NO_DESCRIPTOR)
  chmodSync(socketPath, 0o600)
  return server
}

async function end(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

/** Tells a socket from another one at its path; null when none is there. */
function whatStandsAt(socketPath: string): string | null {
  try {
    const { dev, ino, ctimeNs } = lstatSync(socketPath, { bigint: true })
    return [dev, ino, ctimeNs].join(' ')
  } catch {
    return null
  }
}

/** Nobody can be let in without a free descriptor; whoever asks tries again. Without a listener it would end the process. */
const NO_DESCRIPTOR = (): void => undefined

function localApp(api: LocalApi, version: string): Hono {
  const app = new Hono()
  app.use(bodyLimit({ maxSize: MOST_REQUEST_BYTES, onError: (c) => c.json({ error: toWire(tooLong()) }) }))
  app.post('/call', async (c) => c.json({ value: (await answer(api, await c.req.json(), version)) ?? null }))
  app.notFound((c) => c.json({ error: toWire(usageError(`the service knows no ${c.req.path}`, 'encord-sync --help')) }))
  app.onError((error, c) => c.json({ error: toWire(storyOf(error)) }))
  return app
}

async function answer(api: LocalApi, body: unknown, version: string): Promise<unknown> {
  const asked = versionSchema.safeParse(body)
  if (asked.success && asked.data.v !== PROTOCOL) throw otherVersion(asked.data, version)
  const request = requestSchema.safeParse(body)
  if (!request.success) throw usageError('the service was asked for something it does not know', 'encord-sync --help')
  const { call, args } = request.data
  return call === 'hello' ? { version, pid: process.pid } : await carryOut(api, call, args)
}

async function carryOut(api: LocalApi, call: LocalCall, args: unknown): Promise<unknown> {
  const parsed = CALL_ARGUMENTS[call].safeParse(args)
  if (!parsed.success) throw usageError(`the service does not understand what ${call} was given`, `encord-sync ${call} --help`)
  // Each schema is held to its call's arguments by the client's types; the union of calls can't be told apart here.
  const method = api[call] as (ask: unknown) => Promise<unknown>
  return await method(parsed.data)
}

function otherVersion(asked: { readonly v: number; readonly version?: string | undefined }, version: string): UserError {
  const theirs = asked.version === undefined ? '' : ` ${asked.version}`
  return asked.v > PROTOCOL
    ? usageError(`the running service (${version}) is older than this command${theirs}`, 'restart the service with the newer encord-sync')
    : usageError(`this command${theirs} is older than the running service (${version})`, `install encord-sync ${version} for this command`)
}

function storyOf(error: Error): UserError {
  if (error instanceof UserError) return error
  if (error instanceof SyntaxError) return usageError('the request is no JSON', 'encord-sync --help')
  return new UserError(EXIT.failed, {
    what: `the service failed: ${error.message}`,
    notDone: 'what was asked for may not have been done',
    next: 'encord-sync status',
  })
}

function usageError(what: string, next: string): UserError {
  return new UserError(EXIT.usage, { what, notDone: 'nothing was changed', next })
}

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

/** One request as it came in, read whole before the script runs (unless `readBodies: false`). */
type SeenRequest = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  /** Counts the connections from 1. */
  readonly connection: number
}

export type Script = (response: ServerResponse, request: SeenRequest) => void

export type ScriptedServer = {
  readonly url: string
  readonly port: number
  /** Whole requests, in the order they came. */
  readonly requests: SeenRequest[]
  /** Requests whose body was cut off. */
  readonly cut: { count: number }
  connections(): number
  /** Next answers, one for each request; the last one stays. */
  script(...scripts: Script[]): void
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A real server on loopback that answers as a test says. */
export async function openScriptedServer(
  options: { tls?: { key: string; cert: string }; readBodies?: boolean } = {},
): Promise<ScriptedServer> {
  const requests: SeenRequest[] = []
  const cut = { count: 0 }
  const sockets = new Map<Socket, number>()
  let scripts: Script[] = []
  const listener: Parameters<typeof createServer>[1] = (incoming, response) => {
    const connection = sockets.get(incoming.socket) ?? 0
    const chunks: Buffer[] = []
    const finish = () => {
      const { method = '', url: path = '', headers, rawHeaders } = incoming
      const request = { method, path, headers, rawHeaders, body: Buffer.concat(chunks), connection }
      requests.push(request)
      const script = scripts.length > 1 ? scripts.shift() : scripts[0]
      if (script === undefined) response.destroy()
      else script(response, request)
    }
    incoming.on('error', () => {
      cut.count += 1
    })
    if (options.readBodies === false) return finish()
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', finish)
  }
  const server = options.tls === undefined ? createServer(listener) : createSecureServer(options.tls, listener)
  server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    sockets.set(socket, sockets.size + 1)
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = async () => {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    cut,
    connections: () => sockets.size,
    script(...next) {
      scripts = next
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** A JSON body. */
export function json(body: unknown, httpStatus = 200, headers: Record<string, string> = {}): Script {
  return (response) => response.writeHead(httpStatus, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

/** A successful answer of the protocol. */
export function ok(response: unknown): Script {
  return json({ status: 200, response })
}

/** A failure as the vendor sends it: HTTP 200, the JSON says it. */
export function word(name: string, status = 400): Script {
  return json({ status, response: [name] })
}

/** A body that is no JSON. */
export function page(httpStatus: number, headers: Record<string, string> = {}): Script {
  return (response) => response.writeHead(httpStatus, { 'content-type': 'text/html', ...headers }).end('<html>proxy</html>')
}

/** The connection breaks before an answer. */
export const cutOff: Script = (response) => {
  response.socket?.destroy()
}

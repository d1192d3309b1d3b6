import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export type ConnectProxy = AsyncDisposable & {
  readonly port: number
  /** `host:port` of each CONNECT, and what came with it. */
  readonly asked: { readonly target: string; readonly authorization: string | undefined }[]
  /** Requests that wanted to be passed on in the clear. */
  readonly plain: string[]
}

/** A real CONNECT proxy on loopback, which resolves every name to one port of this machine. @param answer what it says to a CONNECT */
export async function openConnectProxy(port: number, answer = 200): Promise<ConnectProxy> {
  const asked: ConnectProxy['asked'] = []
  const plain: string[] = []
  const open = new Set<Duplex>()
  const server = createServer((request, response) => {
    plain.push(request.url ?? '')
    response.writeHead(500).end()
  })
  const onConnect = (request: IncomingMessage, client: Duplex): void => {
    open.add(client)
    client.on('error', () => undefined)
    asked.push({ target: request.url ?? '', authorization: request.headers['proxy-authorization'] })
    if (answer !== 200) {
      client.end(`HTTP/1.1 ${answer} No\r\nContent-Length: 3\r\n\r\nno!`)
      return
    }
    const upstream: Socket = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(upstream).pipe(client)
    })
    open.add(upstream)
    upstream.on('error', () => client.destroy())
  }
  server.on('connect', onConnect)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    plain,
    async [Symbol.asyncDispose]() {
      for (const one of open) one.destroy()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

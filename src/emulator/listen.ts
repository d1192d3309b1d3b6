import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Where to listen. */
export type ListenAddress = { readonly host: string; readonly port: number }

const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|\[::1\])$/

/** `127.0.0.1:0` -> host and port; 0 lets the system choose. @throws Error for anything that is not loopback: the emulator guards nothing */
export function parseListen(text: string): ListenAddress {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? []
  if (host === undefined || Number(port) > 65_535) throw new Error(`listen must be HOST:PORT, such as 127.0.0.1:0; it is "${text}"`)
  if (!LOOPBACK.test(host)) throw new Error(`the emulator listens on loopback only (127.0.0.1, localhost or [::1]), not on ${host}`)
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

/** Listens, and returns the origin: `http://127.0.0.1:43210`. @throws what the system says, such as EADDRINUSE */
export async function listen(server: Server, address: ListenAddress): Promise<string> {
  server.listen(address.port, address.host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return `http://${address.host.includes(':') ? `[${address.host}]` : address.host}:${port}`
}

/** Whether a `Host` header names this server; anything else may be a web page that had its name resolve to loopback. */
export function isOwnHost(hostHeader: string | undefined, origin: string): boolean {
  const { host, port } = new URL(origin)
  return hostHeader === host || hostHeader === `localhost:${port}`
}

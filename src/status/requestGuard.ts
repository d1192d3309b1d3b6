import { isIP } from 'node:net'
import type { Context, MiddlewareHandler, Next } from 'hono'
import { createMiddleware } from 'hono/factory'

/** Where the page is bound: host as configured (IPv6 without brackets), the port that the system gave. */
export type Bound = { readonly host: string; readonly port: number }

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; style-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
}

const ANY_ADDRESS: readonly string[] = ['0.0.0.0', '::']

/**
 * Lets only requests through that a person's own browser or tool makes of this address, and gives every answer its headers:
 * 421 for another `Host` (a web page elsewhere whose name was made to lead here), 405 for anything but GET and HEAD.
 */
export function requestGuard(bound: () => Bound): MiddlewareHandler {
  return createMiddleware(async (c: Context, next: Next) => {
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value)
    if (!isOwnHost(c.req.header('host') ?? '', bound())) return c.text('this address serves encord-sync under its own name only\n', 421)
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
      return c.text('only GET: nothing can be changed here; use the command encord-sync\n', 405, { allow: 'GET, HEAD' })
    }
    return await next()
  })
}

/** Is this `Host` header the bound address, `localhost` or a loopback address, with the port? Behind 0.0.0.0 and :: any IP address counts. */
export function isOwnHost(header: string, { host, port }: Bound): boolean {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i.exec(header)
  const [, name = '', portText = '80'] = match ?? []
  if (match === null || Number(portText) !== port) return false
  const bare = name.replace(/^\[|\]$/g, '').toLowerCase()
  if ([host.toLowerCase(), 'localhost', '127.0.0.1', '::1'].includes(bare)) return true
  return ANY_ADDRESS.includes(host) && isIP(bare) !== 0
}

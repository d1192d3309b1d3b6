import { isIP } from 'node:net'

/** True for the names and addresses of this very machine. IPv6 with or without brackets. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'))
}

/** A server's address in its one spelling (no slash at the end), or what is wrong with it. */
export function parseDomain(text: string): { readonly domain: string } | { readonly problem: string } {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return { problem: 'expected an address such as https://api.encord.com' }
  }
  if (url.username !== '' || url.password !== '') return { problem: 'an address here holds no user name and no password' }
  if (url.search !== '' || url.hash !== '') return { problem: 'an address here has no ? and no #' }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return { problem: 'plain http is only for this machine (127.0.0.1, [::1], localhost); use https' }
  }
  return { domain: url.origin + url.pathname.replace(/\/+$/, '') }
}

/** `127.0.0.1:8765` or `[::1]:8765`; port 0 lets the system choose. Null when it is neither. */
export function parseListen(text: string): { readonly host: string; readonly port: number } | null {
  const parts = /^(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text)
  const host = parts?.[1] ?? parts?.[2]
  const port = Number(parts?.[3])
  if (host === undefined || port > 65_535 || (parts?.[1] !== undefined && isIP(host) !== 6)) return null
  return { host, port }
}

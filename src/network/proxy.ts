import { getProxyForUrl } from 'proxy-from-env'

const VARIABLES = ['https_proxy', 'http_proxy', 'all_proxy']

/**
 * The proxy for an address, by HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY of the environment, in either case; null for none. This very machine is
 * always reached directly. What can't be read as an address is no proxy.
 */
export function proxyFor(url: URL): URL | null {
  if (isThisMachine(url.hostname)) return null
  const named = getProxyForUrl(url.href)
  if (named === '') return null
  // Without a scheme the library takes that of the target; everybody else means http.
  const address = proxyTexts().includes(named.replace(/^https?:\/\//, '')) ? named.replace(/^https:/, 'http:') : named
  const proxy = URL.canParse(address) ? new URL(address) : null
  return proxy !== null && (proxy.protocol === 'http:' || proxy.protocol === 'https:') ? proxy : null
}

/** User names and passwords of the environment's proxies: secrets. */
export function proxySecrets(env: NodeJS.ProcessEnv): readonly string[] {
  return VARIABLES.flatMap((name) => [env[name], env[name.toUpperCase()]]).flatMap((text) => {
    const address = text === undefined || text.includes('://') ? text : `http://${text}`
    const url = address !== undefined && URL.canParse(address) ? new URL(address) : null
    return url === null || url.password === '' ? [] : [url.password, decoded(url.password)]
  })
}

function proxyTexts(): readonly string[] {
  return VARIABLES.flatMap((name) => [process.env[name], process.env[name.toUpperCase()]]).filter((text) => text !== undefined)
}

function isThisMachine(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

import type { AgentOptions, ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import { HttpsProxyAgent } from 'https-proxy-agent'

/** What begins the code of an error that happened on the way to, or at, a proxy: `PROXY_407`, `PROXY_ECONNREFUSED`. */
const PROXY_CODE = 'PROXY_'

type Connecting = Parameters<HttpsProxyAgent<string>['connect']>[1]

/**
 * Connections through a proxy, by CONNECT: TLS is between us and the server, and the proxy sees no more than its name. An error before the tunnel
 * stands has the system call `connect`: not one byte of a request left.
 */
export class Tunnel extends HttpsProxyAgent<string> {
  readonly #ca: readonly string[] | undefined
  constructor(proxy: URL, options: AgentOptions & { readonly ca?: readonly string[] | undefined }) {
    const { ca, ...rest } = options
    super(proxy.href, { ...rest, ...(ca === undefined ? {} : { ca: [...ca] }) })
    this.#ca = ca
  }

  override async connect(request: ClientRequest, options: Connecting): Promise<Socket> {
    let status = 0
    request.once('proxyConnect', (answer: { readonly statusCode: number }) => {
      status = answer.statusCode
    })
    const trusted = this.#ca === undefined ? {} : { ca: [...this.#ca] }
    const socket = await super.connect(request, { ...options, ...trusted } as Connecting).catch((error: NodeJS.ErrnoException) => {
      throw proxyError(error.code ?? 'UNKNOWN')
    })
    if (status === 200) return socket
    socket.destroy()
    throw proxyError(String(status))
  }
}

/** What is said of an error of the proxy; null for the code of any other error. It names no address: one may hold a password. */
export function proxyWords(code: string): string | null {
  if (!code.startsWith(PROXY_CODE)) return null
  const why = code.slice(PROXY_CODE.length)
  if (why === '407') return 'the proxy wants a user name and a password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT'
  if (/^\d+$/.test(why)) return `the proxy lets nothing through to it (HTTP ${why}); NO_PROXY names what is reached directly`
  return `the proxy cannot be used (${why}); see HTTPS_PROXY and NO_PROXY`
}

function proxyError(why: string): Error {
  return Object.assign(new Error('the proxy'), { code: `${PROXY_CODE}${why}`, syscall: 'connect' })
}

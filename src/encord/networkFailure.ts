import { EncordError } from '../model/error.ts'
import { proxyWords } from '../network/tunnel.ts'
import { UNSAFE_ADDRESS, unsafeAddressMessage } from './signedUrl.ts'

/** What was going on when an exchange broke. `host` is all that is told of the URL. */
export type Exchange = { readonly call: string; readonly host: string; readonly cause: 'time' | 'stop' | null }

/**
 * The one place where what node-fetch and Node throw becomes an `EncordError`. Their own messages hold the whole URL, a signed
 * one too, so neither text nor `cause` is kept; the code (`ECONNRESET`, `CERT_HAS_EXPIRED`) is.
 * Not done: DNS, refused, TLS, anything before the connection stood (see agents.ts). Everything else: unknown.
 */
export function networkFailure(exchange: Exchange, thrown: unknown): EncordError {
  if (thrown instanceof EncordError) return thrown
  const { call, host, cause } = exchange
  const transient = (outcome: 'not-done' | 'unknown', message: string) => new EncordError('transient', { call, outcome, message })
  if (cause === 'stop') return transient('unknown', `stopped before ${host} answered`)
  if (cause === 'time') return transient('unknown', `${host} did not answer in time`)
  const code = field(thrown, 'code')
  if (code === UNSAFE_ADDRESS) return new EncordError('not-allowed', { call, outcome: 'not-done', message: unsafeAddressMessage(host) })
  if (field(thrown, 'erroredSysCall') === 'connect') return transient('not-done', `no connection to ${host} (${connectWords(code)})`)
  return transient('unknown', `the connection to ${host} broke${code === null ? '' : ` (${code})`}`)
}

/** A call that was stopped before anything of it was sent. */
export function stoppedBeforeSending(call: string): EncordError {
  return new EncordError('transient', { call, outcome: 'not-done', message: 'stopped before it was sent' })
}

function connectWords(code: string | null): string {
  if (code === null) return 'unknown reason'
  const proxy = proxyWords(code)
  if (proxy !== null) return proxy
  const certificate = /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code)
  return certificate ? `${code}; a company's certificate goes into encord.ca_file or NODE_EXTRA_CA_CERTS` : code
}

function field(thrown: unknown, name: string): string | null {
  if (typeof thrown !== 'object' || thrown === null) return null
  const value = (thrown as Record<string, unknown>)[name]
  return typeof value === 'string' && /^[A-Za-z0-9_]{1,64}$/.test(value) ? value : null
}

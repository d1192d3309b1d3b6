import { lookup as dnsLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { EncordError } from '../model/error.ts'
import { addressKind, bareHost, isLoopbackHost } from './addressKind.ts'

/** Which object stores may be sent to (design, section 11). */
type UploadPolicy = {
  /** Loopback stores, and plain http to them, only for a domain that is loopback itself. */
  readonly domainIsLoopback: boolean
  /** Host names whose private or link-local addresses are wanted (`encord.upload_hosts`). */
  readonly uploadHosts: ReadonlySet<string>
}

/** The code of the error that the guarded lookup gives for an address it refuses. */
export const UNSAFE_ADDRESS = 'ERR_UNSAFE_ADDRESS'

export const PUT_CALL = 'PUT signed URL'

export function uploadPolicy(domain: URL, uploadHosts: readonly string[]): UploadPolicy {
  return { domainIsLoopback: isLoopbackHost(domain.hostname), uploadHosts: new Set(uploadHosts.map(bareHost)) }
}

/**
 * The URL of a ticket, when bytes may be sent there. Names are checked again when they are resolved, by `guardedLookup`.
 * @throws EncordError `not-allowed`: scheme, embedded credentials, or an address that is refused; the URL itself is never told
 */
export function checkSignedUrl(signedUrl: string, policy: UploadPolicy): URL {
  const url = URL.canParse(signedUrl) ? new URL(signedUrl) : null
  if (url === null) throw refused('the answer holds no usable URL')
  if (url.username !== '' || url.password !== '') throw refused(`the URL to ${url.host} holds credentials`)
  const host = bareHost(url.hostname)
  const plainHttp = url.protocol === 'http:'
  if (url.protocol !== 'https:' && !plainHttp) throw refused('the URL is not https')
  if (plainHttp && !(policy.domainIsLoopback && isLoopbackHost(host))) throw refused(`the URL to ${url.host} is not https`)
  if (isIP(host) !== 0 && !addressAllowed(host, host, policy)) throw refused(unsafeAddressMessage(url.host))
  return url
}

/** Names that stand for machines nearby (RFC 6761, 6762, 8375, ICANN's `.internal`), and names without a dot. */
const NEARBY_NAME = /^[^.]+$|\.(?:localhost|local|internal|lan|home\.arpa|intranet|corp)$/

/**
 * What can be looked at when a proxy resolves the name: the name itself. A public name with a private address passes; it is the proxy that decides then.
 * @throws EncordError `not-allowed`
 */
export function checkProxiedName(url: URL, { uploadHosts }: UploadPolicy): void {
  const host = bareHost(url.hostname)
  if (isIP(host) === 0 && NEARBY_NAME.test(host) && !uploadHosts.has(host)) throw refused(unsafeAddressMessage(url.host))
}

/** What is said of an object store at an address that is refused. */
export function unsafeAddressMessage(host: string): string {
  return `${host} is at a private or loopback address; if it is your object store, name it in encord.upload_hosts`
}

/** Resolves as `lookup` does, and refuses a name when any of its addresses is refused. */
export function guardedLookup(policy: UploadPolicy, lookup: LookupFunction = dnsLookup as LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, address, family) => {
      if (error !== null) return callback(error, address, family)
      const addresses = typeof address === 'string' ? [address] : address.map((entry) => entry.address)
      const allowed = addresses.every((entry) => addressAllowed(bareHost(hostname), entry, policy))
      if (allowed) return callback(null, address, family)
      callback(Object.assign(new Error('address refused'), { code: UNSAFE_ADDRESS }), '', 4)
    })
  }
}

function addressAllowed(host: string, address: string, policy: UploadPolicy): boolean {
  const kind = addressKind(address)
  if (kind === 'public') return true
  return kind === 'loopback' ? policy.domainIsLoopback : policy.uploadHosts.has(host)
}

function refused(message: string): EncordError {
  return new EncordError('not-allowed', { call: PUT_CALL, outcome: 'not-done', message })
}

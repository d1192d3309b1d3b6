import { BlockList, isIP } from 'node:net'

/** What a literal IP address reaches: this machine, something near it, or the internet. */
type AddressKind = 'loopback' | 'private' | 'public'

/** IANA special-purpose registries for IPv4 and IPv6: everything that is not globally reachable. */
const PRIVATE_RANGES: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 128, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['fec0::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
]

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

const nearby = new BlockList()
for (const [net, prefix, family] of PRIVATE_RANGES) nearby.addSubnet(net, prefix, family)

/** @param address a literal IPv4 or IPv6 address, without brackets. Anything else counts as private: refused. */
export function addressKind(address: string): AddressKind {
  const plain = address.replace(/%.*$/, '')
  const version = isIP(plain)
  if (version === 0) return 'private'
  const inner = version === 6 ? embeddedIpv4(plain) : plain
  const family = inner === null ? 'ipv6' : 'ipv4'
  const tested = inner ?? plain
  if (loopback.check(tested, family)) return 'loopback'
  return nearby.check(tested, family) ? 'private' : 'public'
}

/** True for `localhost` and for literal loopback addresses, brackets or not. */
export function isLoopbackHost(hostname: string): boolean {
  const host = bareHost(hostname)
  return host === 'localhost' || (isIP(host) !== 0 && addressKind(host) === 'loopback')
}

/** A URL's host name as it is compared: lower case, no brackets, no final dot. */
export function bareHost(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
}

/** The IPv4 address that an IPv4-mapped (RFC 4291), IPv4-compatible, NAT64 (RFC 6052) or 6to4 (RFC 3056) address stands for. */
function embeddedIpv4(ipv6: string): string | null {
  const groups = expand(ipv6)
  const zeros = (until: number) => groups.slice(0, until).every((group) => group === 0)
  const nat64 = groups[0] === 0x64 && groups[1] === 0xff9b && groups.slice(2, 6).every((group) => group === 0)
  const compatible = zeros(6) && (groups[6] !== 0 || (groups[7] ?? 0) > 1)
  if (groups[0] === 0x2002) return dotted(groups[1] ?? 0, groups[2] ?? 0)
  if ((zeros(5) && groups[5] === 0xffff) || nat64 || compatible) return dotted(groups[6] ?? 0, groups[7] ?? 0)
  return null
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** Eight 16-bit groups; the URL parser does the normalising. */
function expand(ipv6: string): readonly number[] {
  const canonical = bareHost(new URL(`http://[${ipv6}]/`).hostname)
  const [head = '', tail] = canonical.split('::')
  const parse = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)))
  if (tail === undefined) return parse(head)
  const before = parse(head)
  const after = parse(tail)
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after]
}

import { createHash, createPublicKey, verify } from 'node:crypto'

const KEY_TYPE = 'ssh-ed25519'
const RAW_KEY_BYTES = 32
/** SubjectPublicKeyInfo of an ed25519 key up to its 32 raw bytes (RFC 8410, section 10.1). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/**
 * The raw key, 64 hex digits, of an OpenSSH public key line (`ssh-ed25519 AAAA… comment`; wire format: RFC 8709, section 4).
 * @throws Error for any other kind of key.
 */
export function keyHexOf(publicKeyLine: string): string {
  const [type, base64] = publicKeyLine.trim().split(/\s+/)
  if (type !== KEY_TYPE || base64 === undefined) throw new Error(`a user's public_key must be an OpenSSH line that starts with ${KEY_TYPE}`)
  const blob = Buffer.from(base64, 'base64')
  const [name, rest] = takeString(blob)
  const [raw] = takeString(rest)
  if (name.toString('latin1') !== KEY_TYPE || raw.length !== RAW_KEY_BYTES) throw new Error("a user's public_key is damaged")
  return raw.toString('hex')
}

/** Whether `signatureHex` is the ed25519 signature over the SHA-256 digest of exactly `body` (protocol: authorisation). */
export function signatureHolds(keyHex: string, signatureHex: string, body: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, Buffer.from(keyHex, 'hex')]), format: 'der', type: 'spki' })
  return verify(null, createHash('sha256').update(body).digest(), key, Buffer.from(signatureHex, 'hex'))
}

function takeString(bytes: Buffer): [Buffer, Buffer] {
  if (bytes.length < 4) return [Buffer.alloc(0), Buffer.alloc(0)]
  const end = 4 + bytes.readUInt32BE(0)
  return [bytes.subarray(4, end), bytes.subarray(end)]
}

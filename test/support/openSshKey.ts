import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** An ed25519 key of a user, with its public half as an OpenSSH line (wire format: RFC 8709, section 4). */
export type OpenSshKey = {
  readonly publicLine: string
  /** `<public key hex>:<signature hex>` over the SHA-256 digest of the body. */
  authorization(body: string): string
}

export function openSshKey(): OpenSshKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  const blob = Buffer.concat([sshString(Buffer.from('ssh-ed25519')), sshString(raw)])
  return {
    publicLine: `ssh-ed25519 ${blob.toString('base64')} tester@example.org`,
    authorization: (body) => `${raw.toString('hex')}:${signatureHex(privateKey, body)}`,
  }
}

function signatureHex(privateKey: KeyObject, body: string): string {
  return sign(null, createHash('sha256').update(body).digest(), privateKey).toString('hex')
}

function sshString(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

import { createHash } from 'node:crypto'
import sshpk from 'sshpk'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'

/** Signs user calls with an OpenSSH ed25519 key. */
export type Signer = {
  /** 64 hex digits. */
  readonly publicKeyHex: string
  /** The `Authorization` header for exactly these bytes: `<public key hex>:<signature hex>`, ed25519 over their SHA-256 digest. */
  authorization(body: Uint8Array): string
}

/**
 * Opens a private key. With a passphrase this blocks for most of a second: do it before a service starts.
 * @throws UserError exit 2: not a key, another kind of key, passphrase missing or wrong
 */
export function openSigner(privateKey: string, passphrase?: string): Signer {
  const key = parseKey(privateKey, passphrase)
  const publicKey: Buffer | undefined = key.type === 'ed25519' ? key.toPublic().parts.find((part) => part.name === 'A')?.data : undefined
  if (publicKey === undefined) throw unusable(`The private key is of type ${key.type}; Encord takes ed25519`)
  const publicKeyHex = publicKey.toString('hex')
  return {
    publicKeyHex,
    authorization(body) {
      const signer = key.createSign('sha512')
      signer.update(createHash('sha256').update(body).digest())
      return `${publicKeyHex}:${signer.sign().toBuffer('raw').toString('hex')}`
    },
  }
}

/** Whether the text is an OpenSSH key that only a passphrase opens. */
export function needsPassphrase(privateKey: string): boolean {
  try {
    sshpk.parsePrivateKey(privateKey, 'ssh')
    return false
  } catch (error) {
    return error instanceof Error && error.name === 'KeyEncryptedError'
  }
}

function parseKey(privateKey: string, passphrase: string | undefined): sshpk.PrivateKey {
  try {
    return sshpk.parsePrivateKey(privateKey, 'ssh', passphrase === undefined ? {} : { passphrase })
  } catch (error) {
    // The library's message may quote what it could not read: neither it nor the error is passed on.
    if (error instanceof Error && error.name === 'KeyEncryptedError') throw unusable('The private key needs its passphrase')
    const maybe = passphrase === undefined ? '' : ', or its passphrase is wrong'
    throw unusable(`The private key cannot be read: it is no OpenSSH private key${maybe}`)
  }
}

function unusable(what: string): UserError {
  return new UserError(EXIT.usage, {
    what,
    notDone: 'Nothing was sent.',
    next: 'Make a key with `ssh-keygen -t ed25519`, add its public part to Encord, and name it in encord.private_key_file.',
  })
}

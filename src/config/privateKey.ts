import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isCredential } from './apiKey.ts'
import { shellWord } from './place.ts'

/** The name under which systemd may hand in the passphrase of the private key (`LoadCredential=encord-key-passphrase:…`). */
export const PASSPHRASE_CREDENTIAL = 'encord-key-passphrase'

// An OpenSSH key is well under 10 kB, whatever its kind.
const LONGEST_BYTES = 65_536

/** The text of a private key file, or why there is none. Like ssh, it takes no file that others can read. */
export function readPrivateKeyFile(file: string, env: NodeJS.ProcessEnv): { readonly text: string } | { readonly problem: string } {
  try {
    const stats = statSync(file)
    if (!stats.isFile()) return { problem: 'it is not a regular file' }
    if ((stats.mode & 0o077) !== 0 && !isCredential(file, env)) return { problem: `others can read it; run: chmod 600 ${shellWord(file)}` }
    if (stats.size > LONGEST_BYTES) return { problem: 'it is too long for a private key' }
    return { text: readFileSync(file, 'utf8') }
  } catch (error) {
    return { problem: `it cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})` }
  }
}

/** The passphrase that systemd handed in, without the newline at its end; null when there is none. */
export function readPassphraseCredential(env: NodeJS.ProcessEnv): string | null {
  const directory = env['CREDENTIALS_DIRECTORY']
  if (directory === undefined || directory === '') return null
  try {
    const passphrase = readFileSync(join(directory, PASSPHRASE_CREDENTIAL), 'utf8').replace(/\r?\n$/, '')
    return passphrase === '' ? null : passphrase
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

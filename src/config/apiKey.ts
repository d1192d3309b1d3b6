import { readFileSync, statSync } from 'node:fs'
import { realPlace, relation, shellWord } from './place.ts'

/** A key, or why there is none. Neither message repeats what the file holds. */
export type KeyReading = { readonly key: string } | { readonly problem: string }

// An API key is a few dozen characters; a file that is much longer is something else.
const LONGEST_BYTES = 4096

/** A key without the white space around it (editors end files with a newline), checked to be fit for a header. */
export function cleanKey(text: string): KeyReading {
  const key = text.trim()
  if (key === '') return { problem: 'the key is empty' }
  return /^[\x21-\x7e]+$/.test(key) ? { key } : { problem: 'this is no API key: it has spaces, line breaks or characters that no key has' }
}

/**
 * Reads a key file: a regular file that nobody but its owner can read, or one in systemd's credential directory, whose modes are systemd's
 * own affair (systemd.exec(5), LoadCredential).
 */
export function readKeyFile(file: string, env: NodeJS.ProcessEnv): KeyReading {
  try {
    const stats = statSync(file)
    if (!stats.isFile()) return { problem: 'the key file is not a regular file' }
    if ((stats.mode & 0o077) !== 0 && !isCredential(file, env))
      return { problem: `others can read the key file; run: chmod 600 ${shellWord(file)}` }
    if (stats.size > LONGEST_BYTES) return { problem: 'the key file is too long for an API key' }
    return cleanKey(readFileSync(file, 'utf8'))
  } catch (error) {
    return { problem: `the key file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}): ${file}` }
  }
}

/** Whether a file lies in the directory of credentials that systemd made for this process. */
export function isCredential(file: string, env: NodeJS.ProcessEnv): boolean {
  const directory = env['CREDENTIALS_DIRECTORY']
  return directory !== undefined && directory !== '' && relation(realPlace(file), realPlace(directory)) === 'inside'
}

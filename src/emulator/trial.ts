import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EmulatorSeed } from './seed.ts'

/** What somebody without a seed tries things with: one dataset, and its API key in a file (mode 0600) beside the state. */
export type Trial = { readonly dataset: string; readonly keyFile: string; readonly seed: EmulatorSeed }

const DATASET = '00000000-0000-4000-8000-000000000101'

/** The trial of a data directory; its key is made once, and stays. @throws Error (of the file system) when it cannot be kept */
export function openTrial(dataDir: string): Trial {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const keyFile = join(dataDir, 'api-key')
  const key = keptKey(keyFile)
  return { dataset: DATASET, keyFile, seed: { datasets: [{ dataset_hash: DATASET, title: 'trial', api_keys: [key] }] } }
}

function keptKey(file: string): string {
  try {
    writeFileSync(file, `${randomBytes(24).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFileSync(file, 'utf8').trim()
}

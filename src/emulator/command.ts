import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type EmulatorOptions, startEmulator } from './emulator.ts'
import { type EmulatorSeed, parseSeed } from './seed.ts'
import { openTrial, type Trial } from './trial.ts'

export type EmulatorCommand = {
  readonly listen: string
  readonly dataDir: string
  /** A JSON file: `{"users": [{"public_key"}], "datasets": [{"dataset_hash", "title", "type", "api_keys"}]}`; without it, a trial dataset. */
  readonly seedFile?: string | undefined
  readonly json: boolean
  /** Where it says that it is ready, such as process.stdout. */
  readonly out: { write(text: string): unknown }
  /** Ends it. */
  readonly signal: AbortSignal
} & Pick<EmulatorOptions, 'now' | 'random' | 'urlLifeMs' | 'maxBytes'>

/** Runs an emulator until the signal; says where it is when it is ready. @throws Error for a bad address, seed or data directory */
export async function runEmulator(command: EmulatorCommand): Promise<void> {
  const { listen, dataDir, seedFile, json, out, signal, ...settings } = command
  const trial = seedFile === undefined ? openTrial(dataDir) : undefined
  const seed = seedFile === undefined ? (trial?.seed ?? {}) : readSeed(seedFile)
  const emulator = await startEmulator({ ...settings, listen, dataDir, seed })
  try {
    out.write(json ? readyJson(emulator.url, trial) : readyText(emulator.url, dataDir, trial))
    if (!signal.aborted) await once(signal, 'abort')
  } finally {
    await emulator.close()
  }
}

function readyJson(url: string, trial: Trial | undefined): string {
  const made = trial === undefined ? {} : { dataset: trial.dataset, apiKeyFile: trial.keyFile }
  return `${JSON.stringify({ url, ...made })}\n`
}

function readyText(url: string, dataDir: string, trial: Trial | undefined): string {
  const ready = `encord-sync emulator (not Encord) at ${url}, data in ${dataDir}\n`
  if (trial === undefined) return ready
  const next = [`encord-sync init --domain ${url}`, `--dataset ${trial.dataset}`, `--api-key-file ${shellWord(trial.keyFile)}`]
  return `${ready}It has a dataset to try. In another terminal:\n  ${next.join(' \\\n    ')}\n`
}

/** A word that a shell reads as it stands. */
function shellWord(word: string): string {
  return /^[\w./:@%+,=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

function readSeed(path: string): EmulatorSeed {
  try {
    return parseSeed(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    throw new Error(`seed file ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

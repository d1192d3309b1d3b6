import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type EmulatorOptions, startEmulator } from './emulator.ts'
import { type EmulatorSeed, parseSeed } from './seed.ts'

export type EmulatorCommand = {
  readonly listen: string
  readonly dataDir: string
  /** A JSON file: `{"users": [{"public_key"}], "datasets": [{"dataset_hash", "title", "type", "api_keys"}]}`. */
  readonly seedFile?: string | undefined
  readonly json: boolean
  /** Where the one line goes, such as process.stdout. */
  readonly out: { write(text: string): unknown }
  /** Ends it. */
  readonly signal: AbortSignal
} & Pick<EmulatorOptions, 'now' | 'random' | 'urlLifeMs' | 'maxBytes'>

/** Runs an emulator until the signal; prints one line when it is ready. @throws Error for a bad address, seed or data directory */
export async function runEmulator(command: EmulatorCommand): Promise<void> {
  const { listen, dataDir, seedFile, json, out, signal, ...settings } = command
  const seed = seedFile === undefined ? {} : readSeed(seedFile)
  const emulator = await startEmulator({ ...settings, listen, dataDir, seed })
  try {
    out.write(
      json ? `${JSON.stringify({ url: emulator.url })}\n` : `encord-sync emulator (not Encord) at ${emulator.url}, data in ${dataDir}\n`,
    )
    if (!signal.aborted) await once(signal, 'abort')
  } finally {
    await emulator.close()
  }
}

function readSeed(path: string): EmulatorSeed {
  try {
    return parseSeed(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    throw new Error(`seed file ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

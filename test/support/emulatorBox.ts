import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CallLogView } from '../../src/emulator/callLog.ts'
import { type Emulator, type EmulatorOptions, startEmulator } from '../../src/emulator/emulator.ts'
import type { FaultRule } from '../../src/emulator/faults.ts'
import type { RowReport } from '../../src/emulator/report.ts'

export const BOX_DATASET = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'
export const BOX_KEY = 'box-api-key-0123456789abcdef'

/** A running emulator with one dataset on Encord's storage and one key for it. `await using box = await emulatorBox()` ends and removes it. */
export type EmulatorBox = {
  readonly url: string
  readonly dataset: string
  readonly key: string
  readonly dataDir: string
  readonly emulator: Emulator
  readonly calls: CallLogView
  rows(): readonly RowReport[]
  setFaults(...rules: FaultRule[]): void
  /** Stops it and starts it anew on the same data and the same port, as after a crash of the server. */
  restart(): Promise<void>
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export async function emulatorBox(options: Partial<EmulatorOptions> = {}): Promise<EmulatorBox> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'emulator-box-')))
  const dataset = { dataset_hash: BOX_DATASET, title: 'box', type: 'CORD_STORAGE' as const, api_keys: [BOX_KEY] }
  const start = (listen: string) => startEmulator({ seed: { datasets: [dataset] }, ...options, listen, dataDir })
  let emulator = await start(options.listen ?? '127.0.0.1:0')
  const { url } = emulator
  const stop = async () => {
    await emulator.close()
    await rm(dataDir, { recursive: true, force: true })
  }
  return {
    url,
    dataset: BOX_DATASET,
    key: BOX_KEY,
    dataDir,
    get emulator() {
      return emulator
    },
    get calls() {
      return emulator.calls
    },
    rows: () => emulator.rows(BOX_DATASET),
    setFaults: (...rules) => emulator.faults.set(rules),
    async restart() {
      await emulator.close()
      emulator = await start(new URL(url).host)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

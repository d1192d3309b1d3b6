import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type OnceResult, runOnce } from '../../src/app/once.ts'
import { type PlanView, planRun } from '../../src/app/planRun.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { EmulatorOptions } from '../../src/emulator/emulator.ts'
import type { Clock } from '../../src/model/clock.ts'
import type { EventName } from '../../src/model/event.ts'
import { Secrets } from '../../src/model/secrets.ts'
import type { CrashPoint } from '../../src/sync/effectTools.ts'
import { type EmulatorBox, emulatorBox } from './emulatorBox.ts'
import { realClock } from './realClock.ts'

type LoggedEvent = { readonly name: EventName; readonly fields: Readonly<Record<string, unknown>> }

type OnceOptions = {
  readonly settings?: string
  readonly rescan?: string
  readonly clock?: Clock
  readonly key?: string
  readonly waitMs?: number
  readonly crashPoint?: (name: CrashPoint) => void
}

/** Longer than the grace of the folder, ms. */
const GRACE_OVER_MS = 1_100

/** A folder, a ledger and a dataset on a real emulator, for passes over real files. */
export type SyncBox = AsyncDisposable & {
  readonly emulator: EmulatorBox
  readonly folder: string
  readonly base: string
  readonly events: LoggedEvent[]
  /** A line of the config, as `limits: off`. */
  limits: string
  /** `settle` and `group_settle` of the folder; shorter where a test makes many passes. */
  settle: string
  /** Copies a fixture into the folder, under this name. */
  put(name: string, fixture?: string): void
  write(name: string, bytes: Uint8Array | string): void
  /** Writes a `.done` that is younger than all beside it: no more frames of this directory are waited for. */
  complete(dir: string): void
  /** Writes the config and says where it is; `settings` go into the folder's entry. */
  configure(settings?: string, rescan?: string): string
  once(options?: OnceOptions): Promise<OnceResult>
  /** A pass that confirms what the one before it missed. */
  onceAfterGrace(options?: OnceOptions): Promise<OnceResult>
  /** What `plan` shows of the folder. */
  plan(settings?: string): Promise<PlanView['folders'][number]>
}

/**
 * A wait that ends once the folder was scanned whole twice since the call came, and what the scans saw is at rest: however slow the machine
 * is, the second scan saw what was done when the call came.
 */
export const UNTIL_SCANNED = { kind: 'latency', ms: 3_600_000 } as const
const SCANS = 2
/** Longer than the usual `settle` of the box, ms. */
const AT_REST_MS = 1_200

export const FIXTURES = new URL('../media/fixtures/', import.meta.url).pathname

export async function syncBox(options: Partial<EmulatorOptions> = {}): Promise<SyncBox> {
  const base = mkdtempSync(join(tmpdir(), 'encord-sync-'))
  const folder = join(base, 'IN')
  mkdirSync(folder)
  const events: LoggedEvent[] = []
  const sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
    if (ms !== UNTIL_SCANNED.ms) return await delay(ms, undefined, { signal })
    const from = events.length
    const scans = () => events.slice(from).filter(({ name, fields }) => name === 'folder.scanned' && fields['whole'] === true).length
    while (scans() < SCANS) await delay(20, undefined, { signal })
    await delay(AT_REST_MS, undefined, { signal })
  }
  const emulator = await emulatorBox({ sleep, ...options })
  const load = (file: string, key: string) =>
    loadConfig({
      file,
      directory: base,
      env: { ENCORD_API_KEY: key },
      home: base,
      platform: 'linux',
      hostName: 'lab-7',
      secrets: new Secrets(),
    })
  const box: SyncBox = {
    emulator,
    folder,
    base,
    events,
    limits: '',
    settle: '1s',
    put(name, fixture = 'plain.jpg') {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      copyFileSync(join(FIXTURES, fixture), join(folder, name))
    },
    write(name, bytes) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), bytes)
    },
    complete(dir) {
      const names = readdirSync(join(folder, dir)).filter((name) => name !== '.done')
      const ctimeNs = (name: string): bigint => statSync(join(folder, dir, name), { bigint: true }).ctimeNs
      do box.write(`${dir}/.done`, 'all of it')
      while (names.some((name) => ctimeNs(name) >= ctimeNs('.done')))
    },
    configure(settings = '', rescan = '5s') {
      const file = join(base, 'config.yaml')
      writeFileSync(
        file,
        `encord: { domain: "${emulator.url}", absent_gap: 1s }
ledger: ${base}/state/ledger.db
rescan: ${rescan}
${box.limits}
folders:
  - { path: ${folder}, dataset: ${emulator.dataset}, api_key: "\${ENCORD_API_KEY}", settle: ${box.settle}, group_settle: ${box.settle}, deletes: { grace: 1s }${settings} }
`,
        { mode: 0o600 },
      )
      return file
    },
    async once({ settings, rescan, clock = realClock, key = emulator.key, waitMs = 60_000, crashPoint = () => undefined } = {}) {
      const config = load(box.configure(settings, rescan), key)
      return await runOnce(
        config,
        {
          clock,
          random: Math.random,
          log: { emit: (name, fields) => void events.push({ name, fields }) },
          signal: new AbortController().signal,
          crashPoint,
          onProgress: () => undefined,
          onEnd: async () => undefined,
        },
        waitMs,
      )
    },
    async onceAfterGrace(options) {
      await realClock.sleep(GRACE_OVER_MS)
      return await box.once(options)
    },
    async plan(settings) {
      const tools = { clock: realClock, random: Math.random, signal: new AbortController().signal }
      const { folders } = await planRun(load(box.configure(settings), emulator.key), tools)
      return folders[0] as PlanView['folders'][number]
    },
    async [Symbol.asyncDispose]() {
      await emulator.stop()
      if (process.env['KEEP']) console.error('KEPT', base)
      else rmSync(base, { recursive: true, force: true })
    },
  }
  return box
}

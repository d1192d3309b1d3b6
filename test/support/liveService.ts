import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { liveChanges } from '../../src/config/fixed.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { LocalApi } from '../../src/control/api.ts'
import { connectLocal } from '../../src/control/client.ts'
import { runService } from '../../src/daemon/run.ts'
import type { Clock } from '../../src/model/clock.ts'
import type { LogLevel } from '../../src/model/event.ts'
import { Secrets } from '../../src/model/secrets.ts'
import { type Ran, runProgram } from './commandBox.ts'
import { realClock } from './realClock.ts'
import type { SyncBox } from './syncBox.ts'

/** The service within the test's own process, over a box's emulator, with a config that tests write anew. */
export type LiveService = AsyncDisposable & {
  readonly configFile: string
  readonly levels: readonly LogLevel[]
  /** Over the socket, as commands come. */
  readonly api: LocalApi
  write(text: string): void
  /** A command line, as a person types it. */
  command(...words: readonly string[]): Promise<Ran>
  /** SIGHUP. */
  hangUp(): void
  /** Resolves at the next event of this name that fits; one that was emitted before does not count. */
  next(name: string, fits?: (fields: Readonly<Record<string, unknown>>) => boolean): Promise<Readonly<Record<string, unknown>>>
  /** The same, and one of the box's events so far counts. */
  until: LiveService['next']
  stop(): Promise<void>
}

/** Starts it; resolves when it looked at every folder. Its ledger is the box's. */
export async function liveService(box: SyncBox, text: string, more: { readonly clock?: Clock } = {}): Promise<LiveService> {
  const configFile = join(box.base, 'config.yaml')
  const write = (next: string): void => writeFileSync(configFile, next, { mode: 0o600 })
  write(text)
  const [secrets, stop, levels] = [new Secrets(), new AbortController(), [] as LogLevel[]]
  const env = { ENCORD_API_KEY: box.emulator.key, XDG_RUNTIME_DIR: box.base }
  const load = () => loadConfig({ file: configFile, directory: box.base, env, home: box.base, platform: 'linux', secrets })
  const waiting = new Set<(name: string, fields: Readonly<Record<string, unknown>>) => void>()
  let hangUp: () => void = () => undefined
  const running = runService(load(), {
    clock: more.clock ?? realClock,
    random: Math.random,
    log: {
      emit(name, fields) {
        box.events.push({ name, fields })
        for (const one of [...waiting]) one(name, fields)
      },
    },
    signal: stop.signal,
    crashPoint: () => undefined,
    env,
    version: '1.2.3',
    onReady: () => undefined,
    source: {
      load,
      liveChanges,
      onHangup(listener) {
        hangUp = listener
        return () => undefined
      },
    },
    setLogLevel: (level) => void levels.push(level),
  })
  const next: LiveService['next'] = (name, fits = () => true) =>
    new Promise((resolve, reject) => {
      const heard = (emitted: string, fields: Readonly<Record<string, unknown>>): void => {
        if (emitted !== name || !fits(fields)) return
        waiting.delete(heard)
        resolve(fields)
      }
      waiting.add(heard)
      running.then(() => reject(new Error(`the service ended before ${name}`)), reject)
    })
  const until: LiveService['until'] = async (name, fits = () => true) =>
    box.events.find((one) => one.name === name && fits(one.fields))?.fields ?? (await next(name, fits))
  await next('service.ready')
  const api = await connectLocal(join(box.base, 'state', 'ledger.db'), env)
  if (api === null) throw new Error('the service does not answer')
  const end = async (): Promise<void> => {
    stop.abort('SIGTERM')
    await running
  }
  const command = (...words: readonly string[]) =>
    runProgram([...words, '--config', configFile], {
      env,
      directory: box.base,
      home: box.base,
      nowMs: Date.now,
      stopSignal: () => new AbortController().signal,
    })
  return { configFile, levels, api, write, command, hangUp: () => hangUp(), next, until, stop: end, [Symbol.asyncDispose]: end }
}

/** A config for the box: each folder with its own settings, the rest of the file as given. */
export function liveConfig(box: SyncBox, folders: Readonly<Record<string, string>>, rest = '', encord = ''): string {
  const entries = Object.entries(folders).map(([name, settings]) => {
    const key = settings.includes('api_key') ? '' : `, api_key: "\${ENCORD_API_KEY}"`
    return `  - { path: ${join(box.base, name)}, dataset: ${box.emulator.dataset}, settle: 100ms, group_settle: 100ms${key}${settings} }`
  })
  return [
    `encord: { domain: "${box.emulator.url}", absent_gap: 1s${encord} }`,
    `ledger: ${box.base}/state/ledger.db`,
    'folders:',
    ...entries,
    rest,
    '',
  ].join('\n')
}

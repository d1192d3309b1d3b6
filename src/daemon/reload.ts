import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { Live } from '../config/fixed.ts'
import type { LoadedConfig } from '../config/loadedConfig.ts'
import type { ReloadView } from '../control/api.ts'
import type { Clock } from '../model/clock.ts'
import { UserError } from '../model/error.ts'
import type { Log } from '../model/event.ts'

/** Reads the config again and says what of it can be carried into a running service. */
export type ConfigSource = {
  /** @throws UserError (2) for one that can't be used */
  load(): LoadedConfig
  /** Parts a new config from what needs a restart. */
  liveChanges(old: LoadedConfig, next: LoadedConfig): Live
  /** Calls the listener at each SIGHUP; the returned function stops it. */
  onHangup(listener: () => void): () => void
}

export type ReloadTools = {
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  readonly source: ConfigSource
  /** As the service was started with. */
  readonly first: LoadedConfig
  /** Carries it into what runs. */
  apply(config: LoadedConfig): Promise<void>
  /** A key file is another one now. */
  onKeyChanged(): void
}

/** Follows the config file while the service runs. */
export type Reload = {
  /** The config in force, and what is wrong with the file. */
  view(): ReloadView
  /** Reads the file now; resolves when it is in force, or is found to be unusable. */
  now(): Promise<ReloadView>
  /** Resolves when nothing is being carried over any more; rejects with a defect, or a ledger that can't be written. */
  readonly ended: Promise<void>
}

/** How often the file is looked at, ms. A change is taken up once two looks agree: editors write in several steps. */
const LOOK_MS = 1_000
/** What a config names may come back without a change of it: one that can't be used is read again this often, ms. */
const RETRY_MS = 15_000

/**
 * Reads the config anew when its file changes, at SIGHUP and on request. One that is valid is carried over; with any other the one in force stays,
 * and the reason is logged once. Ends with the signal.
 */
export function followConfig(tools: ReloadTools): Reload {
  const { clock, log, signal, source, first } = tools
  let inForce = first
  // What the file held when it was last read: a change that was asked for is not noticed a second time.
  let taken = contentOf(first.file)
  let state: ReloadView = { file: first.file, state: 'in-force', sinceMs: clock.wallMs(), problem: null, restartNeeded: [] }
  let turn: Promise<unknown> = Promise.resolve()
  let failed: (error: unknown) => void = () => undefined
  const failure = new Promise<never>((_resolve, reject) => {
    failed = reject
  })

  async function reload(): Promise<ReloadView> {
    if (signal.aborted) return state
    taken = contentOf(first.file)
    const was = state.problem
    try {
      const { config, restartNeeded } = source.liveChanges(first, source.load())
      state = { ...state, state: 'applying', sinceMs: clock.wallMs(), problem: null }
      await tools.apply(config)
      inForce = config
      state = { file: first.file, state: 'in-force', sinceMs: clock.wallMs(), problem: null, restartNeeded }
      log.emit('config.reloaded', { file: first.file, folders: config.folders.length, restartNeeded })
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      const problem = error.message
      const told = was === problem
      state = { ...state, state: 'invalid', sinceMs: told ? state.sinceMs : clock.wallMs(), problem }
      if (!told) log.emit('config.invalid', { file: first.file, why: problem, next: 'encord-sync config check' })
    }
    return state
  }

  function now(): Promise<ReloadView> {
    const mine = turn.then(reload)
    turn = mine.catch(failed)
    return mine
  }

  async function watch(): Promise<void> {
    let keys = keysOf(inForce)
    let retryAtMs = clock.monotonicMs() + RETRY_MS
    let seen = { config: contentOf(first.file), keys }
    while (!signal.aborted) {
      await clock.sleep(LOOK_MS, signal).catch(() => undefined)
      const look = { config: contentOf(first.file), keys: keysOf(inForce) }
      const isAtRest = look.config === seen.config && look.keys === seen.keys
      seen = look
      if (!isAtRest) continue
      const isRetry = state.state === 'invalid' && clock.monotonicMs() >= retryAtMs
      if (isRetry || look.config !== taken) {
        await now()
        retryAtMs = clock.monotonicMs() + RETRY_MS
      }
      if (look.keys !== keys) tools.onKeyChanged()
      keys = keysOf(inForce)
      seen = { config: look.config, keys }
    }
  }

  const stopListening = source.onHangup(() => void now().catch(() => undefined))
  const watching = watch().catch(failed)
  const ended = Promise.race([
    failure,
    watching.then(async () => {
      stopListening()
      await turn
    }),
  ])
  return { view: () => state, now, ended }
}

/** A digest of the file; null when it can't be read. */
function contentOf(file: string): string | null {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex')
  } catch {
    return null
  }
}

/** What tells a key file from what it was; its content is not read here. */
function keysOf({ folders }: LoadedConfig): string {
  return folders
    .flatMap(({ keyFile: file }) => {
      if (file === null) return []
      try {
        const { ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true })
        return `${ino} ${size} ${mtimeNs} ${ctimeNs}`
      } catch (error) {
        // Not there, behind a closed directory, on a share that is away: the key in hand stays in use.
        return String((error as NodeJS.ErrnoException).code)
      }
    })
    .join('\n')
}

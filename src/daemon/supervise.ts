import type { StatusView } from '../control/api.ts'
import type { Clock } from '../model/clock.ts'
import type { Log } from '../model/event.ts'
import { type Liveness, type Mark, openLiveness, type Part, type Stuck } from './liveness.ts'
import { statusLine } from './statusLine.ts'
import { type Notifier, SILENT_NOTIFIER } from './systemdNotify.ts'

export type SuperviseTools = {
  readonly notifier: Notifier
  readonly clock: Clock
  readonly log: Log
  /** The stop of the service. */
  readonly signal: AbortSignal
  readonly liveness?: Liveness
}

/** What is watched. */
export type Supervised = {
  marks(): Readonly<Record<Exclude<Part, 'ledger'>, Mark>>
  /** Writes something durable: proof that the ledger moves. */
  touchLedger(): Promise<unknown>
  status(): Promise<Pick<StatusView, 'folders' | 'exitCode'>>
}

/** What the service manager hears of a service: READY, its status, signs of life, that it reloads, that it stops. */
export type Supervision = {
  /** Every folder was looked at. */
  ready(): Promise<void>
  /** While `work` is done the manager knows that the service reloads (sd_notify(3), RELOADING). */
  reloading<T>(work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** Between two looks, ms; with a short watchdog more often. */
const LOOK_MS = 10_000
/** A start may take as long as it gets on: each sign gives it this long, ms. Also the first sign's time where no watchdog is set. */
const START_MS = 120_000
/** Between two writes that prove that the ledger moves, ms. */
const TOUCH_MS = 60_000
/** Counting many units takes a while: not more than this share of the time. */
const STATUS_SHARE = 1 / 200

/** Nobody listens: nothing is counted or written for it. */
export const UNSUPERVISED: Supervision = { ready: async () => undefined, reloading: (work) => work(), close: async () => undefined }

/**
 * Tells the service manager how the service does, until it is closed. Signs of life are given while the loop makes rounds, the scanner
 * reads directories, the queue gets on and the ledger takes a write: what hangs is started anew by systemd, and goes on where it was.
 */
export function supervise(supervised: Supervised, tools: SuperviseTools): Supervision {
  const { notifier, signal } = tools
  if (notifier === SILENT_NOTIFIER) return UNSUPERVISED
  const signs = new Signs(supervised, tools)
  const onStop = (): void => notifier.tell({ STOPPING: '1', STATUS: 'stopping: the steps in hand are being finished' })
  signal.addEventListener('abort', onStop, { once: true })
  const ending = new AbortController()
  const ended = signs.give(ending.signal)
  return {
    ready: () => signs.ready(),
    async reloading(work) {
      // READY would be said too early.
      if (!signs.isReady) return await work()
      notifier.tell({ RELOADING: '1' })
      try {
        return await work()
      } finally {
        // Not one word with the other: a state that is not told apart was never there.
        await notifier.flushed()
        notifier.tell({ READY: '1' })
      }
    },
    async close() {
      signal.removeEventListener('abort', onStop)
      ending.abort()
      await ended
      await notifier.flushed()
    },
  }
}

class Signs {
  readonly #supervised: Supervised
  readonly #tools: SuperviseTools
  readonly #liveness: Liveness
  readonly #periodMs: number
  #isReady = false
  #stuck: Part | null = null
  #line = ''
  #lineDueMs = Number.NEGATIVE_INFINITY
  #touchDueMs = Number.NEGATIVE_INFINITY
  #touches = { asked: 0, done: 0 }

  constructor(supervised: Supervised, tools: SuperviseTools) {
    this.#supervised = supervised
    this.#tools = tools
    this.#liveness = tools.liveness ?? openLiveness()
    this.#periodMs = (tools.notifier.watchdogMs ?? START_MS) / 4
  }

  get isReady(): boolean {
    return this.#isReady
  }

  async ready(): Promise<void> {
    this.#isReady = true
    this.#lineDueMs = Number.NEGATIVE_INFINITY
    await this.#say({ READY: '1' })
  }

  async give(ended: AbortSignal): Promise<void> {
    const { clock } = this.#tools
    while (!ended.aborted) {
      await clock.sleep(Math.min(LOOK_MS, this.#periodMs), ended).catch(() => undefined)
      if (!ended.aborted) await this.#look()
    }
  }

  async #look(): Promise<void> {
    const stuck = this.#judge()
    if (stuck === null) await this.#say(this.#isReady ? { WATCHDOG: '1' } : { EXTEND_TIMEOUT_USEC: String(START_MS * 1_000) })
    else this.#tools.notifier.tell({ STATUS: `the ${stuck.part} does not move; systemd starts the service anew` })
    if (stuck !== null && stuck.part !== this.#stuck) {
      this.#tools.log.emit('service.stuck', { part: stuck.part, forMs: Math.round(stuck.forMs) })
    }
    this.#stuck = stuck?.part ?? null
  }

  #judge(): Stuck | null {
    const { clock } = this.#tools
    const nowMs = clock.monotonicMs()
    const touches = this.#touches
    if (touches.asked === touches.done && nowMs >= this.#touchDueMs) this.#touch(nowMs)
    const ledger: Mark = { busy: touches.asked > touches.done, progress: touches.done }
    return this.#liveness.judge({ ...this.#supervised.marks(), ledger }, nowMs)
  }

  /** Not waited for: whether it came to its end is looked at the next times. */
  #touch(nowMs: number): void {
    const touches = this.#touches
    touches.asked++
    this.#touchDueMs = nowMs + TOUCH_MS
    this.#supervised.touchLedger().then(
      () => {
        touches.done++
      },
      // A ledger that can't be written does not move; the engine says why as soon as it has something to write.
      () => undefined,
    )
  }

  async #say(assignments: Readonly<Record<string, string>>): Promise<void> {
    const { notifier, signal } = this.#tools
    const line = await this.#statusLine()
    if (!signal.aborted) notifier.tell(line === null ? assignments : { ...assignments, STATUS: line })
  }

  /** Null when it is what was said last, or when it was counted only just now. */
  async #statusLine(): Promise<string | null> {
    const { clock } = this.#tools
    const began = clock.monotonicMs()
    if (began < this.#lineDueMs) return null
    const view = await this.#supervised.status().catch(() => null)
    this.#lineDueMs = clock.monotonicMs() + (clock.monotonicMs() - began) / STATUS_SHARE
    if (view === null) return null
    const line = this.#isReady ? statusLine(view) : `first scan of the folders; ${statusLine(view)}`
    if (line === this.#line) return null
    this.#line = line
    return line
  }
}

import type { Clock } from '../../src/model/clock.ts'

/** 2023-11-14T22:13:20Z: where every world begins, ms since 1970. */
const BEGIN_MS = 1_700_000_000_000

type Timer = { readonly dueMs: number; readonly order: number; readonly isWorld: boolean; readonly fire: () => void }

/**
 * Time that passes only when nothing else can run. Things of the world (a file is written, a disk goes away) and sleepers of a
 * process lie in one order; a walk lets time creep on by itself, in which the world changes and sleepers oversleep.
 */
export class VirtualClock {
  nowMs = 1_000
  #wallAheadMs = 0
  #wasSet = false
  #order = 0
  readonly #timers: Timer[] = []
  readonly #world: Timer[] = []

  /** What the machine's wall clock is ahead of the true one, ms. */
  get wallAheadMs(): number {
    return this.#wallAheadMs
  }

  /** Was the machine's wall clock ever set? */
  get wasSet(): boolean {
    return this.#wasSet
  }

  /** The machine's wall clock is set forward by so much, or back. */
  set(byMs: number): void {
    this.#wallAheadMs += byMs
    this.#wasSet ||= byMs !== 0
  }

  /** The true time, ms since 1970: the server's. */
  trueMs(): number {
    return BEGIN_MS + this.nowMs
  }

  /** What the machine takes for the time, ms since 1970. */
  wallMs(): number {
    return BEGIN_MS + this.nowMs + this.#wallAheadMs
  }

  /** Something of the world happens at this time, ms of the clock's own count. */
  at(dueMs: number, fire: () => void): void {
    this.#insert(this.#world, { dueMs, order: this.#order++, isWorld: true, fire })
  }

  /** A sleeper wakes after `ms`. */
  after(ms: number, fire: () => void): void {
    this.#insert(this.#timers, { dueMs: Math.ceil(this.nowMs + Math.max(0, ms)), order: this.#order++, isWorld: false, fire })
  }

  /** Goes on to the next thing that is due, and lets it happen. @returns false when nothing is due until then */
  step(untilMs: number): boolean {
    const sleeper = this.#timers[0]
    const thing = this.#world[0]
    const isThing =
      thing !== undefined &&
      (sleeper === undefined || thing.dueMs < sleeper.dueMs || (thing.dueMs === sleeper.dueMs && thing.order < sleeper.order))
    const next = isThing ? thing : sleeper
    if (next === undefined || next.dueMs > untilMs) {
      this.nowMs = Math.max(this.nowMs, untilMs)
      return false
    }
    ;(isThing ? this.#world : this.#timers).shift()
    this.nowMs = Math.max(this.nowMs, next.dueMs)
    next.fire()
    return true
  }

  /** Lets time pass inside a synchronous walk: only the world goes on. */
  creep(ms: number): void {
    const untilMs = Math.ceil(this.nowMs + ms)
    for (let thing = this.#world[0]; thing !== undefined && thing.dueMs <= untilMs; thing = this.#world[0]) {
      this.#world.shift()
      this.nowMs = Math.max(this.nowMs, thing.dueMs)
      thing.fire()
    }
    this.nowMs = Math.max(this.nowMs, untilMs)
  }

  #insert(into: Timer[], timer: Timer): void {
    let at = into.length
    while (at > 0 && later(into[at - 1] as Timer, timer)) at--
    into.splice(at, 0, timer)
  }
}

function later(a: Timer, b: Timer): boolean {
  return a.dueMs > b.dueMs || (a.dueMs === b.dueMs && a.order > b.order)
}

/** The clock of one process: once it is dead, its sleepers never wake. */
export function clockOf(clock: VirtualClock, isAlive: () => boolean): Clock {
  return {
    wallMs: () => clock.wallMs(),
    monotonicMs: () => clock.nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(signal.reason)
          return
        }
        let isOver = false
        signal?.addEventListener(
          'abort',
          () => {
            if (!isOver && isAlive()) reject(signal.reason)
            isOver = true
          },
          { once: true },
        )
        clock.after(ms, () => {
          if (!isOver && isAlive()) resolve()
          isOver = true
        })
      }),
  }
}

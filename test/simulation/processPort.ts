import type { Random } from '../../src/model/clock.ts'
import type { VirtualClock } from './virtualClock.ts'

/** Where a process may die: at the nth step it takes, or at the nth time it comes to a named point. */
export type Death = { readonly step: number } | { readonly point: string; readonly times: number }

/** Thrown where a process dies in the middle of synchronous work; nothing that follows counts. */
export class Died extends Error {
  override readonly name = 'Died'
}

/**
 * Everything a process does outside itself goes through here, one step at a time: a step takes a while, the world moves on
 * meanwhile, and the process may die before it, or between what it did and hearing of it.
 */
export class ProcessPort {
  isAlive = true
  /** Writes that wait for their transaction. */
  pendingCommits = 0
  steps = 0
  #death: Death | null = null
  #points = 0
  readonly #clock: VirtualClock
  readonly #luck: Random
  readonly #slowness: number
  readonly #heirs: { onDoom?(where: string): void; onDeath(): void }

  /** @param slowness share of steps that take time */
  constructor(clock: VirtualClock, luck: Random, slowness: number, heirs: { onDoom?(where: string): void; onDeath(): void }) {
    this.#clock = clock
    this.#luck = luck
    this.#slowness = slowness
    this.#heirs = heirs
  }

  /** The process will die at this point of its way, counted from now. */
  doom(death: Death): void {
    this.#death = 'step' in death ? { step: this.steps + death.step } : death
    this.#points = 0
  }

  die(): void {
    if (!this.isAlive) return
    this.isAlive = false
    this.#heirs.onDeath()
  }

  /** @param longestMs how long it may take */
  async step<T>(_what: string, act: () => T, longestMs = 8): Promise<T> {
    if (!this.#goesOn()) return await never<T>()
    const luck = this.#luck()
    if (luck < this.#slowness) await this.#sleep(Math.ceil((luck / this.#slowness) * longestMs))
    const result = act()
    if (!this.#goesOn()) return await never<T>()
    return result
  }

  /** A named point of the engine's own. */
  point(name: string): void {
    if (!this.isAlive) throw new Died(name)
    const death = this.#death
    if (death === null || !('point' in death) || death.point !== name) return
    if (++this.#points < death.times) return
    this.#heirs.onDoom?.(name)
    this.die()
    throw new Died(name)
  }

  walkPauseMs(): number {
    const luck = this.#luck()
    return luck < this.#slowness ? Math.ceil(luck * 6) : 0
  }

  sleep(ms: number): Promise<void> {
    return this.#sleep(ms)
  }

  #goesOn(): boolean {
    if (!this.isAlive) return false
    this.steps++
    const death = this.#death
    if (death !== null && 'step' in death && this.steps >= death.step) {
      this.#heirs.onDoom?.('a step')
      this.die()
    }
    return this.isAlive
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(ms, () => {
        if (this.isAlive) resolve()
      })
    })
  }
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined)
}

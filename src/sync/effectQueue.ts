import type { Clock } from '../model/clock.ts'
import type { EffectTools } from './effectTools.ts'
import type { Progress } from './engine.ts'
import { type Executed, execute, ticketImages } from './executor.ts'
import type { Holds } from './holds.ts'
import type { Effect } from './plan/action.ts'
import type { RemoteLink } from './remoteLink.ts'
import type { Slots } from './slots.ts'

type Upload = Extract<Effect, { kind: 'upload' }>

/** Effects of one folder that wait for their turn, and those that are being carried out. */
export type EffectQueue = {
  push(effect: Effect): void
  /** Begins effects while there is room: unknown outcomes first, then small before large, notes on rows last. */
  pump(): void
  /** Lets go of what waits: it is planned anew by whoever has its unit next. */
  drop(): void
  readonly length: number
  readonly isFull: boolean
  /** Further bytes of a unit's bodies that left. */
  count(unitId: number, moreBytes: number): void
  progress(folder: string): {
    readonly queued: number
    readonly queuedBytes: number
    readonly inHand: number
    readonly uploads: Progress['uploads']
    readonly sentBytes: number
    readonly sentUnits: number
  }
}

export type QueueTools = {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly slots: Slots
  readonly link: RemoteLink
  readonly holds: Holds
  begin(work: () => Promise<void>): void
  effectTools(): EffectTools
  onDone(effect: Effect, executed: Executed): void
}

/** Effects waiting at most: what is planned must be about the disk as it is, not as it was. */
const MOST_WAITING = 1_000
/** Between two words about how far an upload is, ms. */
const PROGRESS_MS = 10_000
/** Signed URLs asked for in one call: as many as are used within seconds. */
const TICKET_BATCH = 32

export function openEffectQueue(tools: QueueTools): EffectQueue {
  const { clock, signal, slots, link, holds } = tools
  const waiting: Effect[] = []
  const sending = new Map<number, { path: string; sentBytes: number; sizeBytes: number; tellAtMs: number }>()
  let jobs = 0
  let sentBytes = 0
  let sentUnits = 0

  function takeNext(): Effect {
    let best = 0
    for (let i = 1; i < waiting.length; i++) {
      if (weight(waiting[i] as Effect) < weight(waiting[best] as Effect)) best = i
    }
    return waiting.splice(best, 1)[0] as Effect
  }

  function takeImages(limit: number): Upload[] {
    const images = waiting.filter((effect): effect is Upload => effect.kind === 'upload' && effect.unitKind === 'image')
    const taken = images.sort((a, b) => a.sizeBytes - b.sizeBytes).slice(0, Math.min(limit, slots.size * 2))
    for (const effect of taken) waiting.splice(waiting.indexOf(effect), 1)
    return taken
  }

  function start(effects: readonly Effect[], prepare: (effectTools: EffectTools) => Promise<void>): void {
    const effectTools = tools.effectTools()
    jobs += effects.length
    const prepared = prepare(effectTools)
    for (const effect of effects) {
      tools.begin(async () => {
        try {
          await prepared
          await carryOut(effectTools, effect)
        } finally {
          jobs--
          sending.delete(effect.unitId)
          holds.release(effect.unitId)
        }
      })
    }
  }

  async function carryOut(effectTools: EffectTools, effect: Effect): Promise<void> {
    if (effect.kind === 'upload') {
      sending.set(effect.unitId, {
        path: effect.key,
        sentBytes: 0,
        sizeBytes: effect.sizeBytes,
        tellAtMs: clock.monotonicMs() + PROGRESS_MS,
      })
    }
    const done = await execute(effectTools, link, effect)
    if (effect.kind === 'upload' && done.againInMs === 0 && done.look === null) sentUnits++
    tools.onDone(effect, done)
  }

  return {
    push(effect) {
      holds.hold(effect.unitId)
      waiting.push(effect)
    },
    pump() {
      if (signal.aborted || link.closedUntilMs() > clock.monotonicMs() || link.key().kind === 'refused') return
      while (waiting.length > 0 && jobs < slots.size * 2) {
        const effect = takeNext()
        const batch = effect.kind === 'upload' && effect.unitKind === 'image' ? [effect, ...takeImages(TICKET_BATCH - 1)] : null
        if (batch === null) start([effect], async () => undefined)
        else start(batch, (effectTools) => ticketImages(effectTools, link, batch))
      }
    },
    drop() {
      for (const effect of waiting.splice(0)) holds.release(effect.unitId)
    },
    get length() {
      return waiting.length
    },
    get isFull() {
      return waiting.length >= MOST_WAITING
    },
    count(unitId, moreBytes) {
      sentBytes += moreBytes
      const line = sending.get(unitId)
      if (line === undefined) return
      line.sentBytes += moreBytes
      const now = clock.monotonicMs()
      if (now < line.tellAtMs) return
      line.tellAtMs = now + PROGRESS_MS
      const { folder, log } = tools.effectTools()
      log.emit('upload.progress', { folder: folder.path, path: line.path, sentBytes: line.sentBytes, sizeBytes: line.sizeBytes })
    },
    progress: (folder) => ({
      queued: waiting.length,
      queuedBytes: waiting.reduce((sum, effect) => sum + (effect.kind === 'upload' ? effect.sizeBytes : 0), 0),
      inHand: jobs,
      uploads: [...sending.values()].map(({ tellAtMs: _tellAtMs, ...one }) => ({ folder, ...one })),
      sentBytes,
      sentUnits,
    }),
  }
}

function weight(effect: Effect): number {
  switch (effect.kind) {
    case 'resolve':
      return -2
    case 'retitle':
      return -1
    case 'upload':
      return effect.sizeBytes
    case 'write-metadata':
      return Number.MAX_SAFE_INTEGER
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import type { FaultControl, FaultRule } from '../../src/emulator/faults.ts'
import type { Chance } from './chance.ts'

const CHANGING = ['POST singleimage', 'PUT video', 'POST imagegroup', 'DELETE video', 'PUT datarow']

/** What comes and goes, by name. */
const FAULTS: Readonly<Record<string, readonly FaultRule[]>> = {
  'some answers are 503': [{ match: { call: '*', probability: 0.2 }, do: { kind: 'status', status: 503 } }],
  'some answers are 500, after the effect': [
    { match: { call: '*', probability: 0.15 }, do: { kind: 'status', status: 500, when: 'after' } },
  ],
  'answers are lost': [{ match: { call: CHANGING, probability: 0.3 }, do: { kind: 'cut', when: 'after' } }],
  'calls never arrive': [{ match: { call: '*', probability: 0.3 }, do: { kind: 'cut' } }],
  'bodies break off': [{ match: { call: 'PUT bucket', probability: 0.3 }, do: { kind: 'cut', when: 'during', afterBytes: 1_000 } }],
  'too many requests': [{ match: { call: '*', probability: 0.3 }, do: { kind: 'status', status: 429, retryAfter: 1 } }],
  'a proxy answers in HTML': [{ match: { call: '*', probability: 0.1 }, do: { kind: 'html' } }],
  'everything is slow': [{ match: { call: '*' }, do: { kind: 'latency', ms: 400 } }],
  'listings lag': [{ match: { call: '*' }, do: { kind: 'listingLag', ms: 300 } }],
  'the network is away': [{ match: { call: '*' }, do: { kind: 'cut' } }],
}

/** The process stands still for a while, as when the machine sleeps. */
const STANDSTILL = 'the process stands still'
const CLEAR_MS = { least: 2_000, most: 6_000 }
const FAULT_MS = { least: 2_000, most: 6_000 }

/** Lets faults come and go until the signal. @returns how often each came */
export async function weather(
  { between, pick }: Chance,
  faults: FaultControl,
  pid: () => number | null,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const came = new Map<string, number>()
  const wait = (least: number, most: number) => delay(between(least, most), undefined, { signal }).catch(() => undefined)
  while (!signal.aborted) {
    await wait(CLEAR_MS.least, CLEAR_MS.most)
    if (signal.aborted) break
    const name = pick([...Object.keys(FAULTS), STANDSTILL]) ?? STANDSTILL
    came.set(name, (came.get(name) ?? 0) + 1)
    if (name === STANDSTILL) await standStill(pid(), between(500, 4_000))
    else {
      faults.set(FAULTS[name] ?? [])
      await wait(FAULT_MS.least, FAULT_MS.most)
      faults.clear()
    }
  }
  return came
}

async function standStill(pid: number | null, forMs: number): Promise<void> {
  if (pid === null) return
  process.kill(pid, 'SIGSTOP')
  await delay(forMs)
  process.kill(pid, 'SIGCONT')
}

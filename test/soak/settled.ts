import { setTimeout as delay } from 'node:timers/promises'
import type { ServiceBox } from '../support/serviceBox.ts'
import { type Difference, differences, diskUnits } from './diskUnits.ts'
import { approveHeld, type Decided, NOTHING_DECIDED, together } from './person.ts'

const LOOK_MS = 2_000

/** What is left once nobody writes any more. */
export type EndState = { readonly differences: readonly string[]; readonly decided: Decided; readonly tookMs: number }

/**
 * Waits until the dataset is what the folder holds, and stays so over two looks. What is held for a person is approved as it is shown; it
 * is counted. @returns what still differs when it took too long
 */
export async function settled(box: ServiceBox, patienceMs: number): Promise<EndState> {
  const began = performance.now()
  let decided = NOTHING_DECIDED
  let equal = 0
  for (;;) {
    const left = differences(box.rows(), diskUnits(box.folder))
    equal = left.length === 0 ? equal + 1 : 0
    const tookMs = performance.now() - began
    if (equal === 2) return { differences: [], decided, tookMs }
    if (tookMs > patienceMs) return { differences: await explained(box, left), decided, tookMs }
    if (left.length > 0) decided = together(decided, await approveHeld(box))
    await delay(LOOK_MS)
  }
}

/** Each difference with what the service says of it. */
async function explained(box: ServiceBox, left: readonly Difference[]): Promise<readonly string[]> {
  const said = await Promise.all(left.map(({ title }) => box.command(['why', '--', title])))
  return left.map(({ text }, i) => `${text}\n${said[i]?.stdout ?? ''}${said[i]?.stderr ?? ''}`)
}

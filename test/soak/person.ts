import { setTimeout as delay } from 'node:timers/promises'
import type { HeldBatch } from '../../src/control/api.ts'
import { EXIT } from '../../src/model/exitCode.ts'
import type { Finished } from '../support/commandProcess.ts'
import type { ServiceBox } from '../support/serviceBox.ts'
import type { Chance } from './chance.ts'

const ROUND_MS = { least: 20_000, most: 30_000 }

/** What a person decided, and each command that did not do what its help promises. */
export type Decided = { readonly batches: number; readonly units: number; readonly failures: readonly string[] }

/** Nobody yet. */
export const NOTHING_DECIDED: Decided = { batches: 0, units: 0, failures: [] }

/** Approves every held batch, round after round, until the signal; the round in hand is finished. */
export async function person({ between }: Chance, box: ServiceBox, signal: AbortSignal): Promise<Decided> {
  let all = NOTHING_DECIDED
  while (!signal.aborted) {
    await delay(between(ROUND_MS.least, ROUND_MS.most), undefined, { signal }).catch(() => undefined)
    all = together(all, await approveHeld(box))
  }
  return all
}

/**
 * One round, with the commands that a person types: `deletes list --json`, then `deletes approve ID --digest D` for each open batch. A batch
 * never changes once it was made, so there is no innocent reason for a refusal while a service runs.
 */
export async function approveHeld(box: ServiceBox): Promise<Decided> {
  const listed = await box.command(['deletes', 'list', '--json'])
  if (listed.code !== EXIT.ok && listed.code !== EXIT.person) return { ...NOTHING_DECIDED, failures: [failure('deletes list', listed)] }
  let decided = NOTHING_DECIDED
  for (const { id, decision, digest } of JSON.parse(listed.stdout) as readonly HeldBatch[]) {
    if (id === null || decision !== null || digest === null) continue
    const answer = await box.command(['deletes', 'approve', String(id), '--digest', digest, '--json'])
    decided = together(decided, approvedBy(id, answer))
  }
  return decided
}

/** The sum of two rounds. */
export function together(one: Decided, other: Decided): Decided {
  return {
    batches: one.batches + other.batches,
    units: one.units + other.units,
    failures: [...one.failures, ...other.failures],
  }
}

function approvedBy(id: number, answer: Finished): Decided {
  if (answer.code !== EXIT.ok) return { ...NOTHING_DECIDED, failures: [failure(`deletes approve ${id}`, answer)] }
  const { approved } = JSON.parse(answer.stdout) as { readonly approved: number }
  return { batches: 1, units: approved, failures: [] }
}

function failure(command: string, { code, signal, stderr }: Finished): string {
  return `${command}: ${signal ?? `exit code ${code}`}: ${stderr.trim()}`
}

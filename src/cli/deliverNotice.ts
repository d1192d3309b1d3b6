import { hostname } from 'node:os'
import { systemClock } from '../app/systemClock.ts'
import type { NotifyConfig } from '../config/loadedConfig.ts'
import type { Notice } from '../model/notice.ts'
import type { Delivery } from '../notify/deliver.ts'

/** Hands a notice to those that the config names, each once. */
export async function deliverNotice(notice: Notice, notify: NotifyConfig, env: NodeJS.ProcessEnv): Promise<readonly Delivery[]> {
  const { deliver } = await import('../notify/deliver.ts')
  return await deliver(notice, notify, { clock: systemClock, env, host: hostname() })
}

/** Whether anybody has it, and why somebody has not. */
export function summaryOf(deliveries: readonly Delivery[]): { readonly reached: boolean; readonly why: string | null } {
  const failed = deliveries.flatMap(({ why }) => (why === null ? [] : [why]))
  return { reached: failed.length === 0 || failed.length < deliveries.length, why: failed.length === 0 ? null : failed.join('; ') }
}

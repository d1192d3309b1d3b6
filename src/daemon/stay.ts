import { statusBeforeFirstRun } from '../app/statusView.ts'
import type { LoadedConfig } from '../config/loadedConfig.ts'
import { serveLocal } from '../control/server.ts'
import { chooseSocketPath } from '../control/socketPath.ts'
import type { Clock } from '../model/clock.ts'
import type { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import { needsPerson, openBlocked } from './blocked.ts'
import { openPage } from './page.ts'
import { runService, type ServiceTools } from './run.ts'
import { type Notifier, SILENT_NOTIFIER } from './systemdNotify.ts'

export type StayTools = ServiceTools & {
  /** Any error in the words a person sees. */
  storyOf(error: unknown): UserError
}

/**
 * Runs the service until its signal. Where only a person helps (a damaged ledger, for one) it does not end, since a service manager
 * would only start it again: it says so in `status`, and goes on when the cause is gone.
 * @throws UserError as `runService`, but never with exit code 3
 */
export async function runAndStay(config: LoadedConfig, tools: StayTools): Promise<void> {
  let blockedBefore = false
  while (!tools.signal.aborted) {
    try {
      await runService(blockedBefore ? newest(config, tools) : config, tools)
      return
    } catch (error) {
      const story = tools.storyOf(error)
      // Someone who repairs it may hold the ledger for a while.
      const isRepaired = blockedBefore && story.exitCode === EXIT.locked
      if (!needsPerson(story) && !isRepaired) throw error
      blockedBefore = true
      await waitForPerson(config, story, tools)
    }
  }
}

/** Someone who acted may have changed the config as well; one that can't be used is not taken. */
function newest(config: LoadedConfig, { source }: StayTools): LoadedConfig {
  try {
    return source?.load() ?? config
  } catch {
    return config
  }
}

async function waitForPerson(config: LoadedConfig, story: UserError, tools: StayTools): Promise<void> {
  const { clock, log, signal, notifier = SILENT_NOTIFIER } = tools
  const { ledgerPath } = config
  const began = clock.monotonicMs()
  const view = statusBeforeFirstRun({ config, version: tools.version, wallMs: () => clock.wallMs() }, ledgerPath)
  const startedAtMs = clock.wallMs()
  const service = { running: true, pid: process.pid, startedAtMs }
  const blocked = openBlocked(story, { ...view, service }, { ledgerPath, clock, signal })
  const server = await serveLocal(blocked.api, {
    // The lock is not held now: another process may come to hold it, and serve at the usual place.
    socketPath: chooseSocketPath(ledgerPath, tools.env).replace(/\.sock$/, '.wait'),
    ledgerPath,
    version: tools.version,
    startedAtMs,
  })
  const page = config.status === null ? null : await openPage(config.status, ledgerPath, blocked.api, () => 0, tools)
  log.emit('service.blocked', { why: story.message, next: story.next })
  const stopListening = tools.source?.onHangup(() => blocked.tell())
  const ending = new AbortController()
  const signs = giveSigns(notifier, clock, ending.signal)
  await tell('begin', config, story, startedAtMs, tools)
  notifier.tell({ READY: '1', STATUS: 'a person must act: encord-sync status' })
  try {
    await blocked.over()
  } finally {
    stopListening?.()
    ending.abort()
    await signs
    await page?.close()
    await server.close()
  }
  if (signal.aborted) return
  log.emit('service.unblocked', { tookMs: Math.round(clock.monotonicMs() - began) })
  await tell('over', config, story, startedAtMs, tools)
}

/** There is no ledger that could remember what was told: a start that finds the same says it again. */
async function tell(event: 'begin' | 'over', config: LoadedConfig, story: UserError, sinceMs: number, tools: StayTools): Promise<void> {
  if (config.notify?.on.includes('ledger') !== true) return
  const what = story.message
  await tools.deliver?.(
    { event, key: 'ledger', cause: 'ledger', folder: null, what, next: story.next, sinceMs, atMs: tools.clock.wallMs() },
    config,
  )
}

/** Nothing but this wait can hang here. */
async function giveSigns(notifier: Notifier, clock: Clock, ended: AbortSignal): Promise<void> {
  while (!ended.aborted && notifier.watchdogMs !== null) {
    notifier.tell({ WATCHDOG: '1' })
    await clock.sleep(notifier.watchdogMs / 4, ended).catch(() => undefined)
  }
}

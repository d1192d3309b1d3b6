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

/** What a person has to settle, and since when, ms since 1970. */
type Cause = { readonly story: UserError; readonly sinceMs: number }

/** Between two looks whether the ledger is free again, ms. */
const LOCKED_MS = 5_000

/**
 * Runs the service until its signal. Where only a person helps (a damaged ledger, for one) it does not end, since a service manager
 * would only start it again: it says so in `status`, and goes on when the cause is gone.
 * @throws UserError as `runService`, but never with exit code 3
 */
export async function runAndStay(config: LoadedConfig, tools: StayTools): Promise<void> {
  const waits: { for: Cause | null } = { for: null }
  const onReady = (): void => {
    if (waits.for !== null) void isOver(config, waits.for, tools)
    waits.for = null
    tools.onReady()
  }
  while (!tools.signal.aborted) {
    try {
      await runService(waits.for === null ? config : newest(config, tools), { ...tools, onReady })
      return
    } catch (error) {
      const story = tools.storyOf(error)
      // Someone who repairs it may hold the ledger for a while; what serves it then is not stood in for.
      if (waits.for !== null && story.exitCode === EXIT.locked) await alive(tools, () => restBriefly(tools))
      else if (!needsPerson(story)) throw error
      else {
        const isNew = waits.for?.story.message !== story.message
        waits.for = { story, sinceMs: waits.for?.sinceMs ?? tools.clock.wallMs() }
        await alive(tools, () => waitForPerson(config, story, isNew, tools))
      }
    }
  }
}

/** Said once for each cause, however often it was tried in between. */
async function isOver(config: LoadedConfig, { story, sinceMs }: Cause, tools: StayTools): Promise<void> {
  tools.log.emit('service.unblocked', { tookMs: Math.round(tools.clock.wallMs() - sinceMs) })
  await tell('over', config, story, sinceMs, tools)
}

async function restBriefly({ clock, signal }: StayTools): Promise<void> {
  await clock.sleep(LOCKED_MS, signal).catch(() => undefined)
}

/** Nothing but the wait itself can hang meanwhile: it is a sign of life. */
async function alive(tools: StayTools, wait: () => Promise<void>): Promise<void> {
  const ending = new AbortController()
  const signs = giveSigns(tools.notifier ?? SILENT_NOTIFIER, tools.clock, ending.signal)
  try {
    await wait()
  } finally {
    ending.abort()
    await signs
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

async function waitForPerson(config: LoadedConfig, story: UserError, isNew: boolean, tools: StayTools): Promise<void> {
  const { clock, log, signal, notifier = SILENT_NOTIFIER } = tools
  const { ledgerPath } = config
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
  const stopListening = tools.source?.onHangup(() => blocked.tell())
  notifier.tell({ READY: '1', STATUS: 'a person must act: encord-sync status' })
  if (isNew) {
    log.emit('service.blocked', { why: story.message, next: story.next })
    await tell('begin', config, story, startedAtMs, tools)
  }
  try {
    await blocked.over()
  } finally {
    stopListening?.()
    await page?.close()
    await server.close()
  }
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

async function giveSigns(notifier: Notifier, clock: Clock, ended: AbortSignal): Promise<void> {
  while (!ended.aborted && notifier.watchdogMs !== null) {
    notifier.tell({ WATCHDOG: '1' })
    await clock.sleep(notifier.watchdogMs / 4, ended).catch(() => undefined)
  }
}

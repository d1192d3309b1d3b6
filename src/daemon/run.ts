import { backUpDaily, lastDailyBackupMs } from '../app/backUpDaily.ts'
import type { ChangeParts } from '../app/changeParts.ts'
import { changes } from '../app/changes.ts'
import { guardOf } from '../app/guard.ts'
import type { LocalParts } from '../app/localParts.ts'
import { openSync, type Sync, type SyncTools } from '../app/openSync.ts'
import { queries } from '../app/queries.ts'
import { troublesOf } from '../app/troubles.ts'
import { lastVerified, verifyDaily } from '../app/verifyDaily.ts'
import { openWatch, type WatchListener } from '../app/watch.ts'
import type { LoadedConfig } from '../config/loadedConfig.ts'
import type { ReloadView } from '../control/api.ts'
import { serveLocal } from '../control/server.ts'
import { chooseSocketPath } from '../control/socketPath.ts'
import type { LogLevel } from '../model/event.ts'
import { inTime } from '../model/inTime.ts'
import type { Notice } from '../model/notice.ts'
import type { StatusServer } from '../status/server.ts'
import type { Engine } from '../sync/engine.ts'
import { watchTime } from '../watcher/wake.ts'
import { type DailyJob, runDaily } from './daily.ts'
import { keepServed } from './keepServed.ts'
import { marksOf } from './marks.ts'
import { type Delivered, tellTroubles } from './notices.ts'
import { watchOffline } from './offline.ts'
import { openPage } from './page.ts'
import { type ConfigSource, followConfig, type Reload } from './reload.ts'
import { type Supervision, supervise, UNSUPERVISED } from './supervise.ts'
import { type Notifier, SILENT_NOTIFIER } from './systemdNotify.ts'

export type ServiceTools = Pick<SyncTools, 'clock' | 'random' | 'log' | 'signal' | 'crashPoint'> & {
  readonly env: NodeJS.ProcessEnv
  readonly version: string
  /** The service manager; without it, nobody is told. */
  readonly notifier?: Notifier
  /** Called once every folder was looked at. */
  onReady(): void
  /** Where a changed config comes from; without it, the one at the start stays. */
  readonly source?: ConfigSource
  setLogLevel?(level: LogLevel): void
  /** Hands a notice to whom the config names; without it, nobody is told. */
  deliver?(notice: Notice, config: LoadedConfig): Promise<Delivered>
}

/** Steps in hand at a stop have this long to end, ms; what is cut then is resolved at the next start. */
const STOP_PATIENCE_MS = 15_000

/**
 * Runs the service until its signal: engine, hints, local interface. The first signal finishes the steps in hand.
 * @throws UserError as `openSync` does; what ends the engine (a ledger that can't be written) is thrown on
 */
export async function runService(config: LoadedConfig, tools: ServiceTools): Promise<void> {
  const { clock, log, signal } = tools
  const startedAtMs = clock.wallMs()
  const began = clock.monotonicMs()
  for (const text of config.warnings) log.emit('config.warning', { text })
  // Whatever ends it: nothing more is begun, and what is in hand comes to its end.
  const broken = new AbortController()
  let engine: Engine | null = null
  const listener = listenerOf(() => engine)
  const sync = await openSync(config, {
    ...tools,
    signal: AbortSignal.any([signal, broken.signal]),
    watch: (folder, mode, fileSystem) => openWatch(tools, folder, mode, fileSystem, listener),
  })
  const { ledger, disk } = sync
  engine = sync.engine
  const running = sync.engine
  let supervision = UNSUPERVISED
  const ending = new AbortController()
  const followTools = { ...tools, signal: AbortSignal.any([signal, ending.signal]) }
  const followed = followChanges(config, sync, followTools, (work) => supervision.reloading(work))
  const reloaded = (): ReloadView | null => followed?.view() ?? null
  const parts: LocalParts = {
    ledger,
    get config() {
      return sync.config
    },
    version: tools.version,
    wallMs: () => clock.wallMs(),
    service: { pid: process.pid, startedAtMs },
    reloaded,
    uploads: () => running.progress().uploads,
    unread: (remoteId) => sync.links.get(remoteId)?.trouble() ?? null,
    guard: guardOf,
  }
  const changeParts: ChangeParts = {
    ...parts,
    get config() {
      return sync.config
    },
    log,
    disk,
    clock,
    reload: async () => (await followed?.now()) ?? null,
    readDataset: async (remoteId) => ((await sync.links.get(remoteId)?.listing()) ?? null) !== null,
    poke: (folderId) => running.poke(folderId),
  }
  const api = { ...queries(parts), ...changes(changeParts) }
  const time = watchTime(clock, ({ wallStepMs, lateMs }) => {
    log.emit('clock.jump', { jumpMs: wallStepMs, why: lateMs > 0 ? 'the machine slept, or the process stood still' : 'the clock was set' })
    for (const folder of running.folders) folder.requestScan('time leapt')
  })
  const server = await serveLocal(api, {
    socketPath: chooseSocketPath(config.ledgerPath, tools.env),
    ledgerPath: config.ledgerPath,
    version: tools.version,
    startedAtMs,
  })
  log.emit('service.started', {
    version: tools.version,
    node: process.version,
    pid: process.pid,
    config: config.file,
    ledger: config.ledgerPath,
    folders: sync.folders.length,
  })
  const stopping = (): void => log.emit('service.stopping', { signal: String(signal.reason), inHand: running.progress().uploads.length })
  signal.addEventListener('abort', stopping, { once: true })
  const stoppedAt = { ms: 0 }
  let page: StatusServer | null = null
  let ended: Promise<void> = Promise.resolve()
  const supervised = {
    marks: () => marksOf(running, sync.surveySteps),
    touchLedger: () => ledger.commit(() => undefined),
    status: () => api.status(),
  }
  supervision = supervise(supervised, { notifier: tools.notifier ?? SILENT_NOTIFIER, clock, log, signal })
  const telling = tellPeople(sync, reloaded, { ...tools, signal: ending.signal })
  const keeping = keepServed(server, () => sync.keepHold(), { clock, log, signal: ending.signal })
  const daily = runDaily(dailyJobs(config, sync, { clock, log, signal: ending.signal }), { clock, signal: ending.signal })
  try {
    page =
      config.status === null
        ? null
        : await openPage(config.status, config.ledgerPath, api, () => clock.monotonicMs() - running.lastRoundMs(), tools)
    ended = running.run()
    void running.ready().then(() => {
      if (signal.aborted) return
      log.emit('service.ready', { folders: sync.folders.length, tookMs: Math.round(clock.monotonicMs() - began) })
      tools.onReady()
      void supervision.ready()
    })
    await Promise.race([
      ended,
      patience(tools),
      failureOf(daily),
      failureOf(keeping),
      failureOf(telling),
      ...(followed === null ? [] : [failureOf(followed.ended)]),
    ])
  } finally {
    stoppedAt.ms = clock.monotonicMs()
    signal.removeEventListener('abort', stopping)
    ending.abort()
    // A stop that was asked for had its patience by now.
    if (!signal.aborted) await endOf(ended, broken, clock)
    await keeping.catch(() => undefined)
    await daily.catch(() => undefined)
    await telling.catch(() => undefined)
    await followed?.ended.catch(() => undefined)
    await supervision.close()
    await page?.close()
    await server.close()
    await time.close()
    await sync.close()
    log.emit('service.stopped', { tookMs: Math.round(clock.monotonicMs() - stoppedAt.ms) })
  }
}

/** The copy of the ledger and the comparison with the dataset. */
function dailyJobs(config: LoadedConfig, sync: Sync, tools: Pick<ServiceTools, 'clock' | 'log' | 'signal'>): readonly DailyJob[] {
  const { ledger } = sync
  return [
    { lastMs: () => lastDailyBackupMs(config.ledgerPath, tools.clock.wallMs()), run: () => backUpDaily(ledger, tools) },
    {
      lastMs: () => lastVerified(ledger)?.atMs ?? null,
      run: () => verifyDaily({ ledger, folders: sync.folders, links: sync.links, ...tools }),
    },
  ]
}

/** Tells people what needs them, as the config in force wants it. */
async function tellPeople(sync: Sync, reloaded: () => ReloadView | null, tools: ServiceTools): Promise<void> {
  const { clock, log, signal } = tools
  const { ledger } = sync
  const offline = watchOffline(() => sync.links, clock)
  await tellTroubles({
    clock,
    log,
    signal,
    ledger,
    troubles: () => [...troublesOf(ledger, reloaded()), ...offline()],
    on: () => (tools.deliver === undefined ? [] : (sync.config.notify?.on ?? [])),
    deliver: async (notice) => (await tools.deliver?.(notice, sync.config)) ?? { reached: true, why: null },
  })
}

/** Follows the config file, and carries what changes into what runs. */
function followChanges(first: LoadedConfig, sync: Sync, tools: ServiceTools, reloading: Supervision['reloading']): Reload | null {
  const { clock, log, signal, source } = tools
  if (source === undefined) return null
  return followConfig({
    clock,
    log,
    signal,
    source,
    first,
    async apply(next) {
      tools.setLogLevel?.(next.log.level)
      for (const text of next.warnings) if (!sync.config.warnings.includes(text)) log.emit('config.warning', { text })
      await reloading(() => sync.reconfigure(next))
    },
    onKeyChanged() {
      for (const link of sync.links.values()) link.keyChanged()
      sync.engine.poke(null)
    },
  })
}

/** Never resolves; rejects with the failure. */
async function failureOf(task: Promise<void>): Promise<never> {
  await task
  return await new Promise(() => undefined)
}

/** Resolves a while after the stop was asked for; never before. */
async function patience({ clock, signal }: ServiceTools): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await clock.sleep(STOP_PATIENCE_MS)
}

/** Has the engine end its steps in hand after a failure beside it, so that nobody else meets them. */
async function endOf(ended: Promise<void>, broken: AbortController, clock: ServiceTools['clock']): Promise<void> {
  broken.abort('the service failed')
  await inTime(
    clock,
    STOP_PATIENCE_MS,
    ended.catch(() => undefined),
    undefined,
  )
}

/** Hints come from the moment a folder is armed; the engine is there by then. */
function listenerOf(engine: () => Engine | null): WatchListener {
  const folder = (id: number) => engine()?.folders.find((one) => one.id === id)
  return {
    hint: (id, dir) => folder(id)?.hint(dir),
    scan: (id, cause) => folder(id)?.requestScan(cause),
    poll: (id) => folder(id)?.poll(),
    degraded: (id, why) => folder(id)?.setDegraded(why),
  }
}

import type { LoadedConfig } from '../config/loadedConfig.ts'
import { EXIT, type ExitCode } from '../model/exitCode.ts'
import type { Progress } from '../sync/engine.ts'
import { openSync, type Sync, type SyncTools } from './openSync.ts'
import { unreadDatasets } from './statusView.ts'

/** What a single pass came to. */
export type OnceResult = {
  readonly exitCode: ExitCode
  readonly failed: number
  readonly attention: readonly string[]
  /** Datasets that could not be read, each with the reason. */
  readonly unread: readonly string[]
}

export type OnceTools = Omit<SyncTools, 'watch'> & {
  /** Called with a snapshot a few times a second while the pass runs. */
  onProgress(progress: Progress): void
  /** Called with the open ledger before it is closed, for the summary. */
  onEnd(sync: Sync): Promise<void>
}

const PROGRESS_MS = 150

/**
 * One pass over all folders: scans, sends, deletes what is proven, then ends. It waits up to `waitMs` for what ends by itself
 * (settle, quiet groups, Retry-After, `absent_gap`), never for grace.
 */
export async function runOnce(config: LoadedConfig, tools: OnceTools, waitMs: number): Promise<OnceResult> {
  const stop = new AbortController()
  const stopped = (): void => stop.abort()
  tools.signal.addEventListener('abort', stopped, { once: true })
  const silent = { synced: () => undefined, restart: () => undefined, close: async () => undefined }
  const sync = await openSync(config, { ...tools, signal: stop.signal, watch: () => silent })
  try {
    forgetBackoff(sync, tools.clock.wallMs())
    const ticking = tick(tools, sync, stop.signal)
    const running = sync.engine.run()
    await Promise.race([sync.engine.settled(waitMs), running])
    // Before what is under way is broken off.
    const unread = unreadDatasets(sync.ledger, (remoteId) => sync.links.get(remoteId)?.trouble() ?? null)
    stop.abort()
    await running
    await ticking
    tools.onProgress(sync.engine.progress())
    await tools.onEnd(sync)
    return judge(sync, unread)
  } finally {
    stop.abort()
    tools.signal.removeEventListener('abort', stopped)
    await sync.close()
  }
}

/** A person who types `once` wants it tried now. */
function forgetBackoff(sync: Sync, wallMs: number): void {
  const { ledger } = sync
  ledger.now(() => {
    for (const folder of sync.folders) {
      for (const unit of ledger.units.list(folder.id)) {
        if (unit.work === 'failed') ledger.units.setWork(unit.id, 'waiting', unit.why, wallMs)
      }
    }
  })
  sync.engine.poke(null)
}

async function tick(tools: OnceTools, sync: Sync, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    tools.onProgress(sync.engine.progress())
    await tools.clock.sleep(PROGRESS_MS, signal).catch(() => undefined)
  }
}

/** The exit code: a person comes before a retry. Superseded versions in the held list, candidates and waiting files are 0. */
function judge(sync: Sync, unread: ReadonlyMap<number, string>): OnceResult {
  const { ledger } = sync
  const attention: string[] = []
  const unknown = new Set(unread.keys())
  let failed = 0
  for (const { id } of sync.folders) {
    const folder = ledger.folders.get(id)
    // It could not be looked at: nothing is known of what it holds now.
    if (sync.engine.folders.some((one) => one.id === id && !one.seen())) failed++
    if (folder.state !== 'ok' && folder.state !== 'degraded') attention.push(`${folder.path}: ${folder.state}: ${folder.why}`)
    for (const batch of ledger.candidates.batches(id)) {
      const held = ledger.candidates.inBatch(batch.id)
      if (batch.decision === null && held.some((candidate) => candidate.why !== 'superseded')) {
        attention.push(`${folder.path}: ${held.length} deletes are held: ${batch.why}`)
      }
    }
    for (const unit of ledger.units.list(id)) {
      if (unit.work === 'failed') failed++
      if (unit.work === 'unlinked') attention.push(`${folder.path}/${unit.key}: unlinked: ${unit.why}`)
    }
    if (ledger.remotes.get(folder.remoteId).firstContact !== 'done' && folder.state === 'ok') unknown.add(folder.remoteId)
  }
  failed += unknown.size
  // What a folder that left the config has open cannot be asked for: its key is gone with it.
  const remotes = new Set(sync.folders.map(({ id }) => ledger.folders.get(id).remoteId))
  failed += ledger.operations.open().filter(({ versionId }) => remotes.has(ledger.versions.get(versionId)?.remoteId ?? -1)).length
  return {
    exitCode: attention.length > 0 ? EXIT.person : failed > 0 ? EXIT.failed : EXIT.ok,
    failed,
    attention,
    unread: [...unread.values()],
  }
}

import { setMaxListeners } from 'node:events'
import type { Clock, Random } from '../model/clock.ts'
import type { Log } from '../model/event.ts'
import type { CrashPoint } from './effectTools.ts'
import { type FolderEngine, type FolderTools, openFolderEngine } from './folderEngine.ts'
import type { FolderSetup } from './folderSetup.ts'
import { openHolds } from './holds.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { Looks } from './looks.ts'
import type { Disk } from './ports.ts'
import type { RemoteLink } from './remoteLink.ts'
import type { Slots } from './slots.ts'

export type EngineTools = {
  readonly ledger: LedgerPort
  readonly disk: Disk
  readonly looks: Looks
  readonly slots: Slots
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
  /** First: no new step is begun. */
  readonly signal: AbortSignal
  /** Identifies this process in recorded scans. */
  readonly process: string
  readonly absentGapMs: number
  readonly rescanMs: number
  readonly crashPoint: (name: CrashPoint) => void
}

/** What a person watching sees of the work in hand. */
export type Progress = {
  readonly folders: readonly {
    readonly folder: string
    readonly scanning: boolean
    readonly queued: number
    readonly queuedBytes: number
    readonly inHand: number
    readonly waiting: number
  }[]
  readonly uploads: readonly { readonly folder: string; readonly path: string; readonly sentBytes: number; readonly sizeBytes: number }[]
  readonly sentBytes: number
  readonly sentUnits: number
}

/** How a folder's work ends: `cut` lets calls end and breaks PUTs off, as a stop does; `drained` lets PUTs end too. */
type Leaving = 'cut' | 'drained'

/** Keeps all folders in step with their datasets. */
export type Engine = {
  /** As it is now; folders come and go with the config. */
  readonly folders: readonly FolderEngine[]
  /** Takes up one more folder. */
  add(setup: FolderSetup, link: RemoteLink): void
  /** Lets go of a folder: nothing more is begun for it. Resolves when nothing of it is in hand; a folder that is not there is gone already. */
  remove(folderId: number, leaving: Leaving): Promise<void>
  /** Something changed in the ledger from outside: units are planned anew. Null: everywhere. */
  poke(folderId: number | null): void
  progress(): Progress
  /** When a folder's part of a round last ended, by the monotonic clock; before the first, when the engine was opened. */
  lastRoundMs(): number
  /** Runs until the signal; rejects when the ledger can't be written or on a defect. */
  run(): Promise<void>
  /** Resolves when every folder was looked at once, or cannot be. */
  ready(): Promise<void>
  /** Resolves when nothing is in hand and nothing is due that ends by itself, or after `waitMs`. */
  settled(waitMs: number): Promise<void>
}

type Running = { readonly remoteId: number; readonly folder: FolderEngine; readonly stop: AbortController }

/** Longest time without a look at what is due, ms: folder identity is looked at this often. */
const LONGEST_NAP_MS = 10_000
/** One reason for all naps: an error made for each costs more than the round that follows. */
const NAP_OVER = new Error('the nap is over')
/** Between two rounds at least, ms. */
const ROUND_MS = 3

export function openEngine(tools: EngineTools, setups: readonly FolderSetup[], links: ReadonlyMap<number, RemoteLink>): Engine {
  const { clock, signal } = tools
  let wakeUp: () => void = () => undefined
  let awake = false
  let failure: unknown = null
  let lastRoundMs = clock.monotonicMs()
  const watchers = new Set<() => void>()
  const wake = (): void => {
    awake = true
    wakeUp()
  }
  const fail = (error: unknown): void => {
    failure ??= error
    wake()
  }
  signal.addEventListener('abort', wake, { once: true })
  const holds = openHolds((unitId) => {
    const folderId = tools.ledger.units.get(unitId)?.folderId
    running.find((one) => one.folder.id === folderId)?.folder.touch([unitId])
  })
  let running: readonly Running[] = []
  for (const setup of setups) add(setup, linkOf(links, setup.remoteId))

  function add(setup: FolderSetup, link: RemoteLink): void {
    const stop = new AbortController()
    const siblings = (): readonly FolderEngine[] =>
      running.flatMap((one) => (one.remoteId === setup.remoteId && one.folder.id !== setup.folderId ? [one.folder] : []))
    // Times are read anew each time: a config may change them.
    const own: FolderTools = {
      ...tools,
      get absentGapMs() {
        return tools.absentGapMs
      },
      get rescanMs() {
        return tools.rescanMs
      },
      signal: quiet(AbortSignal.any([signal, stop.signal])),
      holds,
      wake,
      fail,
      siblings,
    }
    running = [...running, { remoteId: setup.remoteId, folder: openFolderEngine(own, setup, link), stop }]
    wake()
  }

  async function remove(folderId: number, leaving: Leaving): Promise<void> {
    const leaver = running.find((one) => one.folder.id === folderId)
    if (leaver === undefined) return
    leaver.folder.leave()
    if (leaving === 'cut') leaver.stop.abort('the folder left the config')
    await leaver.folder.finished()
    running = running.filter((one) => one !== leaver)
    wake()
  }

  const all = (): readonly FolderEngine[] => running.map((one) => one.folder)

  async function nap(): Promise<void> {
    if (awake) {
      awake = false
      // Many small events share a round, and other work of the loop gets its turn between two busy ones.
      await clock.sleep(ROUND_MS)
      return
    }
    const now = clock.monotonicMs()
    const next = Math.min(LONGEST_NAP_MS, ...all().map((folder) => folder.nextMs() - now))
    if (next <= 0) return
    const stop = new AbortController()
    await Promise.race([
      new Promise<void>((resolve) => {
        wakeUp = resolve
      }),
      clock.sleep(next, stop.signal).catch(() => undefined),
    ])
    stop.abort(NAP_OVER)
    wakeUp = () => undefined
    awake = false
  }

  /** Asked after each round; a stop or a failure ends the waiting too. */
  function when(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition() && !signal.aborted && failure === null) return
        watchers.delete(check)
        resolve()
      }
      watchers.add(check)
      wake()
    })
  }

  return {
    get folders() {
      return all()
    },
    add,
    remove,
    poke(folderId) {
      for (const folder of all()) if (folderId === null || folder.id === folderId) folder.reopen()
      wake()
    },
    progress() {
      const parts = all().map((folder) => folder.progress())
      return {
        folders: parts.map((part) => part.folder),
        uploads: parts.flatMap((part) => part.uploads),
        sentBytes: parts.reduce((sum, part) => sum + part.sentBytes, 0),
        sentUnits: parts.reduce((sum, part) => sum + part.sentUnits, 0),
      }
    },
    lastRoundMs: () => lastRoundMs,
    async run() {
      while (!signal.aborted && failure === null) {
        for (const folder of all()) {
          await folder.turn()
          // Several shares that are dead, each waited for in its turn, are no loop that stands still.
          lastRoundMs = clock.monotonicMs()
        }
        lastRoundMs = clock.monotonicMs()
        for (const watcher of watchers) watcher()
        await nap()
      }
      for (const folder of all()) await folder.finished()
      for (const watcher of watchers) watcher()
      if (failure !== null) throw failure
    },
    ready: () => when(() => all().every((folder) => folder.seen())),
    async settled(waitMs) {
      const deadlineMs = clock.monotonicMs() + waitMs
      await when(() => !all().some((folder) => folder.busyForOnce(deadlineMs)))
    },
  }
}

/** Every call in flight listens to the signal, and lets go of it at its end: more than ten at a time are no leak. */
function quiet(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal)
  return signal
}

function linkOf(links: ReadonlyMap<number, RemoteLink>, remoteId: number): RemoteLink {
  const link = links.get(remoteId)
  if (link === undefined) throw new Error(`no link to remote ${remoteId}`)
  return link
}

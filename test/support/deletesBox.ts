import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { changes } from '../../src/app/changes.ts'
import { openSync } from '../../src/app/openSync.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { LoadedConfig } from '../../src/config/loadedConfig.ts'
import type { Clock } from '../../src/model/clock.ts'
import type { EventName } from '../../src/model/event.ts'
import { isShut } from '../../src/model/folder.ts'
import { Secrets } from '../../src/model/secrets.ts'
import type { Ledger } from '../../src/store/openLedger.ts'
import { type EmulatorBox, emulatorBox } from './emulatorBox.ts'
import { localParts } from './localParts.ts'
import { realClock } from './realClock.ts'
import { withoutBirthTimes } from './withoutBirthTimes.ts'

const JPEG = readFileSync(new URL('../media/fixtures/plain.jpg', import.meta.url))
const MP4 = readFileSync(new URL('../media/fixtures/plain.mp4', import.meta.url))

/** How the folders are configured; what is left out is the same each time. */
export type OpenOptions = {
  /** Names of the watched folders below the box; the first is `IN`. */
  readonly folders?: readonly string[]
  /** Further keys of `deletes: { … }`, with a leading comma. */
  readonly deletes?: string | ((folder: string) => string)
  readonly limit?: string
  /** Of all folders; 1 s where it is left out. */
  readonly grace?: string
  /** By the name of a folder; 1 s for those that are left out. */
  readonly settle?: Readonly<Record<string, string>>
  /** Further keys of a folder, with a leading comma. */
  readonly settings?: string | ((folder: string) => string)
  readonly clock?: Clock
  /** `none`: as on a file system that keeps none. */
  readonly birthTimes?: 'kept' | 'none'
}

/** A running engine over the box's folders. */
type RunningSync = AsyncDisposable & {
  readonly ledger: Ledger
  /** A whole scan of the folder, or of each that can be looked at, and all that follows from it until only time is waited for. */
  look(folder?: string): Promise<void>
  /** A look at one directory of the first folder, as after an event there. */
  hint(dir: string): Promise<void>
  /** A look, the grace, and the look that confirms: what may go has gone by its end. */
  confirm(): Promise<void>
  /** Pauses the folders, or resumes them, or one of them; and all that follows. */
  setPaused(paused: boolean, folder?: string): Promise<void>
  /** Approves the one batch that is held; and all that follows. */
  approve(): Promise<void>
  /** Why each row that may have to go is still there, by the key of its unit. */
  notes(folderId?: number): Readonly<Record<string, string>>
  /** `key local` of each unit. */
  units(folderId?: number): readonly string[]
}

type BeforeWalk = (folder: string) => Promise<void>

/** Folders, a ledger and a dataset on a real emulator, for what must, or must not, send a DELETE. */
export type DeletesBox = AsyncDisposable & {
  readonly emulator: EmulatorBox
  readonly events: { readonly name: EventName; readonly fields: Readonly<Record<string, unknown>> }[]
  /** A path in the first folder. */
  at(name?: string): string
  /** A path beside the folders. */
  beside(...names: readonly string[]): string
  /** A whole JPEG, MP4 by its name; the same seed makes the same bytes, all of one kind have the same size. */
  put(name: string, seed?: string, folder?: string): void
  open(options?: OpenOptions): Promise<RunningSync>
  /** Called as each event is told, before the engine goes on. */
  onEvent(heard: (name: EventName, fields: Readonly<Record<string, unknown>>) => void): void
  /** Waited for before each walk of a folder, which is given by its name; a walk fails where this does. */
  beforeWalks(happens: BeforeWalk): void
  titles(): readonly string[]
  /** DELETE calls so far. */
  deletes(): number
}

/** Longer than the grace and the settle time of the box, ms. */
const GRACE_OVER_MS = 1_100
const LONGEST_MS = 60_000

export async function deletesBox(...names: readonly string[]): Promise<DeletesBox> {
  const base = mkdtempSync(join(tmpdir(), 'encord-sync-deletes-'))
  mkdirSync(join(base, 'IN'))
  const emulator = await emulatorBox()
  const events: DeletesBox['events'] = []
  let beforeWalk: BeforeWalk = async () => undefined
  const listeners: Parameters<DeletesBox['onEvent']>[0][] = []
  const tell = (name: EventName, fields: Readonly<Record<string, unknown>>): void => {
    events.push({ name, fields })
    for (const heard of listeners) heard(name, fields)
  }

  function put(name: string, seed = name, folder = 'IN'): void {
    const path = join(base, folder, name)
    mkdirSync(dirname(path), { recursive: true })
    const tail = Buffer.from(seed.padEnd(32, '.').slice(0, 32))
    // What follows the end marker of a JPEG, or stands in a `free` box of an MP4, is no part of the picture.
    if (!name.endsWith('.mp4')) writeFileSync(path, Buffer.concat([JPEG, tail]))
    else writeFileSync(path, Buffer.concat([MP4, Buffer.from([0, 0, 0, 40]), Buffer.from('free'), tail]))
  }

  function configOf({
    folders = ['IN'],
    deletes = '',
    limit = 'count: 50, percent: 100, per: 24h',
    grace = '1s',
    settle = {},
    settings = '',
  }: OpenOptions): LoadedConfig {
    const file = join(base, 'config.yaml')
    const entries = folders.map(
      (name) =>
        `  - { path: ${join(base, name)}, dataset: ${emulator.dataset}, api_key: "\${ENCORD_API_KEY}", settle: ${settle[name] ?? '1s'}, group_settle: 1s, ` +
        `deletes: { grace: ${grace}, limit: { ${limit} }${of(deletes, name)} }${of(settings, name)} }`,
    )
    const text = `encord: { domain: "${emulator.url}", absent_gap: 1s }\nledger: ${base}/state/ledger.db\nrescan: 1h\nfolders:\n${entries.join('\n')}\n`
    writeFileSync(file, text, { mode: 0o600 })
    const env = { ENCORD_API_KEY: emulator.key }
    return loadConfig({ file, directory: base, env, home: base, platform: 'linux', secrets: new Secrets() })
  }

  for (const name of names) put(name)
  return {
    emulator,
    events,
    at: (name = '') => join(base, 'IN', name),
    beside: (...below) => join(base, ...below),
    put,
    open: (options = {}) =>
      openRunning(configOf(options), options.clock ?? realClock, tell, (folder) => beforeWalk(folder), options.birthTimes ?? 'kept'),
    beforeWalks: (happens) => {
      beforeWalk = happens
    },
    onEvent: (heard) => void listeners.push(heard),
    titles: () =>
      emulator
        .rows()
        .map((row) => row.title)
        .sort(),
    deletes: () => emulator.calls.count('DELETE video'),
    async [Symbol.asyncDispose]() {
      await emulator.stop()
      rmSync(base, { recursive: true, force: true })
    },
  }
}

function of(keys: string | ((folder: string) => string), folder: string): string {
  return typeof keys === 'string' ? keys : keys(folder)
}

async function openRunning(
  config: LoadedConfig,
  clock: Clock,
  tell: (name: EventName, fields: Readonly<Record<string, unknown>>) => void,
  beforeWalk: BeforeWalk,
  birthTimes: 'kept' | 'none',
): Promise<RunningSync> {
  const stop = new AbortController()
  const waiting = new Set<(scanned: string) => void>()
  const silent = { synced: () => undefined, restart: () => undefined, close: async () => undefined }
  const sync = await openSync(config, {
    clock,
    random: Math.random,
    log: {
      emit(name, fields) {
        tell(name, fields)
        const looked = name === 'folder.scanned' && 'whole' in fields && fields.whole
        const shut = name === 'folder.state' && 'state' in fields && isShut(fields.state)
        if (looked || shut) for (const one of waiting) one(String('folder' in fields ? fields.folder : ''))
      },
    },
    signal: stop.signal,
    crashPoint: () => undefined,
    watch: () => silent,
  })
  const { ledger, engine, disk } = sync
  const walk = disk.survey
  const survey: typeof walk = async (request) => {
    await beforeWalk(basename(request.root))
    const seen = await walk(request)
    return birthTimes === 'kept' ? seen : withoutBirthTimes(seen)
  }
  Object.assign(disk, { survey })
  const running = engine.run()
  await Promise.race([engine.ready(), running])
  await engine.settled(LONGEST_MS)

  const parts = () => ({ ...localParts({ ledger }, []), wallMs: () => clock.wallMs(), poke: (id: number | null) => engine.poke(id) })

  /** Resolves once each of these folders that can be looked at was walked whole, or is found to be away. */
  function scanned(asked: readonly number[]): Promise<void> {
    const open = ledger.folders.all().filter((folder) => asked.includes(folder.id) && !isShut(folder.state))
    const left = new Set(open.map((folder) => folder.path))
    return new Promise((resolve) => {
      const heard = (path: string): void => {
        left.delete(path)
        if (left.size > 0) return
        waiting.delete(heard)
        resolve()
      }
      waiting.add(heard)
      heard('')
    })
  }
  const look = async (name = ''): Promise<void> => {
    const asked = engine.folders.filter(({ id }) => ledger.folders.get(id).path.endsWith(name))
    const all = scanned(asked.map(({ id }) => id))
    for (const folder of asked) folder.requestScan('test')
    await Promise.race([all, running])
    await engine.settled(LONGEST_MS)
  }
  return {
    ledger,
    look,
    async hint(dir) {
      engine.folders[0]?.hint(dir)
      await engine.settled(LONGEST_MS)
    },
    async confirm() {
      await look()
      await realClock.sleep(GRACE_OVER_MS)
      await look()
    },
    async setPaused(paused, name) {
      const { pause, resume } = changes(parts())
      const folder = name === undefined ? null : (ledger.folders.all().find(({ path }) => basename(path) === name)?.path ?? name)
      await (paused ? pause({ folder, forMs: null }) : resume({ folder }))
      await engine.settled(LONGEST_MS)
    },
    async approve() {
      const batch = ledger.candidates.batches(1).find(({ decision }) => decision === null)
      await changes(parts()).approve({ id: batch?.id ?? 0, digest: batch?.digest ?? '' })
      await engine.settled(LONGEST_MS)
    },
    notes: (folderId = 1) =>
      Object.fromEntries(
        ledger.candidates.ofFolder(folderId).map(({ versionId, note }) => {
          const unitId = ledger.versions.get(versionId)?.unitId ?? 0
          return [ledger.units.get(unitId)?.key ?? '', note]
        }),
      ),
    units: (folderId = 1) => ledger.units.list(folderId).map((unit) => `${unit.key} ${unit.local}`),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
      await sync.close()
    },
  }
}

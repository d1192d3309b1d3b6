import { approveBatch, rejectBatch } from '../../src/app/decideBatch.ts'
import { contentOf } from '../simulation/content.ts'
import { copyFile, putBack, remove, rename, saveFile, touchFile, writeFile } from '../simulation/fileWork.ts'
import type { DirNode } from '../simulation/virtualFolder.ts'
import type { FolderTruth } from '../simulation/worldEvent.ts'
import { type Preparation, type State, SUBJECTS, type Subject, takeAway } from './cellStates.ts'
import type { Place } from './cellView.ts'
import type { CellWorld } from './cellWorld.ts'

/** What an event knows of the cell it happens in. */
type Scene = { readonly world: CellWorld; readonly state: State; readonly subject: Subject }

/** One way in which a row of the table comes about. */
export type Happening = {
  readonly subject: Subject
  /** Makes it happen. @returns where the unit should be found from now on, if elsewhere */
  readonly act: (scene: Scene) => Place | undefined | Promise<Place | undefined>
  /** What has to be different before it, in some or all states. */
  readonly prepared?: (state: State) => Partial<Preparation>
  /** What is watched for afterwards, ms; long enough for every wait but the grace. */
  readonly watchMs?: number
}

export const home = (subject: Subject): Place => ({ folder: '/f0', key: SUBJECTS[subject].key })
const away = ({ state }: Scene): boolean => state === 'C' || state === 'H' || state === 'X'
const at = (path: string): Place => ({ folder: path.slice(0, 3), key: path.slice(4) })

/** The file goes to another place; one that was out of the folder comes back there. */
function moveTo(scene: Scene, from: string, to: string): Place {
  const { world } = scene
  if (!away(scene)) rename(world.spot(from), world.spot(to), world.heard)
  else for (const node of world.takeKept()) putBack(world.spot(to), node, world.heard)
  return at(to)
}

/** What stood there comes back, as it was. */
function bringBack({ world, subject }: Scene): void {
  const place = subject === 'group' ? '/f0/g' : (SUBJECTS[subject].files[0]?.at ?? '')
  for (const node of world.takeKept()) putBack(world.spot(place), node, world.heard)
}

async function edited(world: CellWorld, change: Partial<FolderTruth>): Promise<undefined> {
  await world.restart((truths) => truths.map((truth, i) => (i === 0 ? { ...truth, ...change } : truth)))
}

async function afterDeath({ world }: Scene): Promise<undefined> {
  world.kill()
  await world.run(1_000)
  await world.start()
}

/** A group's files, which come back first where they are away. */
function inGroup(scene: Scene, act: (world: CellWorld) => void): undefined {
  if (away(scene)) bringBack(scene)
  act(scene.world)
}

function setPaused({ world }: Scene): undefined {
  const record = world.ledger.folders.byPath('/f0')
  if (record !== null) world.ledger.folders.setPaused(record.id, { untilMs: null }, world.clock.nowMs)
  world.poke()
}

function decide({ world }: Scene, how: 'approve' | 'reject'): undefined {
  const parts = world.parts()
  for (const folder of world.ledger.folders.all()) {
    for (const batch of world.ledger.candidates.batches(folder.id)) {
      if (how === 'reject') rejectBatch(parts, batch.id)
      else approveBatch(parts, { id: batch.id, digest: batch.digest })
    }
  }
}

/** Where a rolled-back ledger was copied: before the unit was sent, or before it came into its state. */
function rememberFor(state: State): Preparation['remember'] {
  return ['Q', 'P', 'D', 'R', 'S'].includes(state) ? 'before' : 'synced'
}

function limitOf(state: State): Partial<FolderTruth> {
  return state === 'H' ? { limit: { count: 0, percent: 100 } } : {}
}

/** A candidate whose grace ends while the cell is watched. */
const soonOver = (state: State): Partial<Preparation> =>
  state === 'C' || state === 'H' ? { change: { graceMs: SHORT_GRACE_MS, ...limitOf(state) } } : {}
export const SHORT_GRACE_MS = 8_000
const LONG_WATCH_MS = 100_000
const ONE_YEAR_MS = 365 * 86_400_000

const EVENTS = {
  'crash, restart': { subject: 'image', act: afterDeath },
  'crash, restart (group)': { subject: 'group', act: afterDeath },
  'bytes change': {
    subject: 'image',
    act: ({ world }) => void writeFile(world.spot('/f0/a.jpg'), contentOf('i3'), world.heard),
  },
  'stat changes, bytes same': {
    subject: 'image',
    act: (scene) => {
      if (away(scene)) writeFile(scene.world.spot('/f0/a.jpg'), contentOf('i1'), scene.world.heard)
      else touchFile(scene.world.spot('/f0/a.jpg'), scene.world.heard)
      return undefined
    },
  },
  'atomic save, other bytes': {
    subject: 'image',
    act: ({ world }) => void saveFile(world.spot('/f0/a.jpg'), contentOf('i3'), world.heard),
  },
  'atomic save, same bytes': {
    subject: 'image',
    act: ({ world }) => void saveFile(world.spot('/f0/a.jpg'), contentOf('i1'), world.heard),
  },
  renamed: { subject: 'image', act: (scene) => moveTo(scene, '/f0/a.jpg', '/f0/b.jpg') },
  'renamed (group)': { subject: 'group', act: (scene) => moveTo(scene, '/f0/g', '/f0/h') },
  'directory renamed half way': {
    subject: 'video',
    act: (scene) => {
      const { world } = scene
      const place = moveTo(scene, '/f0/d/v.mp4', '/f0/e/v.mp4')
      world.clock.at(world.clock.nowMs + 2_000, () => rename(world.spot('/f0/d/w.mp4'), world.spot('/f0/e/w.mp4'), world.heard))
      return place
    },
  },
  'case rename': { subject: 'image', act: (scene) => moveTo(scene, '/f0/a.jpg', '/f0/A.JPG.jpg') },
  'copy appears': {
    subject: 'image',
    act: (scene) => {
      const { world } = scene
      if (!away(scene)) copyFile(world.spot('/f0/a.jpg'), world.spot('/f0/k.jpg'), world.heard)
      else writeFile(world.spot('/f0/k.jpg'), contentOf('i1'), world.heard)
      return away(scene) ? at('/f0/k.jpg') : undefined
    },
  },
  'moved to a folder of another dataset': {
    subject: 'image',
    act: (scene) => {
      moveTo(scene, '/f0/a.jpg', '/f1/a.jpg')
      return undefined
    },
  },
  'root to group directory': {
    subject: 'image',
    act: (scene) => {
      moveTo(scene, '/f0/a.jpg', '/f0/h/a.jpg')
      return undefined
    },
  },
  'path gone': {
    subject: 'image',
    prepared: (state) => (state === 'C' ? soonOver(state) : {}),
    act: (scene) => {
      if (!away(scene)) takeAway(scene.world, 'image')
      return undefined
    },
  },
  'path back, same bytes': {
    subject: 'image',
    act: (scene) => {
      if (!away(scene)) takeAway(scene.world, 'image')
      bringBack(scene)
      return undefined
    },
  },
  'place not seen: closed': {
    subject: 'video',
    act: ({ world }) => {
      ;(world.folders[0]?.own.entries.get('d') as DirNode).isReadable = false
      return undefined
    },
  },
  'place not seen: another disk in its place': {
    subject: 'image',
    act: ({ world }) => {
      const folder = world.folders[0]
      if (folder !== undefined) folder.shown = folder.newDir()
      return undefined
    },
  },
  'frame added': {
    subject: 'group',
    watchMs: LONG_WATCH_MS,
    act: (scene) => inGroup(scene, (world) => writeFile(world.spot('/f0/g/3.jpg'), contentOf('i3'), world.heard)),
  },
  'frame changed': {
    subject: 'group',
    watchMs: LONG_WATCH_MS,
    act: (scene) => inGroup(scene, (world) => writeFile(world.spot('/f0/g/1.jpg'), contentOf('i3'), world.heard)),
  },
  'frame removed': {
    subject: 'group',
    watchMs: LONG_WATCH_MS,
    act: (scene) => inGroup(scene, (world) => void remove(world.spot('/f0/g/2.jpg'), world.heard)),
  },
  'frames renamed': {
    subject: 'group',
    watchMs: LONG_WATCH_MS,
    act: (scene) => inGroup(scene, (world) => rename(world.spot('/f0/g/1.jpg'), world.spot('/f0/g/5.jpg'), world.heard)),
  },
  'group split': {
    subject: 'group',
    watchMs: LONG_WATCH_MS,
    act: (scene) => inGroup(scene, (world) => rename(world.spot('/f0/g/2.jpg'), world.spot('/f0/h/2.jpg'), world.heard)),
  },
  'group emptied': {
    subject: 'group',
    act: (scene) => {
      if (away(scene)) bringBack(scene)
      for (const name of ['1.jpg', '2.jpg']) remove(scene.world.spot(`/f0/g/${name}`), scene.world.heard)
      return undefined
    },
  },
  'kind changes': {
    subject: 'image',
    act: ({ world }) => void writeFile(world.spot('/f0/a.jpg'), contentOf('v5'), world.heard),
  },
  ignored: { subject: 'image', act: ({ world }) => edited(world, { ignore: ['a.jpg'] }) },
  'entry removed': {
    subject: 'image',
    act: async ({ world }) => {
      world.configured = [false, true]
      await world.restart()
      return undefined
    },
  },
  'dataset changed': { subject: 'image', act: ({ world }) => edited(world, { dataset: 'd2' }) },
  'subdirectories changed': { subject: 'group', act: ({ world }) => edited(world, { subdirectories: 'individual' }) },
  'rule goes, file there': { subject: 'image', act: ({ world }) => edited(world, { ignore: [] }) },
  'rule goes, file gone': {
    subject: 'image',
    act: async ({ world }) => {
      takeAway(world, 'image')
      await edited(world, { ignore: [] })
    },
  },
  'path gone, its content came later elsewhere': {
    subject: 'image',
    prepared: (state) => (state === 'X' ? {} : { change: { graceMs: SHORT_GRACE_MS, ...limitOf(state) }, twin: true }),
    act: async (scene) => {
      const { world, state } = scene
      if (state === 'C' || state === 'H') return undefined
      if (state === 'X') for (const name of ['k', 'l']) writeFile(world.spot(`/f0/${name}.jpg`), contentOf('i1'), world.heard)
      else {
        copyFile(world.spot('/f0/a.jpg'), world.spot('/f0/k.jpg'), world.heard)
        if (state !== 'Q') await world.run(6_000)
        takeAway(world, 'image')
      }
      return undefined
    },
  },
  'refusal word': {
    subject: 'image',
    act: ({ world, state }) => {
      for (const call of ['ticket', 'put', 'register', 'update', 'delete'] as const) world.refuses.add(call)
      if (state === 'S') rename(world.spot('/f0/a.jpg'), world.spot('/f0/b.jpg'), world.heard)
      return state === 'S' ? at('/f0/b.jpg') : undefined
    },
  },
  'credentials refused': {
    subject: 'image',
    act: ({ world }) => {
      world.server.isKeyGood = false
      return undefined
    },
  },
  'listing has it': {
    subject: 'image',
    act: async ({ world, state }) => {
      if (state === 'L') for (const row of world.server.rows.values()) if (row.title === 'a.jpg') row.goneMs = null
      if (state === 'R' || state === 'X') return undefined
      await world.restart()
      return undefined
    },
  },
  'listing has a stray': {
    subject: 'image',
    act: async ({ world }) => {
      writeFile(world.spot('/f0/a.jpg'), contentOf('i3'), world.heard)
      await world.run(25_000)
      const [row] = world.liveRows().filter((one) => one.title === 'a.jpg')
      // The register call of the first bytes arrives after all, when its upload was long given up.
      const strays = world.strayHashes()
      if (row === undefined || strays.length !== 1) throw new Error('the first bytes were not given up')
      const hash = strays[0] ?? ''
      world.server.rows.set(hash, { ...row, hash, contents: [contentOf('i1').sha256], bornMs: world.clock.nowMs })
      await world.restart()
      return undefined
    },
  },
  'listing lacks it': {
    subject: 'image',
    act: async ({ world, state }) => {
      for (const row of world.liveRows()) if (row.title === 'a.jpg') world.server.removeForeign(row)
      if (state === 'R' || state === 'X') return undefined
      await world.restart()
      return undefined
    },
  },
  approve: { subject: 'image', prepared: soonOver, act: (scene) => decide(scene, 'approve') },
  'delete by command': {
    subject: 'image',
    act: async ({ world }) => {
      const row = world.liveRows().find((one) => one.title === 'a.jpg')
      await world.deleteByCommand(row?.hash ?? '')
      return undefined
    },
  },
  reject: { subject: 'image', act: (scene) => decide(scene, 'reject') },
  'mode becomes never': { subject: 'image', prepared: soonOver, act: ({ world }) => edited(world, { mode: 'never' }) },
  'mode becomes hold': { subject: 'image', prepared: soonOver, act: ({ world }) => edited(world, { mode: 'hold' }) },
  'mode becomes propagate': {
    subject: 'image',
    prepared: (state) => ({ change: { mode: state === 'H' || state === 'X' ? 'hold' : 'never', graceMs: 2_000 } }),
    act: ({ world }) => edited(world, { mode: 'propagate' }),
  },
  pause: { subject: 'image', prepared: soonOver, act: setPaused },
  'clock a year ahead': {
    subject: 'image',
    act: ({ world }) => {
      world.clock.set(ONE_YEAR_MS)
      return undefined
    },
  },
  'clock a year behind': {
    subject: 'image',
    prepared: soonOver,
    act: ({ world }) => {
      world.clock.set(-ONE_YEAR_MS)
      return undefined
    },
  },
  'old ledger restored': {
    subject: 'image',
    prepared: (state) => ({ remember: rememberFor(state) }),
    act: async ({ world }) => {
      world.kill()
      for (const { state } of world.folders) if (state.alive !== null) state.alive.sequence = world.ledger.meta.sequence()
      world.shelf.restore()
      await world.start()
      return undefined
    },
  },
  'ledger cannot be written': {
    subject: 'image',
    act: async (scene) => {
      const { world } = scene
      world.isLedgerFull = true
      writeFile(world.spot('/f0/m.jpg'), contentOf('i6'), world.heard)
      for (const gate of ['put', 'stage', 'look'] as const) world.open(gate)
      await world.until('the process stops', () => world.failures.length > 0, 60_000)
      world.isLedgerFull = false
      await afterDeath(scene)
    },
  },
} as const satisfies Readonly<Record<string, Happening>>

export type EventName = keyof typeof EVENTS
export const happening = (name: EventName): Happening => EVENTS[name]

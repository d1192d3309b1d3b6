import { approveBatch } from '../../src/app/decideBatch.ts'
import type { RelPath } from '../../src/model/file.ts'
import { stateOf, type UnitShape } from '../../src/model/unit.ts'
import { contentOf } from '../simulation/content.ts'
import { copyFile, remove, writeFile } from '../simulation/fileWork.ts'
import type { Planted } from '../simulation/service.ts'
import type { FolderTruth } from '../simulation/worldEvent.ts'
import { CellWorld, SETTLE_MS } from './cellWorld.ts'

/** The columns of the table: what is so of a unit when something happens. */
export const STATES = ['Q', 'P', 'D', 'R', 'S', 'C', 'H', 'X', 'N', 'L'] as const
export type State = (typeof STATES)[number]

/** Unknown outcomes come in two kinds: the call took effect, or it did not. */
export type Effect = 'applied' | 'lost'

/** What a cell is about: a file in the root, a video below a directory, or a group. */
export type Subject = 'image' | 'video' | 'group'

export type Subjects = {
  readonly files: readonly { readonly at: string; readonly content: string }[]
  readonly key: RelPath
  readonly shape: UnitShape
}

export const SUBJECTS: Readonly<Record<Subject, Subjects>> = {
  image: { files: [{ at: '/f0/a.jpg', content: 'i1' }], key: 'a.jpg', shape: 'file' },
  video: { files: [{ at: '/f0/d/v.mp4', content: 'v1' }], key: 'd/v.mp4', shape: 'file' },
  group: {
    files: [
      { at: '/f0/g/1.jpg', content: 'i1' },
      { at: '/f0/g/2.jpg', content: 'i2' },
    ],
    key: 'g',
    shape: 'dir',
  },
}

/** Others in both folders, so that no cell is about an emptied folder. */
const BYSTANDERS = [
  { at: '/f0/y.jpg', content: 'i8' },
  { at: '/f0/z.jpg', content: 'i9' },
  { at: '/f0/d/w.mp4', content: 'v9' },
  { at: '/f1/q.jpg', content: 'i7' },
]

/** What an event needs to be different before it. */
export type Preparation = {
  /** In the config. */
  readonly change: Partial<FolderTruth>
  /** When the ledger is copied for a later rollback. */
  readonly remember: 'before' | 'synced' | 'never'
  /** A copy of the file that has a row of its own before the file goes. */
  readonly twin: boolean
}

const LONG_MS = 120_000

/** A world in which the subject has come into a state, and nothing else is going on. @throws Error when it does not come about */
export async function worldIn(
  state: State,
  effect: Effect,
  subject: Subject,
  prepared: Preparation,
  planted: Planted = {},
): Promise<CellWorld> {
  const world = new CellWorld({ ...configFor(state), ...prepared.change }, planted)
  try {
    for (const { at, content } of BYSTANDERS) writeFile(world.spot(at), contentOf(content), world.heard)
    await world.start()
    await world.until('the others are synced', () => world.liveRows().length === BYSTANDERS.length, LONG_MS)
    await world.run(3_000)
    if (prepared.remember === 'before') world.shelf.remember()
    await bring(world, state, effect, subject, prepared)
    return world
  } catch (error) {
    world[Symbol.dispose]()
    throw error
  }
}

function configFor(state: State): Partial<FolderTruth> {
  if (state === 'H') return { limit: { count: 0, percent: 100 } }
  return state === 'X' ? { graceMs: 2_000 } : {}
}

async function bring(world: CellWorld, state: State, effect: Effect, subject: Subject, prepared: Preparation): Promise<void> {
  const stateNow = (): State | null => seenState(world, subject)
  const be = (wanted: State): Promise<void> => world.until(`state ${wanted}`, () => stateNow() === wanted, LONG_MS)
  const mishap = effect === 'applied' ? 'lost-answer' : 'lost-request'
  const made = subject === 'group' ? 'group' : 'register'
  switch (state) {
    case 'Q':
      write(world, subject)
      await be('Q')
      return
    case 'P':
      world.close('put')
      write(world, subject)
      await world.until('the bytes are on their way', () => world.waitsAt('put'), LONG_MS)
      return
    case 'D':
      world.server.plan(made, 'not-done', 1, 20_000)
      write(world, subject)
      await be('D')
      await world.run(200)
      return
    case 'R':
      world.server.plan(made, mishap, 1, null)
      world.closesAfterFailure = true
      write(world, subject)
      await be('R')
      await world.run(200)
      return
    default:
  }
  write(world, subject)
  await be('S')
  await world.run(4 * SETTLE_MS)
  if (prepared.remember === 'synced') world.shelf.remember()
  switch (state) {
    case 'S':
      return
    case 'C':
    case 'H':
      if (prepared.twin) await addTwin(world)
      takeAway(world, subject)
      await be(state)
      return
    case 'X':
      world.server.plan('delete', mishap, 1, null)
      world.closesAfterFailure = true
      takeAway(world, subject)
      if (world.truths[0]?.mode === 'hold') await approveHeld(world, be)
      await world.until('the answer to the DELETE is lost', () => world.waitsAt('look') && stateNow() === 'X', LONG_MS)
      return
    case 'N':
      await world.restart((truths) => truths.map((truth, i) => (i === 0 ? { ...truth, ignore: [ignoreOf(subject)] } : truth)))
      await be('N')
      return
    case 'L': {
      await world.restart()
      const row = world.liveRows().find((one) => one.title === SUBJECTS[subject].key)
      if (row === undefined) throw new Error('the subject has no row')
      world.server.removeForeign(row)
      await world.restart()
      await be('L')
      return
    }
    default:
      throw new Error(state)
  }
}

/** The rule covers the place to which the subject is renamed too. */
function ignoreOf(subject: Subject): string {
  return subject === 'group' ? '[gh]/' : subject === 'video' ? 'v.mp4' : '[ab].jpg'
}

async function addTwin(world: CellWorld): Promise<void> {
  copyFile(world.spot('/f0/a.jpg'), world.spot('/f0/k.jpg'), world.heard)
  await world.until('the copy has a row', () => world.liveRows().some((row) => row.title === 'k.jpg'), LONG_MS)
  await world.run(3_000)
}

async function approveHeld(world: CellWorld, be: (state: State) => Promise<void>): Promise<void> {
  await be('H')
  for (const batch of world.ledger.candidates.batches(1)) approveBatch(world.parts(), { id: batch.id, digest: batch.digest })
}

function write(world: CellWorld, subject: Subject): void {
  for (const { at, content } of SUBJECTS[subject].files) writeFile(world.spot(at), contentOf(content), world.heard)
}

/** Out of the folder, and kept: it may come back, or go elsewhere. */
export function takeAway(world: CellWorld, subject: Subject): void {
  if (subject === 'group') {
    world.keep(remove(world.spot('/f0/g'), world.heard))
    return
  }
  for (const { at } of SUBJECTS[subject].files) world.keep(remove(world.spot(at), world.heard))
}

/** The column in which the ledger's facts stand; null between two. */
export function seenState(world: CellWorld, subject: Subject, key: RelPath = SUBJECTS[subject].key): State | null {
  const record = world.ledger.folders.byPath('/f0')
  const summary = record === null ? undefined : world.ledger.facts.summaries(record.id, key).find((one) => one.unit.key === key)
  if (summary === undefined) return null
  const { facts } = summary
  const staged = world.ledger.versions.ofUnit(summary.unit.id).find((version) => version.role === 'coming')
  switch (stateOf(facts)) {
    case 'deleting':
      return 'X'
    case 'detached':
      return 'N'
    case 'registering':
      return 'R'
    case 'held':
      return 'H'
    case 'missing':
      return world.ledger.candidates.get(summary.version?.id ?? -1)?.firstScan == null ? null : 'C'
    case 'remote-missing':
      return 'L'
    case 'synced':
      return 'S'
    default:
  }
  if (facts.current !== null) return null
  if (facts.coming === 'sent') return 'D'
  if (facts.coming === 'ticket') {
    const frames = staged === undefined ? [] : world.ledger.versions.frames(staged.id)
    return frames.length > 0 && frames.every((frame) => frame.step === 'staged') ? 'D' : 'P'
  }
  return 'Q'
}

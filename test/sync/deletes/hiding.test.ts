import { symlinkSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { finishVersion } from '../../../src/sync/finishVersion.ts'
import type { FolderSetup } from '../../../src/sync/folderSetup.ts'
import { judgeDeletes } from '../../../src/sync/judgeDeletes.ts'
import { openLooks } from '../../../src/sync/looks.ts'
import type { FolderRecord, ScanRecord } from '../../../src/sync/records.ts'
import { takeSurvey } from '../../../src/sync/takeSurvey.ts'
import { LedgerBox, PLANTED_MS, type PlantedUnit } from '../../support/ledgerBox.ts'
import { policyOf } from '../../support/planWorld.ts'
import { realClock } from '../../support/realClock.ts'
import { SurveyBox } from '../../support/surveyBox.ts'

const GRACE_MS = 120_000
const STEP_MS = 1_000
/** What comes about as the file goes: what may hide it, or nothing. */
const PLACES = ['a place that cannot be looked into', 'a link', 'nothing'] as const

type World = {
  /** Which folder's walk goes on, step by step. */
  readonly turns: readonly ('IN' | 'TWO')[]
  /** In a walk of the folder the file is in: is its directory read before the place it goes to? */
  readonly fileFirst: boolean
  /** Before which step the place comes about, and the file moves there. */
  readonly movesAt: number
  readonly to: 'IN' | 'TWO'
  readonly as: (typeof PLACES)[number]
}

type Walk = { readonly beganMs: number; readonly newest: number; readonly phases: string[]; seen: boolean | null; hidden: boolean }

/** Two folders of one dataset that are walked at the same time, on a disk of one file and one place. */
class TwoWalks {
  readonly box: LedgerBox
  readonly folders: Readonly<Record<'IN' | 'TWO', FolderRecord>>
  readonly unit: PlantedUnit
  readonly #world: World
  readonly #walks = new Map<'IN' | 'TWO', Walk>()
  #moved = false
  #wallMs = PLANTED_MS

  /** @param dataset of its own, so that many worlds share a ledger */
  constructor(world: World, box: LedgerBox, dataset: string) {
    this.#world = world
    this.box = box
    this.folders = { IN: box.folder(`IN-${dataset}`, dataset), TWO: box.folder(`TWO-${dataset}`, dataset) }
    this.unit = box.unit(this.folders.IN, 'a.jpg')
    for (const name of ['keep1.jpg', 'keep2.jpg']) this.box.unit(this.folders.IN, name)
    for (const name of ['IN', 'TWO', 'IN'] as const) this.walkWhole(name)
  }

  move(): void {
    this.#moved = true
  }

  step(name: 'IN' | 'TWO'): void {
    this.#wallMs += STEP_MS
    const walk = this.#walks.get(name)
    if (walk === undefined) {
      this.#begin(name)
      return
    }
    const phase = walk.phases.shift()
    if (phase === 'file') walk.seen = !this.#moved
    if (phase === 'place') walk.hidden = this.#moved && this.#world.to === name
    if (phase === undefined) this.#end(name, walk)
  }

  walkWhole(name: 'IN' | 'TWO'): void {
    do this.step(name)
    while (this.#walks.has(name))
  }

  grace(): void {
    this.#wallMs += GRACE_MS + STEP_MS
  }

  verdict() {
    const now = { wallMs: this.#wallMs, monotonicMs: 0, serverMs: this.#wallMs }
    return judgeDeletes(this.box.ledger, this.box.ledger.folders.get(this.folders.IN.id), policyOf(), now, 'local', GRACE_MS)[0]?.verdict
  }

  #begin(name: 'IN' | 'TWO'): void {
    const phases = name === 'TWO' ? ['place'] : this.#world.fileFirst ? ['file', 'place'] : ['place', 'file']
    this.#walks.set(name, { beganMs: this.#wallMs, newest: this.box.ledger.scans.newest(), phases, seen: null, hidden: false })
  }

  /** What a survey of this walk writes down. */
  #end(name: 'IN' | 'TWO', { beganMs, newest, seen, hidden }: Walk): void {
    this.#walks.delete(name)
    const { ledger } = this.box
    const folder = this.folders[name]
    const scanId = ledger.scans.add({
      folderId: folder.id,
      whole: true,
      beganMs,
      endedMs: this.#wallMs,
      process: 'p1',
      beganAfter: newest,
      result: 'complete',
      blind: hidden && this.#world.as === PLACES[0] ? [{ dir: 'private', why: 'no permission' }] : [],
      busy: [],
    })
    if (hidden && this.#world.as === PLACES[1] && ledger.tree.problems(folder.id).length === 0) {
      const id = this.box.file(folder, 'latest', { problem: 'symlink' })
      ledger.tree.setFirstScan(id, scanId)
    }
    if (name === 'IN' && seen === false) this.#missed(scanId)
  }

  #missed(scanId: number): void {
    const { ledger } = this.box
    const { unitId, versionId, fileIds } = this.unit
    const candidate = ledger.candidates.get(versionId ?? 0)
    if (candidate !== null) {
      if (this.#wallMs - (candidate.firstAtMs ?? 0) >= GRACE_MS) ledger.candidates.setSecond(versionId ?? 0, scanId)
      return
    }
    ledger.units.setLocal(unitId, 'absent')
    const absence = { ancestor: '', ctimeBeforeNs: '1', ctimeAfterNs: '2', unchanged: 0 }
    for (const id of fileIds) ledger.tree.setFileLocal(id, 'absent', scanId, absence)
    ledger.candidates.add(versionId ?? 0, 'absent', { id: scanId, atMs: this.#wallMs }, this.#wallMs)
  }
}

function verdictOf(world: World, box: LedgerBox, dataset: string) {
  const walks = new TwoWalks(world, box, dataset)
  world.turns.forEach((name, index) => {
    if (index === world.movesAt) walks.move()
    walks.step(name)
  })
  walks.move()
  for (const name of ['IN', 'TWO'] as const) walks.walkWhole(name)
  // One that was under way when the turns ended may have begun before the file moved.
  for (const name of ['IN', 'TWO'] as const) walks.walkWhole(name)
  walks.grace()
  for (const name of ['IN', 'TWO'] as const) walks.walkWhole(name)
  return walks.verdict()
}

const worlds: fc.Arbitrary<World> = fc.integer({ min: 1, max: 20 }).chain((length) =>
  fc.record({
    turns: fc.array(fc.constantFrom('IN', 'TWO'), { minLength: length, maxLength: length }),
    fileFirst: fc.boolean(),
    movesAt: fc.integer({ min: 0, max: length }),
    to: fc.constantFrom('IN', 'TWO'),
    as: fc.constantFrom(...PLACES),
  }),
)

test('a file that went to where nothing can be seen is held, in whatever order two folders of its dataset were walked then', () => {
  using box = new LedgerBox()
  let runs = 0
  fc.assert(
    fc.property(worlds, (world) => {
      expect(box.ledger.now(() => verdictOf(world, box, `dataset-${++runs}`))).toMatchObject(
        world.as === 'nothing' ? { kind: 'delete' } : { kind: 'hold', rule: 'hidden' },
      )
    }),
    { numRuns: 100 },
  )
})

/** A whole look at a folder; what is left out is a complete one that is over at once. */
function lookAt(box: LedgerBox, folder: FolderRecord, what: Partial<ScanRecord> = {}): number {
  const { scans } = box.ledger
  const [beganMs, endedMs, beganAfter] = [PLANTED_MS, PLANTED_MS, scans.newest()]
  const plain = { folderId: folder.id, whole: true, beganMs, endedMs, process: 'p1', beganAfter, blind: [], busy: [] }
  return scans.add({ ...plain, result: 'complete', ...what })
}

/** What is decided about a row whose file two whole looks at its folder lacked. @param elsewhere looks at the other folders since the first of them */
function verdictOfGone(box: LedgerBox, folder: FolderRecord, gone: Omit<PlantedUnit, 'dataHash'>, elsewhere: () => void) {
  const { ledger } = box
  const first = lookAt(box, folder)
  const absence = { ancestor: '', ctimeBeforeNs: '1', ctimeAfterNs: '2', unchanged: 0 }
  const wallMs = PLANTED_MS + GRACE_MS + STEP_MS
  ledger.now(() => {
    for (const id of gone.fileIds) ledger.tree.setFileLocal(id, 'absent', first, absence)
    ledger.candidates.add(gone.versionId ?? 0, 'absent', { id: first, atMs: PLANTED_MS }, PLANTED_MS)
    ledger.candidates.setSecond(gone.versionId ?? 0, lookAt(box, folder, { beganMs: wallMs, endedMs: wallMs }))
  })
  elsewhere()
  const now = { wallMs, monotonicMs: 0, serverMs: wallMs }
  return judgeDeletes(ledger, ledger.folders.get(folder.id), policyOf(), now, 'local', GRACE_MS)[0]?.verdict
}

test.each([
  ['a look at the folder it was in then', true],
  ['a look at some directories, of a folder that nobody knows any more', false],
])('what moved to another folder after it had changed was last seen before it did: %s', (_, isKept) => {
  using box = new LedgerBox()
  const { ledger } = box
  const [one, two, three] = [box.folder('ONE'), box.folder('TWO'), box.folder('THREE')]
  for (const folder of [one, two, three]) lookAt(box, folder)
  // It goes to where nothing can be seen while its folder is walked, before that walk comes to it.
  const beganAfter = ledger.scans.newest()
  const blind = [{ dir: 'private', why: 'no permission' }]
  lookAt(box, three, { blind })
  lookAt(box, two)
  const missed = isKept ? lookAt(box, one, { beganAfter }) : lookAt(box, one, { beganAfter, whole: false })
  lookAt(box, one)
  if (!isKept) ledger.scans.prune(one.id, PLANTED_MS + 1)
  // What stands there now moved to another folder, and is gone from it by now.
  const { unitId, versionId, fileIds } = box.unit(two, 'a.jpg', { local: 'absent' })
  for (const name of ['keep1.jpg', 'keep2.jpg']) box.unit(two, name)
  ledger.now(() => ledger.versions.setChangedScan(unitId, missed))
  const elsewhere = (): void => {
    lookAt(box, one)
    lookAt(box, three, { blind })
  }
  expect(verdictOfGone(box, two, { unitId, versionId, fileIds }, elsewhere)).toMatchObject({ kind: 'hold', rule: 'hidden' })
})

/** A whole look that finds these mounts and nothing else new, as it is written down. */
function surveyOf({ ledger }: LedgerBox, folder: FolderRecord, mounts: readonly string[]): void {
  const nowMs = PLANTED_MS + 1_000
  const beganAfter = ledger.scans.newest()
  const scan = { whole: true, beganAfter, beganMs: nowMs, endedMs: nowMs, result: 'complete', blind: [], busy: [] } as const
  const nothing = { dirs: [], goneDirs: [], unseenDirs: [], differences: [], tree: [], ignoreFiles: [], files: 0, ignored: 0 }
  const log = { emit: () => undefined }
  const setup = { watch: { synced: () => undefined }, graceMs: GRACE_MS } as unknown as FolderSetup
  const tools = { ledger, looks: openLooks(realClock), log, clock: { ...realClock, wallMs: () => nowMs }, process: 'p1' }
  takeSurvey(tools, setup, folder, { ...nothing, scan, mounts }, () => policyOf(), { cause: 'test', tookMs: 1 })
}

test('a file that went as a disk was unmounted below a folder that had just come to its dataset is held', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const one = box.folder('ONE')
  for (const _ of [1, 2]) lookAt(box, one)
  const two = box.folder('TWO')
  for (const mounts of [['ext4#2##1 card'], []]) surveyOf(box, ledger.folders.get(two.id), mounts)
  const planted = box.unit(one, 'a.jpg', { local: 'absent' })
  for (const name of ['keep1.jpg', 'keep2.jpg']) box.unit(one, name)
  expect(verdictOfGone(box, one, planted, () => lookAt(box, two))).toMatchObject({ kind: 'hold', rule: 'hidden' })
})

test('what was overwritten by a rename was last seen before it was, however often its proof starts anew', async () => {
  using box = new SurveyBox({ policy: policyOf({ onChange: 'replace' }) })
  for (const name of ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg']) box.put(name)
  await box.sync()
  box.mv('a.jpg', 'private/a.jpg')
  symlinkSync('/nowhere', box.at('private/.encordignore'))
  box.mv('b.jpg', 'a.jpg')
  box.look({ dirs: [''] })
  await box.settle()
  for (const _ of [1, 2]) box.look()
  for (const { versionId } of box.ledger.candidates.ofFolder(box.folderId))
    box.ledger.now(() => box.ledger.candidates.setFirst(versionId, null))
  box.confirm()
  expect(box.reasons()).toEqual({ 'a.jpg': 'hold hidden' })
})

test('a link that came about after a file was found at its new place by its content hides nothing', async () => {
  using box = new SurveyBox({ birthTimes: false })
  for (const name of ['a.jpg', 'c.jpg', 'd.jpg']) box.put(name)
  await box.sync()
  box.mv('a.jpg', 'b.jpg')
  await box.sync()
  expect(box.rows()).toMatchObject({ 'a.jpg#1': 'b.jpg' })
  symlinkSync('/nowhere', box.at('link'))
  for (const _ of [1, 2]) box.look()
  box.rm('b.jpg')
  box.confirm()
  expect(box.deletable()).toEqual(['b.jpg'])
})

test('every row of a sequence was last seen when its first one was', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  for (const _ of [1, 2]) lookAt(box, folder)
  const unitId = ledger.units.ensure(folder.id, 'dir', 'run', 'image_group', PLANTED_MS)
  ledger.now(() => {
    const id = ledger.versions.addComing({ unitId, remoteId: folder.remoteId, kind: 'image_group', title: 'run', sizeBytes: 10 }, 1)
    ledger.versions.setFrames(id, [{ fileId: box.file(folder, 'run/1.jpg'), name: '1.jpg', sizeBytes: 10 }])
    // A frame changes while the answer is on its way.
    ledger.versions.setChangedScan(unitId, 2)
    const tools = { ledger, folder, policy: policyOf(), log: { emit: () => undefined }, clock: realClock, fresh: new Set<number>() }
    const rows = ['run', 'run-2'].map((title) => ({ dataHash: title, title }))
    finishVersion(tools, { id }, rows, null)
  })
  expect(ledger.versions.ofUnit(unitId)).toMatchObject([
    { dataHash: 'run', readAfter: 1, changedScan: 2 },
    { dataHash: 'run-2', readAfter: 1, changedScan: 2 },
  ])
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgeDeletes } from '../../../src/sync/judgeDeletes.ts'
import type { FolderRecord } from '../../../src/sync/records.ts'
import { LedgerBox, PLANTED_MS, type PlantedUnit } from '../../support/ledgerBox.ts'
import { policyOf } from '../../support/planWorld.ts'

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
    { numRuns: 200 },
  )
})

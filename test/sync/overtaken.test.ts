import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { survey } from '../../src/app/survey.ts'
import { applySurvey } from '../../src/sync/applySurvey.ts'
import { openLooks } from '../../src/sync/looks.ts'
import { applyNote } from '../../src/sync/notes.ts'
import type { FolderRecord } from '../../src/sync/records.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { policyOf } from '../support/planWorld.ts'
import { realClock } from '../support/realClock.ts'
import { uniqueImage } from '../support/surveyBox.ts'

const tools = { log: { emit: () => undefined }, wallMs: () => Date.now(), process: 'p1' }

/** Two folders of one dataset, whose walks are written down when the test says so. */
class TwoFolders implements Disposable {
  readonly #box = new LedgerBox()
  readonly #looks = openLooks(realClock)
  readonly one: FolderRecord = this.#box.folder('ONE')
  readonly two: FolderRecord = this.#box.folder('TWO')

  get ledger() {
    return this.#box.ledger
  }

  put(folder: FolderRecord, path: string, serial = 1): void {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true })
    writeFileSync(join(folder.path, path), uniqueImage(serial))
  }

  /** A walk that has ended; what it returns writes it down. @returns the scan's id when called */
  walk(folder: FolderRecord): () => number {
    const request = { folderId: folder.id, root: folder.path, dirs: null, ignore: [], knownMounts: [], keepsDirTimes: false }
    const { tree, scans } = this.ledger
    const seen = survey({ tree, wallMs: tools.wallMs, pause: () => undefined }, { ...request, newestScan: scans.newest() })
    const here = { ...tools, ledger: this.ledger, looks: this.#looks }
    return () => applySurvey(here, folder, () => policyOf(), { ...seen, mounts: [] }).scanId
  }

  look(folder: FolderRecord): number {
    return this.walk(folder)()
  }

  /** The unit at a path, with a row of its own. */
  sent(folder: FolderRecord, path: string): number {
    const { ledger } = this
    const unit = ledger.units.byKey(folder.id, 'file', path)
    if (unit === null) throw new Error(`no unit ${path}`)
    const row = {
      unitId: unit.id,
      remoteId: folder.remoteId,
      kind: 'image',
      title: path,
      sizeBytes: 1,
      part: 0,
      metadataDue: false,
    } as const
    ledger.now(() => ledger.versions.addLive({ ...row, dataHash: `hash-${path}`, content: `sha-${path}` }, PLANTED_MS))
    ledger.now(() => ledger.units.setWork(unit.id, 'none', '', PLANTED_MS))
    return unit.id
  }

  /** A file of the first folder that was sent, and went to the second one unseen. @returns its unit */
  sentAndMoved(): number {
    this.put(this.one, 'a.mp4')
    for (const folder of [this.one, this.two]) this.look(folder)
    const unitId = this.sent(this.one, 'a.mp4')
    renameSync(join(this.one.path, 'a.mp4'), join(this.two.path, 'b.mp4'))
    return unitId
  }

  /** An older row of a unit, with a proof that is whole. @returns its version */
  older(unitId: number, firstScan: number, secondScan: number): number {
    const { ledger } = this
    const row = { unitId, remoteId: this.one.remoteId, kind: 'video', title: 'older', sizeBytes: 1, part: 1, metadataDue: false } as const
    return ledger.now(() => {
      const id = ledger.versions.addLive({ ...row, dataHash: 'older', content: 'older' }, PLANTED_MS)
      ledger.versions.setRole(id, 'superseded')
      ledger.candidates.add(id, 'superseded', { id: firstScan, atMs: PLANTED_MS }, PLANTED_MS)
      ledger.candidates.setSecond(id, secondScan)
      return id
    })
  }

  /** Where a unit is, and what is known of it. */
  stand(unitId: number): string {
    const unit = this.ledger.units.get(unitId)
    if (unit === null) return 'forgotten'
    return `${unit.folderId === this.one.id ? 'ONE' : 'TWO'}/${unit.key} ${unit.local}`
  }

  [Symbol.dispose](): void {
    this.#box[Symbol.dispose]()
  }
}

test('a file that another folder found while it was looked for in vain at its old place stays found', () => {
  using box = new TwoFolders()
  const { one, two } = box
  const unitId = box.sentAndMoved()
  const scanId = box.look(one)
  const { ledger } = box
  // Its directory said that nothing was removed: the next walk mentions it once more.
  const absence = { ancestor: '', ctimeBeforeNs: '1', ctimeAfterNs: '1', unchanged: 1 }
  for (const { id } of ledger.tree.filesOfUnit(unitId)) ledger.now(() => ledger.tree.setFileLocal(id, 'absent', scanId, absence))
  const writeDown = box.walk(one)
  box.look(two)
  expect(box.stand(unitId)).toBe('TWO/b.mp4 present')
  writeDown()
  expect(box.stand(unitId)).toBe('TWO/b.mp4 present')
})

test('a walk that lacks a file lacks the row that took its place meanwhile', () => {
  using box = new TwoFolders()
  const { one, two } = box
  const unitId = box.sentAndMoved()
  box.look(two)
  rmSync(join(two.path, 'b.mp4'))
  const writeDown = box.walk(two)
  // This folder's walk tells only now whose file it was that stood in the other one.
  box.look(one)
  expect(box.stand(unitId)).toBe('TWO/b.mp4 present')
  const scanId = writeDown()
  expect(box.stand(unitId)).toBe('TWO/b.mp4 absent')
  expect(box.ledger.tree.filesOfUnit(unitId)).toMatchObject([{ local: 'absent', absentScan: scanId }])
})

test.each(['its identity', 'its content'])(
  'looks at the folder that a file left prove nothing in the one it came to, found there by %s',
  (how) => {
    using box = new TwoFolders()
    const { ledger, one, two } = box
    const unitId = box.sentAndMoved()
    const older = box.older(unitId, ...([box.look(one), box.look(one)] as const))
    if (how === 'its identity') box.look(two)
    else {
      const arrived = ledger.now(() => ledger.units.ensure(two.id, 'file', 'b.mp4', 'video', PLANTED_MS))
      const note = { kind: 'take-over', unitId: arrived, fromUnitId: unitId, because: '' } as const
      ledger.now(() => applyNote({ ...tools, ledger }, two, policyOf(), note))
    }
    expect(box.stand(unitId)).toBe('TWO/b.mp4 present')
    expect(ledger.candidates.get(older)).toMatchObject({ why: 'superseded', firstScan: null, secondScan: null })
  },
)

test('a walk that lacks a file lacks the unit that it was given to meanwhile', () => {
  using box = new TwoFolders()
  const { one, two } = box
  box.put(one, 'a.mp4')
  box.put(two, 'b.mp4', 2)
  for (const folder of [one, two]) box.look(folder)
  const unitId = box.sent(one, 'a.mp4')
  rmSync(join(one.path, 'a.mp4'))
  box.look(one)
  rmSync(join(two.path, 'b.mp4'))
  const writeDown = box.walk(two)
  const { ledger } = box
  const arrived = ledger.units.byKey(two.id, 'file', 'b.mp4')?.id ?? 0
  ledger.now(() =>
    applyNote({ ...tools, ledger }, two, policyOf(), { kind: 'take-over', unitId: arrived, fromUnitId: unitId, because: '' }),
  )
  expect(box.stand(unitId)).toBe('TWO/b.mp4 present')
  writeDown()
  expect(box.stand(unitId)).toBe('TWO/b.mp4 absent')
})

test('a file that changed when its row was forgotten meanwhile is a new one', () => {
  using box = new TwoFolders()
  box.put(box.one, 'a.mp4')
  box.look(box.one)
  const forgotten = box.ledger.units.byKey(box.one.id, 'file', 'a.mp4')?.id ?? 0
  rmSync(join(box.one.path, 'a.mp4'))
  box.look(box.one)
  box.put(box.one, 'a.mp4', 2)
  const writeDown = box.walk(box.one)
  box.ledger.now(() => applyNote({ ...tools, ledger: box.ledger }, box.one, policyOf(), { kind: 'forget', unitId: forgotten, because: '' }))
  writeDown()
  const unit = box.ledger.units.byKey(box.one.id, 'file', 'a.mp4')
  expect(unit).toMatchObject({ local: 'present' })
  expect(box.ledger.tree.filesOfUnit(unit?.id ?? 0)).toMatchObject([{ path: 'a.mp4', local: 'present' }])
})

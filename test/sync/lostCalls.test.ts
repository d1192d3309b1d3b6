import { describe, expect, test } from 'vitest'
import { unknownRows } from '../../src/app/drift.ts'
import type { EffectTools } from '../../src/sync/effectTools.ts'
import { applyListing } from '../../src/sync/listing.ts'
import { openLooks } from '../../src/sync/looks.ts'
import { lostCallOf } from '../../src/sync/lostCalls.ts'
import { applyNote, forgetUnit } from '../../src/sync/notes.ts'
import { groupContent } from '../../src/sync/plan/groupContent.ts'
import { planUnit } from '../../src/sync/plan/unitPlan.ts'
import { contextOf, indexForeign } from '../../src/sync/relations.ts'
import { resolveOperation } from '../../src/sync/resolve.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { policyOf, WHOLE_IMAGE } from '../support/planWorld.ts'
import { realClock } from '../support/realClock.ts'

/** A group with a lost call for its frames as they are. */
function lostGroup(box: LedgerBox, key: string) {
  const { ledger } = box
  const folder = ledger.folders.all()[0] ?? box.folder('IN')
  const { unitId, fileIds } = box.unit(folder, key, { kind: 'image_group', current: null, work: 'unlinked', frames: [`${key}/1.png`] })
  const content = groupContent(fileIds.map((id) => ledger.tree.file(id)?.sha256 ?? ''))
  const versionId = ledger.now(() => {
    const id = ledger.versions.addComing({ unitId, remoteId: folder.remoteId, kind: 'image_group', title: key, sizeBytes: 10 }, 0)
    ledger.versions.setSent(id, content, 10)
    ledger.versions.retire(id, 'registering', 'closed')
    return id
  })
  return { folder, unitId, fileIds, content, versionId }
}

test('a lost call holds its content wherever that went, and a plain copy has a row of its own', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, unitId, fileIds, content, versionId } = lostGroup(box, 'g')
  const other = { id: 99, kind: 'image_group' as const }
  const call = (unit: { readonly id: number; readonly kind: 'image_group' | 'image' }) =>
    lostCallOf(ledger, unit, folder.remoteId, content)?.id ?? null
  expect(call({ id: unitId, kind: 'image_group' })).toBe(versionId)
  // It stands where it was: elsewhere it is a copy.
  expect(call(other)).toBeNull()
  const [frame = 0] = fileIds
  ledger.now(() => ledger.tree.setSha(frame, 'another content', false))
  expect(call(other)).toBe(versionId)
  ledger.now(() => ledger.versions.setUnit(versionId, null))
  expect(call(other)).toBe(versionId)
  expect(call({ id: 99, kind: 'image' })).toBeNull()
})

test('the row that an earlier lost call of the same group made is not taken for its newer content', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, unitId, fileIds } = lostGroup(box, 'g')
  ledger.now(() => ledger.remotes.markContacted(folder.remoteId))
  const id = ledger.now(() => {
    const made = ledger.versions.addComing({ unitId, remoteId: folder.remoteId, kind: 'image_group', title: 'g', sizeBytes: 20 }, 0)
    ledger.versions.setFrames(
      made,
      fileIds.map((fileId) => ({ fileId, name: '1.png', sizeBytes: 10 })),
    )
    ledger.versions.setSent(made, 'a newer content', 20)
    ledger.operations.intend(made, 'group', PLANTED_MS + 60_000, null, null)
    ledger.operations.doubtIntents()
    return made
  })
  const told = { sizeBytes: null, clientMetadata: null, members: null }
  const row = { dataHash: 'row', title: 'g', type: 'IMG_GROUP' as const, createdAtMs: PLANTED_MS, ...told }
  const tools = {
    ledger,
    folder,
    policy: policyOf(),
    policyOf: () => policyOf(),
    clock: realClock,
    log: { emit: () => undefined },
    signal: new AbortController().signal,
    absentGapMs: 0,
    fresh: new Set(),
    remote: { row: async () => null, serverTime: () => null },
    listing: async () => ({ askedAtMs: realClock.wallMs(), rows: [row], has: () => true, row: () => row }),
  } as unknown as EffectTools
  const [operation] = ledger.operations.openOf(id)
  await resolveOperation(tools, operation?.id ?? 0, id)
  expect(ledger.versions.get(id)).toMatchObject({ dataHash: null, remote: 'registering', role: 'closed' })
})

test('a row that a lost call may have made is told by verify once nothing that it sent is left here', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, unitId, fileIds, versionId } = lostGroup(box, 'g')
  const row = { ...ROW, dataHash: 'row', title: 'g', type: 'IMG_GROUP' as const }
  const told = () => unknownRows(ledger, folder.remoteId, [row, { ...row, dataHash: 'other', title: 'other' }], PLANTED_MS)
  const [frame = 0] = fileIds
  ledger.now(() => {
    const { sha256 } = ledger.tree.file(frame) ?? {}
    ledger.versions.setFrames(versionId, [{ fileId: frame, name: '1.png', sizeBytes: 10 }])
    ledger.versions.setFrameSent(versionId, 0, sha256 ?? '')
  })
  expect(told()).toEqual([])
  ledger.now(() => {
    ledger.tree.setFileLocal(frame, 'absent', null, null)
    forgetUnit(ledger, unitId)
  })
  expect(ledger.versions.lostOf(folder.remoteId)).toHaveLength(1)
  // Nothing tells that it is ours: nobody is told to delete it.
  expect(told()).toMatchObject([{ class: 'unknown-row', dataHash: 'row', next: 'encord-sync status', needsPerson: true }])
})

const SILENT = { emit: () => undefined }
const ROW = {
  dataHash: 'hash-of-a',
  title: 'a.jpg',
  type: 'IMAGE' as const,
  createdAtMs: null,
  sizeBytes: 10,
  clientMetadata: null,
  members: null,
}

/** `a.jpg`, of 10 bytes, of whose register call nobody knows what it made. */
function lostFile(box: LedgerBox, current: 'live' | null = null) {
  const { ledger } = box
  const folder = box.folder('IN')
  ledger.now(() => ledger.remotes.markContacted(folder.remoteId))
  const { unitId, versionId: olderId, fileIds } = box.unit(folder, 'a.jpg', { current, work: 'unlinked', sha256: 'sha-older' })
  const versionId = ledger.now(() => {
    ledger.tree.setSha(fileIds[0] ?? 0, 'sha-a', false)
    const id = ledger.versions.addComing({ unitId, remoteId: folder.remoteId, kind: 'image', title: 'a.jpg', sizeBytes: 10 }, 1)
    ledger.versions.setTicket(id, ROW.dataHash, '{}', PLANTED_MS)
    ledger.versions.setSent(id, 'sha-a', 10)
    ledger.versions.retire(id, 'registering', 'closed')
    return id
  })
  const older = current === null ? [] : [{ ...ROW, dataHash: ledger.versions.get(olderId ?? 0)?.dataHash ?? '' }]
  return { folder, unitId, olderId, versionId, fileIds, rows: [...older, ROW] }
}

type Lost = ReturnType<typeof lostFile>

/** `a.jpg` is gone, and as it had no row it is forgotten. */
function leave({ ledger }: LedgerBox, { unitId, fileIds }: Lost): void {
  ledger.now(() => {
    for (const id of fileIds) ledger.tree.setFileLocal(id, 'absent', null, null)
    forgetUnit(ledger, unitId)
  })
}

/** A listing shows the row. */
function show({ ledger }: LedgerBox, { folder, rows }: Lost): void {
  const { dataset } = ledger.remotes.get(folder.remoteId)
  const tools = { ledger, log: SILENT, wallMs: () => PLANTED_MS + 60_000, absentGapMs: 0, newestVersion: 0, contactLook: 'only' as const }
  const listing = { dataset, title: '', description: '', storage: 'CORD_STORAGE', rows }
  expect(applyListing(tools, folder.remoteId, listing, PLANTED_MS + 60_000).kind).toBe('trusted')
}

/** `b.jpg`, whole and at rest, is planned. @returns the kinds of what is to be done */
function planCopy({ ledger }: LedgerBox, { folder }: Lost, unitId: number, fileId: number): readonly string[] {
  ledger.now(() => ledger.tree.setLook(fileId, WHOLE_IMAGE))
  const view = ledger.view(unitId)
  if (view === null) throw new Error('no unit')
  const now = { wallMs: PLANTED_MS + 60_000, monotonicMs: 0, serverMs: null }
  const looks = { ...openLooks(realClock), fileQuietMs: () => 60_000 }
  const disk = { namesIn: () => [] }
  const remote = ledger.remotes.get(folder.remoteId)
  const around = { ledger, disk, looks, folder, remote, policy: policyOf(), fileSystem: 'local' } as const
  const actions = planUnit(view, contextOf(view, { ...around, foreign: indexForeign([]), now, awaited: null }))
  for (const action of actions)
    if (action.kind === 'take-lost')
      ledger.now(() => applyNote({ ledger, log: SILENT, wallMs: () => PLANTED_MS }, folder, policyOf(), action))
  return actions.map(({ kind }) => kind)
}

describe('a file whose lost call a listing shows', () => {
  const isOf = (unitId: number) => ({ remote: 'live', role: 'current', unitId, titleDue: true, metadataDue: true })
  const LEFT = { remote: 'registering', role: 'closed' }

  test('while the copy that it was moved by is not read keeps its row for that one', () => {
    using box = new LedgerBox()
    const lost = lostFile(box)
    const { unitId, fileIds } = box.unit(lost.folder, 'b.jpg', { current: null, work: 'waiting', sha256: null })
    leave(box, lost)
    show(box, lost)
    expect(box.ledger.versions.get(lost.versionId)).toMatchObject(LEFT)
    const told = () => unknownRows(box.ledger, lost.folder.remoteId, lost.rows, PLANTED_MS)
    expect(told()).toEqual([])
    expect(planCopy(box, lost, unitId, fileIds[0] ?? 0)).toEqual(['hash'])
    box.ledger.now(() => box.ledger.tree.setSha(fileIds[0] ?? 0, 'sha-a', false))
    expect(planCopy(box, lost, unitId, fileIds[0] ?? 0)).toEqual(['take-lost'])
    expect(box.ledger.versions.get(lost.versionId)).toMatchObject(isOf(unitId))
    // It stood at the old path when it was sent: what was copied from there since came later.
    expect(box.ledger.tree.file(fileIds[0] ?? 0)?.firstScan).toBe(1)
  })

  test('after it went is found again when it comes back, and told by verify until then', () => {
    using box = new LedgerBox()
    const lost = lostFile(box)
    leave(box, lost)
    show(box, lost)
    expect(unknownRows(box.ledger, lost.folder.remoteId, lost.rows, PLANTED_MS)).toMatchObject([
      { why: 'a call whose answer was lost made it, and no file here holds it', next: 'encord-sync delete hash-of-a' },
    ])
    const { unitId, fileIds } = box.unit(lost.folder, 'b.jpg', { current: null, work: 'waiting', sha256: 'sha-a' })
    expect(planCopy(box, lost, unitId, fileIds[0] ?? 0)).toEqual(['take-lost'])
    expect(box.ledger.versions.get(lost.versionId)).toMatchObject(isOf(unitId))
  })

  test('once, and not any more, is asked about again: somebody removed that row', () => {
    using box = new LedgerBox()
    const lost = lostFile(box)
    const other = box.unit(lost.folder, 'other.jpg')
    const kept = { ...ROW, title: 'other.jpg', dataHash: box.ledger.versions.get(other.versionId ?? 0)?.dataHash ?? '' }
    leave(box, lost)
    show(box, { ...lost, rows: [kept, ...lost.rows] })
    show(box, { ...lost, rows: [kept] })
    const { unitId, fileIds } = box.unit(lost.folder, 'b.jpg', { current: null, work: 'waiting', sha256: 'sha-a' })
    expect(planCopy(box, lost, unitId, fileIds[0] ?? 0)).toEqual(['wait'])
    expect(box.ledger.versions.get(lost.versionId)).toMatchObject(LEFT)
  })

  test('as it is touched keeps its row', () => {
    using box = new LedgerBox()
    const lost = lostFile(box)
    const [file = 0] = lost.fileIds
    const stamp = box.ledger.tree.file(file)?.stamp
    if (stamp === undefined) throw new Error('no file')
    box.ledger.now(() => {
      box.ledger.tree.seeFile(file, stamp, null, 'doubtful')
      box.ledger.units.setWork(lost.unitId, 'waiting', 'it changed on disk', PLANTED_MS)
    })
    show(box, lost)
    expect(box.ledger.versions.get(lost.versionId)).toMatchObject(LEFT)
    box.ledger.now(() => box.ledger.tree.setSha(file, 'sha-a', false))
    expect(planCopy(box, lost, lost.unitId, file)).toEqual(['take-lost'])
    expect(box.ledger.versions.get(lost.versionId)).toMatchObject(isOf(lost.unitId))
  })

  test('in place of an older content has its row, and the older one waits', () => {
    using box = new LedgerBox()
    const lost = lostFile(box, 'live')
    show(box, lost)
    expect(box.ledger.versions.get(lost.versionId)).toMatchObject(isOf(lost.unitId))
    expect(box.ledger.versions.get(lost.olderId ?? 0)?.role).toBe('superseded')
  })

  test('and that holds another content by now leaves it as an older row of its place', () => {
    using box = new LedgerBox()
    const lost = lostFile(box)
    box.ledger.now(() => box.ledger.tree.setSha(lost.fileIds[0] ?? 0, 'sha-newer', false))
    show(box, lost)
    expect(box.ledger.versions.get(lost.versionId)).toMatchObject({ remote: 'live', role: 'superseded', unitId: lost.unitId })
  })

  test('and that was replaced, sent anew and removed since leaves it as an older row of its place, which a person decides about', () => {
    using box = new LedgerBox()
    const lost = lostFile(box)
    const { ledger } = box
    const made = { unitId: lost.unitId, remoteId: lost.folder.remoteId, kind: 'image', title: 'a.jpg', sizeBytes: 10, part: 0 } as const
    ledger.now(() => {
      ledger.tree.setSha(lost.fileIds[0] ?? 0, 'sha-newer', false)
      ledger.versions.addLive({ ...made, dataHash: 'hash-of-newer', content: 'sha-newer', metadataDue: false }, PLANTED_MS)
      for (const id of lost.fileIds) ledger.tree.setFileLocal(id, 'absent', null, null)
      ledger.units.setLocal(lost.unitId, 'absent')
    })
    show(box, { ...lost, rows: [...lost.rows, { ...ROW, dataHash: 'hash-of-newer' }] })
    expect(ledger.versions.get(lost.versionId)).toMatchObject({ remote: 'live', role: 'superseded', unitId: lost.unitId })
    const batchId = ledger.candidates.get(lost.versionId)?.batchId ?? 0
    expect(ledger.candidates.batch(batchId)?.decision).toBeNull()
  })
})

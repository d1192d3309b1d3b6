import { describe, expect, test } from 'vitest'
import { FOLDER_STATES } from '../../../src/model/folder.ts'
import { planDeletes } from '../../../src/sync/plan/deleteLimit.ts'
import { APPROVAL_MS, judgeCandidate, OVERWRITTEN } from '../../../src/sync/plan/deletePlan.ts'
import type { CandidateView, DeleteContext } from '../../../src/sync/plan/deleteView.ts'
import type { BatchRecord, ScanRecord } from '../../../src/sync/records.ts'
import {
  candidateOf,
  deleteContext,
  fileOf,
  folderOf,
  HOUR_MS,
  MINUTE_MS,
  NOW_MS,
  policyOf,
  provenCandidate,
  scanOf,
  unitOf,
  versionOf,
} from '../../support/planWorld.ts'

const [absentFile] = provenCandidate().files
if (absentFile === undefined) throw new Error('a candidate without a file')

function judge(view: Partial<CandidateView> = {}, context: Partial<DeleteContext> = {}) {
  return judgeCandidate(provenCandidate(1, view), deleteContext(context))
}

function batchOf(change: Partial<BatchRecord> = {}): BatchRecord {
  return {
    id: 5,
    folderId: 1,
    digest: 'd',
    why: '60 deletes exceed 50',
    madeMs: NOW_MS - HOUR_MS,
    decision: null,
    decidedMs: null,
    ...change,
  }
}

const approved = batchOf({ decision: 'approved', decidedMs: NOW_MS - MINUTE_MS })
const inBatch = candidateOf({ batchId: 5 })
const supersededView: Partial<CandidateView> = {
  candidate: candidateOf({ why: 'superseded' }),
  unit: unitOf('f1.jpg', { local: 'present', work: 'none' }),
  files: [fileOf('f1.jpg', { sha256: 'sha-new' })],
  successor: versionOf({ id: 2, dataHash: 'hash-2', content: 'sha-new', liveAtMs: NOW_MS - HOUR_MS, listedAtMs: NOW_MS - MINUTE_MS }),
}
/** Another folder of the dataset, by its last whole look. */
function besideTwo(last: Partial<ScanRecord>, change: Partial<DeleteContext['others'][number]> = {}): Partial<DeleteContext> {
  return { others: [{ id: 2, path: '/TWO', state: 'ok', lastWhole: scanOf({ id: 12, ...last }), looksFrom: 0, ...change }] }
}

const replace = { policy: policyOf({ onChange: 'replace' }) }

test('a file that two whole complete scans lack, with nothing against it, may go', () => {
  expect(judge()).toEqual({ kind: 'delete', because: 'gone in scans 10 and 11' })
})

describe('rule 1: two scans', () => {
  const at = (firstAtMs: number, beganMs = firstAtMs) =>
    judge({ candidate: candidateOf({ firstAtMs }), second: null }, { lastWhole: scanOf({ beganMs }) })

  test('none yet: a scan is asked for at once', () => {
    expect(judge({ first: null, second: null })).toMatchObject({ kind: 'wait', rule: 'first-scan', forMs: 0, needsScan: true })
  })

  test('one: a second is asked for when the grace has passed, never in the past and never later than the grace', () => {
    expect(at(NOW_MS - 50_000)).toMatchObject({ kind: 'wait', rule: 'grace', forMs: 70_000, needsScan: true })
    expect(at(NOW_MS - HOUR_MS, NOW_MS - HOUR_MS)).toMatchObject({ kind: 'wait', rule: 'grace', forMs: 0 })
    expect(at(NOW_MS + HOUR_MS)).toMatchObject({ kind: 'wait', rule: 'grace', forMs: 120_000 })
  })

  test('one, and a look since the grace has passed by the wall clock alone confirmed nothing: a part of the grace is waited for', () => {
    expect(at(NOW_MS - HOUR_MS, NOW_MS - MINUTE_MS)).toMatchObject({ kind: 'wait', rule: 'grace', forMs: 12_000 })
  })

  test('one, and a look that came just when the grace had passed, and missed it by a moment: the next one comes soon', () => {
    const firstAtMs = NOW_MS - 120_100
    expect(at(firstAtMs, firstAtMs + 120_010)).toMatchObject({ kind: 'wait', rule: 'grace', forMs: 1_000 })
    expect(at(firstAtMs - 5_000, firstAtMs + 120_000)).toMatchObject({ kind: 'wait', rule: 'grace', forMs: 5_000 })
  })

  test('the file is back: called off', () => {
    expect(judge({ unit: unitOf('f1.jpg', { local: 'present' }) })).toMatchObject({ kind: 'cancel' })
  })

  test.each(['unseen', 'excluded'] as const)('its place is %s: waits', (local) => {
    expect(judge({ unit: unitOf('f1.jpg', { local }) })).toMatchObject({ kind: 'wait', rule: 'seen', needsScan: false })
  })
})

describe('rule 2: the same folder', () => {
  test.each(FOLDER_STATES.filter((state) => state !== 'ok' && state !== 'degraded'))('%s: waits', (state) => {
    expect(judge({}, { folder: folderOf({ state }) })).toMatchObject({ kind: 'wait', rule: 'identity' })
    expect(judge({ candidate: inBatch, batch: approved }, { folder: folderOf({ state }) })).toMatchObject({
      kind: 'wait',
      rule: 'identity',
    })
  })

  test('watched by polling: goes on', () => {
    expect(judge({}, { folder: folderOf({ state: 'degraded' }) })).toMatchObject({ kind: 'delete' })
  })

  test.each(['none', 'unwritable'] as const)('marker %s: held', (marker) => {
    expect(judge({}, { folder: folderOf({ marker }) })).toMatchObject({ kind: 'hold', rule: 'identity' })
  })

  test('paused: waits', () => {
    expect(judge({}, { folder: folderOf({ paused: true }) })).toMatchObject({ kind: 'wait', rule: 'paused' })
  })
})

test('rule 6: of a row without any file left nothing says that a copy is younger than it', () => {
  expect(judge({ files: [], copies: [fileOf('copy.jpg')] })).toMatchObject({ kind: 'hold', rule: 'copy-exists' })
})

describe('rule 4: the directory', () => {
  const unchanged = (times: number) => ({
    files: [{ ...absentFile, absence: { ...absentFile.absence, unchanged: times } } as typeof absentFile],
  })

  test('whose ctime says that nothing was removed is looked at again', () => {
    expect(judge(unchanged(1))).toMatchObject({ kind: 'wait', rule: 'parent-unchanged', needsScan: true })
    expect(judge(unchanged(2))).toMatchObject({ kind: 'wait', rule: 'parent-unchanged' })
  })

  test('whose ctime says so three times holds', () => {
    expect(judge(unchanged(3))).toMatchObject({ kind: 'hold', rule: 'parent-unchanged' })
    expect(judge({ ...unchanged(3), candidate: inBatch, batch: approved })).toMatchObject({ kind: 'delete' })
  })

  test('whose ctime went back holds at once: a snapshot was put back', () => {
    const absence = { ...absentFile.absence, ctimeBeforeNs: '200', ctimeAfterNs: '100', unchanged: 1 } as const
    const older = { files: [{ ...absentFile, absence } as typeof absentFile] }
    expect(judge(older)).toMatchObject({ kind: 'hold', rule: 'parent-older' })
    expect(judge({ ...older, candidate: inBatch, batch: approved })).toMatchObject({ kind: 'delete' })
  })

  test('that never rested blocks what was in it, and nobody else', () => {
    const busy = { lastWhole: scanOf({ busy: [''] }) }
    expect(judge({}, busy)).toMatchObject({ kind: 'wait', rule: 'busy', forMs: 120_000, needsScan: true })
    expect(judge({}, { lastWhole: scanOf({ busy: ['other'] }) })).toMatchObject({ kind: 'delete' })
  })
})

describe('rule 5: nothing unseen', () => {
  const partial = { lastWhole: scanOf({ result: 'partial', blind: [{ dir: 'locked', why: 'EACCES' }] }) }

  test('a place that cannot be seen now is named, and no scan is asked for before the next one is due', () => {
    expect(judge({}, partial)).toMatchObject({ kind: 'wait', rule: 'unseen', why: expect.stringContaining('locked (EACCES)'), forMs: null })
    expect(judge({ first: null, second: null }, partial)).toMatchObject({ rule: 'unseen', forMs: null })
    expect(judge({ candidate: inBatch, batch: approved }, partial)).toMatchObject({ kind: 'wait', rule: 'unseen' })
  })

  test('a unit whose place cannot be seen now is named', () => {
    const unseen = 'linked/run-3'
    expect(judge({}, { unseen })).toMatchObject({ kind: 'wait', rule: 'unseen', why: expect.stringContaining('linked/run-3'), forMs: null })
  })

  test('no whole scan at all is no evidence', () => {
    expect(judge({}, { lastWhole: null })).toMatchObject({ kind: 'wait', rule: 'first-scan' })
  })
})

describe('rule 6: it is no move', () => {
  test('a file of that size that nobody hashed yet blocks, also what was approved', () => {
    const view = { unsettled: fileOf('new.jpg') }
    expect(judge(view)).toMatchObject({
      kind: 'wait',
      rule: 'move',
      why: expect.stringMatching(/^new.jpg .*`encord-sync why \/.*\/new.jpg`$/),
    })
    expect(judge({ ...view, candidate: inBatch, batch: approved })).toMatchObject({ kind: 'wait', rule: 'move' })
  })

  test('another folder counts as looked at when its walk began after the second scan, whatever its times say', () => {
    const seen = { kind: 'wait', rule: 'elsewhere', needsLooks: [2] }
    expect(judge({}, besideTwo({ beganAfter: 9, beganMs: NOW_MS + HOUR_MS }))).toMatchObject(seen)
    expect(judge({}, besideTwo({ beganAfter: 10 }))).toMatchObject(seen)
    expect(judge({}, besideTwo({ beganAfter: 11, beganMs: NOW_MS - HOUR_MS }))).toMatchObject({ kind: 'delete' })
    expect(judge(supersededView, { ...replace, ...besideTwo({ beganAfter: 10 }) })).toMatchObject(seen)
    expect(judge(supersededView, { ...replace, ...besideTwo({ beganAfter: 11 }) })).toMatchObject({ kind: 'delete' })
  })

  test('one that cannot be seen as a whole is not looked at over and over', () => {
    const blind = besideTwo({ beganAfter: 11, result: 'partial', blind: [{ dir: 'x', why: 'EACCES' }] })
    expect(judge({}, blind)).toMatchObject({ kind: 'wait', rule: 'elsewhere', needsLooks: [] })
  })

  test('the same content at a path that was first seen later holds; an older copy does not matter', () => {
    expect(judge({ copies: [fileOf('copy.jpg', { firstScan: 2 })] })).toMatchObject({ kind: 'hold', rule: 'copy-exists' })
    expect(judge({ copies: [fileOf('copy.jpg', { firstScan: 1 })] })).toMatchObject({ kind: 'delete' })
  })

  test('so does the very file elsewhere, whatever it holds by now', () => {
    const wentTo = [fileOf('other.jpg', { id: 7, firstScan: 1, sha256: 'sha-new' })]
    expect(judge({ wentTo })).toMatchObject({ kind: 'hold', rule: 'edited', why: expect.stringContaining('its file went to other.jpg') })
    const isApproved = { wentTo, candidate: inBatch, batch: approved }
    expect(judge(isApproved)).toMatchObject({ kind: 'hold', rule: 'copy-exists', why: expect.stringContaining('after this was approved') })
    expect(judge({ ...isApproved, approvedCopies: [7] })).toMatchObject({ kind: 'delete' })
  })

  test('so does the same content anywhere beside a row of which nothing tells the age: it was linked, or its file holds something else by now', () => {
    const copies = [fileOf('copy.jpg', { firstScan: 1 })]
    const why = expect.stringContaining('nothing says which of the two is older')
    const held = { kind: 'hold', rule: 'copy-exists', why }
    expect(judge({ copies, version: versionOf({ readAfter: 0 }) })).toMatchObject(held)
    expect(judge({ copies, contents: ['sha-older'] })).toMatchObject(held)
    expect(judge({ copies, contents: ['sha-old', 'sha-lost'] })).toMatchObject(held)
    expect(judge({ copies, contents: [null] })).toMatchObject(held)
    expect(judge({ copies, contents: [] })).toMatchObject(held)
  })
})

describe('looks that let a row go', () => {
  const old = scanOf({ id: 12, endedMs: NOW_MS - 11 * MINUTE_MS })
  const again = { kind: 'wait', rule: 'look', needsLooks: [1], needsScan: false }

  test('are none from before a start, a pause or trouble, also for what was approved', () => {
    const since = { lastWhole: scanOf({ id: 12, beganAfter: 11 }), looksFrom: 12 }
    for (const view of [{}, { candidate: inBatch, batch: approved }]) {
      expect(judge(view, since)).toMatchObject(again)
      expect(judge(view, { ...since, looksFrom: 11 })).toMatchObject({ kind: 'delete' })
      const beside = { ...besideTwo({ beganAfter: 11 }, { looksFrom: 12 }), lastWhole: scanOf({ id: 13, beganAfter: 12 }) }
      expect(judge(view, beside)).toMatchObject({ rule: 'elsewhere', needsLooks: [2] })
    }
    expect(judge(supersededView, { ...replace, ...since })).toMatchObject(again)
  })

  test('are none of this folder from before another one was followed again: what was there may have come here, and that one is looked at now', () => {
    const back = besideTwo({ beganAfter: 13 }, { looksFrom: 13 })
    expect(judge({}, { ...back, lastWhole: scanOf({ id: 12, beganAfter: 11 }) })).toMatchObject(again)
    expect(judge({}, { ...back, lastWhole: scanOf({ id: 14, beganAfter: 13 }) })).toMatchObject({ kind: 'delete' })
  })

  test('are recent ones, by what it takes to walk all folders', () => {
    expect(judge({}, { lastWhole: old })).toMatchObject(again)
    expect(judge({}, { lastWhole: old, walksMs: MINUTE_MS })).toMatchObject({ kind: 'delete' })
    expect(judge({}, { lastWhole: { ...old, endedMs: NOW_MS + 11 * MINUTE_MS } })).toMatchObject(again)
    const both = { lastWhole: old, ...besideTwo({ beganAfter: 11, endedMs: old.endedMs }) }
    expect(judge({}, both)).toMatchObject({ ...again, needsLooks: [1, 2] })
  })

  test('are asked for by nothing that waits for something else, or is held', () => {
    expect(judge({ unsettled: fileOf('new.jpg') }, { lastWhole: old })).toMatchObject({ rule: 'move', needsLooks: [] })
    expect(judge(supersededView, { lastWhole: old })).toMatchObject({ kind: 'hold', rule: 'on-change' })
    expect(judge({ candidate: candidateOf({ why: 'command' }) }, { lastWhole: old })).toMatchObject({ kind: 'delete' })
  })

  test('of a folder that is away are not waited for by what was approved', () => {
    const away = besideTwo({ beganAfter: 0 }, { state: 'absent' })
    expect(judge({}, away)).toMatchObject({ rule: 'elsewhere' })
    expect(judge({ candidate: inBatch, batch: approved }, away)).toMatchObject({ kind: 'delete' })
  })
})

describe('a superseded version', () => {
  test('is held by default, goes under `replace`, stays under `keep`', () => {
    expect(judge(supersededView)).toMatchObject({ kind: 'hold', rule: 'on-change' })
    expect(judge(supersededView, replace)).toMatchObject({ kind: 'delete' })
    expect(judge(supersededView, { policy: policyOf({ onChange: 'keep' }) })).toMatchObject({
      kind: 'wait',
      rule: 'on-change',
      needsScan: false,
    })
  })

  test('goes when a person approved it', () => {
    const view = { ...supersededView, candidate: candidateOf({ why: 'superseded', batchId: 5 }), batch: approved }
    expect(judge(view)).toMatchObject({ kind: 'delete', because: 'approved by a person' })
  })

  test.each<[string, Partial<CandidateView>]>([
    ['there is no newer version', { successor: null }],
    ['the newer one is not live', { successor: versionOf({ id: 2, content: 'sha-new', remote: 'missing' }) }],
    ['the newer one was never listed', { successor: versionOf({ id: 2, content: 'sha-new', listedAtMs: null }) }],
    [
      'the newer one was not listed since it is live',
      { successor: versionOf({ id: 2, content: 'sha-new', liveAtMs: NOW_MS, listedAtMs: NOW_MS - 1 }) },
    ],
    ['another content stands at its path', { files: [fileOf('f1.jpg', { sha256: 'sha-newer' })] }],
  ])('waits while %s', (_, view) => {
    expect(judge({ ...supersededView, ...view }, replace)).toMatchObject({ kind: 'wait', rule: 'successor' })
  })

  test('waits for a person once more when its content turns up elsewhere after it was approved', () => {
    const copies = [fileOf('elsewhere.jpg', { id: 7 })]
    for (const view of [{}, supersededView]) {
      const one = { ...view, copies, candidate: { ...provenCandidate().candidate, ...view.candidate, batchId: 5 }, batch: approved }
      expect(judge(one)).toMatchObject({ kind: 'hold', rule: 'copy-exists' })
      expect(judge({ ...one, approvedCopies: [7] })).toMatchObject({ kind: 'delete' })
    }
  })

  test('is held while its content stands anywhere', () => {
    const copies = [fileOf('elsewhere.jpg', { firstScan: 1 })]
    expect(judge({ ...supersededView, copies }, replace)).toMatchObject({ kind: 'hold', rule: 'copy-exists' })
  })

  test('is held, approved or not, once its content stands at its own path again, and goes if a person approves that', () => {
    const files = [fileOf('f1.jpg', { sha256: 'sha-old' })]
    const back = { ...supersededView, files, copies: files, successor: versionOf({ id: 2, dataHash: 'hash-2', content: 'sha-old' }) }
    const held = judge(back, replace)
    expect(held).toMatchObject({ kind: 'hold', rule: 'came-back' })
    const shown = { ...back, candidate: candidateOf({ why: 'superseded', batchId: 5 }) }
    expect(judge({ ...shown, batch: approved }, replace)).toEqual(held)
    const why = held.kind === 'hold' ? held.why : ''
    const again = { ...shown, approvedCopies: files.map(({ id }) => id) }
    expect(judge({ ...again, batch: batchOf({ ...approved, why }) }, replace)).toMatchObject({ kind: 'delete' })
  })

  test('waits, and asks for no scan, when the newer content left its path too', () => {
    for (const local of ['absent', 'unseen', 'excluded'] as const) {
      const view = { ...supersededView, unit: unitOf('f1.jpg', { local }), first: null, second: null }
      expect(judge(view, replace)).toMatchObject({ kind: 'wait', rule: 'seen', forMs: null, needsScan: false })
    }
  })
})

describe('what a person and the config decide', () => {
  test('a rejected one is kept, a held one waits, an approved one goes', () => {
    expect(judge({ candidate: inBatch, batch: batchOf({ decision: 'rejected', decidedMs: NOW_MS }) })).toMatchObject({
      kind: 'hold',
      rule: 'rejected',
    })
    expect(judge({ candidate: inBatch, batch: batchOf() })).toMatchObject({ kind: 'hold', rule: 'batch', why: '60 deletes exceed 50' })
    const waited = candidateOf({ batchId: 5, note: 'a second scan has to confirm it' })
    expect(judge({ candidate: waited, batch: batchOf() })).toMatchObject({ why: '60 deletes exceed 50' })
    expect(judge({ candidate: inBatch, batch: approved })).toMatchObject({ kind: 'delete', because: 'approved by a person' })
  })

  test('an approval ends after 24 h', () => {
    const at = (decidedMs: number) => judge({ candidate: inBatch, batch: { ...approved, decidedMs } }).kind
    expect(at(NOW_MS - APPROVAL_MS + 1)).toBe('delete')
    expect(at(NOW_MS - APPROVAL_MS)).toBe('hold')
  })

  test('two scans of a clock that was ahead are no proof once it is right', () => {
    const second = (firstAtMs: number) => scanOf({ id: 11, beganMs: firstAtMs + 120_000 })
    const at = (firstAtMs: number) => judge({ candidate: candidateOf({ firstAtMs }), second: second(firstAtMs) })
    expect(at(NOW_MS)).toMatchObject({ kind: 'delete' })
    expect(at(NOW_MS + 1)).toMatchObject({ kind: 'wait', rule: 'first-scan', needsScan: true })
  })

  test('an approval by a clock that was ahead has ended once that one is right', () => {
    const at = (decidedMs: number) => judge({ candidate: inBatch, batch: { ...approved, decidedMs } }).kind
    expect(at(NOW_MS + MINUTE_MS)).toBe('delete')
    expect(at(NOW_MS + 11 * MINUTE_MS)).toBe('hold')
    expect(at(NOW_MS + 30 * APPROVAL_MS)).toBe('hold')
  })

  test('what a person kept before waits for one again: gone a second time, or replaced', () => {
    expect(judge({ keptByPerson: true })).toMatchObject({ kind: 'hold', rule: 'kept' })
    expect(judge({ ...supersededView, keptByPerson: true }, replace)).toMatchObject({ kind: 'hold', rule: 'kept' })
    expect(judge({ keptByPerson: true, candidate: inBatch, batch: approved })).toMatchObject({ kind: 'delete' })
  })

  test('the list says of a row that a person kept it before, also in a batch that was frozen for another reason, and where all are held', () => {
    const kept = { rule: 'batch', why: expect.stringContaining('decided to keep this row before') }
    expect(judge({ keptByPerson: true, candidate: inBatch, batch: batchOf() })).toMatchObject(kept)
    expect(judge({ keptByPerson: true }, { policy: policyOf({}, { mode: 'hold' }) })).toMatchObject({ ...kept, rule: 'kept' })
  })

  test('of what was replaced where it stood on_change decides, also once nothing is left at its path', () => {
    const row = versionOf({ liveAtMs: 1 })
    const replaced = { isReplaced: true, version: row, successor: row }
    expect(judge(replaced)).toMatchObject({ kind: 'hold', rule: 'on-change' })
    const since = { onChangeSince: { ms: 2, scan: 0, look: 1 } }
    expect(judge({ ...replaced, version: { ...row, changedScan: 5 } }, { ...replace, ...since })).toMatchObject({ kind: 'delete' })
  })

  test('what another folder made goes by a person alone: gone, or replaced', () => {
    const words = { kind: 'hold', rule: 'made-by', why: expect.stringContaining('deletes approve') }
    expect(judge({ madeBy: 'folder-of-another-machine' })).toMatchObject(words)
    expect(judge({ ...supersededView, madeBy: 'folder-of-another-machine' }, replace)).toMatchObject(words)
    expect(judge({ madeBy: 'folder-of-another-machine', candidate: inBatch, batch: approved })).toMatchObject({ kind: 'delete' })
  })

  test('a row of which not each file is known goes by a person alone: gone, or replaced', () => {
    const unsized = { version: versionOf({ role: 'superseded', sizeBytes: 0, readAfter: 1 }) }
    for (const lack of [{ contents: [null] }, { contents: ['sha-old', null] }, { contents: [] }, unsized]) {
      const words = { kind: 'hold', rule: 'untraceable', why: expect.stringContaining('deletes approve') }
      expect(judge(lack, replace)).toMatchObject(words)
      expect(judge({ ...supersededView, ...lack }, replace)).toMatchObject(words)
      expect(judge({ ...lack, candidate: inBatch, batch: approved })).toMatchObject({ kind: 'delete' })
    }
  })

  test('deletes.mode `never` and `hold` let nothing go by itself', () => {
    expect(judge({}, { policy: policyOf({}, { mode: 'never' }) })).toMatchObject({ kind: 'wait', rule: 'mode' })
    expect(judge({ candidate: inBatch, batch: approved }, { policy: policyOf({}, { mode: 'never' }) })).toMatchObject({
      kind: 'wait',
      rule: 'mode',
    })
    expect(judge({}, { policy: policyOf({}, { mode: 'hold' }) })).toMatchObject({ kind: 'hold', rule: 'mode' })
    expect(judge({ candidate: inBatch, batch: approved }, { policy: policyOf({}, { mode: 'hold' }) })).toMatchObject({ kind: 'delete' })
  })

  test('what was gone before deletes.mode was changed is held', () => {
    expect(judge({}, { folder: folderOf({ modeSinceMs: NOW_MS - 9 * MINUTE_MS }) })).toMatchObject({ kind: 'hold', rule: 'mode' })
    expect(judge({}, { folder: folderOf({ modeSinceMs: NOW_MS - 11 * MINUTE_MS }) })).toMatchObject({ kind: 'delete' })
    const since = (scan: number) => ({ ms: 0, scan, look: scan + 1 })
    expect(judge({}, { modeSince: since(10) })).toMatchObject({ kind: 'hold', rule: 'mode' })
    expect(judge({}, { modeSince: since(9) })).toMatchObject({ kind: 'delete' })
    expect(judge({ version: versionOf({ changedScan: 9 }) }, { modeSince: since(9) })).toMatchObject({ kind: 'hold', rule: 'mode' })
    expect(judge({ version: versionOf({ changedScan: 8 }) }, { modeSince: since(7) })).toMatchObject({ kind: 'hold', rule: 'mode' })
    expect(judge({ version: versionOf({ changedScan: 8 }) }, { modeSince: since(6) })).toMatchObject({ kind: 'delete' })
  })

  test('what was gone or replaced before an entry left, or rules were changed, is held', () => {
    const edit = (scan: number) => ({ ms: 0, scan, look: scan + 1, edit: 'entry' as const })
    const held = { kind: 'hold', rule: 'edit', why: expect.stringContaining('left the config') }
    expect(judge({}, { editSince: { ...edit(0), ms: NOW_MS - 9 * MINUTE_MS } })).toMatchObject(held)
    expect(judge({}, { editSince: { ...edit(0), ms: NOW_MS - 11 * MINUTE_MS } })).toMatchObject({ kind: 'delete' })
    expect(judge({}, { editSince: edit(10) })).toMatchObject(held)
    expect(judge({}, { editSince: edit(9) })).toMatchObject(held)
    expect(judge({}, { editSince: edit(8) })).toMatchObject({ kind: 'delete' })
    expect(judge({ version: versionOf({ changedScan: 9 }) }, { editSince: edit(8) })).toMatchObject(held)
    expect(judge({ version: versionOf({ changedScan: 9 }) }, { editSince: edit(7) })).toMatchObject({ kind: 'delete' })
    expect(judge({ candidate: inBatch, batch: approved }, { editSince: edit(10) })).toMatchObject({ kind: 'delete' })
  })

  test('what was replaced before on_change was changed is held', () => {
    const at = (madeMs: number, liveAtMs: number, onChangeSinceMs: number) => {
      const successor = versionOf({ ...supersededView.successor, liveAtMs })
      const version = versionOf({ ...supersededView.version, changedScan: 7 })
      const view = { ...supersededView, candidate: candidateOf({ why: 'superseded', madeMs }), successor, version }
      return judge(view, { ...replace, onChangeSince: { ms: onChangeSinceMs, scan: 0, look: 1 } })
    }
    const [before, change, since] = [NOW_MS - 20 * MINUTE_MS, NOW_MS - 15 * MINUTE_MS, NOW_MS - 10 * MINUTE_MS]
    expect(at(since, since, change)).toMatchObject({ kind: 'delete' })
    expect(at(before, before, change)).toMatchObject({ kind: 'hold', rule: 'on-change' })
    // Its place could not be seen for a while, and it is a candidate anew.
    expect(at(since, before, change)).toMatchObject({ kind: 'hold', rule: 'on-change' })
    // The newer row was replaced as well.
    expect(at(before, since, change)).toMatchObject({ kind: 'hold', rule: 'on-change' })
    // A clock that was ahead when it was replaced, and was set back before the change.
    const view = { ...supersededView, version: versionOf({ ...supersededView.version, changedScan: 7 }) }
    const changed = (scan: number, look: number | null) => ({ ...replace, onChangeSince: { ms: 0, scan, look } })
    expect(judge(view, changed(7, 8))).toMatchObject({ kind: 'hold', rule: 'on-change' })
    expect(judge(view, changed(5, 6))).toMatchObject({ kind: 'delete' })
    // The first look since the change found it, there was none yet, or nothing tells which look found it.
    expect(judge(view, changed(6, 7))).toMatchObject({ kind: 'hold', rule: 'on-change' })
    expect(judge(view, changed(6, null))).toMatchObject({ kind: 'hold', rule: 'on-change' })
    expect(judge(supersededView, changed(5, 6))).toMatchObject({ kind: 'hold', rule: 'on-change' })
  })

  test.each(['stray', 'copy'] as const)('a %s goes only when it was approved', (why) => {
    const view = { candidate: candidateOf({ why, note: 'a reason' }) }
    expect(judge(view)).toMatchObject({ kind: 'hold', rule: why })
    expect(judge({ candidate: candidateOf({ why, batchId: 5 }), batch: approved })).toMatchObject({ kind: 'delete' })
  })

  test('a command is an approval of exactly that hash, without scans', () => {
    const view = { candidate: candidateOf({ why: 'command', firstScan: null, secondScan: null }), first: null, second: null }
    expect(judge(view)).toMatchObject({ kind: 'delete', because: 'asked for by command' })
  })

  test('a unit that another file was moved over is an older version of it', () => {
    expect(judge({ unit: unitOf(`${OVERWRITTEN}a.jpg#1`, { local: 'absent' }) })).toMatchObject({ kind: 'overwritten' })
  })
})

describe('rule 7: the limit', () => {
  const views = (count: number, change: (index: number) => Partial<CandidateView> = () => ({})) =>
    Array.from({ length: count }, (_, index) => provenCandidate(index + 1, change(index)))
  const kinds = (list: readonly CandidateView[], context: Partial<DeleteContext> = {}): Record<string, number> => {
    const counts: Record<string, number> = {}
    for (const { verdict } of planDeletes(list, deleteContext(context))) counts[verdict.kind] = (counts[verdict.kind] ?? 0) + 1
    return counts
  }

  test('as many as the limit go; one more, and all that was not sent is held', () => {
    expect(kinds(views(50))).toEqual({ delete: 50 })
    expect(kinds(views(51))).toEqual({ hold: 51 })
  })

  test('what was sent in the window counts', () => {
    expect(kinds(views(10), { sent: { units: 40, files: 40 } })).toEqual({ delete: 10 })
    expect(kinds(views(10), { sent: { units: 41, files: 41 } })).toEqual({ hold: 10 })
  })

  test('what still waits for its second scan counts, and is held too', () => {
    const waiting = views(51, (index) => (index < 10 ? {} : { second: null }))
    expect(kinds(waiting)).toEqual({ hold: 51 })
  })

  test('the percent rule begins with the sixth delete of the window', () => {
    const small = { live: { units: 20, files: 20 } }
    expect(kinds(views(5), small)).toEqual({ delete: 5 })
    expect(kinds(views(6), small)).toEqual({ hold: 6 })
    expect(kinds(views(1), { ...small, sent: { units: 5, files: 5 } })).toEqual({ hold: 1 })
    expect(kinds(views(1), { ...small, sent: { units: 4, files: 4 } })).toEqual({ delete: 1 })
  })

  test('percent is of all units that there were, the sent ones too', () => {
    expect(kinds(views(5), { sent: { units: 5, files: 5 }, live: { units: 95, files: 95 } })).toEqual({ delete: 5 })
    expect(kinds(views(5), { sent: { units: 5, files: 5 }, live: { units: 94, files: 94 } })).toEqual({ hold: 5 })
  })

  test('a group of many frames counts by its frames as well', () => {
    const context = { live: { units: 1_000, files: 6_000 } }
    expect(
      kinds(
        views(6, () => ({ frames: 100 })),
        context,
      ),
    ).toEqual({ delete: 6 })
    expect(
      kinds(
        views(6, () => ({ frames: 101 })),
        context,
      ),
    ).toEqual({ hold: 6 })
  })

  test('approved ones, and those by command, do not count', () => {
    const mixed = [
      ...views(50),
      ...Array.from({ length: 30 }, (_, index) =>
        provenCandidate(100 + index, { candidate: candidateOf({ versionId: 100 + index, batchId: 5 }), batch: approved }),
      ),
      ...Array.from({ length: 30 }, (_, index) =>
        provenCandidate(200 + index, { candidate: candidateOf({ versionId: 200 + index, why: 'command' }) }),
      ),
    ]
    expect(kinds(mixed)).toEqual({ delete: 110 })
  })

  test('a folder that would be empty keeps all of it', () => {
    expect(kinds(views(3), { live: { units: 3, files: 3 } })).toEqual({ hold: 3 })
    expect(kinds(views(3), { live: { units: 4, files: 4 } })).toEqual({ delete: 3 })
  })

  test('a folder is not emptied in two batches either', () => {
    const held = provenCandidate(9, { candidate: candidateOf({ versionId: 9, batchId: 5 }), batch: batchOf() })
    expect(kinds([...views(2), held], { live: { units: 3, files: 3 } })).toEqual({ hold: 3 })
  })

  test('a directory that loses five units at once is held on a network file system, and only there', () => {
    const network = { fileSystem: 'network' } as const
    expect(kinds(views(5))).toEqual({ delete: 5 })
    expect(kinds(views(5), network)).toEqual({ hold: 5 })
    expect(kinds(views(4), network)).toEqual({ delete: 4 })
    const apart = views(5, (index) => ({ candidate: candidateOf({ versionId: index + 1, firstScan: 10 + index }) }))
    expect(kinds(apart, network)).toEqual({ delete: 5 })
  })

  test('says the figures', () => {
    const [first] = planDeletes(views(51), deleteContext())
    expect(first?.verdict).toMatchObject({ rule: 'limit', why: '51 deletes within the window exceed the limit of 50' })
  })
})

import { describe, expect, test } from 'vitest'
import { planUnit } from '../../../src/sync/plan/unitPlan.ts'
import type { FileRecord, Look, UnitRecord } from '../../../src/sync/records.ts'
import { type ContextRecipe, contextOf, fileOf, policyOf, unitOf, versionOf, viewOf, WHOLE_IMAGE } from '../../support/planWorld.ts'

const POLICY = policyOf({ dicom: 'series' })

function dicom(number: number | null, change: Partial<Extract<Look, { kind: 'dicom' }>> = {}): Look {
  return { kind: 'dicom', mime: 'application/dicom', series: '1.2.7', number, missing: [], whole: { kind: 'whole' }, ...change }
}

function file(id: number, name: string, look: Look | null, change: Partial<FileRecord> = {}): FileRecord {
  return fileOf(`ct/${name}`, { id, look, ...change })
}

function plan(key: string, files: readonly FileRecord[], context: ContextRecipe = {}, unit: Partial<UnitRecord> = {}) {
  const versions = unit.work === 'none' ? [versionOf({ kind: 'dicom_series', title: 'ct' })] : []
  const view = viewOf(unitOf(key, { shape: 'series', kind: 'dicom_series', ...unit }), files, { versions })
  return planUnit(view, contextOf({ policy: POLICY, ...context }))
}

describe('a series', () => {
  const slices = [file(1, 'c', dicom(2)), file(2, 'b10', dicom(null)), file(3, 'b9', dicom(null)), file(4, 'a', dicom(10))]

  test('goes whole in the order of its numbers, then of its names, titled by its directory', () => {
    expect(plan('ct/1.2.7', slices)).toMatchObject([
      { kind: 'upload', unitKind: 'dicom_series', title: 'ct', mime: 'application/dicom', fileIds: [3, 2, 1, 4] },
    ])
    expect(plan('ct/1.2.7', slices, { seriesPart: 2 })).toMatchObject([{ kind: 'upload', title: 'ct-3' }])
  })

  test('waits for the quiet of its directory, which `.done` ends', () => {
    expect(plan('ct/1.2.7', slices, { dirQuietMs: 0 })).toMatchObject([{ kind: 'wait', why: expect.stringContaining('not quiet yet') }])
    const doneNs = `${slices[0]?.stamp.ctimeNs}9`
    expect(plan('ct/1.2.7', slices, { dirQuietMs: 0, doneNs })).toMatchObject([{ kind: 'upload' }])
  })

  test.each<[string, FileRecord, object]>([
    ['that is about to be read', file(9, 'x', null), { forMs: 1_000, patience: 'once-waits', why: 'ct/x: its series is not known yet' }],
    ['that is empty', file(9, 'x.dcm', null, { problem: 'empty' }), { patience: 'once-leaves', why: 'ct/x.dcm: empty: 0 bytes' }],
    [
      'that can not be read',
      file(9, 'x', { kind: 'unreadable', why: 'EACCES' }),
      { patience: 'once-leaves', why: 'ct/x: it cannot be read (EACCES)' },
    ],
    ['that can not be seen', file(9, 'x', null, { local: 'unseen' }), { patience: 'once-leaves' }],
  ])('waits for a file of its directory %s', (_what, one, expected) => {
    expect(plan('ct/1.2.7', slices, { unsorted: [one] })).toMatchObject([{ kind: 'wait', work: 'waiting', ...expected }])
  })

  test('with `group_incomplete: skip` goes without files that can not be read, and waits for those that can', () => {
    const policy = policyOf({ dicom: 'series', groupIncomplete: 'skip' })
    const unreadable = file(9, 'x', { kind: 'unreadable', why: 'EACCES' })
    expect(plan('ct/1.2.7', slices, { policy, unsorted: [unreadable] })).toMatchObject([{ kind: 'upload' }])
    expect(plan('ct/1.2.7', slices, { policy, unsorted: [unreadable, file(8, 'y', null)] })).toMatchObject([{ kind: 'wait' }])
    const lacking = file(5, 'd', dicom(3, { missing: ['Rows'] }))
    expect(plan('ct/1.2.7', [...slices, lacking], { policy })).toMatchObject([{ kind: 'upload', fileIds: [3, 2, 1, 4] }])
  })

  test('lets a file go whose content became another series, and is held up by one that is no DICOM file any more', () => {
    expect(plan('ct/1.2.7', [...slices, file(5, 'd', dicom(3, { series: '1.2.8' }))])).toMatchObject([{ kind: 'remap', fileIds: [5] }])
    expect(plan('ct/1.2.7', [...slices, file(5, 'd', WHOLE_IMAGE)])).toMatchObject([
      { kind: 'wait', work: 'rejected', why: 'ct/d: its content is no DICOM file any more' },
    ])
  })

  test('is held up by a slice that looks cut off, until a person sends it as it is', () => {
    const cut = [...slices, file(5, 'd', dicom(3, { missing: ['Rows'], whole: { kind: 'cut', why: 'it ends early' } }))]
    expect(plan('ct/1.2.7', cut, { quietMs: 60_000 })).toMatchObject([
      {
        kind: 'wait',
        work: 'waiting',
        forMs: 540_000,
        why: 'ct/d: looks cut off so far: it ends early; it is set aside after 10 min without a change',
      },
    ])
    expect(plan('ct/1.2.7', cut)).toMatchObject([{ kind: 'wait', work: 'rejected', why: 'ct/d: looks cut off: it ends early' }])
    const asIs = [...slices, file(5, 'd', dicom(3, { whole: { kind: 'cut', why: 'it ends early' } }))]
    expect(plan('ct/1.2.7', asIs, {}, { asIs: true })).toMatchObject([{ kind: 'upload', fileIds: [3, 2, 1, 5, 4] }])
    // What it lacks it lacks for Encord too.
    expect(plan('ct/1.2.7', cut, {}, { asIs: true })).toMatchObject([{ kind: 'wait', why: 'ct/d: it lacks Rows, which Encord needs' }])
  })

  test('is not sent from a folder that sends none, whatever the ledger holds', () => {
    const policy = policyOf()
    expect(plan('ct/1.2.7', slices, { policy })).toMatchObject([{ kind: 'wait', why: 'DICOM series are not sent from this folder' }])
    expect(plan('ct/', [file(1, 'x', null)], { policy })).toMatchObject([{ kind: 'wait' }])
    expect(plan('ct/1.2.7', [file(1, 'x', null)], { policy }, { work: 'none' })).toMatchObject([{ kind: 'wait', work: 'none' }])
  })
})

describe('files whose series is not known yet', () => {
  test('are looked into once they are at rest, sorted, and their unit is forgotten', () => {
    expect(plan('ct/', [file(1, 'a', null), file(2, 'b', null)])).toMatchObject([
      { kind: 'inspect', fileId: 1 },
      { kind: 'inspect', fileId: 2 },
    ])
    expect(plan('ct/', [file(1, 'a', dicom(1)), file(2, 'b', { kind: 'unknown' })])).toMatchObject([{ kind: 'remap', fileIds: [1, 2] }])
    expect(plan('ct/', [file(1, 'a', null)], { quietMs: 1_000 })).toMatchObject([{ kind: 'wait', work: 'waiting', forMs: 4_000 }])
    expect(plan('ct/', [])).toMatchObject([{ kind: 'forget' }])
  })

  test('are named where they can not be read', () => {
    expect(plan('ct/', [file(1, 'a', { kind: 'unreadable', why: 'EACCES' })])).toMatchObject([
      { kind: 'wait', work: 'rejected', why: 'ct/a: it cannot be read (EACCES)' },
    ])
    expect(plan('ct/', [file(1, 'a.dcm', null, { problem: 'empty' })])).toMatchObject([{ kind: 'wait', work: 'waiting', forMs: null }])
  })
})

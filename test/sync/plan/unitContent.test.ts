import { expect, test } from 'vitest'
import { groupContent } from '../../../src/sync/plan/groupContent.ts'
import { unitContent } from '../../../src/sync/plan/unitContent.ts'
import type { Look } from '../../../src/sync/records.ts'
import { fileOf, unitOf, WHOLE_VIDEO } from '../../support/planWorld.ts'

const GROUP = unitOf('g', { shape: 'dir', kind: 'image_group' })
const SERIES = unitOf('g', { shape: 'series', kind: 'dicom_series' })
const FRAME = fileOf('g/1.jpg', { sha256: 'one' })
const CUT = { kind: 'image', format: 'jpeg', mime: 'image/jpeg', whole: { kind: 'cut', why: 'no end marker' } } as const
const SLICE = { kind: 'dicom', mime: 'application/dicom', whole: { kind: 'whole' }, missing: [] } as unknown as Extract<
  Look,
  { kind: 'dicom' }
>

test.each([
  ['empty', { problem: 'empty', look: null }],
  ['unreadable', { problem: 'unreadable', look: null }],
  ['no image', { look: { kind: 'unknown' } }],
  ['a video', { look: WHOLE_VIDEO }],
  ['cut off', { look: CUT }],
] as const)('a frame that is %s is no part of its group, whether it was hashed or not', (_, bad) => {
  for (const sha256 of [null, 'bad']) {
    expect(unitContent([FRAME, fileOf('g/2.jpg', { ...bad, sha256 } as never)], GROUP)).toBe(groupContent(['one']))
  }
})

test('a slice without a tag that Encord needs is no part of its series', () => {
  const slices = [fileOf('g/1', { look: SLICE, sha256: 'one' }), fileOf('g/2', { look: { ...SLICE, missing: ['PatientID'] } as Look })]
  expect(unitContent(slices, SERIES)).toBe(groupContent(['one']))
})

test('what has yet to be read may be one, and what a person sends as it is, is', () => {
  expect(unitContent([FRAME, fileOf('g/2.jpg', { look: null })], GROUP)).toBeNull()
  const asItIs = unitContent([FRAME, fileOf('g/2.jpg', { look: CUT, sha256: 'cut' })], { ...GROUP, asIs: true })
  expect(asItIs).toBe(groupContent(['one', 'cut']))
})

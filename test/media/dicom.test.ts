import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DICOM_TAGS, readDicom } from '../../src/media/dicom.ts'
import { dicomBytes, element, sequence, slice } from '../support/dicomBytes.ts'
import { fixture, readerOf } from '../support/mediaBytes.ts'

const WHOLE = { kind: 'whole' } as const

test.each(['explicit', 'implicit', 'big'] as const)('a file of %s values tells its series and its place in it', async (syntax) => {
  const found = await readDicom(readerOf(dicomBytes(slice('1.2.840.7', 12), syntax)))
  expect(found).toEqual({ series: '1.2.840.7', number: 12, missing: [], whole: WHOLE })
})

test('sequences before the tags are walked over, of undefined length and nested too', async () => {
  const inner = element([0x00081199, 'SQ', sequence(element([0x00081155, 'UI', '9.9'], 'explicit'))], 'explicit')
  const nested = sequence(inner, element([0x00080100, 'SH', 'CODE'], 'explicit'))
  const [sop, ...rest] = slice('1.2', 3)
  if (sop === undefined) throw new Error('a slice has tags')
  const found = await readDicom(readerOf(dicomBytes([sop, [0x00081140, 'SQ', nested], ...rest])))
  expect(found).toEqual({ series: '1.2', number: 3, missing: [], whole: WHOLE })
})

test('tags that lack or are empty are named', async () => {
  const tags = slice('1.2', 1, { patient: '' }).filter(([tag]) => tag !== 0x00280010)
  expect((await readDicom(readerOf(dicomBytes(tags))))?.missing).toEqual(['PatientID', 'Rows'])
})

test('a file that is cut, deflated or full of nonsense lacks what could not be read, and throws nothing', async () => {
  const whole = dicomBytes(slice('1.2', 1))
  expect((await readDicom(readerOf(whole.subarray(0, 200))))?.missing).not.toEqual([])
  expect((await readDicom(readerOf(dicomBytes(slice('1.2', 1), 'explicit', '1.2.840.10008.1.2.1.99'))))?.missing).toEqual([...DICOM_TAGS])
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      await readDicom(readerOf(Buffer.concat([whole.subarray(0, 132), bytes])))
    }),
  )
})

test('a file is cut where its structure goes on, and whole at the end of its pixels, whatever follows', async () => {
  const whole = dicomBytes(slice('1.2', 1))
  const verdict = async (bytes: Buffer) => (await readDicom(readerOf(bytes)))?.whole.kind
  for (let end = 132; end < whole.length; end++) expect([end, await verdict(whole.subarray(0, end))]).toEqual([end, 'cut'])
  for (const tail of [Buffer.alloc(700), Buffer.from('signature'), Buffer.from([0xfc, 0xff, 0xfc, 0xff])])
    expect(await verdict(Buffer.concat([whole, tail]))).toBe('whole')
  const fragments = sequence(Buffer.alloc(0), Buffer.alloc(40), Buffer.alloc(0), Buffer.alloc(60))
  const compressed = dicomBytes([...slice('1.2', 1).slice(0, -1), [0x7fe00010, 'SQ', fragments]])
  expect(await verdict(compressed)).toBe('whole')
  for (const left of [1, 8, 50, 100]) expect(await verdict(compressed.subarray(0, -left))).toBe('cut')
  // Without a picture it ends with an element; where that one lies is not known before.
  const text = dicomBytes([...slice('1.2', 1).slice(0, -1), [0x00280100, 'US', 16], [0x0040a730, 'SQ', sequence(Buffer.alloc(0))]])
  expect(await verdict(text)).toBe('whole')
  expect(await verdict(text.subarray(0, -4))).toBe('cut')
})

test('what is no DICOM file is none', async () => {
  for (const name of ['plain.jpg', 'plain.mp4']) expect(await readDicom(readerOf(fixture(name)))).toBeNull()
  expect(await readDicom(readerOf(Buffer.from('DICM')))).toBeNull()
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DICOM_TAGS, readDicom } from '../../src/media/dicom.ts'
import { dicomBytes, element, sequence, slice } from '../support/dicomBytes.ts'
import { fixture, readerOf } from '../support/mediaBytes.ts'

test.each(['explicit', 'implicit', 'big'] as const)('a file of %s values tells its series and its place in it', async (syntax) => {
  const found = await readDicom(readerOf(dicomBytes(slice('1.2.840.7', 12), syntax)))
  expect(found).toEqual({ series: '1.2.840.7', number: 12, missing: [] })
})

test('sequences before the tags are walked over, of undefined length and nested too', async () => {
  const inner = element([0x00081199, 'SQ', sequence(element([0x00081155, 'UI', '9.9'], 'explicit'))], 'explicit')
  const nested = sequence(inner, element([0x00080100, 'SH', 'CODE'], 'explicit'))
  const [sop, ...rest] = slice('1.2', 3)
  if (sop === undefined) throw new Error('a slice has tags')
  const found = await readDicom(readerOf(dicomBytes([sop, [0x00081140, 'SQ', nested], ...rest])))
  expect(found).toEqual({ series: '1.2', number: 3, missing: [] })
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

test('what is no DICOM file is none', async () => {
  for (const name of ['plain.jpg', 'plain.mp4']) expect(await readDicom(readerOf(fixture(name)))).toBeNull()
  expect(await readDicom(readerOf(Buffer.from('DICM')))).toBeNull()
})

import { expect, test } from 'vitest'
import { dicomBytes, slice } from '../support/dicomBytes.ts'
import { type EmulatorBox, emulatorBox } from '../support/emulatorBox.ts'
import { call, put, type WireTicket } from '../support/emulatorCalls.ts'

async function sentSlices(box: EmulatorBox, names: readonly string[]): Promise<WireTicket[]> {
  const tickets: WireTicket[] = (await call(box, 'signeddicomsurl GET', names)).response
  for (const [number, ticket] of tickets.entries()) await put(ticket, new Uint8Array(dicomBytes(slice('1.2', number))), 'application/dicom')
  return tickets
}

const sliceOf = (ticket: WireTicket) => ({ id: ticket.data_hash, uri: ticket.file_link, title: ticket.title })

test('a series is one row of its files in the order of the call, under a hash of its own, and nothing is staged', async () => {
  await using box = await emulatorBox()
  const tickets = await sentSlices(box, ['a.dcm', 'b.dcm'])
  const answer = await call(box, 'dicomseries POST', [...tickets].reverse().map(sliceOf), { title: 'site/ct' })
  expect(answer.response).toEqual({ data_hash: expect.any(String), title: 'site/ct' })
  expect(box.rows()).toMatchObject([
    {
      type: 'DICOM',
      title: 'site/ct',
      sha256: null,
      frames: ['b.dcm', 'a.dcm'].map((title) => ({ title, contentType: 'application/dicom' })),
    },
  ])
  const [row] = (await call(box, 'dataset GET')).response.data_rows
  expect(row).toMatchObject({ data_hash: answer.response.data_hash, data_type: 'DICOM', data_title: 'site/ct' })
  await call(box, 'video DELETE', [row.data_hash])
  expect(box.rows()).toEqual([])
})

test('what is no DICOM file, was not sent, is in another row, or has another link makes no series', async () => {
  await using box = await emulatorBox()
  const [first, second, third] = (await call(box, 'signeddicomsurl GET', ['a.dcm', 'b.dcm', 'c.dcm'])).response as WireTicket[]
  if (first === undefined || second === undefined || third === undefined) throw new Error('too few tickets')
  await put(first, new Uint8Array(dicomBytes(slice('1.2', 1))))
  await put(second, 'no DICOM file at all, only text that says so')
  const make = async (...slices: readonly unknown[]) => (await call(box, 'dicomseries POST', slices, { title: 'ct' })).response
  expect(await make(sliceOf(first), sliceOf(second))).toEqual(['FILE_TYPE_NOT_SUPPORTED_ERROR'])
  expect(await make(sliceOf(first), sliceOf(third))).toEqual(['RESOURCE_NOT_FOUND_ERROR'])
  expect(await make({ ...sliceOf(first), uri: second.file_link })).toEqual(['INVALID_ARGUMENTS_ERROR'])
  expect(await make(sliceOf(first), sliceOf(first))).toEqual(['INVALID_ARGUMENTS_ERROR'])
  expect(await make(sliceOf(first))).toMatchObject({ title: 'ct' })
  expect(await make(sliceOf(first))).toEqual(['RESOURCE_EXISTS_ERROR'])
  expect(box.rows()).toHaveLength(1)
})

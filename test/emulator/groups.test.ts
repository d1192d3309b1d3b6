import { expect, test } from 'vitest'
import { emulatorBox } from '../support/emulatorBox.ts'
import { call, sentImages, sha256, type WireTicket } from '../support/emulatorCalls.ts'

const hashes = (tickets: readonly WireTicket[]) => tickets.map((ticket) => ticket.data_hash)

/** The first 24 bytes of a PNG of that size. */
function pngHead(width: number, height: number): Uint8Array<ArrayBuffer> {
  const head = Buffer.alloc(24)
  head.write('\x89PNG\r\n\x1a\n', 'latin1')
  head.writeUInt32BE(width, 16)
  head.writeUInt32BE(height, 20)
  return new Uint8Array(head)
}

test('a group holds its frames in the order of the call, under a hash of its own', async () => {
  await using box = await emulatorBox()
  const tickets = await sentImages(box, ['1.png', '2.png', '3.png'])
  expect(await call(box, 'images PUT', null, tickets)).toEqual({ status: 200, response: { success: true } })
  const order = [...hashes(tickets)].reverse()
  const answer = await call(box, 'imagegroup POST', order, { image_group_title: 'site/run', create_video: false })
  expect(answer.response).toEqual([{ data_hash: expect.any(String), title: 'site/run', file_link: expect.any(String) }])
  expect(hashes(tickets)).not.toContain(answer.response[0].data_hash)
  expect(box.rows()).toMatchObject([
    {
      type: 'IMG_GROUP',
      title: 'site/run',
      sequence: false,
      sha256: null,
      frames: ['3.png', '2.png', '1.png'].map((title) => ({ title, sha256: sha256(title) })),
    },
  ])
})

test('staged frames are not visible, and frames that were not staged make no group', async () => {
  await using box = await emulatorBox()
  const [staged, bare] = await sentImages(box, ['1.png', '2.png'])
  expect(await call(box, 'image PUT', staged?.data_hash, staged)).toMatchObject({ response: { data_hash: staged?.data_hash } })
  expect((await call(box, 'dataset GET')).response.data_rows).toEqual([])
  const answer = await call(box, 'imagegroup POST', [staged?.data_hash, bare?.data_hash], {})
  expect(answer).toMatchObject({ response: ['RESOURCE_NOT_FOUND_ERROR'] })
  expect(box.rows()).toEqual([])
})

test('images PUT stages all or, when one was not uploaded, none', async () => {
  await using box = await emulatorBox()
  const sent = await sentImages(box, ['1.png'])
  const unsent: WireTicket[] = (await call(box, 'signedimagesurl GET', ['2.png'])).response
  expect(await call(box, 'images PUT', null, [...sent, ...unsent])).toMatchObject({ response: ['RESOURCE_NOT_FOUND_ERROR'] })
  expect(await call(box, 'imagegroup POST', hashes(sent), {})).toMatchObject({ response: ['RESOURCE_NOT_FOUND_ERROR'] })
})

test('staging twice is harmless', async () => {
  await using box = await emulatorBox()
  const tickets = await sentImages(box, ['1.png'])
  await call(box, 'images PUT', null, tickets)
  expect(await call(box, 'images PUT', null, tickets)).toMatchObject({ status: 200 })
})

test('frames of one group can not be in another, unless the emulator was told so', async () => {
  for (const shareFrames of [false, true]) {
    await using box = await emulatorBox({ shareFrames })
    const tickets = await sentImages(box, ['1.png', '2.png'])
    await call(box, 'images PUT', null, tickets)
    await call(box, 'imagegroup POST', hashes(tickets), {})
    const second = await call(box, 'imagegroup POST', hashes(tickets), {})
    expect(second.response).toEqual(shareFrames ? [expect.anything()] : ['RESOURCE_EXISTS_ERROR'])
    expect(box.rows()).toHaveLength(shareFrames ? 2 : 1)
  }
})

test('create_video makes one sequence for each resolution', async () => {
  await using box = await emulatorBox()
  const tickets = await sentImages(box, ['1.png', '2.png', '3.png'], (name) => (name === '2.png' ? pngHead(8, 6) : pngHead(64, 48)))
  await call(box, 'images PUT', null, tickets)
  const { response } = await call(box, 'imagegroup POST', hashes(tickets), { image_group_title: 'run', create_video: true })
  expect(response).toHaveLength(2)
  expect(box.rows().map((row) => [row.sequence, row.frames.map((frame) => frame.title)])).toEqual([
    [true, ['1.png', '3.png']],
    [true, ['2.png']],
  ])
})

test('the images of a group are listed when asked, with every field that the vendor SDK reads', async () => {
  await using box = await emulatorBox()
  const tickets = await sentImages(box, ['1.png', '2.png'], () => pngHead(64, 48))
  await call(box, 'images PUT', null, tickets)
  const [group] = (await call(box, 'imagegroup POST', hashes(tickets), { create_video: false })).response
  const { response: plain } = await call(box, 'datarow GET', group.data_hash, { additional_data: { images_data_fetch_options: null } })
  expect(plain).not.toHaveProperty('images_data')
  const asked = { additional_data: { images_data_fetch_options: { fetch_signed_urls: false } } }
  const { response: row } = await call(box, 'datarow GET', group.data_hash, asked)
  expect(row.images_data.map((image: { image_hash: string }) => image.image_hash)).toEqual(hashes(tickets))
  expect(row.images_data[0]).toEqual({
    image_hash: expect.any(String),
    title: '1.png',
    file_link: expect.any(String),
    file_type: 'image/png',
    file_size: 24,
    storage_location: 0,
    created_at: expect.any(String),
    last_edited_at: expect.any(String),
    width: 64,
    height: 48,
  })
  const settings = { dataset_access_settings: { images_data_fetch_options: {} } }
  expect((await call(box, 'dataset GET', null, settings)).response.data_rows[0].images_data).toHaveLength(2)
})

test('removing a group removes its frames with it', async () => {
  await using box = await emulatorBox()
  const tickets = await sentImages(box, ['1.png'])
  await call(box, 'images PUT', null, tickets)
  const [group] = (await call(box, 'imagegroup POST', hashes(tickets), {})).response
  await call(box, 'video DELETE', [group.data_hash])
  expect(box.rows()).toEqual([])
  expect(await call(box, 'imagegroup POST', hashes(tickets), {})).toMatchObject({ response: ['RESOURCE_NOT_FOUND_ERROR'] })
})

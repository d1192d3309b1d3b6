import { expect, test } from 'vitest'
import { emulatorBox } from '../support/emulatorBox.ts'
import { call, rawCall, registeredVideo, sentImages, sentVideo, sha256, wireBody } from '../support/emulatorCalls.ts'

test('nothing is visible before the register call, and one row afterwards', async () => {
  await using box = await emulatorBox()
  const ticket = await sentVideo(box, 'a.mp4', 'the bytes')
  expect((await call(box, 'dataset GET')).response.data_rows).toEqual([])
  const answer = await call(box, 'video PUT', ticket.data_hash, { ...ticket, video_title: 'dir/a.mp4' })
  expect(answer).toEqual({ status: 200, response: { data_hash: ticket.data_hash, title: 'dir/a.mp4', file_link: ticket.file_link } })
  expect(box.rows()).toMatchObject([
    { data_hash: ticket.data_hash, title: 'dir/a.mp4', type: 'VIDEO', sha256: sha256('the bytes'), sizeBytes: 9 },
  ])
})

test('a video without video_title has the file name as its title', async () => {
  await using box = await emulatorBox()
  await registeredVideo(box, 'plain.mp4')
  expect(box.rows().map((row) => row.title)).toEqual(['plain.mp4'])
})

test('a register call is refused while nothing was uploaded', async () => {
  await using box = await emulatorBox()
  const ticket = (await call(box, 'signedvideourl GET', 'a.mp4')).response
  expect(await call(box, 'video PUT', ticket.data_hash, ticket)).toMatchObject({ status: 404, response: ['RESOURCE_NOT_FOUND_ERROR'] })
  expect(box.rows()).toEqual([])
})

test('a register call whose payload is not the ticket is refused', async () => {
  await using box = await emulatorBox()
  const ticket = await sentVideo(box, 'a.mp4')
  const { signed_url: _, ...withoutUrl } = ticket
  expect(await call(box, 'video PUT', ticket.data_hash, withoutUrl)).toMatchObject({ response: ['INVALID_ARGUMENTS_ERROR'] })
  expect(await call(box, 'video PUT', 'other', ticket)).toMatchObject({ response: ['INVALID_ARGUMENTS_ERROR'] })
  expect(await call(box, 'video PUT', ticket.data_hash, { ...ticket, file_link: 'x' })).toMatchObject({
    response: ['INVALID_ARGUMENTS_ERROR'],
  })
})

test('a single image takes its title from the payload, with the hash or with null as uid', async () => {
  await using box = await emulatorBox()
  const [one, two] = await sentImages(box, ['1.png', '2.png'])
  expect(await call(box, 'singleimage POST', one?.data_hash, { ...one, title: 'site/1.png' })).toEqual({
    status: 200,
    response: { success: true },
  })
  expect(await call(box, 'singleimage POST', null, two)).toEqual({ status: 200, response: { success: true } })
  expect(box.rows().map(({ title, type }) => [title, type])).toEqual([
    ['site/1.png', 'IMAGE'],
    ['2.png', 'IMAGE'],
  ])
})

test('signedimagesurl takes a name or a list, and answers in the order asked, equal names too', async () => {
  await using box = await emulatorBox()
  const titles = async (uid: unknown) =>
    (await call(box, 'signedimagesurl GET', uid)).response.map((ticket: { title: string }) => ticket.title)
  expect(await titles('only.png')).toEqual(['only.png'])
  expect(await titles(['b.png', 'a.png', 'b.png'])).toEqual(['b.png', 'a.png', 'b.png'])
})

test('a data row has every field that the vendor SDK reads', async () => {
  await using box = await emulatorBox()
  await registeredVideo(box, 'a.mp4')
  const { response } = await call(box, 'dataset GET', null, { dataset_access_settings: { fetch_client_metadata: true } })
  expect(response).toMatchObject({ dataset_hash: box.dataset, title: 'box', description: null, dataset_type: 'CORD_STORAGE' })
  expect(response.data_rows[0]).toEqual({
    data_hash: expect.any(String),
    data_title: 'a.mp4',
    data_type: 'VIDEO',
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    last_edited_at: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    width: null,
    height: null,
    file_link: expect.any(String),
    file_size: 5,
    file_type: 'application/octet-stream',
    storage_location: 0,
    frames_per_second: expect.any(Number),
    duration: expect.any(Number),
    is_optimised_image_group: null,
    client_metadata: null,
  })
})

test('datarow POST renames a row and stores metadata, which listings show only when asked', async () => {
  await using box = await emulatorBox()
  const { data_hash } = await registeredVideo(box, 'a.mp4')
  const metadata = { encord_sync: { path: 'a.mp4' }, theirs: 1 }
  const answer = await call(box, 'datarow POST', data_hash, { data_title: 'b.mp4', client_metadata: metadata })
  expect(answer.response).toMatchObject({ updated_fields: ['data_title', 'client_metadata'], data_row: { data_title: 'b.mp4' } })
  const row = async (payload: unknown) => (await call(box, 'dataset GET', null, payload)).response.data_rows[0]
  expect(await row(null)).not.toHaveProperty('client_metadata')
  expect(await row({ dataset_access_settings: { fetch_client_metadata: true } })).toMatchObject({
    data_title: 'b.mp4',
    client_metadata: metadata,
  })
  const read = await call(box, 'datarow GET', data_hash, { additional_data: { client_metadata: true, signed_url: true } })
  expect(read.response).toMatchObject({ data_title: 'b.mp4', client_metadata: metadata })
  expect(await (await fetch(read.response.signed_url)).text()).toBe('a.mp4')
})

test('datarow refuses a hash it does not know, and a field that can not change', async () => {
  await using box = await emulatorBox()
  const { data_hash } = await registeredVideo(box, 'a.mp4')
  expect(await call(box, 'datarow GET', 'unknown')).toMatchObject({ response: ['RESOURCE_NOT_FOUND_ERROR'] })
  expect(await call(box, 'datarow POST', data_hash, { width: 3 })).toMatchObject({ response: ['INVALID_ARGUMENTS_ERROR'] })
})

test('the SDK renames with video POST', async () => {
  await using box = await emulatorBox()
  const { data_hash } = await registeredVideo(box, 'a.mp4')
  const answer = await call(box, 'video POST', box.dataset, [{ video_hash: data_hash, title: 'renamed' }])
  expect(answer).toEqual({ status: 200, response: { success: true } })
  expect(box.rows().map((row) => row.title)).toEqual(['renamed'])
})

test('DELETE removes the named rows; one unknown hash refuses the list whole', async () => {
  await using box = await emulatorBox()
  const a = await registeredVideo(box, 'a.mp4')
  const b = await registeredVideo(box, 'b.mp4')
  expect(await call(box, 'video DELETE', [a.data_hash, 'unknown'])).toMatchObject({ response: ['RESOURCE_NOT_FOUND_ERROR'] })
  expect(box.rows()).toHaveLength(2)
  expect(await call(box, 'video DELETE', [a.data_hash])).toEqual({ status: 200, response: null })
  expect(box.rows().map((row) => row.data_hash)).toEqual([b.data_hash])
  expect(await call(box, 'datarow GET', a.data_hash)).toMatchObject({ response: ['RESOURCE_NOT_FOUND_ERROR'] })
})

test('a removed hash can not be registered again', async () => {
  await using box = await emulatorBox()
  const ticket = await registeredVideo(box, 'a.mp4')
  await call(box, 'video DELETE', [ticket.data_hash])
  expect(await call(box, 'video PUT', ticket.data_hash, ticket)).toMatchObject({ response: ['RESOURCE_NOT_FOUND_ERROR'] })
})

test('a second registration of one hash is refused and makes no row', async () => {
  await using box = await emulatorBox()
  const ticket = await registeredVideo(box, 'a.mp4')
  expect(await call(box, 'video PUT', ticket.data_hash, ticket)).toMatchObject({ status: 409, response: ['RESOURCE_EXISTS_ERROR'] })
  expect(box.rows()).toHaveLength(1)
})

test('apikeymeta tells what a key is for', async () => {
  await using box = await emulatorBox()
  expect((await call(box, 'apikeymeta GET')).response).toEqual({ title: 'key of box', resource_type: 'dataset' })
})

test('what is not in the protocol is refused, not guessed', async () => {
  await using box = await emulatorBox()
  expect(await call(box, 'labelrow GET')).toMatchObject({ status: 405, response: ['METHOD_NOT_ALLOWED_ERROR'] })
  expect(await call(box, 'video GET')).toMatchObject({ status: 405, response: ['METHOD_NOT_ALLOWED_ERROR'] })
  const broken = await rawCall(box, '{"query_type": ')
  expect(await broken.json()).toMatchObject({ status: 400, response: ['INVALID_ARGUMENTS_ERROR'] })
})

test('a wrong key is no authentication, a key of another dataset no authorisation, and both come as HTTP 200', async () => {
  await using box = await emulatorBox()
  const body = wireBody('dataset', 'GET', null)
  const wrongKey = await rawCall(box, body, { Authorization: 'nope' })
  expect([wrongKey.status, await wrongKey.json()]).toMatchObject([200, { status: 401, response: ['AUTHENTICATION_ERROR'] }])
  const wrongDataset = await rawCall(box, body, { ResourceID: 'bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee' })
  expect([wrongDataset.status, await wrongDataset.json()]).toMatchObject([200, { status: 403, response: ['AUTHORISATION_ERROR'] }])
})

test('a revoked key is refused until it is given back', async () => {
  await using box = await emulatorBox()
  box.emulator.revokeKey(box.key)
  expect(await call(box, 'apikeymeta GET')).toMatchObject({ response: ['AUTHENTICATION_ERROR'] })
  box.emulator.restoreKey(box.key)
  expect(await call(box, 'apikeymeta GET')).toMatchObject({ status: 200 })
})

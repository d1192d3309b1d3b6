import { describe, expect, test } from 'vitest'
import { openDeleteCall } from '../../src/encord/calls/deleteData.ts'
import type { RemoteClient } from '../../src/encord/remote.ts'
import { API_KEY, clientOptions, DATASET, openTestRemote, ticketOf } from '../support/encordClient.ts'
import { ok, openScriptedServer } from '../support/scriptedServer.ts'

const ticket = ticketOf('https://store.example', 'a.mp4', 'h1')
const second = ticketOf('https://store.example', 'b.jpg', 'h2')
const { signed_url: _secret, ...row } = ticket
const dataRow = { data_hash: 'h1', data_title: 'a', data_type: 'VIDEO', created_at: '2024-05-01 10:20:30', file_size: 7 }

type Row = {
  name: string
  run: (client: RemoteClient) => Promise<unknown>
  sent: { query_type: string; query_method: string; values: { uid: unknown; payload: unknown } }
  response: unknown
  result: unknown
}

function callRow(
  name: string,
  run: Row['run'],
  query: readonly [string, string, unknown, unknown],
  response: unknown,
  result: unknown,
): Row {
  const [query_type, query_method, uid, payload] = query
  return { name, run, sent: { query_type, query_method, values: { uid, payload } }, response, result }
}

const extraData = { signed_url: false, images_data_fetch_options: { fetch_signed_urls: false }, client_metadata: true }
const parsedRow = {
  dataHash: 'h1',
  title: 'a',
  type: 'VIDEO',
  createdAtMs: Date.UTC(2024, 4, 1, 10, 20, 30),
  sizeBytes: 7,
  clientMetadata: null,
  members: null,
  fileLink: null,
}
const listing = { dataset_hash: DATASET, title: 'T', description: null, dataset_type: 'CORD_STORAGE', data_rows: [dataRow] }
const parsedListing = { dataset: DATASET, title: 'T', description: '', storage: 'CORD_STORAGE', rows: [parsedRow] }

/** The vendor's document, call by call; what it lacks comes from the protocol notes. */
const ROWS: readonly Row[] = [
  callRow(
    'a video asks for one signed URL by file name',
    (c) => c.remote.videoTicket('a.mp4'),
    ['signedvideourl', 'GET', 'a.mp4', null],
    ticket,
    ticket,
  ),
  callRow(
    'one image asks by its name alone',
    (c) => c.remote.imageTickets(['a.mp4']),
    ['signedimagesurl', 'GET', 'a.mp4', null],
    [ticket],
    [ticket],
  ),
  callRow(
    'images ask by a list of names',
    (c) => c.remote.imageTickets(['a.mp4', 'b.jpg']),
    ['signedimagesurl', 'GET', ['a.mp4', 'b.jpg'], null],
    [ticket, second],
    [ticket, second],
  ),
  callRow('a video is registered with its ticket', (c) => c.remote.registerVideo(ticket, 'a.mp4'), ['video', 'PUT', 'h1', ticket], row, {
    dataHash: 'h1',
    title: 'a.mp4',
  }),
  callRow(
    'another title of a video goes along as video_title',
    (c) => c.remote.registerVideo(ticket, 'site/a.mp4'),
    ['video', 'PUT', 'h1', { ...ticket, video_title: 'site/a.mp4' }],
    { ...row, title: 'site/a.mp4' },
    { dataHash: 'h1', title: 'site/a.mp4' },
  ),
  callRow(
    'an image is registered with the title in its ticket',
    (c) => c.remote.registerImage(second, 'site/b.jpg'),
    ['singleimage', 'POST', 'h2', { ...second, title: 'site/b.jpg' }],
    { success: true },
    { dataHash: 'h2', title: 'site/b.jpg' },
  ),
  callRow('one frame is staged with its ticket', (c) => c.remote.stageImage(second), ['image', 'PUT', 'h2', second], row, undefined),
  callRow(
    'many frames are staged by a list of tickets',
    (c) => c.remote.stageImages([ticket, second]),
    ['images', 'PUT', null, [ticket, second]],
    { success: true },
    undefined,
  ),
  callRow(
    'a group is made of frame hashes in their order',
    (c) => c.remote.createGroup(['h2', 'h1'], { title: 'run-3', createVideo: false }),
    ['imagegroup', 'POST', ['h2', 'h1'], { image_group_title: 'run-3', create_video: false }],
    [{ data_hash: 'g1', title: 'run-3', file_link: null }],
    [{ dataHash: 'g1', title: 'run-3' }],
  ),
  callRow(
    'DICOM files ask by a list of names, also for one',
    (c) => c.remote.dicomTickets(['1.dcm']),
    ['signeddicomsurl', 'GET', ['1.dcm'], null],
    [{ ...ticket, title: '1.dcm' }],
    [{ ...ticket, title: '1.dcm' }],
  ),
  callRow(
    'a series is made of its files in their order, each by hash, link and name',
    (c) => c.remote.createSeries([second, ticket], 'ct'),
    [
      'dicomseries',
      'POST',
      [second, ticket].map((one) => ({ id: one.data_hash, uri: one['file_link'], title: one.title })),
      { title: 'ct' },
    ],
    { data_hash: 's1', title: 'ct' },
    { dataHash: 's1', title: 'ct' },
  ),
  callRow(
    'the dataset is listed',
    (c) => c.remote.listing({ clientMetadata: false }),
    ['dataset', 'GET', null, null],
    listing,
    parsedListing,
  ),
  callRow(
    'the dataset is listed with client metadata',
    (c) => c.remote.listing({ clientMetadata: true }),
    ['dataset', 'GET', null, { dataset_access_settings: { fetch_client_metadata: true } }],
    { ...listing, data_rows: [{ ...dataRow, client_metadata: { a: 1 } }] },
    { ...parsedListing, rows: [{ ...parsedRow, clientMetadata: { a: 1 } }] },
  ),
  callRow(
    'one row is read with metadata and members',
    (c) => c.remote.row('h1'),
    ['datarow', 'GET', 'h1', { additional_data: extraData }],
    { ...dataRow, data_type: 'IMG_GROUP', images_data: [{ image_hash: 'f1' }, { image_hash: 'f2' }] },
    { ...parsedRow, type: 'IMG_GROUP', members: ['f1', 'f2'] },
  ),
  callRow(
    'a row gets a title and metadata',
    (c) => c.remote.updateRow('h1', { title: 'new', clientMetadata: { encord_sync: { path: 'p' } } }),
    ['datarow', 'POST', 'h1', { data_title: 'new', client_metadata: { encord_sync: { path: 'p' } } }],
    { updated_fields: ['data_title'], data_row: dataRow },
    undefined,
  ),
  callRow(
    'the key is tested',
    (c) => c.remote.keyMeta(),
    ['apikeymeta', 'GET', null, null],
    { title: 'k', resource_type: 'dataset' },
    {
      title: 'k',
      resourceType: 'dataset',
    },
  ),
  callRow(
    'integrations are listed',
    (c) => c.cloud.integrations(),
    ['cloudintegration', 'GET', null, null],
    [{ id: 'i', title: 'S3' }],
    [{ id: 'i', title: 'S3' }],
  ),
  callRow(
    'cloud data is added to the dataset',
    (c) => c.cloud.add({ integrationId: 'i', ignoreErrors: true, files: { videos: [] } }),
    ['datasetdata', 'POST', DATASET, { integration_id: 'i', ignore_errors: true, files: { videos: [] } }],
    { dataset_data_info: [{ data_hash: 'h9', title: 't' }] },
    [{ dataHash: 'h9', title: 't' }],
  ),
]

describe('each call has the form of the vendor’s document', () => {
  test.each(ROWS)('$name', async ({ run, sent, response, result }) => {
    await using server = await openScriptedServer()
    using client = openTestRemote(server.url)
    server.script(ok(response))
    expect(await run(client)).toEqual(result)
    expect(server.requests).toHaveLength(1)
    expect(JSON.parse(String(server.requests[0]?.body))).toEqual(sent)
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      path: '/public',
      headers: { 'content-type': 'application/json', accept: 'application/json', resourceid: DATASET, authorization: API_KEY },
    })
  })

  test('rows are deleted by a list of hashes', async () => {
    await using server = await openScriptedServer()
    server.script(ok(null))
    const deleteRows = openDeleteCall(clientOptions(server.url))
    await deleteRows(['h1', 'h2'])
    expect(JSON.parse(String(server.requests[0]?.body))).toEqual({
      query_type: 'video',
      query_method: 'DELETE',
      values: { uid: ['h1', 'h2'], payload: null },
    })
    expect(server.requests[0]?.headers).toMatchObject({ resourceid: DATASET, authorization: API_KEY })
  })
})

describe('around the calls', () => {
  test('a domain with a path or a final slash keeps it', async () => {
    await using server = await openScriptedServer()
    using client = openTestRemote(`${server.url}/proxy/`)
    server.script(ok({ title: 'k', resource_type: 'dataset' }))
    await client.remote.keyMeta()
    expect(server.requests[0]?.path).toBe('/proxy/public')
  })

  test.each(['key\n', 'key\r\n', ' key \n'])('a key file that ends as editors end it works: %j', async (text) => {
    await using server = await openScriptedServer()
    using client = openTestRemote(server.url, { apiKey: () => text })
    server.script(ok({ title: 'k', resource_type: 'dataset' }))
    await client.remote.keyMeta()
    expect(server.requests[0]?.headers.authorization).toBe('key')
  })

  test('a key that changes is used from the next call on', async () => {
    await using server = await openScriptedServer()
    const keys = ['old', 'new']
    using client = openTestRemote(server.url, { apiKey: () => keys.shift() ?? '' })
    server.script(ok({ title: 'k', resource_type: 'dataset' }))
    await client.remote.keyMeta()
    await client.remote.keyMeta()
    expect(server.requests.map((request) => request.headers.authorization)).toEqual(['old', 'new'])
  })

  test('the time of the server is that of its last answer, never of a proxy’s page', async () => {
    await using server = await openScriptedServer()
    using client = openTestRemote(server.url)
    const answer = { status: 200, response: { title: 'k', resource_type: 'dataset' } }
    const dated = (date: string, body: string) => (response: import('node:http').ServerResponse) =>
      response.writeHead(200, { date }).end(body)
    expect(client.remote.serverTime()).toBeNull()
    server.script(dated('Wed, 01 May 2024 10:00:00 GMT', JSON.stringify(answer)), dated('Thu, 02 May 2024 10:00:00 GMT', '<html></html>'))
    await client.remote.keyMeta()
    await client.remote.keyMeta().catch(() => undefined)
    expect(client.remote.serverTime()?.dateMs).toBe(Date.UTC(2024, 4, 1, 10))
  })
})

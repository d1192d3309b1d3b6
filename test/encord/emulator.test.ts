import { createHash, randomBytes } from 'node:crypto'
import sshpk from 'sshpk'
import { describe, expect, test } from 'vitest'
import type { FaultRule } from '../../src/emulator/faults.ts'
import { openDeleteCall } from '../../src/encord/calls/deleteData.ts'
import { openSigner } from '../../src/encord/signer.ts'
import { openUserClient } from '../../src/encord/userClient.ts'
import type { Ticket } from '../../src/model/remote.ts'
import type { Remote } from '../../src/sync/ports.ts'
import { BOX_DATASET, BOX_KEY, type EmulatorBox, emulatorBox } from '../support/emulatorBox.ts'
import { bodyOf, clientOptions, failureOf, openTestRemote } from '../support/encordClient.ts'

const identity = { dataset: BOX_DATASET, apiKey: () => BOX_KEY }
const openBox = (box: EmulatorBox) => openTestRemote(box.url, identity)
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

async function sentVideo(remote: Remote, bytes: Buffer, name = 'v.mp4'): Promise<Ticket> {
  const ticket = await remote.videoTicket(name)
  await remote.put(ticket, bodyOf(bytes), 'video/mp4')
  return ticket
}

async function sentImages(remote: Remote, names: readonly string[], contents: readonly Buffer[]): Promise<readonly Ticket[]> {
  const tickets = await remote.imageTickets(names)
  await Promise.all(tickets.map((ticket, place) => remote.put(ticket, bodyOf(contents[place] ?? Buffer.alloc(1)), 'image/jpeg')))
  return tickets
}

describe('a dataset of the emulator', () => {
  test('holds the video, the image and the group that were sent, byte for byte', async () => {
    await using box = await emulatorBox()
    using client = openBox(box)
    const { remote } = client
    const contents = [1, 2, 3, 4].map((size) => randomBytes(size * 300_000))
    const [movie, still, second, first] = contents as [Buffer, Buffer, Buffer, Buffer]
    const video = await remote.registerVideo(await sentVideo(remote, movie), 'site/v.mp4')
    const [imageTicket] = await sentImages(remote, ['i.jpg'], [still])
    if (imageTicket === undefined) throw new Error('one ticket')
    const image = await remote.registerImage(imageTicket, 'site/i.jpg')
    const frames = await sentImages(remote, ['f.jpg', 'f.jpg'], [second, first])
    await remote.stageImages(frames)
    const hashes = frames.map((frame) => frame.data_hash).reverse()
    const groups = await remote.createGroup(hashes, { title: 'site/run', createVideo: false })

    expect(box.rows()).toMatchObject([
      { data_hash: video.dataHash, title: 'site/v.mp4', type: 'VIDEO', sha256: sha256(movie), contentType: 'application/octet-stream' },
      { data_hash: image.dataHash, title: 'site/i.jpg', type: 'IMAGE', sha256: sha256(still), contentType: 'image/jpeg' },
      { data_hash: groups[0]?.dataHash, title: 'site/run', frames: [{ sha256: sha256(first) }, { sha256: sha256(second) }] },
    ])
    expect(box.calls.chunkedPuts()).toBe(0)
    const listing = await remote.listing({ clientMetadata: false })
    expect(listing).toMatchObject({ dataset: BOX_DATASET, storage: 'CORD_STORAGE' })
    expect(listing.rows.map((row) => row.title).sort()).toEqual(['site/i.jpg', 'site/run', 'site/v.mp4'])
    expect((await remote.row(groups[0]?.dataHash ?? ''))?.members).toEqual(hashes)
    expect(Math.abs((remote.serverTime()?.dateMs ?? 0) - Date.now())).toBeLessThan(5_000)
  })

  test('takes titles and metadata, gives them back, and loses what is deleted', async () => {
    await using box = await emulatorBox()
    using client = openBox(box)
    const { remote } = client
    const { dataHash } = await remote.registerVideo(await sentVideo(remote, randomBytes(1_000)), 'v.mp4')
    await remote.updateRow(dataHash, { title: 'new.mp4', clientMetadata: { encord_sync: { path: 'new.mp4' }, mine: 1 } })
    expect(await remote.row(dataHash)).toMatchObject({ title: 'new.mp4', clientMetadata: { encord_sync: { path: 'new.mp4' }, mine: 1 } })
    const [listed] = (await remote.listing({ clientMetadata: true })).rows
    expect(listed).toMatchObject({ dataHash, clientMetadata: { mine: 1 } })
    expect(listed?.createdAtMs).toBeGreaterThan(Date.now() - 60_000)
    const deleteRows = openDeleteCall(clientOptions(box.url, identity))
    await deleteRows([dataHash])
    expect(box.rows()).toEqual([])
    expect(await remote.row(dataHash)).toBeNull()
  })

  test('tests keys, and tells a revoked one from one that works again', async () => {
    await using box = await emulatorBox()
    using client = openBox(box)
    expect(await client.remote.keyMeta()).toMatchObject({ resourceType: 'dataset' })
    box.emulator.revokeKey(BOX_KEY)
    expect(await failureOf(client.remote.keyMeta())).toMatchObject({ kind: 'credentials', outcome: 'not-done' })
    box.emulator.restoreKey(BOX_KEY)
    await client.remote.keyMeta()
  })

  test('is made by a user, with a key, and takes data with it', async () => {
    const key = sshpk.generatePrivateKey('ed25519')
    await using box = await emulatorBox({ seed: { users: [{ public_key: key.toPublic().toString('ssh') }] } })
    const user = openUserClient({ ...clientOptions(box.url), signer: openSigner(key.toString('openssh')) })
    const made = await user.createDataset({ title: 'mine', storage: 'CORD_STORAGE', description: '' })
    const created = await user.createKey({ datasetHash: made.datasetHash, title: 'k' })
    expect(await user.listKeys(made.datasetHash)).toMatchObject([{ apiKey: created.apiKey, scopes: ['dataset.read', 'dataset.write'] }])
    expect((await user.getOrCreateKey(made.datasetHash)).datasetHash).toBe(made.datasetHash)
    user.close()
    using client = openTestRemote(box.url, { dataset: made.datasetHash, apiKey: () => created.apiKey })
    await client.remote.registerVideo(await sentVideo(client.remote, randomBytes(1_000)), 'v.mp4')
    expect(box.emulator.rows(made.datasetHash)).toHaveLength(1)
  })

  test('that lives in a cloud bucket refuses uploads, and takes the bucket’s objects', async () => {
    const seed = { datasets: [{ dataset_hash: BOX_DATASET, title: 's3', type: 'AWS_S3' as const, api_keys: [BOX_KEY] }] }
    await using box = await emulatorBox({ seed })
    using client = openBox(box)
    const word = 'UPLOAD_OPERATION_NOT_SUPPORTED_ERROR'
    expect(await failureOf(client.remote.videoTicket('v.mp4'))).toMatchObject({ kind: 'not-allowed', word })
    const [integration] = await client.cloud.integrations()
    const files = { videos: [{ objectUrl: 's3://bucket/v.mp4', title: 'v' }] }
    const added = await client.cloud.add({ integrationId: integration?.id ?? '', ignoreErrors: false, files })
    expect(added).toMatchObject([{ dataHash: box.rows()[0]?.data_hash }])
  })
})

describe('with faults', () => {
  const once = (call: string, action: FaultRule['do']): FaultRule => ({ match: { call, nth: 1 }, do: action })

  test.each([
    ['a register call that is cut before its effect', { kind: 'cut', when: 'before' }, 0],
    ['a register call that is cut after its effect', { kind: 'cut', when: 'after' }, 1],
    ['a register call answered by a page after its effect', { kind: 'html', when: 'after' }, 1],
    ['a register call answered by HTTP 503 after its effect', { kind: 'status', status: 503, when: 'after' }, 1],
  ] as const)('%s has an unknown outcome, and the row tells', async (_name, action, rows) => {
    await using box = await emulatorBox()
    using client = openBox(box)
    const ticket = await sentVideo(client.remote, randomBytes(1_000))
    box.setFaults(once('PUT video', action))
    expect(await failureOf(client.remote.registerVideo(ticket, 'v'))).toMatchObject({ kind: 'transient', outcome: 'unknown' })
    expect(box.calls.count('PUT video')).toBe(1)
    expect(await client.remote.row(ticket.data_hash)).toEqual(rows === 0 ? null : expect.objectContaining({ dataHash: ticket.data_hash }))
  })

  test('a PUT that is cut, refused for a while or cut in the middle arrives in the end', async () => {
    await using box = await emulatorBox()
    using client = openBox(box)
    const bytes = randomBytes(2_000_000)
    box.setFaults(once('PUT bucket', { kind: 'cut', when: 'during', afterBytes: 100_000 }), {
      match: { call: 'PUT bucket', nth: 2 },
      do: { kind: 'status', status: 503 },
    })
    await client.remote.registerVideo(await sentVideo(client.remote, bytes), 'v')
    expect(box.rows()).toMatchObject([{ sha256: sha256(bytes) }])
    expect(box.calls.count('PUT bucket')).toBe(3)
  })

  test('a URL that has expired is dead after one PUT', async () => {
    await using box = await emulatorBox()
    using client = openBox(box)
    box.setFaults({ match: { call: 'GET signedvideourl' }, do: { kind: 'urlLife', ms: 0 } })
    const ticket = await client.remote.videoTicket('v.mp4')
    expect(await failureOf(client.remote.put(ticket, bodyOf(randomBytes(10)), 'video/mp4'))).toMatchObject({ kind: 'dead-url' })
    expect(box.calls.count('PUT bucket')).toBe(1)
  })

  test('a batch of URLs that is short or long is refused; a reversed one is paired by title', async () => {
    await using box = await emulatorBox()
    using client = openBox(box)
    for (const shape of ['short', 'long'] as const) {
      box.setFaults({ match: { call: 'GET signedimagesurl' }, do: { kind: 'tickets', shape } })
      expect(await failureOf(client.remote.imageTickets(['a.jpg', 'b.jpg']))).toMatchObject({ kind: 'transient' })
    }
    box.setFaults({ match: { call: 'GET signedimagesurl' }, do: { kind: 'tickets', shape: 'reversed' } })
    expect((await client.remote.imageTickets(['a.jpg', 'b.jpg'])).map((ticket) => ticket.title)).toEqual(['a.jpg', 'b.jpg'])
    expect(await failureOf(client.remote.imageTickets(['a.jpg', 'a.jpg', 'b.jpg']))).toMatchObject({ kind: 'transient' })
  })

  test('a delete that is partly refused, or whose answer is lost, is sent once', async () => {
    await using box = await emulatorBox()
    using client = openBox(box)
    const deleteRows = openDeleteCall(clientOptions(box.url, identity))
    const rows = []
    for (const name of ['a', 'b', 'c']) rows.push(await client.remote.registerVideo(await sentVideo(client.remote, randomBytes(9)), name))
    const hashes = rows.map((row) => row.dataHash)
    box.setFaults(once('DELETE video', { kind: 'refuseDelete', hashes: hashes.slice(0, 1) }))
    expect(await failureOf(deleteRows(hashes.slice(0, 2)))).toMatchObject({ kind: 'not-allowed', outcome: 'unknown' })
    box.setFaults(once('DELETE video', { kind: 'cut', when: 'after' }))
    expect(await failureOf(deleteRows(hashes.slice(2)))).toMatchObject({ kind: 'transient', outcome: 'unknown' })
    expect(box.calls.count('DELETE video')).toBe(2)
    expect(box.rows().map((row) => row.data_hash)).toEqual(hashes.slice(0, 1))
  })

  test('a listing that is cut short is no listing; a wrong Date is told as it came', async () => {
    await using box = await emulatorBox()
    using client = openBox(box)
    box.setFaults({ match: { call: 'GET dataset' }, do: { kind: 'listing', shape: 'cutShort' } })
    expect(await failureOf(client.remote.listing({ clientMetadata: false }))).toMatchObject({ kind: 'transient' })
    box.setFaults({ match: { call: '*' }, do: { kind: 'dateSkew', ms: -3_600_000 } })
    await client.remote.listing({ clientMetadata: false })
    expect((client.remote.serverTime()?.dateMs ?? 0) - Date.now()).toBeLessThan(-3_590_000)
  })

  test('a ticket that points elsewhere sends no byte there', async () => {
    await using box = await emulatorBox()
    using client = openBox(box)
    box.setFaults({ match: { call: 'GET signedvideourl' }, do: { kind: 'ticketUrl', url: 'http://169.254.169.254/latest' } })
    const ticket = await client.remote.videoTicket('v.mp4')
    expect(await failureOf(client.remote.put(ticket, bodyOf(randomBytes(10)), 'video/mp4'))).toMatchObject({ kind: 'not-allowed' })
  })
})

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { takeLock } from '../../src/store/lock.ts'
import { openLedgerReadOnly } from '../../src/store/openLedger.ts'
import { settleOrphans } from '../../src/sync/orphans.ts'
import { CommandBox } from '../support/commandBox.ts'
import type { EmulatorBox } from '../support/emulatorBox.ts'
import { call, registeredVideo, sentImages } from '../support/emulatorCalls.ts'
import { PLANTED_MS } from '../support/ledgerBox.ts'
import { type ProtocolBox, protocolBox, terminal } from '../support/protocolBox.ts'
import { realClock } from '../support/realClock.ts'
import { syncBox } from '../support/syncBox.ts'

/** A registered video, its hash. */
const video = async (emulator: EmulatorBox, name: string): Promise<string> => (await registeredVideo(emulator, name)).data_hash
const deletes = ({ emulator }: ProtocolBox): number => emulator.calls.count('DELETE video')
const titles = ({ emulator }: ProtocolBox): readonly string[] => emulator.rows().map((row) => row.title)

/** A video that the ledger knows, as the row of a file. */
async function knownVideo({ box, emulator }: ProtocolBox, name: string, recipe: { readonly local?: 'absent' } = {}) {
  const { ledger } = box
  const remote = ledger.remotes.ensure(emulator.url, emulator.dataset)
  const planted = ledger.folders.byPath(join(box.base, 'IN')) ?? box.folder('IN')
  ledger.folders.setRemote(planted.id, remote.id)
  const folder = ledger.folders.get(planted.id)
  const { unitId } = box.unit(folder, name, { kind: 'video', current: null, ...recipe })
  const dataHash = await video(emulator, name)
  const row = { unitId, remoteId: remote.id, kind: 'video', title: name, sizeBytes: 10, dataHash, part: 0, content: `sha-${name}` } as const
  return { dataHash, folder, versionId: ledger.versions.addLive({ ...row, metadataDue: false }, PLANTED_MS) }
}

test('rows of any kind that the ledger does not know are shown and deleted in one call, with their intents in the journal', async () => {
  await using one = await protocolBox()
  const { emulator } = one
  await video(emulator, 'stays.mp4')
  const hashes = [await video(emulator, 'a.mp4')]
  const [image, ...frames] = await sentImages(emulator, ['b.png', 'f1.png', 'f2.png'])
  await call(emulator, 'singleimage POST', image?.data_hash, image)
  await call(emulator, 'images PUT', null, frames)
  await call(
    emulator,
    'imagegroup POST',
    frames.map((frame) => frame.data_hash),
    { image_group_title: 'g', create_video: false },
  )
  hashes.push(...emulator.rows().flatMap((row) => (row.type === 'VIDEO' ? [] : [row.data_hash])))
  const ran = await one.run('delete', ...hashes, '--yes')
  expect(ran.code).toBe(0)
  expect(ran.stderr).toMatch(/^TYPE +CREATED +HASH +TITLE +FILE\nVIDEO +\d{4}-\d\d-\d\d +\S+ +a\.mp4\n[\s\S]*IMG_GROUP .* g\n$/)
  expect(ran.stdout).toBe(hashes.map((hash, i) => `deleted  ${hash}  ${['a.mp4', 'b.png', 'g'][i]}\n`).join(''))
  expect([titles(one), deletes(one)]).toEqual([['stays.mp4'], 1])
  const { ledger } = one.box
  const remote = ledger.remotes.find(emulator.url, emulator.dataset)
  for (const hash of hashes) {
    const version = ledger.versions.byHash(remote?.id ?? 0, hash)
    expect(version).toMatchObject({ unitId: null, remote: 'gone', role: 'closed' })
    expect(ledger.candidates.get(version?.id ?? 0)).toBeNull()
  }
  expect(ledger.operations.open()).toEqual([])
  // The dataset's first contact is still to come: the command counts for none.
  expect(remote?.firstContact).toBe('due')
})

test('a row whose file is there becomes remote-missing, so that nothing sends it again by itself', async () => {
  await using one = await protocolBox()
  const { dataHash, folder } = await knownVideo(one, 'a.mp4')
  await video(one.emulator, 'other.mp4')
  const ran = await one.run('delete', dataHash, '--yes')
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining(`only by: encord-sync retry ${folder.path}/a.mp4`) })
  expect(ran.stderr).toContain(`${folder.path}/a.mp4`)
  const [unit] = JSON.parse((await one.run('units', '--json')).stdout) as readonly { state: string }[]
  expect(unit?.state).toBe('remote-missing')
  expect(one.box.ledger.history.deletesSince(folder.id, 0)).toEqual({ units: 0, files: 0 })
})

test('after a delete by command a pass sends nothing for the file that is left', async () => {
  await using box = await syncBox()
  using commands = new CommandBox()
  box.put('a.jpg')
  box.put('b.png', 'plain.png')
  expect((await box.once()).exitCode).toBe(0)
  const hash = box.emulator.rows().find((row) => row.title === 'a.jpg')?.data_hash ?? ''
  const host = { env: { ENCORD_API_KEY: box.emulator.key }, stopSignal: () => new AbortController().signal, nowMs: Date.now }
  expect(await commands.runBare(['delete', hash, '--yes', '--config', box.configure()], host)).toMatchObject({ code: 0 })
  const puts = box.emulator.calls.count('PUT bucket')
  expect((await box.once()).exitCode).toBe(0)
  expect(box.emulator.rows().map((row) => row.title)).toEqual(['b.png'])
  expect(box.emulator.calls.count('PUT bucket')).toBe(puts)
})

test('a held row leaves its batch; one that the server keeps goes back into it, exit 3', async () => {
  await using one = await protocolBox()
  const { ledger } = one.box
  const [gone, kept] = [await knownVideo(one, 'a.mp4', { local: 'absent' }), await knownVideo(one, 'b.mp4', { local: 'absent' })]
  const batch = ledger.candidates.addBatch(gone.folder.id, 'digest', 'too many', PLANTED_MS)
  for (const { versionId } of [gone, kept]) {
    ledger.candidates.add(versionId, 'absent', null, PLANTED_MS)
    ledger.candidates.setBatch(versionId, batch)
  }
  one.emulator.setFaults({ match: { call: 'DELETE video' }, do: { kind: 'refuseDelete', hashes: [kept.dataHash] } })
  expect((await one.run('delete', gone.dataHash, '--yes')).code).toBe(0)
  const refused = await one.run('delete', kept.dataHash, '--yes', '--json')
  expect(refused.code).toBe(3)
  expect(JSON.parse(refused.stdout).rows).toMatchObject([
    { outcome: { kind: 'kept', why: expect.stringMatching(/OPERATION_NOT_ALLOWED/) } },
  ])
  expect(ledger.candidates.inBatch(batch)).toMatchObject([{ versionId: kept.versionId, why: 'absent' }])
  expect(ledger.versions.get(kept.versionId)?.remote).toBe('live')
})

test('a batch that is refused in part is looked up row by row: what went is gone, what stayed can be deleted later', async () => {
  await using one = await protocolBox()
  const [a, b, c] = [await video(one.emulator, 'a.mp4'), await video(one.emulator, 'b.mp4'), await video(one.emulator, 'c.mp4')]
  one.emulator.setFaults({ match: { call: 'DELETE video' }, do: { kind: 'refuseDelete', hashes: [b] } })
  const ran = await one.run('delete', a, b, '--yes')
  expect(ran).toMatchObject({ code: 3, stdout: expect.stringMatching(new RegExp(`^deleted {2}${a} .*\nkept {2}${b} `)) })
  expect(ran.stderr).toMatch(/the answer was lost; the dataset is read again in/)
  one.emulator.setFaults()
  expect((await one.run('delete', b, '--yes')).code).toBe(0)
  expect(one.emulator.rows().map((row) => row.data_hash)).toEqual([c])
})

test('a batch that is refused as a whole is asked for row by row', async () => {
  await using one = await protocolBox()
  const [a, b] = [await video(one.emulator, 'a.mp4'), await video(one.emulator, 'b.mp4')]
  one.emulator.setFaults({
    match: { call: 'DELETE video', bodyIncludes: `"${a}","${b}"` },
    do: { kind: 'error', word: 'OPERATION_NOT_ALLOWED' },
  })
  const ran = await one.run('delete', a, b, '--yes')
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringMatching(new RegExp(`^deleted {2}${a} .*\ndeleted {2}${b} `)) })
  expect([titles(one), deletes(one)]).toEqual([[], 3])
})

test('a hash that the dataset lacks is named, and nothing at all is sent', async () => {
  await using one = await protocolBox()
  const hash = await video(one.emulator, 'a.mp4')
  const ran = await one.run('delete', hash, 'no-such', 'nor-this', '--yes')
  expect(ran).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/holds no row no-such, nor-this\n {2}not done: .*\n {2}next: /),
  })
  expect([titles(one), deletes(one)]).toEqual([['a.mp4'], 0])
})

test('on a terminal it asks, and only yes deletes; elsewhere --yes is needed, exit 2', async () => {
  await using one = await protocolBox()
  const hash = await video(one.emulator, 'a.mp4')
  const silent = await one.run('delete', hash)
  expect(silent).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/a\.mp4[\s\S]*\n {2}not done: nothing was deleted\n {2}next: add --yes/),
  })
  for (const answer of ['y\n', '\n']) {
    expect(await one.runWith(terminal(answer), 'delete', hash)).toMatchObject({ code: 0, stdout: 'nothing was deleted\n' })
  }
  expect(deletes(one)).toBe(0)
  const person = terminal('yes\n')
  expect((await one.runWith(person, 'delete', hash)).code).toBe(0)
  expect(person.shown()).toMatch(/a\.mp4[\s\S]*Delete this row of box, with all annotations\? There is no way back\. Type yes: /)
  expect([titles(one), deletes(one)]).toEqual([[], 1])
})

test('while someone holds the ledger it is exit 75, without a call', async () => {
  await using one = await protocolBox()
  const hash = await video(one.emulator, 'a.mp4')
  one.emulator.calls.reset()
  const lock = takeLock(one.box.path)
  expect(await one.run('delete', hash, '--yes')).toMatchObject({ code: 75, stderr: expect.stringMatching(/next: stop the service/) })
  lock?.release()
  expect(one.emulator.calls.all()).toEqual([])
})

test('more than twenty rows go in several calls, each after a look at the dataset', async () => {
  await using one = await protocolBox()
  const hashes = await Promise.all(Array.from({ length: 22 }, (_, i) => video(one.emulator, `${i}.mp4`)))
  one.emulator.calls.reset()
  expect((await one.run('delete', ...hashes, '--yes')).code).toBe(0)
  const names = one.emulator.calls.all().map((each) => each.call)
  expect(names).toEqual(['GET dataset', 'GET dataset', 'DELETE video', 'GET dataset', 'DELETE video'])
  expect(titles(one)).toEqual([])
})

test('a lost answer is looked up before anything is said, and the call is never repeated', async () => {
  await using one = await protocolBox()
  const [a, b] = [await video(one.emulator, 'a.mp4'), await video(one.emulator, 'b.mp4')]
  await video(one.emulator, 'c.mp4')
  one.emulator.setFaults({ match: { call: 'DELETE video' }, do: { kind: 'cut', when: 'after' } })
  expect(await one.run('delete', a, '--yes')).toMatchObject({ code: 0, stdout: `deleted  ${a}  a.mp4\n` })
  one.emulator.setFaults({ match: { call: 'DELETE video' }, do: { kind: 'cut', when: 'before' } })
  expect(await one.run('delete', b, '--yes')).toMatchObject({ code: 1, stdout: expect.stringMatching(/^kept {2}/) })
  expect([titles(one), deletes(one), one.box.ledger.operations.open()]).toEqual([['b.mp4', 'c.mp4'], 2, []])
})

test('an outcome that stays open is exit 1, and the next delete settles it first', async () => {
  await using one = await protocolBox()
  const [a, b] = [await video(one.emulator, 'a.mp4'), await video(one.emulator, 'b.mp4')]
  await video(one.emulator, 'c.mp4')
  one.emulator.setFaults(
    { match: { call: 'DELETE video' }, do: { kind: 'cut', when: 'after' } },
    { match: { call: 'GET dataset', nth: 3, times: 99 }, do: { kind: 'listing', shape: 'empty' } },
  )
  expect(await one.run('delete', a, '--yes')).toMatchObject({ code: 1, stdout: expect.stringMatching(/^unknown {2}/) })
  expect(one.box.ledger.operations.open()).toHaveLength(1)
  one.emulator.setFaults()
  expect((await one.run('delete', b, '--yes')).code).toBe(0)
  expect([titles(one), one.box.ledger.operations.open()]).toEqual([['c.mp4'], []])
})

test.each([
  ['still listed: it stays, and nothing asks for it again', true],
  ['gone: it is deleted', false],
])('a delete by command that a dying process left open is settled by later listings; %s', async (_name, listed) => {
  using box = new CommandBox()
  const { ledger } = box
  const remote = ledger.remotes.ensure('http://127.0.0.1:9', 'd')
  const row = { remoteId: remote.id, kind: 'video', title: 't', sizeBytes: 1, dataHash: 'h' } as const
  const versionId = ledger.versions.addDetached(row, PLANTED_MS)
  ledger.candidates.add(versionId, 'command', null, PLANTED_MS)
  ledger.operations.intend(versionId, 'delete', PLANTED_MS, null, '{}')
  ledger.versions.setRemote(versionId, 'deleting')
  ledger.operations.doubtIntents()
  let nowMs = PLANTED_MS
  const { signal } = new AbortController()
  const clock = { ...realClock, wallMs: () => nowMs }
  const tools = { ledger, clock, signal, log: { emit: () => undefined }, remote: { row: async () => null }, absentGapMs: 1_000 }
  for (let look = 0; look < 2; look++, nowMs += 1_000) {
    expect(ledger.operations.open()).toHaveLength(1)
    await settleOrphans(tools, remote.id, { askedAtMs: nowMs, rows: [], has: () => listed, row: () => null })
  }
  expect(ledger.operations.open()).toEqual([])
  expect(ledger.candidates.get(versionId)).toBeNull()
  expect(ledger.versions.byHash(remote.id, 'h')?.remote).toBe(listed ? undefined : 'gone')
})

test('a refused key is exit 3 before anything is written down', async () => {
  await using one = await protocolBox()
  const hash = await video(one.emulator, 'a.mp4')
  one.emulator.emulator.revokeKey(one.emulator.key)
  expect(await one.run('delete', hash, '--yes')).toMatchObject({ code: 3, stderr: expect.stringMatching(/not done: nothing was deleted/) })
  expect([deletes(one), one.box.ledger.remotes.all()]).toEqual([0, []])
})

test('before the first run the ledger is made for it, and holds the journal', async () => {
  await using one = await protocolBox()
  const ledgerPath = join(one.box.base, 'fresh', 'ledger.db')
  const folders = `folders: [{ path: ${one.box.base}/IN, dataset: ${one.emulator.dataset}, api_key: "\${ENCORD_API_KEY}" }]`
  one.write('config.yaml', `encord: { domain: "${one.emulator.url}" }\nledger: ${ledgerPath}\n${folders}\n`)
  const hash = await video(one.emulator, 'a.mp4')
  expect((await one.run('delete', hash, '--yes')).code).toBe(0)
  expect(existsSync(ledgerPath)).toBe(true)
  const ledger = openLedgerReadOnly(ledgerPath)
  expect(ledger?.versions.byHash(1, hash)?.remote).toBe('gone')
  ledger?.close()
})

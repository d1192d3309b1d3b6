import { cpSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import type { Drift } from '../../src/app/drift.ts'
import { type VerifyView, verifyRun } from '../../src/app/verifyRun.ts'
import { loadConfig } from '../../src/config/load.ts'
import { Secrets } from '../../src/model/secrets.ts'
import { BOX_DATASET, BOX_KEY } from '../support/emulatorBox.ts'
import { call, registeredVideo } from '../support/emulatorCalls.ts'
import { realClock } from '../support/realClock.ts'
import { type SyncBox, syncBox } from '../support/syncBox.ts'

type Asked = { readonly content?: boolean; readonly serviceRuns?: boolean; readonly key?: string; readonly settings?: string }

async function verified(box: SyncBox, more: Asked = {}): Promise<VerifyView> {
  const env = { ENCORD_API_KEY: more.key ?? box.emulator.key }
  const config = loadConfig({
    file: box.configure(more.settings),
    directory: box.base,
    env,
    home: box.base,
    platform: 'linux',
    secrets: new Secrets(),
  })
  const { content = false, serviceRuns = false } = more
  return await verifyRun(config, { clock: realClock, random: Math.random, signal: new AbortController().signal, content, serviceRuns })
}

function shown(drift: readonly Drift[]): readonly (readonly [string, string | null, boolean])[] {
  return drift.map((one) => [one.class, one.path, one.needsPerson] as const)
}

function hashOf(box: SyncBox, title: string): string {
  return box.emulator.rows().find((row) => row.title === title)?.data_hash ?? ''
}

/** Everything in the ledger's file, so that a change of any kind is seen. */
function contentOf(box: SyncBox): readonly unknown[] {
  const db = new Database(join(box.base, 'state', 'ledger.db'), { readonly: true })
  const tables = db.prepare<[], { name: string }>(`SELECT name FROM sqlite_master WHERE type = 'table'`).all()
  const rows = tables.map(({ name }) => db.prepare(`SELECT * FROM ${name}`).all())
  db.close()
  return rows
}

test.concurrent('in sync there is no difference; verify reads, and changes neither ledger nor folder nor dataset', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  box.put('v.mp4', 'plain.mp4')
  box.put('g/f1.png', 'plain.png')
  box.put('notes.txt', 'plain.jpg')
  await box.once()
  const [before, rows] = [contentOf(box), box.emulator.rows()]
  box.emulator.calls.reset()
  const view = await verified(box, { content: true })
  expect(view).toMatchObject({ drift: [], troubles: [], exitCode: 0, datasets: [{ rows: rows.length }] })
  expect(view.folders).toMatchObject([{ state: 'ok', onTheWay: 0 }])
  expect(Object.keys(box.emulator.calls.counts())).toEqual(['GET dataset'])
  expect(contentOf(box)).toEqual(before)
  expect(box.emulator.rows()).toEqual(rows)
})

test.concurrent('each of the four classes is found, with its path and the next command, and nothing is deleted or sent', async () => {
  await using box = await syncBox()
  box.put('lost.jpg', 'plain.jpg')
  box.put('twice.mp4', 'plain.mp4')
  box.put('gone.png', 'plain.png')
  box.put('stays.webp', 'plain.webp')
  await box.once()
  // A second pass sees the rows in a listing: only then their absence means something.
  await box.once()
  const lost = hashOf(box, 'lost.jpg')
  await call(box.emulator, 'video DELETE', [lost])
  // Whose it is nothing tells: nobody is told to delete it.
  await registeredVideo(box.emulator, 'twice.mp4')
  await registeredVideo(box.emulator, 'somebody else’s.mp4')
  rmSync(join(box.folder, 'gone.png'))
  box.put('new.jpg', 'progressive.jpg')
  box.emulator.calls.reset()
  const view = await verified(box)
  expect(view.exitCode).toBe(3)
  expect(shown(view.drift)).toEqual([
    ['remote-missing', 'lost.jpg', true],
    ['unknown-row', 'twice.mp4', true],
    ['file-gone', 'gone.png', false],
    ['not-in-dataset', 'new.jpg', true],
  ])
  expect(view.drift.map(({ next }) => next)).toEqual([
    'encord-sync once',
    `encord-sync why ${box.folder}/twice.mp4`,
    `encord-sync why ${box.folder}/gone.png`,
    'encord-sync once',
  ])
  expect(Object.keys(box.emulator.calls.counts())).toEqual(['GET dataset'])
  // Once the loss is written down, a person can have it sent again.
  await box.once()
  const known = (await verified(box)).drift.find((one) => one.class === 'remote-missing')
  expect(known).toMatchObject({ path: 'lost.jpg', dataHash: lost, next: `encord-sync retry ${box.folder}/lost.jpg` })
})

test.concurrent('a row that carries our note and that the ledger does not know is found, whatever its title', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  await box.once()
  const note = box.emulator.rows()[0]?.client_metadata
  expect(note).toHaveProperty('encord_sync')
  const { data_hash: twin } = await registeredVideo(box.emulator, 'another title.mp4')
  await call(box.emulator, 'datarow POST', twin, { client_metadata: note })
  const view = await verified(box)
  expect(view.drift).toMatchObject([
    {
      class: 'unknown-row',
      path: 'a.jpg',
      dataHash: twin,
      why: expect.stringContaining('carries our note'),
      next: `encord-sync delete ${twin}`,
    },
  ])
  const own = (note as { readonly encord_sync: object }).encord_sync
  await call(box.emulator, 'datarow POST', twin, { client_metadata: { encord_sync: { ...own, linked: 'by-name' } } })
  expect((await verified(box)).drift).toMatchObject([{ dataHash: twin, next: `encord-sync why ${box.folder}/a.jpg` }])
})

test.concurrent('a row of the title of a file is no second one where it was there before, or another machine made it', async () => {
  await using box = await syncBox()
  // Another picture, of another size.
  await registeredVideo(box.emulator, 'a.mp4')
  for (const name of ['a.mp4', 'b.mp4']) box.put(name, 'plain.mp4')
  await box.once()
  const { data_hash: theirs } = await registeredVideo(box.emulator, 'b.mp4')
  const note = { folder: 'of-another-machine', path: 'b.mp4', sha256: 'of another picture', size: 7 }
  await call(box.emulator, 'datarow POST', theirs, { client_metadata: { encord_sync: note } })
  expect(box.emulator.rows()).toHaveLength(4)
  expect((await verified(box)).drift).toEqual([])
})

test.concurrent('a lost ledger shows as files that may be rows already, not as a dataset that is to be sent twice', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  await box.once()
  rmSync(join(box.base, 'state'), { recursive: true })
  const view = await verified(box)
  expect(view.drift.filter((one) => one.why.startsWith('it is ready'))).toEqual([])
})

/** What is sent after this is forgotten. */
function backedUp(box: SyncBox): { putBack(): void } {
  const [state, backup] = [join(box.base, 'state'), join(box.base, 'backup')]
  cpSync(state, backup, { recursive: true })
  return {
    putBack() {
      rmSync(state, { recursive: true })
      renameSync(backup, state)
    },
  }
}

test.concurrent('so does one that was put back: what it has forgotten is no second row, and is not said to lack', async () => {
  await using box = await syncBox()
  box.put('v.mp4', 'plain.mp4')
  await box.once()
  const ledger = backedUp(box)
  box.put('a.jpg')
  box.put('v.mp4', 'faststart.mp4')
  await box.once()
  expect(box.emulator.rows()).toHaveLength(3)
  ledger.putBack()
  expect(await verified(box)).toMatchObject({ drift: [], troubles: [], folders: [{ state: 'frozen', synced: 2 }] })
})

test.concurrent.each([{ since: 'new' }, { since: 'changed' }])(
  'nobody is told to delete the row of a file that was $since since a backup that was put back, while its disk is away',
  async ({ since }) => {
    await using box = await syncBox()
    box.put('v.mp4', 'plain.mp4')
    await box.once()
    const ledger = backedUp(box)
    const name = since === 'new' ? 'a.mp4' : 'v.mp4'
    box.put(name, 'faststart.mp4')
    await box.once()
    const made = box.emulator.rows().at(-1)?.data_hash ?? ''
    ledger.putBack()
    renameSync(box.folder, join(box.base, 'away'))
    const { drift } = await verified(box)
    expect(drift).toMatchObject([{ class: 'unknown-row', path: since === 'new' ? null : name, dataHash: made, needsPerson: true }])
    expect(drift[0]?.next).toBe(since === 'new' ? 'encord-sync status' : `encord-sync why ${box.folder}/${name}`)
  },
)

test.concurrent('content that changed without a trace is found by --content alone', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  await box.once()
  const file = join(box.folder, 'a.jpg')
  const db = new Database(join(box.base, 'state', 'ledger.db'))
  db.exec(`UPDATE files SET sha256 = 'what was sent', racy = 0; UPDATE versions SET content = 'what was sent'`)
  db.close()
  expect(shown((await verified(box)).drift)).toEqual([])
  const { drift, exitCode } = await verified(box, { content: true })
  expect(exitCode).toBe(3)
  expect(drift).toMatchObject([{ class: 'not-in-dataset', path: 'a.jpg', next: `touch ${file}` }])
})

test.concurrent('a changed file is a difference, and with a service at work it is on the way', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  await box.once()
  box.put('a.jpg', 'progressive.jpg')
  expect(shown((await verified(box)).drift)).toEqual([['not-in-dataset', 'a.jpg', true]])
  const view = await verified(box, { serviceRuns: true })
  expect(view).toMatchObject({ drift: [], exitCode: 0, folders: [{ onTheWay: 1 }] })
})

test.concurrent('a held delete needs a person', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  await box.once()
  rmSync(join(box.folder, 'a.jpg'))
  await box.once()
  const view = await verified(box)
  expect(view.exitCode).toBe(3)
  expect(view.drift).toMatchObject([{ class: 'file-gone', path: 'a.jpg', needsPerson: true, next: 'encord-sync deletes list' }])
})

test.concurrent('a dataset that cannot be read is exit 1, and nothing is taken for missing', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  await box.once()
  const view = await verified(box, { key: 'wrong-key-0123456789abcdef' })
  expect(view).toMatchObject({
    exitCode: 1,
    drift: [],
    datasets: [{ rows: null }],
    troubles: [{ what: expect.stringContaining('could not be compared') }],
  })
})

test.concurrent('a listing without any of our rows is not believed, and a person has to look', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  box.put('b.png', 'plain.png')
  await box.once()
  await box.once()
  await call(
    box.emulator,
    'video DELETE',
    box.emulator.rows().map((row) => row.data_hash),
  )
  const view = await verified(box)
  expect(view).toMatchObject({ exitCode: 3, drift: [], troubles: [{ why: expect.stringContaining('none of our rows') }] })
})

test.concurrent('a folder that is away is said to be so, and none of its files counts as gone', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  await box.once()
  rmSync(box.folder, { recursive: true })
  const view = await verified(box)
  expect(view).toMatchObject({ exitCode: 3, drift: [], troubles: [{ what: expect.stringContaining('absent') }] })
})

test.concurrent('a row whose answer is on its way is no second row of a file in a bucket', async () => {
  const dataset = { dataset_hash: BOX_DATASET, title: 'box', type: 'AWS_S3' as const, api_keys: [BOX_KEY] }
  await using box = await syncBox({ seed: { datasets: [dataset], integrations: [{ id: 'bucket-1', title: 'the lab' }] } })
  const settings = ', via: cloud, integration: bucket-1, url_prefix: "s3://lab/drone"'
  box.put('a.mp4', 'plain.mp4')
  await box.once({ settings })
  box.put('a.mp4', 'faststart.mp4')
  const killed = box.once({
    settings,
    crashPoint(name) {
      if (name === 'register.answered') throw new Error('killed')
    },
  })
  await expect(killed).rejects.toThrow('killed')
  expect(box.emulator.rows()).toHaveLength(2)
  expect((await verified(box, { settings })).drift.filter((one) => one.class === 'unknown-row')).toEqual([])
})

import { mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { stringifyExactly } from '../../src/model/exactJson.ts'
import { type SyncBox, syncBox } from '../support/syncBox.ts'

// Several passes over real files at once: generous where the machine is busy.
vi.setConfig({ testTimeout: 300_000 })

type Metadata = Readonly<Record<string, unknown>> | null

function metadataOf(box: SyncBox, title: string): Metadata {
  return box.emulator.rows().find((row) => row.title === title)?.client_metadata ?? null
}

/** What a person, or another program, wrote on a row. */
async function writeOnRow(box: SyncBox, title: string, values: Readonly<Record<string, unknown>>): Promise<void> {
  const hash = box.emulator.rows().find((row) => row.title === title)?.data_hash
  const body = { query_type: 'datarow', query_method: 'POST', values: { uid: hash, payload: { client_metadata: values } } }
  const headers = { ResourceID: box.emulator.dataset, Authorization: box.emulator.key, 'Content-Type': 'application/json' }
  await fetch(`${box.emulator.url}/public`, { method: 'POST', headers, body: stringifyExactly(body) })
}

test.concurrent('metadata beside a file and in a group goes to their rows with the first note, and is no unit', async () => {
  await using box = await syncBox()
  box.settle = '200ms'
  box.put('clip.mp4', 'plain.mp4')
  box.write('clip.mp4.metadata.json', '{"weather": "rain", "site": {"id": 7}}')
  box.put('run/1.png', 'plain.png')
  box.write('run/.metadata.json', '\uFEFF{"pilot": "Ada"}')
  expect((await box.once()).exitCode).toBe(0)
  expect(box.emulator.rows()).toHaveLength(2)
  expect(metadataOf(box, 'clip.mp4')).toMatchObject({ weather: 'rain', site: { id: 7 }, encord_sync: { path: 'clip.mp4' } })
  expect(metadataOf(box, 'run')).toMatchObject({ pilot: 'Ada', encord_sync: { path: 'run', sidecar: ['pilot'] } })
  expect(box.emulator.calls.count('POST datarow')).toBe(2)
  box.emulator.calls.reset()
  expect((await box.once()).exitCode).toBe(0)
  expect(box.emulator.calls.counts()).toEqual({ 'GET dataset': 1 })
})

test.concurrent('changed metadata is an update with no byte of the file sent, and a person’s keys stay', async () => {
  await using box = await syncBox()
  box.settle = '200ms'
  box.put('a.jpg')
  box.write('a.jpg.metadata.json', '{"weather": "rain", "old": 1}')
  await box.once()
  await writeOnRow(box, 'a.jpg', { ...metadataOf(box, 'a.jpg'), reviewed: true })
  box.emulator.calls.reset()
  box.write('a.jpg.metadata.json', '{"weather": "sun", "new": 2}')
  expect((await box.plan()).metadata).toMatchObject([{ path: 'a.jpg' }])
  expect((await box.once()).exitCode).toBe(0)
  const { encord_sync: own, ...others } = metadataOf(box, 'a.jpg') ?? {}
  expect(others).toEqual({ reviewed: true, weather: 'sun', new: 2 })
  expect(own).toMatchObject({ path: 'a.jpg', sidecar: ['weather', 'new'] })
  expect(box.emulator.calls.count('PUT bucket')).toBe(0)
  // Touched, with the same values: it is read, and nothing is written.
  box.emulator.calls.reset()
  utimesSync(join(box.folder, 'a.jpg.metadata.json'), new Date(), new Date())
  expect((await box.once()).exitCode).toBe(0)
  expect(box.emulator.calls.count('POST datarow')).toBe(0)
  // Removed: its keys go, and only those.
  rmSync(join(box.folder, 'a.jpg.metadata.json'))
  expect((await box.once()).exitCode).toBe(0)
  const { encord_sync: note, ...left } = metadataOf(box, 'a.jpg') ?? {}
  expect(left).toEqual({ reviewed: true })
  expect(note).not.toHaveProperty('sidecar')
})

test.concurrent('whole numbers that no double can hold are given back as they came, a person’s and those of a metadata file', async () => {
  await using box = await syncBox()
  box.settle = '200ms'
  box.put('a.jpg')
  await box.once()
  await writeOnRow(box, 'a.jpg', { ...metadataOf(box, 'a.jpg'), robot: [9_007_199_254_740_993n, 0.5] })
  box.write('a.jpg.metadata.json', '{"taken_ns": 1700000000123456789, "note": "1700000000123456789"}')
  expect((await box.once()).exitCode).toBe(0)
  const { encord_sync: _own, ...others } = metadataOf(box, 'a.jpg') ?? {}
  expect(others).toEqual({ robot: [9_007_199_254_740_993n, 0.5], taken_ns: 1_700_000_000_123_456_789n, note: '1700000000123456789' })
})

test.concurrent('metadata goes along when its file or its directory is renamed, and comes to a file that was sent before', async () => {
  await using box = await syncBox()
  box.settle = '200ms'
  box.put('a.jpg')
  box.put('run/1.png', 'plain.png')
  box.write('run/.metadata.json', '{"pilot": "Ada"}')
  await box.once()
  expect(metadataOf(box, 'a.jpg')).not.toHaveProperty('weather')
  box.write('a.jpg.metadata.json', '{"weather": "rain"}')
  box.emulator.calls.reset()
  for (const end of ['', '.metadata.json']) renameSync(join(box.folder, `a.jpg${end}`), join(box.folder, `b.jpg${end}`))
  renameSync(join(box.folder, 'run'), join(box.folder, 'run-2'))
  expect((await box.once()).exitCode).toBe(0)
  expect(metadataOf(box, 'b.jpg')).toMatchObject({ weather: 'rain', encord_sync: { path: 'b.jpg', sidecar: ['weather'] } })
  expect(metadataOf(box, 'run-2')).toMatchObject({ pilot: 'Ada', encord_sync: { path: 'run-2' } })
  expect(box.emulator.calls.count('PUT bucket')).toBe(0)
})

test.concurrent('metadata that cannot be used is named with its reason, and its unit is sent all the same', async () => {
  await using box = await syncBox()
  box.settle = '200ms'
  const bad: Readonly<Record<string, string>> = {
    'a.jpg': '{"weather": ',
    'b.webp': '["rain"]',
    'c.png': '{"encord_sync": {}}',
    'd.bmp': '',
    'e.avif': `{"long": "${'x'.repeat(10_000_000)}"}`,
  }
  for (const [name, text] of Object.entries(bad)) {
    box.put(name, `plain${name.slice(1)}`)
    box.write(`${name}.metadata.json`, text)
  }
  box.write('nobody.mp4.metadata.json', '{}')
  const reasons = (await box.plan()).refused.map(({ path, why }) => `${path}: ${why}`)
  expect(reasons).toEqual([
    expect.stringMatching(/^a\.jpg\.metadata\.json: metadata not used: it is not JSON/),
    'b.webp.metadata.json: metadata not used: it is no JSON object: { "key": "value", … }',
    'c.png.metadata.json: metadata not used: it uses the key encord_sync, which belongs to this program',
    'd.bmp.metadata.json: it is empty',
    'e.avif.metadata.json: metadata not used: it is larger than the 10 MB that Encord takes',
    expect.stringMatching(/^nobody\.mp4\.metadata\.json: metadata, and nothing of that name is a unit here/),
  ])
  expect((await box.once()).exitCode).toBe(0)
  expect(box.emulator.rows()).toHaveLength(5)
  for (const name of Object.keys(bad)) expect(Object.keys(metadataOf(box, name) ?? {})).toEqual(['encord_sync'])
  // Once it is right, it is sent.
  box.write('a.jpg.metadata.json', '{"weather": "rain"}')
  await box.once()
  expect(metadataOf(box, 'a.jpg')).toMatchObject({ weather: 'rain' })
})

test.concurrent('values that Encord refuses are named, and the note goes without them', async () => {
  await using box = await syncBox()
  box.settle = '200ms'
  box.emulator.setFaults({
    match: { call: 'POST datarow', bodyIncludes: 'weather' },
    do: { kind: 'error', word: 'INVALID_ARGUMENTS_ERROR' },
  })
  box.put('a.jpg')
  box.write('a.jpg.metadata.json', '{"weather": "rain"}')
  expect((await box.once()).exitCode).toBe(0)
  expect(Object.keys(metadataOf(box, 'a.jpg') ?? {})).toEqual(['encord_sync'])
  expect((await box.plan()).refused).toEqual([
    { path: 'a.jpg.metadata.json', why: 'metadata not used: Encord refused it (INVALID_ARGUMENTS_ERROR)' },
  ])
})

test.concurrent('a metadata file that is a link is not followed', async () => {
  await using box = await syncBox()
  box.settle = '200ms'
  mkdirSync(join(box.base, 'elsewhere'))
  writeFileSync(join(box.base, 'elsewhere/secret.json'), '{"secret": 1}')
  const { symlinkSync } = await import('node:fs')
  symlinkSync(join(box.base, 'elsewhere/secret.json'), join(box.folder, 'a.jpg.metadata.json'))
  box.put('a.jpg')
  expect((await box.once()).exitCode).toBe(0)
  expect(Object.keys(metadataOf(box, 'a.jpg') ?? {})).toEqual(['encord_sync'])
  expect(readFileSync(join(box.base, 'elsewhere/secret.json'), 'utf8')).toBe('{"secret": 1}')
})

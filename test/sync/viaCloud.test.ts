import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { EmulatorOptions } from '../../src/emulator/emulator.ts'
import { BOX_DATASET, BOX_KEY } from '../support/emulatorBox.ts'
import { type SyncBox, syncBox } from '../support/syncBox.ts'

// Several passes over real files at once: generous where the machine is busy.
vi.setConfig({ testTimeout: 300_000 })

const SETTINGS = ', via: cloud, integration: bucket-1, url_prefix: "s3://lab/drone"'

async function cloudBox(options: Partial<EmulatorOptions> = {}): Promise<SyncBox> {
  const dataset = { dataset_hash: BOX_DATASET, title: 'box', type: 'AWS_S3' as const, api_keys: [BOX_KEY] }
  const box = await syncBox({ ...options, seed: { datasets: [dataset], integrations: [{ id: 'bucket-1', title: 'the lab' }] } })
  box.settle = '200ms'
  return box
}

function rows(box: SyncBox): readonly string[] {
  return box.emulator
    .rows()
    .map((row) => `${row.title} ${row.type === 'IMG_GROUP' ? row.frames.map((frame) => frame.title).join('+') : row.file_link}`)
    .sort()
}

test.concurrent('what lies in the bucket is registered once, with no byte sent, and removed under the rules of any folder', async () => {
  await using box = await cloudBox()
  box.put('a b.mp4', 'plain.mp4')
  box.put('run/frame10.jpg', 'plain.jpg')
  box.put('run/frame9.png', 'plain.png')
  for (const name of ['c.webp', 'd.avif']) box.put(name, `plain${name.slice(1)}`)
  box.write('c.webp.metadata.json', '{"weather": "rain"}')
  expect((await box.once({ settings: SETTINGS })).exitCode).toBe(0)
  const all = [
    'a b.mp4 s3://lab/drone/a%20b.mp4',
    'c.webp s3://lab/drone/c.webp',
    'd.avif s3://lab/drone/d.avif',
    'run frame9.png+frame10.jpg',
  ]
  expect(rows(box)).toEqual(all)
  expect(box.emulator.rows().find((row) => row.title === 'c.webp')?.client_metadata).toMatchObject({
    weather: 'rain',
    encord_sync: { path: 'c.webp' },
  })
  for (const call of ['PUT bucket', 'GET signedvideourl', 'GET signedimagesurl', 'PUT images'])
    expect(box.emulator.calls.count(call)).toBe(0)
  expect(box.emulator.calls.count('POST datasetdata')).toBe(4)
  box.emulator.calls.reset()
  // A rename keeps the row; a removed file takes its own along.
  renameSync(join(box.folder, 'c.webp'), join(box.folder, 'e.webp'))
  rmSync(join(box.folder, 'd.avif'))
  await box.once({ settings: SETTINGS })
  await box.onceAfterGrace({ settings: SETTINGS })
  expect(rows(box)).toEqual(['a b.mp4 s3://lab/drone/a%20b.mp4', 'e.webp s3://lab/drone/c.webp', 'run frame9.png+frame10.jpg'])
  expect(box.emulator.calls.count('POST datasetdata')).toBe(0)
})

test.concurrent('what is not in the bucket yet waits with its reason, and is registered once it is there', async () => {
  await using box = await cloudBox()
  box.put('a.jpg')
  box.put('late.png', 'plain.png')
  box.emulator.emulator.setObjects('bucket-1', ['s3://lab/drone/a.jpg'])
  expect((await box.once({ settings: SETTINGS })).exitCode).toBe(0)
  expect(rows(box)).toEqual(['a.jpg s3://lab/drone/a.jpg'])
  expect(box.events.filter(({ name }) => name === 'unit.waiting').map(({ fields }) => fields['why'])).toContain(
    'Encord does not take it from the bucket yet (RESOURCE_NOT_FOUND_ERROR): is it there?',
  )
  box.emulator.emulator.setObjects('bucket-1', ['s3://lab/drone/a.jpg', 's3://lab/drone/late.png'])
  expect((await box.once({ settings: SETTINGS })).exitCode).toBe(0)
  expect(rows(box)).toEqual(['a.jpg s3://lab/drone/a.jpg', 'late.png s3://lab/drone/late.png'])
})

test.concurrent('a lost answer is looked up by the address in the bucket, and of a group by its title; nothing is made twice', async () => {
  await using box = await cloudBox()
  box.put('a.jpg')
  box.put('run/1.png', 'plain.png')
  box.emulator.setFaults({ match: { call: 'POST datasetdata', times: 2 }, do: { kind: 'cut', when: 'after' } })
  expect((await box.once({ settings: SETTINGS })).exitCode).toBe(0)
  expect(rows(box)).toEqual(['a.jpg s3://lab/drone/a.jpg', 'run 1.png'])
  expect(box.emulator.calls.count('POST datasetdata')).toBe(2)
})

test.concurrent('a call that was lost before its effect is made again, after two listings that lack it', async () => {
  await using box = await cloudBox()
  box.put('a.jpg')
  box.emulator.setFaults({ match: { call: 'POST datasetdata', nth: 1 }, do: { kind: 'cut', when: 'before' } })
  expect((await box.once({ settings: SETTINGS })).exitCode).toBe(0)
  expect(rows(box)).toEqual(['a.jpg s3://lab/drone/a.jpg'])
  expect(box.emulator.calls.count('GET dataset')).toBeGreaterThanOrEqual(3)
})

test.concurrent('of two lost answers for the same title one row is nobody’s by itself: both wait for a person, and none is taken for the other', async () => {
  const call = 'POST datasetdata'
  // Both calls are under way at once: neither is looked up before the other one was made.
  await using box: SyncBox = await cloudBox({ sleep: () => box.emulator.emulator.until(() => box.emulator.calls.count(call) >= 2) })
  box.put('a/run/1.png', 'plain.png')
  box.put('b/run/2.jpg')
  box.emulator.setFaults(
    { match: { call, times: 2 }, do: { kind: 'latency', ms: 1 } },
    { match: { call, bodyIncludes: 'a/run/1.png', times: 1 }, do: { kind: 'cut', when: 'before' } },
    { match: { call, bodyIncludes: 'b/run/2.jpg', times: 1 }, do: { kind: 'cut', when: 'after' } },
  )
  const settings = `${SETTINGS}, title: name`
  expect((await box.once({ settings })).exitCode).toBe(3)
  expect(rows(box)).toEqual(['run 2.jpg'])
  const why = 'several calls or rows could be "run": its answer was lost, and nothing tells them apart'
  const refused = [...(await box.plan(settings)).refused].sort((one, other) => one.path.localeCompare(other.path))
  expect(refused).toEqual(['a/run', 'b/run'].map((path) => ({ path, why })))
})

test.concurrent('a dataset on Encord’s storage takes nothing from a bucket, and a person is told', async () => {
  await using box = await syncBox()
  box.settle = '200ms'
  box.put('a.jpg')
  expect((await box.once({ settings: SETTINGS })).exitCode).toBe(3)
  expect(box.emulator.rows()).toEqual([])
})

test.concurrent('an object that Encord holds already is left to a person', async () => {
  await using box = await cloudBox()
  box.put('a.jpg')
  box.emulator.setFaults({ match: { call: 'POST datasetdata' }, do: { kind: 'error', word: 'RESOURCE_EXISTS_ERROR' } })
  expect((await box.once({ settings: SETTINGS })).exitCode).toBe(3)
  expect((await box.plan(SETTINGS)).refused).toEqual([
    { path: 'a.jpg', why: 'Encord says that it holds this object already (RESOURCE_EXISTS_ERROR)' },
  ])
  expect(box.emulator.calls.count('POST datasetdata')).toBe(1)
})

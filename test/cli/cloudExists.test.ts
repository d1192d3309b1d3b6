import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { EXIT } from '../../src/model/exitCode.ts'
import { BOX_DATASET, BOX_KEY } from '../support/emulatorBox.ts'
import { serviceBox } from '../support/serviceBox.ts'
import { FIXTURES } from '../support/syncBox.ts'

// Each pass is a process.
vi.setConfig({ testTimeout: 300_000 })

const EXISTS = { match: { call: 'POST datasetdata' }, do: { kind: 'error' as const, word: 'RESOURCE_EXISTS_ERROR' } }

async function bucketBox() {
  const dataset = { dataset_hash: BOX_DATASET, title: 'box', type: 'AWS_S3' as const, api_keys: [BOX_KEY] }
  const box = await serviceBox({
    folder: { via: 'cloud', integration: 'bucket-1', url_prefix: 's3://lab/drone' },
    emulator: { seed: { datasets: [dataset], integrations: [{ id: 'bucket-1', title: 'the lab' }] } },
  })
  box.put('first.jpg', readFileSync(`${FIXTURES}plain.jpg`))
  expect((await box.once()).code).toBe(EXIT.ok)
  return box
}

test('an object of a bucket that another client registered, under whatever title, is found by its address and can be adopted', async () => {
  await using box = await bucketBox()
  const file = `${box.base}/rows.json`
  writeFileSync(file, JSON.stringify({ images: [{ objectUrl: 's3://lab/drone/a.png', title: 'by hand' }] }))
  await box.command(['cloud', 'add', file, '--integration', 'bucket-1', '--dataset', box.emulator.dataset])
  box.put('a.png', readFileSync(`${FIXTURES}plain.png`))
  box.emulator.setFaults(EXISTS)
  expect((await box.once()).code).toBe(EXIT.person)
  expect(JSON.parse((await box.command(['adopt', '--json'])).stdout)).toMatchObject({ linked: [box.path('a.png')], ambiguous: [] })
  expect((await box.once()).code).toBe(EXIT.ok)
  expect(box.rows()).toHaveLength(2)
})

test('an object that Encord refuses, and whose row no listing shows, is told as what is registered again, and is once that is taken', async () => {
  await using box = await bucketBox()
  box.put('a.png', readFileSync(`${FIXTURES}plain.png`))
  box.emulator.setFaults(EXISTS)
  expect((await box.once()).code).toBe(EXIT.person)
  expect((await box.command(['adopt'])).code).toBe(EXIT.person)
  const { stdout } = await box.command(['adopt', '--none', box.path('a.png')])
  expect(stdout).toContain('will be registered again')
  expect(stdout).toContain('encord-sync delete HASH')
  box.emulator.setFaults()
  expect((await box.once()).code).toBe(EXIT.ok)
  expect(box.rows()).toHaveLength(2)
})

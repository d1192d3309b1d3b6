import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { openState } from '../../src/emulator/state.ts'
import { BOX_DATASET, BOX_KEY, type EmulatorBox, emulatorBox } from '../support/emulatorBox.ts'
import { call, put, registeredVideo, sentVideo, type WireTicket } from '../support/emulatorCalls.ts'

const SEED = { datasets: [{ dataset_hash: BOX_DATASET, title: 'box', type: 'CORD_STORAGE', api_keys: [BOX_KEY] }] }

/** An emulator process on this directory, once it said its URL. */
async function spawned(dataDir: string, seedFile: string): Promise<{ child: ChildProcessByStdio<null, Readable, null>; box: EmulatorBox }> {
  const main = fileURLToPath(new URL('../support/emulatorMain.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', main, '127.0.0.1:0', dataDir, seedFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface(child.stdout), 'line')
  return { child, box: { url: JSON.parse(line).url, dataset: BOX_DATASET, key: BOX_KEY } as EmulatorBox }
}

test('rows, tickets, keys and contents are there after a restart', async () => {
  await using box = await emulatorBox()
  const { data_hash } = await registeredVideo(box, 'a.mp4')
  const ticket = await sentVideo(box, 'b.mp4')
  await box.restart()
  expect(await call(box, 'video PUT', ticket.data_hash, ticket)).toMatchObject({ status: 200 })
  expect(box.rows().map((row) => row.title)).toEqual(['a.mp4', 'b.mp4'])
  const { response } = await call(box, 'datarow GET', data_hash, { additional_data: { signed_url: true } })
  expect(await (await fetch(response.signed_url)).text()).toBe('a.mp4')
})

test('a revoked key stays revoked though the seed names it', async () => {
  await using box = await emulatorBox()
  box.emulator.revokeKey(box.key)
  await box.restart()
  expect(await call(box, 'apikeymeta GET')).toMatchObject({ response: ['AUTHENTICATION_ERROR'] })
})

test('an answered call survives SIGKILL, and the process prints its URL and ends at SIGTERM', async () => {
  const home = await mkdtemp(join(tmpdir(), 'emulator-kill-'))
  const seedFile = join(home, 'seed.json')
  writeFileSync(seedFile, JSON.stringify(SEED))
  try {
    const first = await spawned(join(home, 'data'), seedFile)
    const ticket: WireTicket = (await call(first.box, 'signedvideourl GET', 'a.mp4')).response
    await put(ticket, 'bytes')
    await call(first.box, 'video PUT', ticket.data_hash, ticket)
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    const second = await spawned(join(home, 'data'), seedFile)
    expect((await call(second.box, 'dataset GET')).response.data_rows).toMatchObject([{ data_hash: ticket.data_hash }])
    second.child.kill('SIGTERM')
    expect(await once(second.child, 'exit')).toEqual([0, null])
  } finally {
    await rm(home, { recursive: true, force: true })
  }
})

test('a journal torn at any byte gives the state of the last whole change', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'emulator-journal-'))
  const path = join(dir, 'state.ndjson')
  const titles = ['0', '1é', '2\n', '3"', '4']
  const state = openState(dir)
  for (const title of titles) state.commit([{ integration: { id: title, title } }, { integration: { id: `${title}b`, title } }])
  state.close()
  const whole = readFileSync(path)
  try {
    await fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length }), (length) => {
        const kept = whole.subarray(0, length)
        writeFileSync(path, kept)
        const changes = kept.filter((byte) => byte === 0x0a).length
        const torn = openState(dir)
        torn.close()
        const expected = titles.slice(0, changes).flatMap((title) => [title, `${title}b`])
        expect([...torn.integrations.keys()]).toEqual(expected)
      }),
    )
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})

test('a damaged line is refused with its place', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'emulator-journal-'))
  writeFileSync(join(dir, 'state.ndjson'), '[]\nnot json\n')
  expect(() => openState(dir)).toThrow(/line 2 is damaged/)
  await rm(dir, { recursive: true, force: true })
})

test('the state, which holds keys, is for its owner only', async () => {
  await using box = await emulatorBox()
  expect(statSync(join(box.dataDir, 'state.ndjson')).mode & 0o777).toBe(0o600)
  expect(statSync(join(box.dataDir, 'blobs')).mode & 0o777).toBe(0o700)
})

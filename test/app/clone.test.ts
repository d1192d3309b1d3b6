import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { changes } from '../../src/app/changes.ts'
import { openDisk } from '../../src/app/disk.ts'
import { guardOf } from '../../src/app/guard.ts'
import { type OnceResult, runOnce } from '../../src/app/once.ts'
import { openSync } from '../../src/app/openSync.ts'
import { loadConfig } from '../../src/config/load.ts'
import { Secrets } from '../../src/model/secrets.ts'
import { openLedger } from '../../src/store/openLedger.ts'
import { realClock } from '../support/realClock.ts'
import { type SyncBox, syncBox } from '../support/syncBox.ts'

function configOf(box: SyncBox) {
  const env = { ENCORD_API_KEY: box.emulator.key }
  return loadConfig({ file: box.configure(), directory: box.base, env, home: box.base, platform: 'linux', secrets: new Secrets() })
}

/** One pass on a machine of that name. */
function onceOn(box: SyncBox, machine: string): Promise<OnceResult> {
  return runOnce(
    configOf(box),
    {
      clock: realClock,
      random: Math.random,
      log: { emit: (name, fields) => void box.events.push({ name, fields }) },
      signal: new AbortController().signal,
      crashPoint: () => undefined,
      onProgress: () => undefined,
      onEnd: async () => undefined,
      machineId: () => machine,
    },
    60_000,
  )
}

/** `ledger accept` on a machine of that name. */
async function acceptOn(box: SyncBox, machine: string): Promise<void> {
  const ledger = openLedger(join(box.base, 'state', 'ledger.db'), [], () => undefined)
  await changes({
    ledger,
    config: configOf(box),
    version: '1.2.3',
    wallMs: () => Date.now(),
    service: null,
    reloaded: () => null,
    unread: () => null,
    reload: async () => null,
    uploads: () => [],
    guard: guardOf,
    log: { emit: () => undefined },
    disk: openDisk(() => Promise.reject(new Error('no walk'))),
    clock: realClock,
    readDataset: async () => false,
    poke: () => undefined,
    machineId: () => machine,
  }).acceptLedger()
  ledger.close()
}

const grace = () => realClock.sleep(1_200)

test.concurrent('on another machine no row is deleted until the ledger is accepted; uploads go on', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  box.put('b.png', 'plain.png')
  box.put('c.webp', 'plain.webp')
  await onceOn(box, 'machine-a')
  rmSync(join(box.folder, 'a.jpg'))
  box.put('new.mp4', 'plain.mp4')
  for (let pass = 0; pass < 3; pass++) {
    expect((await onceOn(box, 'machine-b')).exitCode).toBe(3)
    await grace()
  }
  expect(box.emulator.calls.count('DELETE video')).toBe(0)
  expect(
    box.emulator
      .rows()
      .map((row) => row.title)
      .sort(),
  ).toEqual(['a.jpg', 'b.png', 'c.webp', 'new.mp4'])
  expect(box.events.filter((one) => one.name === 'folder.state' && one.fields['state'] === 'frozen')).toMatchObject([
    { fields: { next: 'encord-sync ledger accept' } },
  ])
  await acceptOn(box, 'machine-b')
  await onceOn(box, 'machine-b')
  // What was gone by then waits for a person: what was decided of it on the other machine is not known here.
  rmSync(join(box.folder, 'b.png'))
  await onceOn(box, 'machine-b')
  await grace()
  expect((await onceOn(box, 'machine-b')).exitCode).toBe(3)
  expect(box.emulator.calls.count('DELETE video')).toBe(1)
  expect(
    box.emulator
      .rows()
      .map((row) => row.title)
      .sort(),
  ).toEqual(['a.jpg', 'c.webp', 'new.mp4'])
})

test.concurrent('a folder that joins the config while a copied ledger waits to be accepted is frozen too, and none once it was', async () => {
  await using box = await syncBox()
  mkdirSync(join(box.base, 'MORE'))
  const alone = configOf(box)
  const [entry] = alone.folders
  if (entry === undefined) throw new Error('no folder')
  const both = { ...alone, folders: [entry, { ...entry, path: join(box.base, 'MORE') }] }
  const statesOn = async (machine: string): Promise<readonly string[]> => {
    const signal = new AbortController().signal
    const watch = () => ({ synced: () => undefined, restart: () => undefined, close: async () => undefined })
    const silent = { emit: () => undefined }
    const tools = { clock: realClock, random: Math.random, log: silent, signal, crashPoint: () => undefined, watch }
    const sync = await openSync(alone, { ...tools, machineId: () => machine })
    await sync.reconfigure(both)
    const states = sync.ledger.folders.all().map(({ state }) => state)
    await sync.close()
    return states
  }
  expect(await statesOn('machine-a')).toEqual(['ok', 'ok'])
  expect(await statesOn('machine-b')).toEqual(['frozen', 'frozen'])
  await acceptOn(box, 'machine-b')
  expect(await statesOn('machine-b')).toEqual(['ok', 'ok'])
})

test.concurrent('with a damaged ledger nothing is read or sent, and the pass ends with what to do', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  await onceOn(box, 'machine-a')
  const file = join(box.base, 'state', 'ledger.db')
  writeFileSync(file, readFileSync(file).fill(0x55, 4_096, 4_096 * 20))
  box.put('b.png', 'plain.png')
  box.emulator.calls.reset()
  await expect(onceOn(box, 'machine-a')).rejects.toMatchObject({
    name: 'UserError',
    exitCode: 3,
    message: expect.stringContaining('is damaged'),
  })
  expect(box.emulator.calls.counts()).toEqual({})
})

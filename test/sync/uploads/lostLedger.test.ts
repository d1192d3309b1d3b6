import { cpSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { FIXTURES, type SyncBox, syncBox } from '../../support/syncBox.ts'

// Several passes over real files at once: generous where the machine is busy.
vi.setConfig({ testTimeout: 300_000 })

const FILES = ['v.mp4', 'a.jpg', 'g/1.jpg', 'g/2.png'] as const

async function syncedBox(): Promise<SyncBox> {
  const box = await syncBox()
  for (const name of FILES) box.put(name, `plain${name.slice(name.lastIndexOf('.'))}`)
  expect((await box.once()).exitCode).toBe(0)
  return box
}

const loseLedger = (box: SyncBox): void => rmSync(join(box.base, 'state'), { recursive: true })
const rename = (box: SyncBox, from: string, to: string): void => renameSync(join(box.folder, from), join(box.folder, to))
const hashes = (box: SyncBox): readonly string[] =>
  box.emulator
    .rows()
    .map((row) => row.data_hash)
    .sort()

test.concurrent('a lost ledger links the rows that carry our note, and sends nothing', async () => {
  await using box = await syncedBox()
  const before = hashes(box)
  loseLedger(box)
  box.emulator.calls.reset()
  await box.once()
  expect(box.emulator.calls.count('PUT bucket')).toBe(0)
  expect(hashes(box)).toEqual(before)
})

test.concurrent('what was renamed while the ledger was lost keeps its row, and the title follows', async () => {
  await using box = await syncedBox()
  const before = hashes(box)
  loseLedger(box)
  rename(box, 'v.mp4', 'film.mp4')
  rename(box, 'g', 'group')
  box.emulator.calls.reset()
  await box.once()
  expect(box.emulator.calls.count('PUT bucket')).toBe(0)
  expect(hashes(box)).toEqual(before)
  expect(
    box.emulator
      .rows()
      .map((row) => row.title)
      .sort(),
  ).toEqual(['a.jpg', 'film.mp4', 'group'])
})

test.concurrent('so does one of before for a folder that lost its marker, and with it what it remembered of the ledger', async () => {
  await using box = await syncedBox()
  rmSync(join(box.folder, '.encord-sync'), { recursive: true })
  await box.once()
  cpSync(join(box.base, 'state'), join(box.base, 'older'), { recursive: true })
  box.write('late.jpg', Buffer.concat([readFileSync(`${FIXTURES}plain.jpg`), Buffer.from('late')]))
  await box.once()
  const before = hashes(box)
  expect(before).toHaveLength(4)
  loseLedger(box)
  renameSync(join(box.base, 'older'), join(box.base, 'state'))
  await box.once()
  expect(hashes(box)).toEqual(before)
})

test.concurrent('a ledger that was rolled back reads the dataset first: what was sent since is linked, and not sent again or deleted', async () => {
  await using box = await syncBox()
  box.put('v.mp4', 'plain.mp4')
  await box.once()
  cpSync(join(box.base, 'state'), join(box.base, 'older'), { recursive: true })
  for (const name of FILES.slice(1)) box.put(name, `plain${name.slice(name.lastIndexOf('.'))}`)
  expect((await box.once()).exitCode).toBe(0)
  const before = hashes(box)
  loseLedger(box)
  renameSync(join(box.base, 'older'), join(box.base, 'state'))
  box.emulator.calls.reset()
  expect((await box.once()).exitCode).toBe(3)
  expect(box.emulator.calls.count('PUT bucket') + box.emulator.calls.count('DELETE video')).toBe(0)
  expect(hashes(box)).toEqual(before)
  expect(before).toHaveLength(3)
})

const SHORT_LISTINGS = [
  { ledger: 'lost', shape: 'empty' },
  { ledger: 'lost', shape: 'half' },
  { ledger: 'rolled-back', shape: 'empty' },
  { ledger: 'rolled-back', shape: 'half' },
] as const

test.concurrent.each(SHORT_LISTINGS)(
  'a $ledger ledger reads the dataset twice before it sends: the first listing may be $shape',
  async (one) => {
    await using box = await syncBox()
    await box.once()
    cpSync(join(box.base, 'state'), join(box.base, 'older'), { recursive: true })
    for (const name of FILES) box.put(name, `plain${name.slice(name.lastIndexOf('.'))}`)
    expect((await box.once()).exitCode).toBe(0)
    const before = hashes(box)
    loseLedger(box)
    if (one.ledger === 'rolled-back') renameSync(join(box.base, 'older'), join(box.base, 'state'))
    box.emulator.setFaults({ match: { call: 'GET dataset', times: 1 }, do: { kind: 'listing', shape: one.shape } })
    box.emulator.calls.reset()
    await box.once()
    expect(box.emulator.calls.count('PUT bucket')).toBe(0)
    expect(hashes(box)).toEqual(before)
    expect(box.events.filter(({ name }) => name === 'unit.adopted')).toHaveLength(3)
  },
)

test.concurrent('where our note could not be written, files that match a row wait for a person, and nothing is sent', async () => {
  await using box = await syncBox()
  box.emulator.setFaults({ match: { call: ['GET datarow', 'POST datarow'] }, do: { kind: 'error', word: 'OPERATION_NOT_ALLOWED' } })
  for (const name of FILES) box.put(name, `plain${name.slice(name.lastIndexOf('.'))}`)
  await box.once()
  loseLedger(box)
  box.put('new.png', 'plain.png')
  box.emulator.calls.reset()
  expect((await box.once()).exitCode).toBe(3)
  expect(box.emulator.calls.count('PUT bucket')).toBe(1)
  expect(
    box.emulator
      .rows()
      .map((row) => row.title)
      .sort(),
  ).toEqual(['a.jpg', 'g', 'new.png', 'v.mp4'])
  expect(box.events.filter(({ name }) => name === 'unit.unlinked')).toHaveLength(3)
})

test.concurrent('a ledger that is back after a pass without it goes on where it was', async () => {
  await using box = await syncedBox()
  const before = hashes(box)
  rename(box, '../state', '../away')
  await box.once()
  loseLedger(box)
  rename(box, '../away', '../state')
  box.emulator.calls.reset()
  await box.once()
  expect(hashes(box)).toEqual(before)
  expect(box.emulator.calls.count('PUT bucket') + box.emulator.calls.count('DELETE video')).toBe(0)
})

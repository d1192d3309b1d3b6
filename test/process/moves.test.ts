import { mkdirSync, readFileSync, renameSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { sha256 } from '../support/emulatorCalls.ts'
import { jpeg, mp4 } from '../support/mediaVariants.ts'
import { copyTree, type ServiceBox, serviceBox, wholeScans } from '../support/serviceBox.ts'

vi.setConfig({ testTimeout: 300_000 })

/** Titles with their hashes. */
const rowsOf = (box: ServiceBox): Record<string, string> => Object.fromEntries(box.rows().map((row) => [row.title, row.data_hash]))

test.concurrent('G19: a new file on the inode of a deleted one is a new file', async () => {
  await using box = await serviceBox()
  box.put('a.jpg', jpeg('A'))
  box.put('x.jpg', jpeg('X'))
  expect((await box.once()).code).toBe(0)
  const ino = statSync(box.path('a.jpg')).ino
  box.remove('a.jpg')
  let name = ''
  // A name that does not get the inode keeps its own until the end, so that the next one gets another.
  for (let i = 0; i < 200 && (name === '' || statSync(box.path(name)).ino !== ino); i++) {
    if (name !== '') renameSync(box.path(name), join(box.outside, name))
    name = `b${i}.jpg`
    box.put(name, jpeg('B'))
  }
  expect((await box.once()).code).toBe(0)
  expect((await box.onceAfterGrace()).code).toBe(0)
  expect(box.rows().map((row) => [row.title, row.sha256])).toEqual([
    ['x.jpg', sha256(jpeg('X'))],
    [name, sha256(jpeg('B'))],
  ])
  expect(box.deletes()).toBe(1)
})

test.concurrent('G20: a directory renamed twice while its frames are sent becomes one group', async () => {
  await using box = await serviceBox()
  const service = await box.run()
  box.emulator.setFaults({ match: { call: 'PUT bucket', times: 4 }, do: { kind: 'latency', ms: 800 } })
  for (let i = 1; i <= 6; i++) box.put(`d/${i}.jpg`, jpeg(`frame ${i}`))
  await box.until(() => box.calls('PUT bucket') > 0, 'the first frame is sent')
  box.rename('d', 'e')
  await delay(1_000)
  box.rename('e', 'f')
  await box.untilTitles('f')
  await wholeScans(service, 3)
  expect(box.titles()).toEqual(['f'])
  expect(box.row('f')?.frames.map((frame) => frame.sha256)).toEqual([1, 2, 3, 4, 5, 6].map((i) => sha256(jpeg(`frame ${i}`))))
  expect([box.calls('POST imagegroup'), box.deletes()]).toEqual([1, 0])
})

test.concurrent('G22: a folder at a new place is the same folder: nothing is sent or deleted', async () => {
  await using box = await serviceBox()
  for (let i = 0; i < 5; i++) box.put(`${i}.jpg`, jpeg(i))
  box.put('g/1.jpg', jpeg('g1'))
  box.put('g/2.jpg', jpeg('g2'))
  expect((await box.once()).code).toBe(0)
  const before = rowsOf(box)
  const elsewhere = join(box.base, 'IN2')
  renameSync(box.folder, elsewhere)
  box.configure({ folder: { path: elsewhere } })
  box.emulator.calls.reset()
  const passes = [await box.once(), await box.onceAfterGrace()]
  for (const pass of passes) expect(pass.code === 0 || pass.code === 3, pass.stdout).toBe(true)
  expect(rowsOf(box)).toEqual(before)
  expect([box.deletes(), box.calls('PUT bucket'), box.registrations()]).toEqual([0, 0, 0])
})

test.concurrent('G23: a video moved to another directory under another name keeps its row', async () => {
  await using box = await serviceBox()
  box.put('folder1/file1.mp4', mp4('moved'))
  box.put('other.jpg', jpeg('other'))
  const service = await box.run()
  await box.untilTitles('folder1/file1.mp4', 'other.jpg')
  const hash = box.row('folder1/file1.mp4')?.data_hash
  box.emulator.calls.reset()
  box.rename('folder1/file1.mp4', 'folder2/file2.mp4')
  await box.untilTitles('folder2/file2.mp4', 'other.jpg')
  await wholeScans(service, 3)
  expect(box.row('folder2/file2.mp4')?.data_hash).toBe(hash)
  expect([box.calls('PUT bucket'), box.deletes()]).toEqual([0, 0])
})

test.concurrent('G47: a folder restored from a copy is not sent again', async () => {
  await using box = await serviceBox()
  for (let i = 0; i < 6; i++) box.put(`${i}.jpg`, jpeg(i))
  for (let i = 1; i <= 3; i++) box.put(`g/${i}.jpg`, jpeg(`g${i}`))
  expect((await box.once()).code).toBe(0)
  const before = rowsOf(box)
  copyTree(box.folder, join(box.base, 'COPY'))
  renameSync(box.folder, join(box.base, 'OLD'))
  renameSync(join(box.base, 'COPY'), box.folder)
  box.emulator.calls.reset()
  await box.once()
  await box.onceAfterGrace()
  expect([box.deletes(), box.calls('PUT bucket')]).toEqual([0, 0])
  expect(rowsOf(box)).toEqual(before)
  box.put('new.jpg', jpeg('new'))
  let pass = await box.once()
  if (pass.code === 3) {
    expect(pass.stdout).toContain(' folders accept ')
    expect((await box.command(['folders', 'accept', box.folder])).code).toBe(0)
    pass = await box.once()
  }
  expect(pass.code).toBe(0)
  expect(Object.keys(rowsOf(box)).sort()).toEqual([...Object.keys(before), 'new.jpg'].sort())
  expect(box.deletes()).toBe(0)
})

test.concurrent('a disk that is accepted as it comes back still tells that the ledger was rolled back, and nothing is sent twice', async () => {
  await using box = await serviceBox()
  box.put('a.jpg', jpeg('a'))
  expect((await box.once()).code).toBe(0)
  const older = readFileSync(join(box.ledgerDir, 'ledger.db'))
  box.put('b.jpg', jpeg('b'))
  expect((await box.once()).code).toBe(0)
  writeFileSync(join(box.ledgerDir, 'ledger.db'), older)
  renameSync(box.folder, join(box.base, 'AWAY'))
  mkdirSync(box.folder)
  expect((await box.once()).code).toBe(3)
  rmdirSync(box.folder)
  renameSync(join(box.base, 'AWAY'), box.folder)
  box.emulator.calls.reset()
  const accepted = await box.command(['folders', 'accept', box.folder])
  expect(accepted).toMatchObject({ code: 3, stdout: expect.stringMatching(/deletes stay frozen: .*\n +next: encord-sync .*ledger accept/) })
  expect((await box.command(['ledger', 'accept'])).code).toBe(0)
  expect((await box.once()).code).toBe(0)
  expect([box.titles(), box.calls('PUT bucket')]).toEqual([['a.jpg', 'b.jpg'], 0])
})

test.concurrent('a whole directory renamed while the service was down keeps all its rows', async () => {
  await using box = await serviceBox({ folder: { subdirectories: 'individual' } })
  for (let i = 0; i < 7; i++) box.put(`site-a/${i}.jpg`, jpeg(i))
  expect((await box.once()).code).toBe(0)
  const hashes = Object.values(rowsOf(box)).sort()
  mkdirSync(box.path('archive'))
  box.rename('site-a', 'archive/site-b')
  box.emulator.calls.reset()
  expect((await box.once()).code).toBe(0)
  expect((await box.onceAfterGrace()).code).toBe(0)
  expect(Object.values(rowsOf(box)).sort()).toEqual(hashes)
  expect(box.titles()).toEqual(Array.from({ length: 7 }, (_, i) => `archive/site-b/${i}.jpg`))
  expect([box.deletes(), box.calls('PUT bucket')]).toEqual([0, 0])
})

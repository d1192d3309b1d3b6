import { chmodSync, mkdirSync, renameSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { sha256 } from '../support/emulatorCalls.ts'
import { jpeg } from '../support/mediaVariants.ts'
import { type ServiceBox, serviceBox, wholeScans } from '../support/serviceBox.ts'

vi.setConfig({ testTimeout: 300_000 })

/** Puts so many JPEGs and waits, if the service runs, until they are rows. */
function putImages(box: ServiceBox, ...names: string[]): void {
  for (const name of names) box.put(name, jpeg(name))
}

test.concurrent('G11: a disk that is plugged in now and then loses nothing, and goes on by itself when it is back', async () => {
  await using box = await serviceBox()
  putImages(box, '1.jpg', '2.jpg', '3.jpg', '4.jpg', '5.jpg')
  const service = await box.run()
  await box.untilTitles('1.jpg', '2.jpg', '3.jpg', '4.jpg', '5.jpg')
  const away = join(box.base, 'AWAY')
  renameSync(box.folder, away)
  mkdirSync(box.folder)
  const state = await service.until('folder.state', (line) => line['state'] === 'foreign' || line['state'] === 'absent')
  expect(state['why']).not.toBe('')
  // The rescan and the grace pass while the folder is another one.
  await delay(2_500)
  rmdirSync(box.folder)
  renameSync(away, box.folder)
  putImages(box, 'new.jpg')
  await box.untilTitles('1.jpg', '2.jpg', '3.jpg', '4.jpg', '5.jpg', 'new.jpg')
  await wholeScans(service, 2)
  expect(box.deletes()).toBe(0)
  expect(box.calls('PUT bucket')).toBe(6)
})

test.concurrent('G12: a directory without permission hides only itself', async () => {
  await using box = await serviceBox()
  mkdirSync(box.path('luckybackup'))
  putImages(box, 'a.jpg', 'b.jpg', 'z/1.jpg', 'z/2.jpg')
  chmodSync(box.path('luckybackup'), 0o000)
  const pass = await box.once({ asOrdinaryUser: true })
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'z'])
  expect(box.row('z')?.type).toBe('IMG_GROUP')
  expect(pass.events.find((line) => line.event === 'scan.blind')).toMatchObject({ dir: 'luckybackup', why: 'EACCES' })
  expect(box.deletes()).toBe(0)
  expect(pass.code).toBe(0)
})

test.concurrent('G13: an empty directory at the place of the disk removes nothing, however often it is looked at', async () => {
  await using box = await serviceBox()
  const names = Array.from({ length: 8 }, (_, i) => `${i}.jpg`)
  putImages(box, ...names, 'g/1.jpg', 'g/2.jpg', 'g/3.jpg')
  expect((await box.once()).code).toBe(0)
  const titles = box.titles()
  expect(titles).toEqual([...names, 'g'])
  const away = join(box.base, 'AWAY')
  renameSync(box.folder, away)
  mkdirSync(box.folder)
  for (let pass = 0; pass < 3; pass++) {
    const { code, stdout } = await (pass === 0 ? box.once() : box.onceAfterGrace())
    expect(code).toBe(3)
    expect(stdout).toContain(`${box.folder}: foreign: `)
  }
  rmdirSync(box.folder)
  renameSync(away, box.folder)
  box.emulator.calls.reset()
  expect((await box.once()).code).toBe(0)
  expect([box.deletes(), box.calls('PUT bucket')]).toEqual([0, 0])
  expect(box.titles()).toEqual(titles)
})

test.concurrent('G16: a new file at the place of a deleted one is sent, and only the old row goes', async () => {
  await using box = await serviceBox()
  putImages(box, 'Test.jpg', 'x.jpg')
  await box.run()
  await box.untilTitles('Test.jpg', 'x.jpg')
  box.remove('Test.jpg')
  await box.untilTitles('x.jpg')
  box.put('Test.jpg', jpeg('content 2'))
  await box.untilTitles('Test.jpg', 'x.jpg')
  expect(box.row('Test.jpg')?.sha256).toBe(sha256(jpeg('content 2')))
  expect(box.deletes()).toBe(1)
})

test.concurrent('G17: a file in the place of a directory is no proof that its frames were deleted, and holds what else is gone', async () => {
  await using box = await serviceBox()
  putImages(box, 'run-1/1.jpg', 'run-1/2.jpg', 'run-1/3.jpg', 'x.jpg', 'y.jpg')
  const service = await box.run()
  await box.untilTitles('run-1', 'x.jpg', 'y.jpg')
  writeFileSync(join(box.outside, 'file'), 'x')
  // Just after a scan, and by two renames, so that no look falls between the removal and what comes in its place.
  await service.next('folder.scanned', (line) => line['whole'] === true)
  renameSync(box.path('run-1'), join(box.outside, 'run-1'))
  renameSync(join(box.outside, 'file'), box.path('run-1'))
  box.remove('x.jpg')
  await wholeScans(service, 3)
  expect([box.titles(), box.deletes(), service.isAlive()]).toEqual([['run-1', 'x.jpg', 'y.jpg'], 0, true])
  const { stdout } = await box.command(['why', 'x.jpg'])
  expect(stdout).toContain('run-1 was seen before and cannot be seen now')
  expect((await box.command(['status'])).stdout).toContain('1 unit cannot be seen now; no row of this folder is deleted meanwhile')
  // Gone for good, both.
  box.remove('run-1')
  await box.untilTitles('y.jpg')
})

test.concurrent('G18: names that differ only in case are two files', async () => {
  await using box = await serviceBox()
  putImages(box, 'IMG.JPG', 'img.jpg')
  const service = await box.run()
  await box.untilTitles('IMG.JPG', 'img.jpg')
  const lower = box.row('img.jpg')?.data_hash
  box.remove('img.jpg')
  await box.untilTitles('IMG.JPG')
  await wholeScans(service, 2)
  const deletes = box.emulator.calls.all().filter((call) => call.call === 'DELETE video')
  expect(deletes.map((call) => call.uid)).toEqual([[lower]])
})

test.concurrent('G21: of two files with the same bytes, one can go without taking the row of the other', async () => {
  await using box = await serviceBox()
  box.put('a.jpg', jpeg('same'))
  box.put('copy of a.jpg', jpeg('same'))
  box.put('x.jpg', jpeg('x'))
  const service = await box.run()
  await box.untilTitles('a.jpg', 'copy of a.jpg', 'x.jpg')
  box.remove('copy of a.jpg')
  await box.untilTitles('a.jpg', 'x.jpg')
  await wholeScans(service, 2)
  expect(box.row('a.jpg')?.sha256).toBe(sha256(jpeg('same')))
  expect(box.deletes()).toBe(1)
})

test.concurrent('G32: a file moved to the trash of its own volume is a deleted file', async () => {
  await using box = await serviceBox()
  putImages(box, 'a.jpg', 'b.jpg')
  const service = await box.run()
  await box.untilTitles('a.jpg', 'b.jpg')
  mkdirSync(box.path('.Trash-1000/info'), { recursive: true })
  box.rename('b.jpg', '.Trash-1000/files/b.jpg')
  await box.untilTitles('a.jpg')
  await wholeScans(service, 2)
  expect(box.deletes()).toBe(1)
  expect(JSON.stringify(box.emulator.calls.all())).not.toContain('.Trash-1000')
  expect(box.registrations()).toBe(2)
})

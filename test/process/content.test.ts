import { utimesSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { sha256 } from '../support/emulatorCalls.ts'
import { fixture } from '../support/mediaBytes.ts'
import { jpeg, mp4, png } from '../support/mediaVariants.ts'
import { serviceBox } from '../support/serviceBox.ts'

vi.setConfig({ testTimeout: 300_000 })

test.concurrent('G07: a file is what its bytes say, whatever its name says', async () => {
  await using box = await serviceBox()
  box.put('save.jpg', fixture('plain.webp'))
  box.put('card.png', jpeg(1))
  box.put('photo.webp', png(1))
  expect((await box.once()).code).toBe(0)
  const rows = Object.fromEntries(box.rows().map((row) => [row.title, [row.type, row.contentType]]))
  expect(rows).toEqual({
    'save.jpg': ['IMAGE', 'image/webp'],
    'card.png': ['IMAGE', 'image/jpeg'],
    'photo.webp': ['IMAGE', 'image/png'],
  })
})

test.concurrent('G08: a PNG with a large private chunk is an image like any other', async () => {
  await using box = await serviceBox()
  const robot = png('robot', 20_000)
  box.put('robot.png', robot)
  expect((await box.once()).code).toBe(0)
  expect(box.rows().map((row) => [row.title, row.type, row.sha256])).toEqual([['robot.png', 'IMAGE', sha256(robot)]])
})

test.concurrent('G09: one unreadable picture is set aside with its reason and holds nobody up', async () => {
  await using box = await serviceBox()
  box.put('DJI_0486.JPG', jpeg(486))
  box.put('DJI_0487.JPG', Buffer.alloc(4096, 0xaa))
  box.put('DJI_0488.JPG', jpeg(488))
  const pass = await box.once()
  expect(pass.code).toBe(0)
  expect(box.titles()).toEqual(['DJI_0486.JPG', 'DJI_0488.JPG'])
  expect(box.calls('PUT bucket')).toBe(2)
  expect(pass.events.find((line) => line.event === 'unit.rejected')).toMatchObject({
    path: 'DJI_0487.JPG',
    why: expect.stringContaining('no video or image'),
  })
})

test.concurrent('G10: upper-case extensions are taken, and titles keep their case', async () => {
  await using box = await serviceBox()
  box.put('DSC_0001.JPG', jpeg(1))
  box.put('scan.JPEG', jpeg(2))
  box.put('shot.Png', png(3))
  box.put('GOPR0001.MP4', mp4(4))
  expect((await box.once()).code).toBe(0)
  expect(Object.fromEntries(box.rows().map((row) => [row.title, row.type]))).toEqual({
    'DSC_0001.JPG': 'IMAGE',
    'scan.JPEG': 'IMAGE',
    'shot.Png': 'IMAGE',
    'GOPR0001.MP4': 'VIDEO',
  })
})

test.concurrent('G35: every PUT carries its length, none is chunked', async () => {
  await using box = await serviceBox()
  box.put('a.jpg', jpeg(1))
  box.put('v.mp4', mp4(1, 5_000_000))
  expect((await box.once()).code).toBe(0)
  expect(box.titles()).toEqual(['a.jpg', 'v.mp4'])
  expect(box.emulator.calls.chunkedPuts()).toBe(0)
})

test.concurrent('G46: times of a camera with a wrong clock change nothing', async () => {
  await using box = await serviceBox()
  const times = { 'f.jpg': Date.now() / 1000 + 5 * 365 * 86_400, 'o.jpg': 0, 'n.jpg': -18_489_600 }
  for (const [name, seconds] of Object.entries(times)) {
    box.put(name, jpeg(name))
    utimesSync(box.path(name), seconds, seconds)
  }
  expect((await box.once()).code).toBe(0)
  expect(box.titles()).toEqual(['f.jpg', 'n.jpg', 'o.jpg'])
  box.emulator.calls.reset()
  expect((await box.once()).code).toBe(0)
  expect(box.emulator.calls.counts()).toEqual({ 'GET dataset': 1 })
})

import { appendFileSync, closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { sha256 } from '../support/emulatorCalls.ts'
import { cutAt } from '../support/mediaBytes.ts'
import { fragments, jpeg, largeJpeg, mp4 } from '../support/mediaVariants.ts'
import { serviceBox } from '../support/serviceBox.ts'

vi.setConfig({ testTimeout: 300_000 })

/** Writes into an existing file at a place, without truncating it. */
function writeAt(path: string, bytes: Uint8Array, offset: number): void {
  const fd = openSync(path, 'r+')
  writeSync(fd, bytes, 0, bytes.length, offset)
  closeSync(fd)
}

test.concurrent('G01: a fragmented recording is sent once, when no more fragments come', async () => {
  await using box = await serviceBox()
  await box.run()
  const parts = fragments(2)
  for (const part of parts) {
    appendFileSync(box.path('live.mp4'), part)
    await delay(200)
  }
  expect(box.calls('PUT bucket')).toBe(0)
  await box.untilTitles('live.mp4')
  expect(box.row('live.mp4')?.sha256).toBe(sha256(Buffer.concat(parts)))
  expect([box.calls('PUT bucket'), box.calls('PUT video'), box.deletes()]).toEqual([1, 1, 0])
})

test.concurrent('G02: a file that vanishes while the pass runs does not end the pass', async () => {
  await using box = await serviceBox()
  const names = Array.from({ length: 10 }, (_, i) => `f0${i}.jpg`)
  for (const name of names) box.put(name, jpeg(name))
  box.emulator.setFaults({ match: { call: 'GET signedimagesurl', nth: 1 }, do: { kind: 'latency', ms: 1_500 } })
  const pass = box.once()
  await box.until(() => box.calls('GET signedimagesurl') > 0, 'a signed URL is asked for')
  box.remove('f05.jpg')
  const { code, stderr } = await pass
  expect(code === 0 || code === 1).toBe(true)
  expect(stderr).not.toMatch(/\n\s+at .*\.js/)
  expect(box.titles().filter((title) => title !== 'f05.jpg')).toEqual(names.filter((name) => name !== 'f05.jpg'))
  for (const row of box.rows()) expect(row.sha256).toBe(sha256(jpeg(row.title)))
})

test.concurrent('G03: a hidden temporary renamed over its target is a change, and the new row comes before the old one goes', async () => {
  await using box = await serviceBox({ folder: { on_change: 'replace' } })
  box.put('a.jpg', jpeg(1))
  await box.run()
  await box.untilTitles('a.jpg')
  const old = box.row('a.jpg')?.data_hash
  const [next, step] = [jpeg(2), Math.ceil(jpeg(2).length / 5)]
  for (let at = 0; at < next.length; at += step) {
    appendFileSync(box.path('.a.jpg.Xy12Ab'), next.subarray(at, at + step))
    await delay(400)
  }
  box.rename('.a.jpg.Xy12Ab', 'a.jpg')
  await box.until(() => box.deletes() > 0 && box.rows().length === 1, 'the old row goes')
  expect(box.rows().map((row) => [row.title, row.sha256])).toEqual([['a.jpg', sha256(next)]])
  const calls = box.emulator.calls.all()
  expect(JSON.stringify(calls)).not.toContain('.a.jpg')
  expect(calls.findLastIndex((call) => call.call === 'POST singleimage')).toBeLessThan(
    calls.findIndex((call) => call.call === 'DELETE video'),
  )
  expect(calls.filter((call) => call.call === 'DELETE video').map((call) => call.uid)).toEqual([[old]])
})

test.concurrent('G04: a recording that a timer-driven pass meets half way is taken whole by a later one', async () => {
  await using box = await serviceBox({ folder: { settle: '1s' } })
  const whole = mp4('cam', 2_000_000)
  box.put('cam.mp4', cutAt(whole, 0.5))
  box.put('snap.jpg', jpeg('snap'))
  let at = Math.floor(whole.length * 0.5)
  const grow = () => {
    appendFileSync(box.path('cam.mp4'), whole.subarray(at, at + 4_000))
    at += 4_000
  }
  const writer = setInterval(grow, 300)
  const first = await box.command(['once', '--wait', '4s'])
  clearInterval(writer)
  expect(first.code).toBe(0)
  expect(box.titles()).toEqual(['snap.jpg'])
  while (at < whole.length) grow()
  expect((await box.once()).code).toBe(0)
  expect(box.titles()).toEqual(['cam.mp4', 'snap.jpg'])
  expect(box.row('cam.mp4')?.sha256).toBe(sha256(whole))
  expect([box.calls('PUT video'), box.deletes()]).toEqual([1, 0])
})

test.concurrent('G05: an empty file is named as empty, and sent when it is filled', async () => {
  await using box = await serviceBox()
  const service = await box.run()
  box.put('slot.jpg', '')
  await service.next('folder.scanned', (line) => line['files'] === 1)
  await service.next('folder.scanned', (line) => line['whole'] === true)
  expect(box.calls('PUT bucket')).toBe(0)
  const units = JSON.parse((await box.command(['units', '--json'])).stdout) as { path: string; why: string }[]
  expect(units).toEqual([expect.objectContaining({ path: 'slot.jpg', why: expect.stringContaining('empty') })])
  writeAt(box.path('slot.jpg'), jpeg('slot'), 0)
  await box.untilTitles('slot.jpg')
  expect(box.row('slot.jpg')?.sha256).toBe(sha256(jpeg('slot')))
  expect(box.calls('PUT bucket')).toBe(1)
})

test.concurrent('G06: a pre-allocated file is not sent before it is filled', async () => {
  await using box = await serviceBox()
  const service = await box.run()
  const full = largeJpeg(400_000)
  const fd = openSync(box.path('photo.jpg'), 'w')
  ftruncateSync(fd, full.length)
  closeSync(fd)
  const half = Math.floor(full.length / 2)
  writeAt(box.path('photo.jpg'), full.subarray(0, half), 0)
  await service.next('unit.waiting', (line) => String(line['why']).includes('cut off'))
  await service.next('folder.scanned', (line) => line['whole'] === true)
  expect([box.registrations(), box.calls('PUT bucket')]).toEqual([0, 0])
  writeAt(box.path('photo.jpg'), full.subarray(half), half)
  await box.untilTitles('photo.jpg')
  expect(box.row('photo.jpg')?.sha256).toBe(sha256(full))
  expect([box.registrations(), box.deletes()]).toEqual([1, 0])
})

test.concurrent('a file that grows for ever waits with its reason, and holds nobody up', async () => {
  await using box = await serviceBox()
  const service = await box.run()
  // Never whole, also before the first piece is added.
  box.put('endless.mp4', Buffer.concat([mp4('endless'), Buffer.alloc(1_000, 0x2e)]))
  const writer = setInterval(() => appendFileSync(box.path('endless.mp4'), Buffer.alloc(1_000, 0x2e)), 100)
  try {
    for (let i = 0; i < 5; i++) box.put(`${i}.jpg`, jpeg(i))
    await box.untilTitles('0.jpg', '1.jpg', '2.jpg', '3.jpg', '4.jpg')
    await service.next('folder.scanned', (line) => line['whole'] === true)
    const units = JSON.parse((await box.command(['units', '--json'])).stdout) as { path: string; state: string; why: string }[]
    expect(units.find((unit) => unit.path === 'endless.mp4')).toMatchObject({
      state: 'waiting',
      why: expect.stringMatching(/settling|cut off/),
    })
    expect(box.calls('GET signedvideourl')).toBe(0)
  } finally {
    clearInterval(writer)
  }
})

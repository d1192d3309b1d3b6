import { truncateSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { sha256 } from '../support/emulatorCalls.ts'
import { jpeg, mp4 } from '../support/mediaVariants.ts'
import { type ServiceBox, serviceBox } from '../support/serviceBox.ts'

vi.setConfig({ testTimeout: 300_000 })

/** PUTs to the bucket of one file. */
function putsOf(box: ServiceBox, title: string): number {
  const isIts = (payload: unknown) => (payload as { title?: string } | null)?.title === title
  return box.emulator.calls.all().filter((call) => call.call === 'PUT bucket' && isIts(call.payload)).length
}

test.concurrent('G36: a pass that was killed half way is completed without sending anything twice', async () => {
  await using box = await serviceBox()
  const names = Array.from({ length: 20 }, (_, i) => `n${String(i).padStart(2, '0')}.jpg`)
  for (const name of names) box.put(name, jpeg(name))
  box.emulator.setFaults({ match: { call: 'PUT bucket' }, do: { kind: 'latency', ms: 150 } })
  const first = box.start(['once'])
  await box.until(() => box.calls('POST singleimage') >= 7, 'seven register calls')
  first.child.kill('SIGKILL')
  expect((await first.finished).signal).toBe('SIGKILL')
  expect((await box.once()).code).toBe(0)
  expect(box.titles()).toEqual(names)
  expect(new Set(box.rows().map((row) => row.sha256)).size).toBe(20)
  box.emulator.calls.reset()
  expect((await box.once()).code).toBe(0)
  expect(box.calls('PUT bucket')).toBe(0)
})

test.concurrent('G37: a server that is there only later is found without a restart', async () => {
  await using box = await serviceBox()
  for (const name of ['1.jpg', '2.jpg', '3.jpg']) box.put(name, jpeg(name))
  await box.emulator.emulator.close()
  const service = box.start(['run'])
  for (let i = 0; i < 3; i++) await service.next('call.failed')
  await box.emulator.restart()
  await box.untilTitles('1.jpg', '2.jpg', '3.jpg')
  expect(service.isAlive()).toBe(true)
})

test.concurrent('a pass without a server waits no longer than it was told, and says that it failed', async () => {
  await using box = await serviceBox()
  box.put('a.jpg', jpeg('a'))
  await box.emulator.emulator.close()
  const { code, events } = await box.command(['once', '--wait', '1s'])
  expect(code).toBe(1)
  // The attempts at half a second, one, two, four and eight: only those within the wait are made.
  expect(events.filter((line) => line.event === 'call.failed').length).toBeLessThan(4)
})

test.concurrent('G38: signed URLs that expire in the queue are asked for again, and no file is given up', async () => {
  await using box = await serviceBox({ top: { upload: { concurrency: 4 } } })
  const names = Array.from({ length: 24 }, (_, i) => `q${String(i).padStart(2, '0')}.jpg`)
  for (const name of names) box.put(name, jpeg(name))
  box.emulator.setFaults({ match: { call: 'GET signedimagesurl', times: 2 }, do: { kind: 'urlLife', ms: 0 } })
  const service = await box.run()
  await box.untilTitles(...names)
  const expired = box.emulator.calls.all().filter((call) => call.call === 'PUT bucket' && call.httpStatus === 403)
  expect(expired.length).toBeGreaterThan(0)
  expect(service.events.filter((line) => line.event === 'unit.rejected')).toEqual([])
  for (const name of names) expect(putsOf(box, name)).toBeLessThanOrEqual(3)
})

test.concurrent('G39: a video that shrinks while it is sent is not registered short, and holds nobody up', async () => {
  await using box = await serviceBox()
  const service = await box.run()
  const whole = mp4('big', 64_000_000)
  box.emulator.setFaults({ match: { call: 'PUT bucket', uid: 'big.mp4', times: 1 }, do: { kind: 'latency', ms: 2_500 } })
  box.put('big.mp4', whole)
  const images = ['s1.jpg', 's2.jpg', 's3.jpg', 's4.jpg', 's5.jpg']
  await box.until(() => putsOf(box, 'big.mp4') > 0, 'the video is being sent')
  await delay(300)
  truncateSync(box.path('big.mp4'), Math.floor(whole.length / 2))
  for (const name of images) box.put(name, jpeg(name))
  await box.untilTitles(...images)
  await box.until(
    () => box.emulator.calls.all().some((call) => call.call === 'PUT bucket' && call.bodyBytes === null && call.answer !== null),
    'the short PUT ends',
  )
  expect(box.calls('PUT video')).toBe(0)
  box.put('big.mp4', whole)
  await box.untilTitles('big.mp4', ...images)
  expect(box.row('big.mp4')?.sha256).toBe(sha256(whole))
  expect([box.calls('PUT video'), service.isAlive()]).toEqual([1, true])
})

test('a dataset that cannot be read is named with the reason by once, and by status and why while the service runs', async () => {
  await using box = await serviceBox()
  box.emulator.setFaults({ match: { call: 'GET dataset' }, do: { kind: 'status', status: 403 } })
  box.put('a.jpg', jpeg('a'))
  const words = /the dataset \S+ could not be read: .*HTTP 403\); no row of it is deleted meanwhile, and it is tried again/
  const { code, stdout } = await box.command(['once', '--wait', '2s'])
  expect([code, stdout]).toEqual([1, expect.stringMatching(words)])
  expect(stdout).toMatch(/^ {2}next: encord-sync --config \S+ doctor$/m)
  // A dataset that was never read either is one failure.
  const summary = JSON.parse((await box.command(['once', '--wait', '2s', '--json'])).stdout)
  expect(summary).toMatchObject({ exitCode: 1, failed: 1, unread: [expect.stringMatching(words)] })
  const service = await box.run()
  await service.until('call.failed', ({ call }) => call === 'dataset GET')
  expect((await box.command(['status'])).stdout).toMatch(words)
  expect((await box.command(['why', box.path('a.jpg')])).stdout).toMatch(/a\.jpg {2}waiting: .*; the dataset could not be read: .*HTTP 403/)
  box.emulator.setFaults()
  await box.untilTitles('a.jpg')
})

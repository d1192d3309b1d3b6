import { setTimeout as delay } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { sha256 } from '../support/emulatorCalls.ts'
import { jpeg, mp4 } from '../support/mediaVariants.ts'
import { serviceBox, stop } from '../support/serviceBox.ts'

vi.setConfig({ testTimeout: 300_000 })

test.concurrent('SIGTERM during a large PUT ends the service in time, and nothing is half registered', async () => {
  await using box = await serviceBox({ top: { upload: { bandwidth: '200kB/s' } } })
  const big = mp4('big', 20_000_000)
  box.put('big.mp4', big)
  const service = await box.run()
  await box.until(() => box.calls('PUT bucket') > 0, 'the video is being sent')
  await delay(500)
  const asked = performance.now()
  const ended = await stop(service)
  expect([ended.code, ended.signal]).toEqual([0, null])
  expect(performance.now() - asked).toBeLessThan(40_000)
  expect(ended.events.at(-1)?.event).toBe('service.stopped')
  expect([box.rows(), box.registrations()]).toEqual([[], 0])
  box.configure({})
  expect((await box.once()).code).toBe(0)
  expect(box.rows().map((row) => [row.title, row.sha256])).toEqual([['big.mp4', sha256(big)]])
  expect(box.registrations()).toBe(1)
})

test.concurrent('SIGINT ends a pass in order, and the next one goes on', async () => {
  await using box = await serviceBox()
  const names = Array.from({ length: 12 }, (_, i) => `n${String(i).padStart(2, '0')}.jpg`)
  for (const name of names) box.put(name, jpeg(name))
  box.emulator.setFaults({ match: { call: 'PUT bucket' }, do: { kind: 'latency', ms: 300 } })
  const first = box.start(['once'])
  await box.until(() => box.calls('PUT bucket') > 0, 'the first file is being sent')
  first.child.kill('SIGINT')
  expect((await first.finished).signal).toBe(null)
  expect((await box.once()).code).toBe(0)
  expect(box.titles()).toEqual(names)
  expect(box.registrations()).toBe(12)
})

test.concurrent('SIGKILL at any time leaves exactly one row for each file after the next pass', async () => {
  await using box = await serviceBox()
  const contents = new Map<string, Buffer>()
  for (let i = 0; i < 10; i++) contents.set(`${i}.jpg`, jpeg(i))
  contents.set('v.mp4', mp4('v', 300_000))
  for (let i = 0; i < 4; i++) contents.set(`g/${i}.jpg`, jpeg(`g${i}`))
  for (const [name, bytes] of contents) box.put(name, bytes)
  box.emulator.setFaults({ match: { call: '*' }, do: { kind: 'latency', ms: 40 } })
  const killed: number[] = []
  for (let round = 0; round < 4; round++) {
    const began = box.emulator.calls.all().length
    const pass = box.start(['once'])
    // Counted in calls, so that a slow machine is killed as far on its way as a fast one.
    const after = 1 + Math.floor(Math.random() * 16)
    await Promise.race([box.until(() => box.emulator.calls.all().length >= began + after, `${after} calls`), pass.finished])
    await delay(Math.random() * 40)
    pass.child.kill('SIGKILL')
    await pass.finished
    killed.push(after)
  }
  const last = await box.once()
  expect(last.code, `killed after ${killed} calls; ${last.stdout}`).toBe(0)
  const held = box.rows().flatMap((row) => (row.type === 'IMG_GROUP' ? row.frames.map((frame) => frame.sha256) : [row.sha256]))
  expect(held.sort(), `killed after ${killed} calls`).toEqual([...contents.values()].map(sha256).sort())
  expect(box.rows()).toHaveLength(12)
})

import { createHash } from 'node:crypto'
import { appendFileSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { FIXTURES, type SyncBox, syncBox, UNTIL_SCANNED } from '../../support/syncBox.ts'

// Several passes over real files at once: generous where the machine is busy.
vi.setConfig({ testTimeout: 300_000 })

const fixture = (name: string): Buffer => readFileSync(join(FIXTURES, name))
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Does something when the nth call of that name arrives, once. */
function when(box: SyncBox, call: string, act: () => void, nth = 1): void {
  let left = nth
  box.emulator.emulator.onCall((entry) => {
    if (entry.call !== call || entry.endedAtMs !== null || entry.bodyBytes !== null) return
    left -= 1
    if (left === 0) act()
  })
}

const whole = fixture('plain.jpg')
const other = fixture('progressive.jpg')

test.concurrent.each([
  ['rewritten', (path: string) => writeFileSync(path, other)],
  ['grown', (path: string) => appendFileSync(path, Buffer.alloc(50_000, 7))],
  ['cut and written anew', (path: string) => [truncateSync(path, 100), writeFileSync(path, other)]],
  ['replaced by a rename', (path: string) => [writeFileSync(`${path}.part`, other), renameSync(`${path}.part`, path)]],
])('a file that is %s while it is sent is registered once, as it is then', async (_how, change) => {
  await using box = await syncBox()
  box.put('a.jpg')
  box.emulator.setFaults({ match: { call: 'PUT bucket', nth: 1 }, do: { kind: 'latency', ms: 300 } })
  when(box, 'PUT bucket', () => change(join(box.folder, 'a.jpg')))
  await box.once()
  expect(box.emulator.rows().map((row) => row.sha256)).toEqual([sha256(readFileSync(join(box.folder, 'a.jpg')))])
  expect(box.emulator.calls.count('POST singleimage')).toBe(1)
})

test.concurrent('a file that a scan saw growing before its turn waits until it is whole', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  box.put('b.jpg', 'progressive.jpg')
  box.emulator.setFaults({ match: { call: 'GET signedimagesurl', nth: 1 }, do: UNTIL_SCANNED })
  when(box, 'GET signedimagesurl', () => writeFileSync(join(box.folder, 'a.jpg'), whole.subarray(0, whole.length / 2)))
  await box.once({ rescan: '1s' })
  expect(box.emulator.rows().map((row) => row.title)).toEqual(['b.jpg'])
  writeFileSync(join(box.folder, 'a.jpg'), whole)
  await box.once()
  expect(box.emulator.rows().map((row) => row.sha256)).toEqual([sha256(other), sha256(whole)])
})

test.concurrent.each([
  ['changes', (dir: string) => writeFileSync(join(dir, '1.jpg'), other)],
  ['comes', (dir: string) => writeFileSync(join(dir, '3.jpg'), other)],
  ['goes', (dir: string) => renameSync(join(dir, '1.jpg'), join(dir, '..', 'away.jpg'))],
])('a group of which a frame %s while it is staged is made once, of what is there then', async (_how, change) => {
  await using box = await syncBox()
  box.settle = '200ms'
  box.put('g/1.jpg')
  box.put('g/2.png', 'plain.png')
  box.emulator.setFaults({ match: { call: 'PUT images', nth: 1 }, do: UNTIL_SCANNED })
  when(box, 'PUT images', () => {
    change(join(box.folder, 'g'))
    // A late frame makes its group wait five times the gap, which a busy machine makes long.
    box.complete('g')
  })
  await box.once({ rescan: '1s', settings: ', regroup_settle: 1s' })
  const groups = box.emulator.rows().filter((row) => row.type === 'IMG_GROUP')
  expect(groups).toHaveLength(1)
  const names = ['1.jpg', '2.png', '3.jpg'].filter((name) => groups[0]?.frames.some((frame) => frame.title === name))
  expect(groups[0]?.frames.map((frame) => frame.sha256)).toEqual(names.map((name) => sha256(readFileSync(join(box.folder, 'g', name)))))
  expect(box.emulator.calls.count('POST imagegroup')).toBe(1)
})

test.concurrent('a file renamed while it is registered has one row, and the title follows', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  box.emulator.setFaults({ match: { call: 'POST singleimage', nth: 1 }, do: UNTIL_SCANNED })
  when(box, 'POST singleimage', () => renameSync(join(box.folder, 'a.jpg'), join(box.folder, 'b.jpg')))
  await box.once({ rescan: '1s' })
  expect(box.emulator.rows().map((row) => row.title)).toEqual(['b.jpg'])
  expect(box.emulator.calls.count('PUT bucket')).toBe(1)
})

test.concurrent('a file over which another one is moved while it is registered leaves an older row, and the other keeps its own', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  await box.once()
  const [row] = box.emulator.rows()
  box.put('b.jpg', 'progressive.jpg')
  box.emulator.setFaults({ match: { call: 'POST singleimage', nth: 1 }, do: UNTIL_SCANNED })
  when(box, 'POST singleimage', () => renameSync(join(box.folder, 'a.jpg'), join(box.folder, 'b.jpg')))
  await box.once({ rescan: '1s' })
  expect(box.emulator.rows()).toMatchObject([
    { data_hash: row?.data_hash, title: 'b.jpg', sha256: sha256(whole) },
    { title: 'b.jpg', sha256: sha256(other) },
  ])
  box.emulator.calls.reset()
  await box.once()
  expect(box.emulator.calls.count('PUT bucket')).toBe(0)
  expect(box.emulator.calls.count('DELETE video')).toBe(0)
})

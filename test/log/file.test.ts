import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../support/scratchFolder.ts'
import { ScratchLog } from '../support/scratchLog.ts'

const eventsIn = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { tookMs: number }).tookMs)

test('a log file is for its owner alone, is set aside at its size, and only so many are kept', async () => {
  using scratch = scratchFolder()
  const path = join(scratch.path, 'log.jsonl')
  await using box = new ScratchLog({ file: { path, maxSizeBytes: 2_000, keep: 2 } })
  for (let tookMs = 0; tookMs < 400; tookMs++) box.log.emit('service.stopped', { tookMs })
  await box.log.close()
  expect(readdirSync(scratch.path).sort()).toEqual(['log.jsonl', 'log.jsonl.1', 'log.jsonl.2'])
  for (const name of readdirSync(scratch.path)) expect(statSync(join(scratch.path, name)).mode & 0o777).toBe(0o600)
  const kept = [`${path}.2`, `${path}.1`, path].flatMap(eventsIn)
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, at) => 400 - kept.length + at))
  expect(kept.length).toBeGreaterThan(30)
  expect(box.written).toBe('')
})

test('a file that something else moved away is let go: what came before is in the old one, the rest in a new one', async () => {
  using scratch = scratchFolder()
  const path = join(scratch.path, 'log.jsonl')
  await using box = new ScratchLog({ file: { path, maxSizeBytes: 1_000_000, keep: 2 } })
  for (let tookMs = 0; tookMs < 5; tookMs++) box.log.emit('service.stopped', { tookMs })
  expect(eventsIn(path)).toEqual([0, 1, 2, 3, 4])
  mkdirSync(join(scratch.path, 'old'))
  renameSync(path, join(scratch.path, 'old', 'log.jsonl'))
  box.log.emit('service.stopped', { tookMs: 5 })
  box.log.reopen()
  box.log.emit('service.stopped', { tookMs: 6 })
  await box.log.close()
  expect(eventsIn(join(scratch.path, 'old', 'log.jsonl'))).toEqual([0, 1, 2, 3, 4, 5])
  expect(eventsIn(path)).toEqual([6])
})

test('a full or broken disk ends nothing', async () => {
  await using box = new ScratchLog({ file: { path: '/dev/full', maxSizeBytes: 1_000_000, keep: 1 } })
  for (let tookMs = 0; tookMs < 20; tookMs++) box.log.emit('service.stopped', { tookMs })
  box.log.emit('service.stopped', { tookMs: 21 })
  expect(box.written).toBe('')
})

test('a log goes on where its disk is back', async () => {
  using scratch = scratchFolder()
  const path = join(scratch.path, 'log.jsonl')
  symlinkSync('/dev/full', path)
  await using box = new ScratchLog({ file: { path, maxSizeBytes: 1_000_000, keep: 1 } })
  box.log.emit('service.stopped', { tookMs: 1 })
  rmSync(path)
  box.log.emit('service.stopped', { tookMs: 2 })
  await box.log.close()
  expect(eventsIn(path)).toEqual([2])
})

test('a log that cannot be set aside grows on', async () => {
  using scratch = scratchFolder()
  const path = join(scratch.path, 'log.jsonl')
  mkdirSync(join(scratch.path, 'log.jsonl.1', 'in the way'), { recursive: true })
  await using box = new ScratchLog({ file: { path, maxSizeBytes: 200, keep: 1 } })
  for (let tookMs = 0; tookMs < 10; tookMs++) box.log.emit('service.stopped', { tookMs })
  await box.log.close()
  expect(eventsIn(path)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

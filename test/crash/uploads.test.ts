import { createHash } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { CrashPoint } from '../../src/sync/effectTools.ts'
import { crashPass } from '../support/crashPass.ts'
import { type SyncBox, syncBox } from '../support/syncBox.ts'

// A process and two passes each, several at once: generous where the machine is busy.
vi.setConfig({ testTimeout: 300_000 })

const FILES = {
  video: ['v.mp4'],
  image: ['a.jpg'],
  images: ['a.jpg', 'b.png', 'c.webp', 'd.bmp', 'e.jpg', 'f.png'],
  group: ['g/1.jpg', 'g/2.png', 'g/10.webp'],
} as const
type Case = { readonly point: CrashPoint; readonly nth: number; readonly of: keyof typeof FILES }

const FILE_POINTS = ['ticket.kept', 'put.done', 'register.intended', 'register.answered', 'register.kept'] as const
const GROUP_POINTS = [
  'ticket.kept',
  'put.done',
  'stage.intended',
  'stage.answered',
  'group.intended',
  'group.answered',
  'group.kept',
] as const
const MATRIX: readonly Case[] = [
  ...(['video', 'image'] as const).flatMap((of) => FILE_POINTS.map((point) => ({ point, nth: 1, of }))),
  ...FILE_POINTS.flatMap((point) => (point === 'ticket.kept' ? [1] : [1, 3, 6]).map((nth) => ({ point, nth, of: 'images' as const }))),
  ...GROUP_POINTS.flatMap((point) => (point === 'put.done' ? [1, 2, 3] : [1]).map((nth) => ({ point, nth, of: 'group' as const }))),
]
/** A few in `npm test`, all of them by `npm run crash`. */
const SAMPLE = new Set([
  'video register.intended 1',
  'image register.answered 1',
  'images ticket.kept 1',
  'images register.answered 3',
  'group put.done 2',
  'group group.intended 1',
  'group group.answered 1',
])
const WHOLE = process.env['ENCORD_SYNC_WHOLE'] === '1'
const CASES = MATRIX.filter(({ of, point, nth }) => WHOLE || SAMPLE.has(`${of} ${point} ${nth}`))

const sha = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

function fill(box: SyncBox, of: Case['of']): readonly string[] {
  for (const name of FILES[of]) box.put(name, `plain${name.slice(name.lastIndexOf('.'))}`)
  return FILES[of]
}

/** sha256 of all that the rows hold, sorted. */
function held(box: SyncBox): readonly (string | null)[] {
  return box.emulator
    .rows()
    .flatMap((row) => (row.type === 'IMG_GROUP' ? row.frames.map((frame) => frame.sha256) : [row.sha256]))
    .sort()
}

async function expectDied(box: SyncBox, point: CrashPoint, nth = 1): Promise<void> {
  const died = await crashPass(box, point, nth)
  expect(died.signal, died.stderr).toBe('SIGKILL')
}

async function expectRest(box: SyncBox): Promise<void> {
  box.emulator.calls.reset()
  await box.once()
  expect(box.emulator.calls.counts()).toEqual({ 'GET dataset': 1 })
}

test.concurrent.each(CASES)('a process killed at $point ($nth) of $of leaves one row for each unit, with its bytes', async (one) => {
  await using box = await syncBox()
  const files = fill(box, one.of)
  await expectDied(box, one.point, one.nth)
  expect((await box.once()).exitCode).toBe(0)
  expect(held(box)).toEqual(files.map((name) => sha(join(box.folder, name))).sort())
  expect(box.emulator.rows()).toHaveLength(one.of === 'group' ? 1 : files.length)
  await expectRest(box)
})

test.concurrent('a register call that was made is found, though the listing lags and the process is killed again meanwhile', async () => {
  await using box = await syncBox()
  fill(box, 'image')
  await expectDied(box, 'register.answered')
  box.emulator.setFaults({ match: { call: ['GET dataset', 'GET datarow'] }, do: { kind: 'listingLag', ms: 600_000 } })
  await expectDied(box, 'register.intended')
  box.emulator.setFaults({ match: { call: ['GET dataset', 'GET datarow'] }, do: { kind: 'listingLag', ms: 2_000 } })
  expect((await box.once()).exitCode).toBe(0)
  expect(held(box)).toEqual([sha(join(box.folder, 'a.jpg'))])
})

test.concurrent('bytes that were sent before the file was replaced are never registered', async () => {
  await using box = await syncBox()
  fill(box, 'image')
  await expectDied(box, 'put.done')
  writeFileSync(join(box.folder, 'new'), readFileSync(join(import.meta.dirname, '../media/fixtures/progressive.jpg')))
  renameSync(join(box.folder, 'new'), join(box.folder, 'a.jpg'))
  expect((await box.once()).exitCode).toBe(0)
  expect(held(box)).toEqual([sha(join(box.folder, 'a.jpg'))])
})

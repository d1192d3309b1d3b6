import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CrashPoint } from '../../src/sync/effectTools.ts'
import { crashPass } from '../support/crashPass.ts'
import { type SyncBox, syncBox } from '../support/syncBox.ts'

type Case = { readonly point: CrashPoint; readonly nth: number; readonly of: 'video' | 'image' | 'images' | 'group' }

const POINTS: readonly Case[] = [
  ...(['video', 'image'] as const).flatMap((of) =>
    (['ticket.kept', 'put.done', 'register.intended', 'register.answered', 'register.kept'] as const).map((point) => ({
      point,
      nth: 1,
      of,
    })),
  ),
  ...(['ticket.kept', 'put.done', 'register.intended', 'register.answered', 'register.kept'] as const).map((point) => ({
    point,
    nth: point === 'ticket.kept' ? 1 : 4,
    of: 'images' as const,
  })),
  ...(['ticket.kept', 'stage.intended', 'stage.answered', 'group.intended', 'group.answered', 'group.kept'] as const).map((point) => ({
    point,
    nth: 1,
    of: 'group' as const,
  })),
  { point: 'put.done', nth: 2, of: 'group' },
]

function fill(box: SyncBox, of: Case['of']): readonly string[] {
  const files = {
    video: ['v.mp4'],
    image: ['a.jpg'],
    images: ['a.jpg', 'b.png', 'c.webp', 'd.bmp', 'e.jpg', 'f.png'],
    group: ['g/1.jpg', 'g/2.png', 'g/10.webp'],
  }[of]
  for (const name of files) {
    const extension = name.slice(name.lastIndexOf('.'))
    box.put(name, `plain${extension}`)
  }
  return files
}

const sha = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

test.concurrent.each(POINTS)('a crash at $point ($nth) of $of leaves one row with the right bytes', async ({ point, nth, of }) => {
  await using box = await syncBox()
  const files = fill(box, of)
  const died = await crashPass(box, point, nth)
  expect(died.signal, died.stderr).toBe('SIGKILL')
  const next = await box.once()
  expect(next.exitCode).toBe(0)
  const rows = box.emulator.rows()
  const bytes = rows.flatMap((row) => (row.type === 'IMG_GROUP' ? row.frames.map((frame) => frame.sha256) : [row.sha256]))
  expect(bytes.sort()).toEqual(files.map((name) => sha(join(box.folder, name))).sort())
  expect(rows).toHaveLength(of === 'group' ? 1 : files.length)
  box.emulator.calls.reset()
  await box.once()
  expect(box.emulator.calls.counts()).toEqual({ 'GET dataset': 1 })
})

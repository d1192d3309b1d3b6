import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { crashPass } from '../support/crashPass.ts'
import { realClock } from '../support/realClock.ts'
import { type SyncBox, syncBox } from '../support/syncBox.ts'

vi.setConfig({ testTimeout: 300_000 })

/** The grace of the box, and a little. */
const graceOver = (): Promise<void> => realClock.sleep(1_100)

async function synced(): Promise<SyncBox> {
  const box = await syncBox()
  box.put('a.jpg', 'plain.jpg')
  box.put('b.png', 'plain.png')
  box.put('c.webp', 'plain.webp')
  expect((await box.once()).exitCode).toBe(0)
  box.emulator.calls.reset()
  return box
}

const titles = (box: SyncBox): readonly string[] =>
  box.emulator
    .rows()
    .map((row) => row.title)
    .sort()

test.concurrent.each(['delete.intended', 'delete.answered', 'delete.kept'] as const)(
  'a crash at %s: the row of the removed file goes, no other, and no DELETE is sent twice',
  async (point) => {
    await using box = await synced()
    rmSync(join(box.folder, 'b.png'))
    await box.once()
    await graceOver()
    expect((await crashPass(box, point)).signal).toBe('SIGKILL')
    const sent = box.emulator.calls.count('DELETE video')
    expect(sent).toBe(point === 'delete.intended' ? 0 : 1)
    // A DELETE that was perhaps sent is looked up first; one that was not needs its evidence anew.
    for (let pass = 0; pass < 4; pass++) {
      await box.once()
      await graceOver()
    }
    expect((await box.once()).exitCode).toBe(0)
    expect(titles(box)).toEqual(['a.jpg', 'c.webp'])
    expect(box.emulator.calls.count('DELETE video')).toBe(1)
  },
)

test.concurrent.each(['title.intended', 'title.answered'] as const)(
  'a crash at %s: the row follows its file all the same, and nothing is sent',
  async (point) => {
    await using box = await synced()
    const hashes = box.emulator.rows().map((row) => row.data_hash)
    renameSync(join(box.folder, 'a.jpg'), join(box.folder, 'renamed.jpg'))
    expect((await crashPass(box, point)).signal).toBe('SIGKILL')
    expect((await box.once()).exitCode).toBe(0)
    expect(titles(box)).toEqual(['b.png', 'c.webp', 'renamed.jpg'])
    expect(box.emulator.rows().map((row) => row.data_hash)).toEqual(hashes)
    expect([box.emulator.calls.count('PUT bucket'), box.emulator.calls.count('DELETE video')]).toEqual([0, 0])
  },
)

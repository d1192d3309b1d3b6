import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { acceptFolder } from '../../../src/app/acceptFolder.ts'
import { type DeletesBox, deletesBox, type OpenOptions } from '../../support/deletesBox.ts'
import { localParts } from '../../support/localParts.ts'
import { realClock } from '../../support/realClock.ts'

vi.setConfig({ testTimeout: 60_000 })
const PATIENT = { timeout: 30_000, interval: 10 } as const
const SETTINGS = ', on_change: replace, regroup_settle: 1s'

/** All is sent, and each row carries our note; then the ledger is lost. */
async function sentAndForgotten(box: DeletesBox, rows: number, options: OpenOptions): Promise<ReadonlyMap<string, string>> {
  {
    await using _sync = await box.open(options)
    await vi.waitFor(() => expect(box.emulator.calls.count('POST datarow')).toBeGreaterThanOrEqual(rows), PATIENT)
  }
  rmSync(box.beside('state'), { recursive: true })
  return new Map(box.emulator.rows().map((row) => [row.title, row.data_hash]))
}

/** A new ledger whose rows are linked by their notes, and whose folders a person accepted. */
async function relinked(box: DeletesBox, rows: number, options: OpenOptions) {
  const sync = await box.open(options)
  await vi.waitFor(() => expect(sync.ledger.versions.liveOf(1)).toHaveLength(rows), PATIENT)
  const folders = sync.ledger.folders.all()
  for (const folder of folders) await acceptFolder(localParts(sync, folders, { nowMs: realClock.wallMs() }), folder.path)
  await sync.look()
  return sync
}

/** The server tells no size of any row, as of what lies in a bucket. */
async function forgetSizes({ emulator }: DeletesBox): Promise<void> {
  await emulator.emulator.close()
  const file = join(emulator.dataDir, 'state.ndjson')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/("row":.*?"sizeBytes":)\d+/g, '$1null'))
  await emulator.restart()
}

test.concurrent('a group that was linked is looked for by each of its frames: its older row stays when one moves to another group', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'g/1.jpg', 'g/2.jpg', 'g/3.jpg', 'h/7.jpg')
  const options = { settings: SETTINGS }
  const rows = await sentAndForgotten(box, 4, options)
  await using sync = await relinked(box, 4, options)
  renameSync(box.at('g/3.jpg'), box.at('h/3.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.emulator.rows().map((row) => row.data_hash)).toContain(rows.get('g'))
})

test.concurrent('a row that shares a frame with a group that was linked comes to its end: a person is asked', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'g/1.jpg', 'g/2.jpg', 'h/7.jpg')
  box.put('h/1.jpg', 'g/1.jpg')
  const options = { settings: SETTINGS }
  await sentAndForgotten(box, 4, options)
  await using sync = await relinked(box, 4, options)
  rmSync(box.at('g'), { recursive: true })
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()).toEqual({ g: expect.stringContaining('the same content stands at h/1.jpg') })
  expect(sync.ledger.candidates.batches(1)).toHaveLength(1)
})

test.concurrent('a row that was linked is looked for by the size of its file, whatever the server tells: it waits while it may be in a paused folder', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  box.put('z.jpg', 'z', 'TWO')
  const options = { folders: ['IN', 'TWO'], settings: SETTINGS }
  const rows = await sentAndForgotten(box, 4, options)
  await forgetSizes(box)
  await using sync = await relinked(box, 4, options)
  const two = sync.ledger.folders.all().find(({ path }) => path.endsWith('TWO'))
  sync.ledger.folders.setPaused(two?.id ?? 0, { untilMs: null }, realClock.wallMs())
  copyFileSync(box.at('a.jpg'), box.beside('TWO', 'older-a.jpg'))
  await sync.look('TWO')
  box.put('a.jpg', 'edited')
  await sync.confirm()
  await sync.confirm()
  expect(box.emulator.rows().map((row) => row.data_hash)).toContain(rows.get('a.jpg'))
  expect(sync.notes()).toEqual({ 'a.jpg': expect.stringMatching(/^older-a.jpg has the same size and is not hashed yet/) })
})

test.concurrent('a file whose row was linked without a size keeps that row when it moves by copy and unlink', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  const rows = await sentAndForgotten(box, 3, {})
  await forgetSizes(box)
  await using sync = await relinked(box, 3, {})
  copyFileSync(box.at('a.jpg'), box.at('moved.jpg'))
  rmSync(box.at('a.jpg'))
  await sync.confirm()
  await vi.waitFor(() => expect(box.titles()).toEqual(['b.jpg', 'c.jpg', 'moved.jpg']), PATIENT)
  expect(box.emulator.rows().map((row) => row.data_hash)).toContain(rows.get('a.jpg'))
})

test.concurrent.each(['group', 'sequence'])(
  'after a lost ledger none of several rows of one file goes by a rule: a person was asked about one (subdirectories: %s)',
  async (subdirectories) => {
    await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
    const options = { settings: `, subdirectories: ${subdirectories}` }
    {
      await using sync = await box.open(options)
      for (const seed of ['edited', 'a.jpg']) {
        box.put('a.jpg', seed)
        await sync.look()
        await realClock.sleep(1_200)
        await sync.look()
      }
    }
    expect(box.titles()).toEqual(['a.jpg', 'a.jpg', 'a.jpg', 'b.jpg', 'c.jpg'])
    rmSync(box.beside('state'), { recursive: true })
    {
      await using sync = await box.open(options)
      await vi.waitFor(() => expect(sync.ledger.remotes.get(1).firstContact).toBe('done'), PATIENT)
      await sync.look()
      const folders = sync.ledger.folders.all()
      await acceptFolder(localParts(sync, folders, { nowMs: realClock.wallMs() }), folders[0]?.path ?? '')
      await sync.look()
      rmSync(box.at('a.jpg'))
      rmSync(box.at('b.jpg'))
      await sync.confirm()
      await sync.confirm()
      expect(sync.notes()).toEqual({ 'a.jpg': expect.stringMatching(/^this row was linked .* beside another of the same file/) })
    }
    expect(box.titles()).toEqual(['a.jpg', 'a.jpg', 'a.jpg', 'c.jpg'])
  },
)

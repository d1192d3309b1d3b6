import { renameSync, rmSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { LookFailed } from '../../src/model/error.ts'
import { type DeletesBox, deletesBox } from '../support/deletesBox.ts'
import { realClock } from '../support/realClock.ts'

const PATIENT = { timeout: 60_000, interval: 20 } as const
const BOTH = { folders: ['IN', 'Q'] }

const ENDS = [
  { end: 'comes back with it', folders: ['IN', 'Q'], titles: ['a.jpg', 'b.jpg', 'z.jpg'] },
  { end: 'comes back without it', folders: ['IN', 'Q'], titles: ['b.jpg', 'z.jpg'] },
  { end: 'leaves the config', folders: ['Q'], titles: ['a.jpg', 'b.jpg', 'z.jpg'] },
]

/** Both folders are sent; then the first one is away, and what it holds stands in the other. */
async function copiedWhileAway(): Promise<DeletesBox> {
  const box = await deletesBox('a.jpg')
  box.put('z.jpg', 'z.jpg', 'Q')
  {
    await using sync = await box.open(BOTH)
    await sync.look()
    await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'z.jpg']), PATIENT)
  }
  renameSync(box.at(), box.beside('AWAY'))
  box.put('b.jpg', 'a.jpg', 'Q')
  return box
}

test.concurrent.each(ENDS)('a content whose folder is away waits elsewhere, says for what, and ends as that one $end', async (one) => {
  await using box = await copiedWhileAway()
  {
    await using sync = await box.open(BOTH)
    const why = new RegExp(`^same content as ${box.at('a.jpg')}, and that folder is absent: .*, or its entry leaves the config$`)
    const waiting = () => sync.ledger.units.list(2).find(({ key }) => key === 'b.jpg')
    await vi.waitFor(() => expect(waiting()).toMatchObject({ work: 'waiting', why: expect.stringMatching(why) }), PATIENT)
    expect(box.titles()).toEqual(['a.jpg', 'z.jpg'])
  }
  if (one.end !== 'leaves the config') renameSync(box.beside('AWAY'), box.at())
  if (one.end === 'comes back without it') rmSync(box.at('a.jpg'))
  await using _sync = await box.open({ folders: one.folders })
  await vi.waitFor(() => expect(box.titles()).toEqual(one.titles), PATIENT)
  expect(box.deletes()).toBe(0)
})

test.concurrent('a group that was moved out of a paused folder waits for that, says so, holds up nobody, and keeps its row', async () => {
  await using box = await deletesBox('g/1.jpg', 'g/2.jpg', 'b.jpg', 'c.jpg')
  box.put('z.jpg', 'z.jpg', 'Q')
  await using sync = await box.open(BOTH)
  const row = box.emulator.rows().find(({ title }) => title === 'g')?.data_hash
  sync.ledger.now(() => sync.ledger.folders.setPaused(1, { untilMs: null }, Date.now()))
  renameSync(box.at('g'), box.beside('Q', 'g2'))
  await sync.look('Q')
  const moved = sync.ledger.units.list(2).find(({ key }) => key === 'g2')
  expect(moved).toMatchObject({ work: 'waiting', why: expect.stringContaining('and that folder is paused') })
  await sync.setPaused(false)
  const looked = sync.look('IN')
  await vi.waitFor(() => expect(box.titles()).toEqual(['b.jpg', 'c.jpg', 'g2', 'z.jpg']), PATIENT)
  expect(box.emulator.rows().find(({ title }) => title === 'g2')?.data_hash).toBe(row)
  await looked
})

test.concurrent.each([
  { what: 'file', original: 'x.jpg', put: ['x.jpg'] },
  { what: 'group', original: 'x', put: ['x/1.jpg', 'x/2.jpg'] },
])(
  'a $what that moved to a folder which is walked late, and whose place another took, keeps its row: that one waits for the walk',
  async ({ original, put }) => {
    await using box = await deletesBox('b.jpg', 'c.jpg', ...put)
    box.put('z.jpg', 'z.jpg', 'Q')
    const options = { ...BOTH, settings: ', regroup_settle: 1s' }
    {
      await using sync = await box.open(options)
      await sync.look('Q')
    }
    const row = box.emulator.rows().find(({ title }) => title === original)?.data_hash
    renameSync(box.at(original), box.beside('Q', original.replace('x', 'y')))
    for (const name of put) box.put(name, `new ${name}`)
    const isDecided = new Promise<void>((resolve) => {
      box.onEvent((name, fields) => {
        const { path, why } = fields
        if (path !== original) return
        if (name === 'unit.synced' || String(why).startsWith(box.beside('Q'))) resolve()
      })
    })
    box.beforeWalks(async (folder) => {
      if (folder === 'Q') await isDecided
    })
    await using _sync = await box.open(options)
    const titles = ['b.jpg', 'c.jpg', original, original.replace('x', 'y'), 'z.jpg']
    await vi.waitFor(() => expect(box.titles()).toEqual(titles), PATIENT)
    expect(box.emulator.rows().find(({ title }) => title === original.replace('x', 'y'))?.data_hash).toBe(row)
  },
)

test.concurrent('a group that changed beside a folder which is walked late is sent by the pass that finds it quiet', async () => {
  await using box = await deletesBox('b.jpg', 'x/1.jpg', 'x/2.jpg')
  box.put('z.jpg', 'z.jpg', 'Q')
  const options = { ...BOTH, settings: ', regroup_settle: 1s, on_change: keep' }
  {
    await using sync = await box.open(options)
    await sync.look('Q')
  }
  for (const name of ['x/1.jpg', 'x/2.jpg']) box.put(name, `new ${name}`)
  await realClock.sleep(1_500)
  const isWaiting = new Promise<void>((resolve) => {
    box.onEvent((_, { path, why }) => {
      if (path === 'x' && String(why).startsWith(box.beside('Q'))) resolve()
    })
  })
  box.beforeWalks(async (folder) => {
    if (folder === 'Q') await isWaiting
  })
  {
    await using _sync = await box.open(options)
  }
  expect(box.titles()).toEqual(['b.jpg', 'x', 'x', 'z.jpg'])
})

test.concurrent('what changed does not wait for a folder whose looks fail', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg')
  box.put('z.jpg', 'z.jpg', 'Q')
  await using sync = await box.open({ ...BOTH, settings: ', on_change: keep' })
  await sync.look('Q')
  const isFailed = new Promise<void>((resolve) => {
    box.onEvent((name) => {
      if (name === 'scan.failed') resolve()
    })
  })
  box.beforeWalks(async (folder) => {
    if (folder === 'Q') throw new LookFailed('EMFILE: too many open files')
  })
  await sync.setPaused(true)
  await sync.setPaused(false)
  await isFailed
  box.put('a.jpg', 'new a.jpg')
  const looked = sync.look('IN')
  await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'a.jpg', 'b.jpg', 'z.jpg']), PATIENT)
  await looked
})

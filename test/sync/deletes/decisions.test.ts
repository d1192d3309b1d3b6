import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { approveBatch } from '../../../src/app/decideBatch.ts'
import { stateOf } from '../../../src/model/unit.ts'
import { deletesBox, type OpenOptions } from '../../support/deletesBox.ts'
import { localParts } from '../../support/localParts.ts'

test.concurrent('what goes while a held batch waits for a person counts towards the limit', async () => {
  const names = ['1.jpg', '2.jpg', '3.jpg', '4.jpg', '5.jpg', '6.jpg', 'stays.jpg', 'too.jpg']
  await using box = await deletesBox(...names)
  await using sync = await box.open({ limit: 'count: 2, percent: 100, per: 24h' })
  for (const name of ['1.jpg', '2.jpg', '3.jpg']) rmSync(box.at(name))
  await sync.confirm()
  rmSync(box.at('4.jpg'))
  rmSync(box.at('5.jpg'))
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(Object.keys(sync.notes()).sort()).toEqual(['1.jpg', '2.jpg', '3.jpg', '4.jpg', '5.jpg'])
  expect(sync.notes()['5.jpg']).toContain('exceed the limit of 2')
})

test.concurrent('the limit counts what was sent before a restart', async () => {
  await using box = await deletesBox('1.jpg', '2.jpg', '3.jpg', 'stays.jpg', 'too.jpg')
  const limit = { limit: 'count: 2, percent: 100, per: 24h' }
  {
    await using sync = await box.open(limit)
    rmSync(box.at('1.jpg'))
    rmSync(box.at('2.jpg'))
    await sync.confirm()
    expect(box.titles()).toEqual(['3.jpg', 'stays.jpg', 'too.jpg'])
  }
  await using sync = await box.open(limit)
  rmSync(box.at('3.jpg'))
  await sync.confirm()
  expect(box.titles()).toEqual(['3.jpg', 'stays.jpg', 'too.jpg'])
})

test.concurrent('a row that was superseded goes with its file, also when the newer row went first', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open({ settings: ', on_change: replace, regroup_settle: 1s' })
  box.put('a.jpg', 'second')
  await sync.look()
  rmSync(box.at('a.jpg'))
  await sync.confirm()
  await sync.confirm()
  await sync.confirm()
  expect(box.titles()).toEqual(['b.jpg', 'c.jpg'])
  expect([box.deletes(), sync.notes()]).toEqual([2, {}])
})

test.concurrent('a superseded row whose file went stays for a person where on_change says hold, and comes back with the file', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  const older = box.emulator.rows().find((row) => row.title === 'a.jpg')?.data_hash
  box.put('a.jpg', 'second')
  await sync.look()
  rmSync(box.at('a.jpg'))
  await sync.confirm()
  await sync.confirm()
  await sync.confirm()
  expect(box.emulator.rows().filter((row) => row.title === 'a.jpg')).toMatchObject([{ data_hash: older }])
  expect(sync.notes()['a.jpg']).toContain('on_change: hold')
  const shown = sync.ledger.facts.summaries(1, 'a.jpg').find((summary) => summary.unit.key === 'a.jpg')
  expect(shown === undefined ? null : stateOf(shown.facts)).toBe('held')
  box.put('a.jpg', 'third')
  await sync.confirm()
  expect([box.deletes(), box.emulator.rows().filter((row) => row.title === 'a.jpg').length]).toEqual([1, 2])
})

async function goneBetween(before: OpenOptions, after: OpenOptions) {
  const box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg', 'd.jpg')
  await (await box.open(before))[Symbol.asyncDispose]()
  rmSync(box.at('a.jpg'))
  return { box, sync: await box.open(after) }
}

test.concurrent('a milder deletes.mode never acts on what was gone before it, noticed or not', async () => {
  const { box, sync } = await goneBetween({ deletes: ', mode: never' }, {})
  await using _box = box
  await using _sync = sync
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()['a.jpg']).toContain('before deletes.mode was changed')
  rmSync(box.at('b.jpg'))
  await sync.confirm()
  expect(box.titles()).toEqual(['a.jpg', 'c.jpg', 'd.jpg'])
})

test.concurrent('a new ignore rule lets go of a row, also when its file went at the same time', async () => {
  const { box, sync } = await goneBetween({}, { settings: ', ignore: ["a.jpg"]' })
  await using _box = box
  await using _sync = sync
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.units()).toContain('a.jpg excluded')
})

test.concurrent('another use of subdirectories deletes no group', async () => {
  await using box = await deletesBox('g/1.jpg', 'g/2.jpg', 'a.jpg')
  await (await box.open())[Symbol.asyncDispose]()
  await using sync = await box.open({ settings: ', subdirectories: individual' })
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(box.titles()).toEqual(['a.jpg', 'g', 'g/1.jpg', 'g/2.jpg'])
})

test.concurrent('an older version goes under on_change: replace, and stays when its content is back', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  const old = readFileSync(box.at('a.jpg'))
  {
    await using sync = await box.open({ settings: ', on_change: keep' })
    box.put('c.jpg', 'c, changed')
    await sync.confirm()
    expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'c.jpg', 'c.jpg'])
  }
  const first = box.emulator.rows().find((row) => row.title === 'a.jpg')?.data_hash
  await using sync = await box.open({ settings: ', on_change: replace' })
  box.put('a.jpg', 'a, changed')
  box.put('b.jpg', 'b, changed')
  // Before the grace of the older row can be over.
  box.onEvent((name, { path }) => {
    if (name === 'version.superseded' && path === 'a.jpg') writeFileSync(box.at('a.jpg'), old)
  })
  await sync.look()
  expect(readFileSync(box.at('a.jpg'))).toEqual(old)
  await sync.confirm()
  // What was kept before is left to a person: no edit of the config deletes anything.
  expect(box.titles().filter((title) => title === 'c.jpg')).toHaveLength(2)
  expect(sync.notes()['c.jpg']).toContain('it was replaced before on_change was changed')
  expect(box.titles().filter((title) => title === 'b.jpg')).toHaveLength(1)
  expect(box.emulator.rows().map((row) => row.data_hash)).toContain(first)
  expect(sync.notes()['a.jpg']).toBeDefined()
})

test.concurrent('under on_change: replace a group that gained a frame is one row again', async () => {
  await using box = await deletesBox('run/1.jpg', 'run/2.jpg', 'a.jpg', 'b.jpg')
  await using sync = await box.open({ settings: ', on_change: replace, regroup_settle: 1s' })
  const older = box.emulator.rows().find((row) => row.title === 'run')?.data_hash
  box.put('run/3.jpg')
  await sync.look()
  writeFileSync(box.at('run/.done'), '')
  await sync.confirm()
  await sync.confirm()
  await sync.confirm()
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'run'])
  expect(box.emulator.rows().map((row) => row.data_hash)).not.toContain(older)
  expect([box.deletes(), sync.notes()]).toEqual([1, {}])
})

test.concurrent("a machine's clock that differs from the server's by more than 10 min deletes nothing", async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  box.emulator.setFaults({ match: { call: '*' }, do: { kind: 'dateSkew', ms: 3_600_000 } })
  rmSync(box.at('a.jpg'))
  await sync.confirm()
  expect(box.deletes()).toBe(0)
})

test.concurrent('a DELETE whose answer is lost is not sent again, and the row is gone once', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  box.emulator.setFaults({ match: { call: 'DELETE video', times: 1 }, do: { kind: 'cut', when: 'after' } })
  rmSync(box.at('a.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.deletes()).toBe(1)
  expect(box.titles()).toEqual(['b.jpg', 'c.jpg'])
})

test.concurrent.each(['before it could go', 'before it was approved'])(
  'an older row whose content is put back %s leaves the list that was approved, and goes only if a person approves what is shown of it then',
  async (when) => {
    await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
    await using sync = await box.open()
    const { ledger } = sync
    const older = box.emulator.rows().find((row) => row.title === 'a.jpg')?.data_hash
    box.put('a.jpg', 'edited')
    await sync.confirm()
    await sync.confirm()
    const shown = () => ledger.candidates.batches(1).filter(({ decision }) => decision === null)
    const approve = () => {
      const [batch] = shown()
      approveBatch({ ...localParts({ ledger }, []), wallMs: () => Date.now() }, { id: batch?.id ?? 0, digest: batch?.digest ?? '' })
    }
    const pause = (untilMs: number | null) => ledger.now(() => ledger.folders.setPaused(1, { untilMs }, Date.now()))
    if (when === 'before it could go') {
      pause(null)
      approve()
      box.put('a.jpg', 'a.jpg')
      await sync.look()
      pause(Date.now() - 1)
    } else box.put('a.jpg', 'a.jpg')
    await sync.confirm()
    await sync.confirm()
    if (when === 'before it was approved') approve()
    await sync.confirm()
    expect(box.deletes()).toBe(0)
    expect(shown().map(({ why }) => why)).toContainEqual(expect.stringContaining('stands at its own path again'))
    expect(box.emulator.rows().map((row) => row.data_hash)).toContain(older)
  },
)

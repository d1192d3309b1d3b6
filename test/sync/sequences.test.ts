import { copyFileSync, cpSync, existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { acceptFolder } from '../../src/app/acceptFolder.ts'
import { openLedger } from '../../src/store/openLedger.ts'
import { localParts } from '../support/localParts.ts'
import { FIXTURES, type SyncBox, syncBox } from '../support/syncBox.ts'

// Several passes over real files at once: generous where the machine is busy.
vi.setConfig({ testTimeout: 300_000 })

const SETTINGS = ', subdirectories: sequence, regroup_settle: 1s'

/** Titles of the rows, with the frames of each. */
function rows(box: SyncBox): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(box.emulator.rows().map((row) => [row.title, row.frames.map((frame) => frame.title)]))
}

/** Two sizes of images: Encord makes two rows of them. */
async function sequenceBox(): Promise<SyncBox> {
  const box = await syncBox()
  box.settle = '200ms'
  box.put('run/1.jpg', 'plain.jpg')
  box.put('run/2.png', 'plain.png')
  box.put('run/3.webp', 'plain.webp')
  return box
}

test.concurrent('a directory becomes a sequence, in a row for each size of its images, and plan says so', async () => {
  await using box = await sequenceBox()
  expect((await box.plan(SETTINGS)).warnings).toEqual([
    { path: 'run', text: 'its images differ in size (2 of 160x120, 1 of 80x60): Encord makes 2 rows of it' },
  ])
  expect((await box.once({ settings: SETTINGS })).exitCode).toBe(0)
  expect(rows(box)).toEqual({ run: ['1.jpg', '3.webp'], 'run-2': ['2.png'] })
  expect(box.emulator.rows().every((row) => row.sequence)).toBe(true)
  expect(box.emulator.rows().map((row) => row.client_metadata?.['encord_sync'])).toMatchObject([{ path: 'run' }, { path: 'run' }])
  box.emulator.calls.reset()
  expect((await box.once({ settings: SETTINGS })).exitCode).toBe(0)
  expect(box.emulator.calls.counts()).toEqual({ 'GET dataset': 1 })
  // Renamed: every row takes its title along.
  renameSync(join(box.folder, 'run'), join(box.folder, 'run-b'))
  expect((await box.once({ settings: SETTINGS })).exitCode).toBe(0)
  expect(rows(box)).toEqual({ 'run-b': ['1.jpg', '3.webp'], 'run-b-2': ['2.png'] })
  expect(box.emulator.calls.count('PUT bucket')).toBe(0)
})

test.concurrent('a lost answer to a sequence is resolved with all of its rows, and made once', async () => {
  await using box = await sequenceBox()
  box.emulator.setFaults({ match: { call: 'POST imagegroup', nth: 1 }, do: { kind: 'cut', when: 'after' } })
  expect((await box.once({ settings: SETTINGS })).exitCode).toBe(0)
  expect(rows(box)).toEqual({ run: ['1.jpg', '3.webp'], 'run-2': ['2.png'] })
  expect(box.emulator.calls.count('POST imagegroup')).toBe(1)
  box.emulator.setFaults()
  // A lost ledger finds both rows again by the note that each carries.
  rmSync(join(box.base, 'state'), { recursive: true })
  rmSync(join(box.folder, '.encord-sync'), { recursive: true, force: true })
  box.emulator.calls.reset()
  await box.once({ settings: SETTINGS })
  expect(box.emulator.calls.count('POST imagegroup')).toBe(0)
  expect(box.emulator.calls.count('PUT bucket')).toBe(0)
  renameSync(join(box.folder, 'run'), join(box.folder, 'take'))
  await box.once({ settings: SETTINGS })
  expect(Object.keys(rows(box)).sort()).toEqual(['take', 'take-2'])
})

test.concurrent('a changed sequence leaves all of its older rows to a person, and each counts', async () => {
  await using box = await sequenceBox()
  await box.once({ settings: SETTINGS })
  copyFileSync(join(FIXTURES, 'progressive.jpg'), join(box.folder, 'run/1.jpg'))
  box.complete('run')
  await box.once({ settings: SETTINGS })
  expect(box.emulator.rows()).toHaveLength(4)
  const plan = await box.plan(SETTINGS)
  // They collect their proof, or are held: a person decides about both.
  expect(plan.deletes.map(({ path, title }) => `${path} ${title}`)).toEqual(['run run', 'run run-2'])
  expect(plan.deletes.map(({ verdict }) => verdict)).not.toContain('delete')
  expect(plan.uploads).toEqual([])
  expect(existsSync(join(box.folder, 'run/1.jpg'))).toBe(true)
})

test.concurrent('a removed sequence takes all of its rows along, under the guards of any other', async () => {
  await using box = await sequenceBox()
  for (const name of ['a.jpg', 'b.jpg', 'c.mp4']) box.put(name, name.endsWith('mp4') ? 'plain.mp4' : 'progressive.jpg')
  await box.once({ settings: SETTINGS })
  rmSync(join(box.folder, 'run'), { recursive: true })
  await box.once({ settings: SETTINGS })
  await box.onceAfterGrace({ settings: SETTINGS })
  expect(Object.keys(rows(box)).sort()).toEqual(['a.jpg', 'b.jpg', 'c.mp4'])
  expect(box.emulator.calls.count('DELETE video')).toBe(1)
})

test.concurrent('a lost answer never gives a sequence the row of the directory that is numbered after it', async () => {
  await using box = await syncBox()
  box.settle = '200ms'
  box.put('run/1.jpg', 'plain.jpg')
  box.put('run-2/1.jpg', 'progressive.jpg')
  // The dataset's key may not ask for a row, so that nothing but titles tells whose it is.
  box.emulator.setFaults(
    { match: { call: 'POST imagegroup', nth: 1 }, do: { kind: 'cut', when: 'after' } },
    { match: { call: 'POST imagegroup', nth: 2 }, do: { kind: 'cut', when: 'after' } },
    { match: { call: 'GET datarow' }, do: { kind: 'error', word: 'OPERATION_NOT_ALLOWED' } },
  )
  await box.once({ settings: SETTINGS })
  expect(Object.keys(rows(box)).sort()).toEqual(['run', 'run-2'])
  rmSync(join(box.folder, 'run'), { recursive: true })
  for (let pass = 0; pass < 3; pass++) await box.once({ settings: SETTINGS })
  expect(Object.keys(rows(box))).toContain('run-2')
})

test.concurrent.each(['run', 'run-1'])(
  'after a lost ledger all rows of a sequence are linked, also where its folder makes groups by now: %s',
  async (dir) => {
    await using box = await sequenceBox()
    renameSync(join(box.folder, 'run'), join(box.folder, dir))
    for (const name of ['a.jpg', 'b.mp4']) box.put(name, name === 'b.mp4' ? 'plain.mp4' : 'progressive.jpg')
    await box.once({ settings: SETTINGS })
    rmSync(join(box.base, 'state'), { recursive: true })
    const settings = ', subdirectories: group, regroup_settle: 1s'
    await box.once({ settings })
    renameSync(join(box.folder, dir), join(box.folder, 'take'))
    await box.once({ settings })
    expect(Object.keys(rows(box)).sort()).toEqual(['a.jpg', 'b.mp4', 'take', 'take-2'])
    // A copy is no part of it.
    cpSync(join(box.folder, 'take'), join(box.folder, 'copy'), { recursive: true })
    await box.once({ settings })
    expect(rows(box)).toMatchObject({ copy: ['1.jpg', '2.png', '3.webp'], take: ['1.jpg', '3.webp'], 'take-2': ['2.png'] })
    const ledger = openLedger(join(box.base, 'state', 'ledger.db'), [], () => undefined)
    await acceptFolder(localParts({ ledger }, ledger.folders.all(), { nowMs: Date.now() }), box.folder)
    ledger.close()
    await box.once({ settings })
    rmSync(join(box.folder, 'copy'), { recursive: true })
    rmSync(join(box.folder, 'take'), { recursive: true })
    for (let pass = 0; pass < 3; pass++) await box.onceAfterGrace({ settings })
    expect(Object.keys(rows(box)).sort()).toEqual(['a.jpg', 'b.mp4'])
  },
)

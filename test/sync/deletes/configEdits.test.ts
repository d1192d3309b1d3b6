import { copyFileSync, cpSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { acceptFolder } from '../../../src/app/acceptFolder.ts'
import { type DeletesBox, deletesBox } from '../../support/deletesBox.ts'
import { localParts } from '../../support/localParts.ts'

const REPLACE = ', on_change: replace, regroup_settle: 1s'
/** For what comes by itself: generous where the machine is busy. */
const PATIENT = { timeout: 60_000, interval: 10 } as const

/** The group `g` of three frames has its row. @returns that one */
async function filled(box: DeletesBox, settings: string): Promise<string> {
  await using _sync = await box.open({ settings })
  await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'g']), PATIENT)
  return rowOf(box, 'g')
}

function rowOf(box: DeletesBox, title: string): string {
  return box.emulator.rows().find((row) => row.title === title)?.data_hash ?? ''
}

test.concurrent.each([['the config'], ['.encordignore']])(
  'an ignore rule of %s that covers a part of a group lets its row go under no on_change',
  async (where) => {
    await using box = await deletesBox('a.jpg', 'b.jpg', 'g/1.jpg', 'g/2.jpg', 'g/3.jpg')
    const row = await filled(box, REPLACE)
    if (where === '.encordignore') writeFileSync(box.at('.encordignore'), 'g/3.jpg\n')
    await using sync = await box.open({ settings: where === 'the config' ? `${REPLACE}, ignore: ["g/3.jpg"]` : REPLACE })
    await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'g', 'g']), PATIENT)
    await sync.confirm()
    await sync.confirm()
    expect(sync.notes()).toEqual({ g: expect.stringMatching(/^g\/3.jpg, which this row holds, is not gone but left out/) })
    expect(box.emulator.rows().map((one) => one.data_hash)).toContain(row)
  },
)

test.concurrent('a rule that is taken away lets no row go either, be the frames that it covered known or not', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'g/1.jpg', 'g/2.jpg', 'g/3.jpg', 'h/1.jpg', 'h/2.jpg')
  {
    await using _sync = await box.open({ settings: `${REPLACE}, ignore: ["h/2.jpg"]` })
    await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'g', 'h']), PATIENT)
  }
  {
    await using _sync = await box.open({ settings: `${REPLACE}, ignore: ["?/[23].jpg"]` })
    await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'g', 'g', 'h']), PATIENT)
  }
  await using sync = await box.open({ settings: REPLACE })
  await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'g', 'g', 'g', 'h', 'h']), PATIENT)
  await sync.confirm()
  await sync.confirm()
  expect(sync.ledger.candidates.batches(1)).toHaveLength(3)
  expect(box.deletes()).toBe(0)
})

test.concurrent('a frame that is removed while another rule is at work lets the older row go', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'g/1.jpg', 'g/2.jpg', 'g/3.jpg')
  const row = await filled(box, REPLACE)
  await using sync = await box.open({ settings: `${REPLACE}, ignore: ["c.jpg"]` })
  await sync.look()
  rmSync(box.at('g/3.jpg'))
  await sync.look()
  await vi.waitFor(() => expect(rowOf(box, 'g')).not.toBe(''), PATIENT)
  await vi.waitFor(() => expect(sync.ledger.versions.byHash(1, row)?.role).not.toBe('current'), PATIENT)
  await sync.confirm()
  await sync.confirm()
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'g'])
  expect(rowOf(box, 'g')).not.toBe(row)
})
test.concurrent('a row that a rule let go of, and whose frame went meanwhile, is held once the rule is gone', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'g/1.jpg', 'g/2.jpg', 'g/3.jpg')
  const row = await filled(box, REPLACE)
  {
    await using sync = await box.open({ settings: `${REPLACE}, ignore: ["g/"]` })
    await sync.look()
    expect(sync.ledger.versions.byHash(1, row)?.role).toBe('detached')
    rmSync(box.at('g/3.jpg'))
  }
  await using sync = await box.open({ settings: REPLACE })
  await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'g', 'g']), PATIENT)
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()['g']).toMatch(/^it was let go of for a while/)
  expect(box.deletes()).toBe(0)
})

test.concurrent('a row whose entry left the config is held when its file was edited before the entry came back', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  box.put('z.jpg', 'z', 'B')
  const settings = (folder: string) => (folder === 'IN' ? REPLACE : '')
  {
    await using sync = await box.open({ settings })
    await sync.look()
  }
  const row = rowOf(box, 'a.jpg')
  const untouched = rowOf(box, 'b.jpg')
  {
    await using _sync = await box.open({ folders: ['B'] })
  }
  box.put('a.jpg', 'edited')
  await using sync = await box.open({ folders: ['IN', 'B'], settings })
  await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'a.jpg', 'b.jpg', 'c.jpg', 'z.jpg']), PATIENT)
  await sync.confirm()
  // What was the same when it was followed again is a row like any other.
  box.put('b.jpg', 'edited later')
  await sync.look()
  await vi.waitFor(() => expect(sync.ledger.versions.byHash(1, untouched)?.role).not.toBe('current'), PATIENT)
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()['a.jpg']).toMatch(/^it was let go of for a while/)
  expect(box.emulator.rows().map((one) => one.data_hash)).toContain(row)
  expect(box.emulator.rows().map((one) => one.data_hash)).not.toContain(untouched)
})

test.concurrent.each([
  { rule: 'on_change', before: { settings: ', on_change: hold' } },
  { rule: 'deletes.mode', before: { settings: REPLACE, deletes: ', mode: hold' } },
])('a milder $rule never acts on what was replaced before it, noticed or not', async ({ rule, before }) => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await (await box.open(before))[Symbol.asyncDispose]()
  const row = rowOf(box, 'a.jpg')
  const later = rowOf(box, 'b.jpg')
  box.put('a.jpg', 'edited while nothing ran')
  await using sync = await box.open({ settings: REPLACE })
  // What changes after a look that saw it as it was goes by the new rule.
  box.put('b.jpg', 'edited since')
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()).toEqual({ 'a.jpg': expect.stringContaining('replaced') })
  expect(sync.notes()['a.jpg']).toContain(`before ${rule} was changed, or no complete look lies between the two`)
  expect(box.emulator.rows().map((one) => one.data_hash)).toContain(row)
  expect(box.emulator.rows().map((one) => one.data_hash)).not.toContain(later)
})

test.concurrent('nor does a rule that is taken away, where the first look after it could not see what it covered', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'g/1.jpg', 'g/2.jpg', 'g/3.jpg')
  {
    await using sync = await box.open({ settings: `${REPLACE}, ignore: ["g/3.jpg"]` })
    await sync.look()
    // Nothing is known of what is there.
    symlinkSync('/nowhere', box.at('g/.encordignore'))
    await sync.look()
  }
  const row = rowOf(box, 'g')
  await using sync = await box.open({ settings: REPLACE })
  await sync.look()
  rmSync(box.at('g/.encordignore'))
  await sync.look()
  await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'g', 'g']), PATIENT)
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()['g']).toMatch(/^g\/3.jpg was left out before/)
  expect(box.emulator.rows().map((one) => one.data_hash)).toContain(row)
})

test.concurrent.each([['while nothing runs'], ['and its frame is seen first']])(
  'a rule that is taken out of an ignore file %s lets no row go either',
  async (when) => {
    await using box = await deletesBox('a.jpg', 'b.jpg', 'g/1.jpg', 'g/2.jpg', 'g/3.jpg', 'h/1.jpg')
    writeFileSync(box.at('g/.encordignore'), '3.jpg\n')
    const takenOut = () => rmSync(box.at('g/.encordignore'))
    {
      await using _sync = await box.open({ settings: REPLACE })
      await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'g', 'h']), PATIENT)
    }
    const row = rowOf(box, 'g')
    const other = rowOf(box, 'h')
    if (when === 'while nothing runs') takenOut()
    await using sync = await box.open({ settings: REPLACE })
    if (when === 'and its frame is seen first') {
      takenOut()
      await sync.hint('g')
    }
    await sync.look()
    await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'g', 'g', 'h']), PATIENT)
    // What comes after that look was covered by no rule. Both are as young: a group waits longer where its frames came with pauses.
    for (const name of ['h/1.jpg', 'h/2.jpg']) box.put(name)
    await sync.look()
    await vi.waitFor(() => expect(sync.ledger.versions.byHash(1, other)?.role).not.toBe('current'), PATIENT)
    await sync.confirm()
    await sync.confirm()
    expect(sync.notes()).toEqual({ g: expect.stringMatching(/^g\/3.jpg was left out before, and an edit of the rules brought it in/) })
    expect(box.emulator.rows().map((one) => one.data_hash)).toContain(row)
    expect(box.emulator.rows().map((one) => one.data_hash)).not.toContain(other)
  },
)

test.concurrent.each([
  ['known', ''],
  ['known, and set aside for,', 'this is no image at all'],
  ['not known yet', ''],
])('group_incomplete: skip lets no row of a group go whose damaged frame was %s when it was set', async (when, damaged) => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'g/1.jpg', 'g/2.jpg', 'g/3.jpg', 'h/1.jpg', 'h/2.jpg')
  const damage = (frame: string) => writeFileSync(box.at(frame), damaged)
  {
    await using sync = await box.open({ settings: REPLACE })
    await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'g', 'h']), PATIENT)
    if (when !== 'not known yet') {
      damage('g/3.jpg')
      await sync.look()
    }
  }
  const row = rowOf(box, 'g')
  const other = rowOf(box, 'h')
  if (when === 'not known yet') damage('g/3.jpg')
  await using sync = await box.open({ settings: `${REPLACE}, group_incomplete: skip` })
  await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'g', 'g', 'h']), PATIENT)
  // By the rule that is in force.
  damage('h/2.jpg')
  await sync.look()
  await vi.waitFor(() => expect(sync.ledger.versions.byHash(1, other)?.role).not.toBe('current'), PATIENT)
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()).toEqual({ g: expect.stringMatching(/^its frames changed before group_incomplete was changed/) })
  expect(box.emulator.rows().map((one) => one.data_hash)).toContain(row)
  expect(box.emulator.rows().map((one) => one.data_hash)).not.toContain(other)
})

test.concurrent.each([['while its row waits for that folder'], ['together with the file that moved there']])(
  'a folder that leaves the config %s lets no row go, and what goes later goes by itself',
  async (when) => {
    await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
    box.put('z.jpg', 'z', 'TWO')
    await (await box.open({ folders: ['IN', 'TWO'] }))[Symbol.asyncDispose]()
    renameSync(box.at('a.jpg'), box.beside('TWO', 'a.jpg'))
    if (when === 'while its row waits for that folder') {
      renameSync(box.beside('TWO'), box.beside('unplugged'))
      await using sync = await box.open({ folders: ['IN', 'TWO'] })
      await sync.confirm()
      expect(sync.notes()['a.jpg']).toContain('it may have been moved to')
    }
    await using sync = await box.open({ folders: ['IN'] })
    await sync.look()
    rmSync(box.at('b.jpg'))
    await sync.confirm()
    await sync.confirm()
    expect(sync.notes()).toEqual({ 'a.jpg': expect.stringMatching(/^it was gone.* before a folder of its dataset left the config/) })
    expect(box.titles()).toEqual(['a.jpg', 'c.jpg', 'z.jpg'])
  },
)

test.concurrent('a path that is changed to a copy of its folder lets no row go whose file is in the one of before, and what goes later goes by itself', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  for (const name of ['x.jpg', 'y.jpg', 'z.jpg']) box.put(name, name, 'TWO')
  await (await box.open({ folders: ['IN', 'TWO'] }))[Symbol.asyncDispose]()
  cpSync(box.beside('TWO'), box.beside('COPY'), { recursive: true, preserveTimestamps: true })
  rmSync(box.beside('COPY', 'x.jpg'))
  // It stays in use for a while.
  renameSync(box.at('a.jpg'), box.beside('TWO', 'a.jpg'))
  await using sync = await box.open({ folders: ['IN', 'COPY'] })
  await acceptFolder(localParts(sync, [], { nowMs: Date.now() }), box.beside('COPY'))
  await sync.look()
  rmSync(box.at('b.jpg'))
  rmSync(box.beside('COPY', 'y.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()).toEqual({ 'a.jpg': expect.stringContaining('was accepted as') })
  expect(sync.notes(2)).toEqual({ 'x.jpg': expect.stringMatching(/^it was gone.* before the path of a folder of its dataset was changed/) })
  expect(box.titles()).toEqual(['a.jpg', 'c.jpg', 'x.jpg', 'z.jpg'])
})

test.concurrent.each([
  { what: 'a file that is not hashed', where: 'the config' },
  { what: 'a file that is not hashed', where: '.encordignore' },
  { what: 'a place that cannot be seen', where: 'the config' },
  { what: 'a file that is not hashed', where: 'the entry of another folder' },
])('an ignore rule of $where for $what lets no row go that waits for it, and what goes later goes by itself', async ({ what, where }) => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg', 'd/1.jpg')
  box.put('z.jpg', 'z', 'TWO')
  const folders = ['IN', 'TWO']
  {
    await using sync = await box.open({ folders })
    if (what === 'a place that cannot be seen') {
      renameSync(box.at('a.jpg'), box.at('d/2.jpg'))
      renameSync(box.at('d'), box.beside('d'))
      symlinkSync('/nowhere', box.at('d'))
    } else {
      copyFileSync(box.at('a.jpg'), where === 'the entry of another folder' ? box.beside('TWO', 'a.jpg.old') : box.at('a.jpg.old'))
      rmSync(box.at('a.jpg'))
    }
    await sync.confirm()
    await sync.confirm()
    expect(sync.notes()['a.jpg']).toMatch(/cannot be seen|not hashed/)
  }
  const ignored = where === 'the entry of another folder' ? 'TWO' : 'IN'
  const settings = (folder: string) => (folder === ignored ? ', ignore: ["*.old", "d"]' : '')
  if (where === '.encordignore') writeFileSync(box.at('.encordignore'), '*.old\n')
  await using sync = await box.open(where === '.encordignore' ? { folders } : { folders, settings })
  await sync.look()
  rmSync(box.at('b.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()).toEqual({
    'a.jpg': expect.stringMatching(/^it was gone.* before the rules of a folder of its dataset were changed/),
  })
  expect(box.titles()).toEqual(['a.jpg', 'c.jpg', 'd', 'z.jpg'])
})

test.concurrent('an ignore file that went, which a look at a directory below it tells first, lets no row go whose file it had brought in', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'd/1.jpg')
  writeFileSync(box.at('.encordignore'), '!a.new.jpg\n')
  const settings = ', ignore: ["*.new.jpg"]'
  await using sync = await box.open({ settings })
  await sync.look()
  // Moved to where the ignore file lets it be seen.
  copyFileSync(box.at('a.jpg'), box.at('a.new.jpg'))
  rmSync(box.at('a.jpg'))
  rmSync(box.at('.encordignore'))
  await sync.hint('d')
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()).toEqual({
    'a.jpg': expect.stringMatching(/^it was gone.* before the rules of a folder of its dataset were changed/),
  })
  expect(box.deletes()).toBe(0)
})

test.concurrent('a directory that goes with its ignore file takes its rows along', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'd/1.jpg')
  writeFileSync(box.at('d/.encordignore'), '*.old\n')
  await using sync = await box.open()
  rmSync(box.at('d'), { recursive: true })
  await sync.confirm()
  await sync.confirm()
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg'])
})

test.concurrent('subdirectories that is changed back sends nothing twice, and lets no row go of what changed meanwhile', async () => {
  await using box = await deletesBox('a.jpg', 'g/1.jpg', 'g/2.jpg', 'h/1.jpg', 'h/2.jpg')
  const before = ['a.jpg', 'g', 'h']
  const both = [...before, 'g/1.jpg', 'g/2.jpg', 'h/1.jpg', 'h/2.jpg'].sort()
  const use = (subdirectories: string) => box.open({ settings: `, subdirectories: ${subdirectories}${REPLACE}` })
  {
    await using _sync = await use('group')
    await vi.waitFor(() => expect(box.titles()).toEqual(before), PATIENT)
  }
  for (const subdirectories of ['individual', 'group', 'individual']) {
    await using sync = await use(subdirectories)
    await sync.look()
    expect(box.titles()).toEqual(both)
  }
  box.put('h/2.jpg', 'changed while h was no group')
  // Its frames came with a long pause between them, which is not waited for.
  writeFileSync(box.at('h/.done'), '')
  await using sync = await use('group')
  await vi.waitFor(() => expect(box.titles()).toEqual([...both, 'h'].sort()), PATIENT)
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.units()).toEqual(expect.arrayContaining(['g present', 'h present', 'g/1.jpg excluded', 'h/2.jpg excluded']))
})

import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { deletesBox } from '../../support/deletesBox.ts'

test.concurrent('an empty directory in the place of the folder deletes nothing, and the folder goes on when it is back', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg')
  await using sync = await box.open()
  renameSync(box.at(), box.beside('away'))
  mkdirSync(box.at())
  await sync.confirm()
  expect(sync.ledger.folders.get(1).state).toBe('foreign')
  rmSync(box.at(), { recursive: true })
  renameSync(box.beside('away'), box.at())
  box.put('c.jpg')
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'c.jpg'])
})

test.concurrent('a copy of the folder with less in it is restored, and what was seen of it proves nothing later', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  renameSync(box.at(), box.beside('original'))
  box.put('b.jpg')
  mkdirSync(box.at('.encord-sync'))
  writeFileSync(box.at('.encord-sync/folder.json'), readFileSync(box.beside('original', '.encord-sync', 'folder.json')))
  await sync.confirm()
  expect(sync.ledger.folders.get(1).state).toBe('restored')
  expect(sync.ledger.candidates.ofFolder(1).every((candidate) => candidate.firstScan === null)).toBe(true)
  expect(box.deletes()).toBe(0)
})

test.concurrent('a link in the place of a directory hides what may have gone there: nothing of the folder is deleted', async () => {
  await using box = await deletesBox('run/1.jpg', 'run/2.jpg', 'a.jpg', 'b.jpg')
  await using sync = await box.open()
  renameSync(box.at('run'), box.beside('run'))
  symlinkSync(box.beside('run'), box.at('run'))
  renameSync(box.at('a.jpg'), box.at('run/a.jpg'))
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()['a.jpg']).toContain('cannot be seen now')
})

test.concurrent.each([
  ['directory', 'data'],
  ['file', 'data/deep/1.jpg'],
])(
  'a %s that was moved away, and linked to, holds all deletes until a rule covers it: its rows stay, what went before waits for a person',
  async (_what, name) => {
    await using box = await deletesBox('data/deep/1.jpg', 'data/2.jpg', 'a.jpg', 'b.jpg', 'c.jpg')
    const individual = ', subdirectories: individual'
    {
      await using sync = await box.open({ settings: individual })
      renameSync(box.at(name), box.beside('moved'))
      symlinkSync(box.beside('moved'), box.at(name))
      renameSync(box.at('a.jpg'), box.beside('a.jpg'))
      await sync.confirm()
      expect(sync.notes()).toEqual({ 'a.jpg': expect.stringMatching(new RegExp(`^${name} was seen before.* without a slash at its end`)) })
    }
    {
      // A link is no directory.
      await using sync = await box.open({ settings: `${individual}, ignore: ["${name}/"]` })
      await sync.confirm()
      expect(sync.notes()['a.jpg']).toContain('cannot be seen now')
    }
    await using sync = await box.open({ settings: `${individual}, ignore: ["${name}"]` })
    await sync.look()
    await sync.look()
    rmSync(box.at('b.jpg'))
    await sync.confirm()
    expect(box.titles()).toEqual(['a.jpg', 'c.jpg', 'data/2.jpg', 'data/deep/1.jpg'])
    expect(sync.notes()['a.jpg']).toContain('before the rules of a folder of its dataset were changed')
    await sync.approve()
    expect(box.titles()).toEqual(['c.jpg', 'data/2.jpg', 'data/deep/1.jpg'])
  },
)

test.concurrent('a directory that comes back is read again with all below it', async () => {
  await using box = await deletesBox('p/q/1.jpg', 'a.jpg', 'b.jpg')
  await using sync = await box.open()
  // Twice, so that nothing in it is young any more, and its digest is kept.
  await sync.confirm()
  await sync.confirm()
  renameSync(box.at('p'), box.beside('p'))
  await sync.look()
  expect(sync.units()).toContain('p/q absent')
  renameSync(box.beside('p'), box.at('p'))
  await sync.look()
  expect(sync.units()).toContain('p/q present')
})

test.concurrent('a file that went as a place came that cannot be looked into is held', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  mkdirSync(box.at('private'))
  symlinkSync('/nowhere', box.at('private/.encordignore'))
  rmSync(box.at('a.jpg'))
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()['a.jpg']).toContain('private cannot be looked into')
})

test.concurrent('a file that went as something changed in such a place is held, with what ends that; with an ignore rule for it the next one goes', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  box.put('private/1.jpg')
  symlinkSync('/nowhere', box.at('private/.encordignore'))
  {
    await using sync = await box.open()
    await sync.look()
    rmSync(box.at('a.jpg'))
    box.put('private/2.jpg')
    await sync.confirm()
    expect(sync.notes()['a.jpg']).toContain('An `ignore` rule for that place ends this')
  }
  await using sync = await box.open({ settings: ', ignore: ["private/"]' })
  await sync.look()
  await sync.look()
  rmSync(box.at('b.jpg'))
  box.put('private/3.jpg')
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()['b.jpg']).toBeUndefined()
  expect(box.titles()).toEqual(['a.jpg', 'c.jpg'])
})

test.concurrent('a file that went as such a place came in another folder of the dataset is held', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  box.put('other.jpg', 'other', 'TWO')
  await using sync = await box.open({ folders: ['IN', 'TWO'] })
  mkdirSync(box.beside('TWO', 'private'))
  renameSync(box.at('a.jpg'), box.beside('TWO', 'private', 'a.jpg'))
  symlinkSync('/nowhere', box.beside('TWO', 'private', '.encordignore'))
  // The other folder's look is over before the one that misses the file.
  await sync.look('TWO')
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()['a.jpg']).toContain('TWO/private cannot be looked into')
})

test.concurrent('a file that went as a link came is held: the link may lead to where it is now', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  mkdirSync(box.beside('archive'))
  renameSync(box.at('a.jpg'), box.beside('archive', 'a.jpg'))
  symlinkSync(box.beside('archive'), box.at('run-1'))
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()['a.jpg']).toContain('run-1 is a link that came about when this was gone')
})

test.concurrent.each([
  ['another link', (at: string) => symlinkSync('old', at)],
  ['a text file', (at: string) => writeFileSync(at, 'old')],
] as const)('a file that went as a link came in the place of %s is held: it may lead to where the file is now', async (_what, make) => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  mkdirSync(box.beside('new'))
  make(box.at('archive'))
  await using sync = await box.open()
  renameSync(box.at('a.jpg'), box.beside('new', 'a.jpg'))
  rmSync(box.at('archive'))
  symlinkSync(box.beside('new'), box.at('archive'))
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()['a.jpg']).toContain('archive is a link that came about when this was gone')
  // What goes later is not held by it.
  rmSync(box.at('b.jpg'))
  await sync.confirm()
  expect(box.titles()).toEqual(['a.jpg', 'c.jpg'])
})

test.concurrent('a link that was there before the file went hides nothing', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  symlinkSync('/nowhere', box.at('latest'))
  await using sync = await box.open()
  rmSync(box.at('a.jpg'))
  await sync.confirm()
  expect(box.deletes()).toBe(1)
})

test.concurrent('a place that could not be read before the file went hides only what is under it', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  mkdirSync(box.at('private'))
  symlinkSync('/nowhere', box.at('private/.encordignore'))
  await using sync = await box.open()
  rmSync(box.at('a.jpg'))
  await sync.confirm()
  expect(box.deletes()).toBe(1)
})

test.concurrent('what moved to another folder of the dataset is looked for there, and waits while that one is away', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  box.put('other.jpg', 'other', 'TWO')
  const two = { folders: ['IN', 'TWO'] }
  await using sync = await box.open(two)
  renameSync(box.beside('TWO'), box.beside('AWAY'))
  renameSync(box.at('a.jpg'), box.beside('AWAY', 'a.jpg'))
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()['a.jpg']).toMatch(/it may have been moved to .*TWO, which is absent/)
  renameSync(box.beside('AWAY'), box.beside('TWO'))
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.units(2)).toEqual(['a.jpg present', 'other.jpg present'])
  rmSync(box.at('b.jpg'))
  await sync.confirm()
  expect(box.deletes()).toBe(1)
})

test.concurrent('the last files of a folder are held', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg')
  await using sync = await box.open()
  rmSync(box.at('a.jpg'))
  rmSync(box.at('b.jpg'))
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()['a.jpg']).toBe('they would empty the folder')
})

test.concurrent('a marker that someone removed holds deletes, not uploads', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  rmSync(box.at('.encord-sync/folder.json'))
  rmSync(box.at('.encord-sync/alive'))
  rmdirSync(box.at('.encord-sync'))
  rmSync(box.at('a.jpg'))
  box.put('d.jpg')
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg'])
})

test.concurrent('a rolled-back ledger stays frozen when its disk goes away and comes back', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  const alive = JSON.parse(readFileSync(box.at('.encord-sync/alive'), 'utf8'))
  // Left in peace: otherwise it would be that of someone who is at work with a copy of this ledger.
  writeFileSync(box.at('.encord-sync/alive'), JSON.stringify({ ...alive, sequence: alive.sequence + 60, released: true }))
  rmSync(box.at('a.jpg'))
  await sync.look()
  expect(sync.ledger.folders.get(1).state).toBe('frozen')
  renameSync(box.at(), box.beside('away'))
  await sync.look()
  expect(sync.ledger.folders.get(1).state).toBe('absent')
  for (let i = 0; i < 100; i++) sync.ledger.now(() => sync.ledger.meta.write('filler', String(i)))
  renameSync(box.beside('away'), box.at())
  await sync.confirm()
  expect(sync.ledger.folders.get(1).state).toBe('frozen')
  expect(box.deletes()).toBe(0)
})

test.concurrent('what moved to another folder is not gone while a copy stands in the place of that one', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  box.put('other.jpg', 'other', 'TWO')
  await using sync = await box.open({ folders: ['IN', 'TWO'] })
  renameSync(box.beside('TWO'), box.beside('AWAY'))
  cpSync(box.beside('AWAY'), box.beside('TWO'), { recursive: true, preserveTimestamps: true })
  renameSync(box.at('a.jpg'), box.beside('AWAY', 'a.jpg'))
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()['a.jpg']).toMatch(/it may have been moved to .*TWO, which is restored/)
  // Nor does it prove anything once the folder is itself again.
  expect(sync.ledger.scans.lastWhole(2)).toMatchObject({ result: 'partial' })
  rmSync(box.beside('TWO'), { recursive: true })
  renameSync(box.beside('AWAY'), box.beside('TWO'))
  await sync.look('IN')
  expect(box.deletes()).toBe(0)
  await sync.look('TWO')
  expect(box.deletes()).toBe(0)
  expect(sync.units(2)).toEqual(['a.jpg present', 'other.jpg present'])
})

test.concurrent('a folder that was never seen may be where a file went: its row waits until that one was looked at', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open({ folders: ['IN', 'TWO'] })
  renameSync(box.at('a.jpg'), box.beside('away.jpg'))
  await sync.confirm()
  expect(sync.notes()).toEqual({ 'a.jpg': `it may have been moved to ${box.beside('TWO')}, which is absent` })
  mkdirSync(box.beside('TWO'))
  renameSync(box.beside('away.jpg'), box.beside('TWO', 'a.jpg'))
  rmSync(box.at('b.jpg'))
  await sync.look('TWO')
  await sync.confirm()
  expect(sync.units(2)).toEqual(['a.jpg present'])
  expect([box.titles(), box.deletes()]).toEqual([['a.jpg', 'c.jpg'], 1])
})

test.concurrent('what moved to another folder is found there while the grace passes, not only once all else is proven', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  box.put('other.jpg', 'other', 'TWO')
  await using sync = await box.open({ folders: ['IN', 'TWO'] })
  renameSync(box.at('a.jpg'), box.beside('TWO', 'a.jpg'))
  const { push } = box.events
  // Before anything is looked at: on a busy machine the grace is over as soon as the first look is.
  const decided = new Promise<void>((resolve) => {
    box.events.push = (event) => {
      // Neither the last proof of its old place nor a look at the other folder that begins now would see it.
      const isLastProof = event.fields['cause'] === 'proof: grace' && event.fields['folder'] === box.at()
      if (isLastProof && existsSync(box.beside('TWO', 'a.jpg'))) renameSync(box.beside('TWO', 'a.jpg'), box.at('back.jpg'))
      if (isLastProof || event.name === 'unit.moved') resolve()
      return push.call(box.events, event)
    }
  })
  await sync.look('IN')
  await decided
  // A look that is asked for now would outdate the ones before.
  const isOver = (): boolean => box.events.some(({ name }) => name === 'unit.moved' || name === 'delete.done')
  await vi.waitFor(() => expect(isOver()).toBe(true), { timeout: 30_000, interval: 20 })
  expect(box.deletes()).toBe(0)
  expect(box.titles()).toHaveLength(4)
})

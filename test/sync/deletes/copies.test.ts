import {
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { expect, test, vi } from 'vitest'
import { type DeletesBox, deletesBox } from '../../support/deletesBox.ts'
import { dicomBytes, slice } from '../../support/dicomBytes.ts'
import { realClock } from '../../support/realClock.ts'

type Sync = Awaited<ReturnType<DeletesBox['open']>>

function rowOf(box: DeletesBox, title: string): string | undefined {
  return box.emulator.rows().find((row) => row.title === title)?.data_hash
}

function hashes(box: DeletesBox): readonly string[] {
  return box.emulator.rows().map((row) => row.data_hash)
}

/** Two looks that lack its file, a grace apart, and two more. */
async function expectHeld(box: DeletesBox, sync: Sync, row: string | undefined): Promise<void> {
  await sync.confirm()
  await sync.confirm()
  expect(hashes(box)).toContain(row)
  expect(box.deletes()).toBe(0)
}

/** Until the call is on its way. */
async function deleteIsSent({ ledger }: Sync): Promise<void> {
  const isSent = (): boolean => ledger.versions.liveOf(1).some(({ remote }) => remote === 'deleting')
  await vi.waitFor(() => expect(isSent()).toBe(true), { timeout: 30_000, interval: 20 })
}

test.concurrent('the row of a file that was copied over another one, and then removed, is held: the path is old, the copy is not', async () => {
  await using box = await deletesBox('a.jpg', 'latest.jpg', 'c.jpg')
  await using sync = await box.open()
  const row = rowOf(box, 'a.jpg')
  copyFileSync(box.at('a.jpg'), box.at('latest.jpg'))
  await sync.look()
  rmSync(box.at('a.jpg'))
  await expectHeld(box, sync, row)
  expect(sync.notes()['a.jpg']).toContain('the same content stands at latest.jpg, which came later')
})

test.concurrent('so is the row of a group whose frames were copied over those of another one', async () => {
  await using box = await deletesBox('staging/1.jpg', 'staging/2.jpg', 'live/1.jpg', 'live/2.jpg', 'c.jpg')
  await using sync = await box.open({ settings: ', regroup_settle: 1s' })
  const row = rowOf(box, 'staging')
  for (const name of ['1.jpg', '2.jpg']) copyFileSync(box.at(`staging/${name}`), box.at(`live/${name}`))
  await sync.confirm()
  expect(hashes(box)).toHaveLength(4)
  rmSync(box.at('staging'), { recursive: true })
  await expectHeld(box, sync, row)
})

test.concurrent('so is the row of a DICOM series whose slices were copied over those of another one', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg')
  for (const [dir, uid] of Object.entries({ live: '1.2.840.7', staging: '1.2.840.8' })) {
    mkdirSync(box.at(dir))
    for (const number of [1, 2]) writeFileSync(box.at(`${dir}/${number}.dcm`), dicomBytes(slice(uid, number)))
  }
  await using sync = await box.open({ settings: ', dicomseries: true, regroup_settle: 200ms' })
  const row = rowOf(box, 'staging')
  for (const number of [1, 2]) copyFileSync(box.at(`staging/${number}.dcm`), box.at(`live/${number}.dcm`))
  await sync.confirm()
  expect(hashes(box)).toHaveLength(5)
  rmSync(box.at('staging'), { recursive: true })
  await expectHeld(box, sync, row)
})

test.concurrent('so is the row of a file that was copied into a group, where the copy was renamed over an older frame and touched', async () => {
  await using box = await deletesBox('a.jpg', 'g/1.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open({ settings: ', regroup_settle: 200ms' })
  const row = rowOf(box, 'a.jpg')
  const isSent = async (rows: number): Promise<void> => {
    // Later than the frames, by the file system's clock.
    await realClock.sleep(50)
    writeFileSync(box.at('g/.done'), String(rows))
    for (let looks = 0; looks < 5 && hashes(box).length < rows; looks++) await sync.confirm()
    expect(hashes(box)).toHaveLength(rows)
  }
  copyFileSync(box.at('a.jpg'), box.at('g/2.jpg'))
  await isSent(5)
  renameSync(box.at('g/2.jpg'), box.at('g/1.jpg'))
  utimesSync(box.at('g/1.jpg'), 1, 1)
  await isSent(6)
  rmSync(box.at('a.jpg'))
  await expectHeld(box, sync, row)
})

test.concurrent('so is the row of a file that was copied over a frame, while its group holds what it held, as another frame', async () => {
  await using box = await deletesBox('a.jpg', 'g/1.jpg', 'g/2.jpg', 'b.jpg', 'c.jpg')
  copyFileSync(box.at('a.jpg'), box.at('g/1.jpg'))
  const other = readFileSync(box.at('g/2.jpg'))
  await using sync = await box.open({ settings: ', regroup_settle: 200ms' })
  const row = rowOf(box, 'a.jpg')
  writeFileSync(box.at('g/1.jpg'), other)
  copyFileSync(box.at('a.jpg'), box.at('g/2.jpg'))
  await sync.confirm()
  expect(hashes(box)).toHaveLength(4)
  rmSync(box.at('a.jpg'))
  await expectHeld(box, sync, row)
})

test.concurrent('so is the row of a DICOM series that was copied over another one, while that was put over the first one of its directory', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg')
  // Of another size: which series it is of is read before what it holds.
  const bytes = (uid: string) => dicomBytes(slice(uid, 1))
  const put = (path: string, uid: string): void => writeFileSync(box.at(path), bytes(uid))
  for (const dir of ['live', 'staging']) mkdirSync(box.at(dir))
  put('live/1.dcm', '1.2.840.7')
  put('live/2.dcm', '1.2.840.80000')
  put('staging/1.dcm', '1.2.840.80000')
  await using sync = await box.open({ settings: ', dicomseries: true, regroup_settle: 200ms' })
  const row = rowOf(box, 'staging')
  put('live/2.dcm', '1.2.840.7')
  copyFileSync(box.at('staging/1.dcm'), box.at('live/1.dcm'))
  await sync.confirm()
  expect(hashes(box)).toHaveLength(5)
  rmSync(box.at('staging'), { recursive: true })
  await expectHeld(box, sync, row)
})

test.concurrent('so is the row of a file that was copied over one which had not been sent yet', async () => {
  await using box = await deletesBox('a.jpg', 'late.jpg', 'c.jpg')
  // Not whole: it waits, and has no row.
  truncateSync(box.at('late.jpg'), 100)
  await using sync = await box.open()
  const row = rowOf(box, 'a.jpg')
  expect(box.titles()).toEqual(['a.jpg', 'c.jpg'])
  copyFileSync(box.at('a.jpg'), box.at('late.jpg'))
  await sync.look()
  expect(box.titles()).toEqual(['a.jpg', 'c.jpg', 'late.jpg'])
  rmSync(box.at('a.jpg'))
  await expectHeld(box, sync, row)
})

const NOTHING_IS_SENT = { match: { call: 'PUT bucket' }, do: { kind: 'status', status: 503 } } as const

/** What a copy is written over, in a folder that is paused before the copy is sent, and edited there. */
const OVERWRITTEN = [
  {
    what: 'a file without a row',
    // It is not whole: it waits.
    prepare: (box: DeletesBox) => truncateSync(box.beside('B', 'late.jpg'), 100),
    write: async (box: DeletesBox) => copyFileSync(box.at('new.jpg'), box.beside('B', 'late.jpg')),
  },
  {
    what: 'one whose DELETE is on its way',
    prepare: () => undefined,
    async write(box: DeletesBox, sync: Sync) {
      box.emulator.setFaults({ match: { call: 'DELETE video', times: 1 }, do: { kind: 'latency', ms: 6_000 } }, NOTHING_IS_SENT)
      rmSync(box.beside('B', 'late.jpg'))
      const isGoing = sync.confirm()
      await deleteIsSent(sync)
      copyFileSync(box.at('new.jpg'), box.beside('B', 'late.jpg'))
      await sync.look('B')
      await isGoing
    },
  },
]

test.concurrent.each(OVERWRITTEN)(
  'so it is where that copy was written over $what, and edited in a paused folder before it was sent',
  async ({ prepare, write }) => {
    await using box = await boxOfTwoFolders()
    box.put('late.jpg', 'late.jpg', 'B')
    prepare(box)
    await using sync = await box.open({ folders: ['IN', 'B'] })
    box.put('new.jpg')
    await sync.look()
    const row = rowOf(box, 'new.jpg')
    box.emulator.setFaults(NOTHING_IS_SENT)
    await write(box, sync)
    await sync.look('B')
    await sync.setPaused(true, 'B')
    box.emulator.setFaults()
    rmSync(box.at('new.jpg'))
    await sync.confirm()
    box.put('late.jpg', 'edited', 'B')
    await sync.setPaused(false)
    for (let looks = 0; looks < 3; looks++) await sync.confirm()
    expect(hashes(box)).toContain(row)
    expect(sync.notes()['new.jpg']).toContain('what came was changed there since')
  },
)

test.concurrent('so it is where that copy is a DICOM series that was written over another one, and edited in a paused folder before it was sent', async () => {
  await using box = await boxOfTwoFolders()
  const put = (folder: string, path: string, uid: string): void => writeFileSync(box.beside(folder, path), dicomBytes(slice(uid, 1)))
  mkdirSync(box.beside('B', 'live'))
  mkdirSync(box.at('staging'))
  put('B', 'live/1.dcm', '1.2.840.7')
  await using sync = await box.open({ folders: ['IN', 'B'], settings: ', dicomseries: true, regroup_settle: 200ms' })
  put('IN', 'staging/1.dcm', '1.2.840.80000')
  await sync.look()
  const row = rowOf(box, 'staging')
  box.emulator.setFaults(NOTHING_IS_SENT)
  copyFileSync(box.at('staging/1.dcm'), box.beside('B', 'live/1.dcm'))
  await sync.look('B')
  await sync.setPaused(true, 'B')
  box.emulator.setFaults()
  rmSync(box.at('staging'), { recursive: true })
  await sync.confirm()
  put('B', 'live/1.dcm', '1.2.840.9')
  await sync.setPaused(false)
  for (let looks = 0; looks < 3; looks++) await sync.confirm()
  expect(hashes(box)).toContain(row)
  expect(row).toBeDefined()
})

test.concurrent('so is the row of a file that was copied to the path of one whose DELETE was on its way', async () => {
  await using box = await deletesBox('a.jpg', 'late.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  const row = rowOf(box, 'a.jpg')
  box.emulator.setFaults({ match: { call: 'DELETE video', times: 1 }, do: { kind: 'latency', ms: 4_000 } })
  rmSync(box.at('late.jpg'))
  const isGoing = sync.confirm()
  await deleteIsSent(sync)
  copyFileSync(box.at('a.jpg'), box.at('late.jpg'))
  await sync.look()
  await isGoing
  await sync.look()
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'c.jpg', 'late.jpg'])
  rmSync(box.at('a.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(hashes(box)).toContain(row)
  expect(box.deletes()).toBe(1)
})

test.concurrent('so is the row of a copy that was sent while the group of its original was held up: that one has the younger row', async () => {
  await using box = await deletesBox('g/1.jpg', 'a.jpg', 'b.jpg')
  writeFileSync(box.at('g/2.jpg'), '')
  await using sync = await box.open()
  copyFileSync(box.at('g/1.jpg'), box.at('copy.jpg'))
  await sync.look()
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'copy.jpg'])
  rmSync(box.at('g/2.jpg'))
  for (let looks = 0; looks < 10 && hashes(box).length < 4; looks++) await sync.confirm()
  rmSync(box.at('copy.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'copy.jpg', 'g'])
  expect(sync.notes()['copy.jpg']).toContain('the same content stands at g/1.jpg, which came later')
})

/** `copy.jpg` in the folder `B` has the older row of both: `late.jpg` was there before it, and waited while its folder was paused. */
async function sendCopyFirst(box: DeletesBox, sync: Sync): Promise<void> {
  box.put('late.jpg')
  const looking = sync.look('IN')
  // It is seen, and not read before the pause.
  await vi.waitFor(() => expect(sync.units()).toContain('late.jpg present'), { timeout: 30_000, interval: 20 })
  await sync.setPaused(true, 'IN')
  await looking
  copyFileSync(box.at('late.jpg'), box.beside('B', 'copy.jpg'))
  await sync.look('B')
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'copy.jpg', 'x.jpg', 'y.jpg'])
  await sync.setPaused(false)
  await sync.look()
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'copy.jpg', 'late.jpg', 'x.jpg', 'y.jpg'])
}

async function boxOfTwoFolders(): Promise<DeletesBox> {
  const box = await deletesBox('a.jpg', 'b.jpg')
  for (const name of ['x.jpg', 'y.jpg']) box.put(name, name, 'B')
  return box
}

test.concurrent('so is that of one in another folder, sent while the folder of its original was paused', async () => {
  await using box = await boxOfTwoFolders()
  await using sync = await box.open({ folders: ['IN', 'B'], settle: { IN: '6s' } })
  await sendCopyFirst(box, sync)
  rmSync(box.beside('B', 'copy.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'copy.jpg', 'late.jpg', 'x.jpg', 'y.jpg'])
  expect(sync.notes(2)['copy.jpg']).toContain('the same content stands at late.jpg, which came later')
})

test.concurrent('so it is where that original was edited within the grace', async () => {
  await using box = await boxOfTwoFolders()
  await using sync = await box.open({ folders: ['IN', 'B'], settle: { IN: '6s' }, grace: '4s' })
  await sendCopyFirst(box, sync)
  rmSync(box.beside('B', 'copy.jpg'))
  await sync.look()
  box.put('late.jpg', 'edited')
  for (let looks = 0; looks < 5; looks++) await sync.confirm()
  expect(box.titles()).toContain('copy.jpg')
  expect(sync.notes(2)['copy.jpg']).toContain('what came was changed there since')
})

test.concurrent('and where that original went within the grace, no look before that counts for the row of the copy', async () => {
  await using box = await boxOfTwoFolders()
  await using sync = await box.open({ folders: ['IN', 'B'], settle: { IN: '6s' }, grace: '10s' })
  await sendCopyFirst(box, sync)
  const version = sync.ledger.versions.byHash(1, rowOf(box, 'copy.jpg') ?? '')
  const firstLook = (): number => sync.ledger.candidates.get(version?.id ?? 0)?.firstScan ?? 0
  rmSync(box.beside('B', 'copy.jpg'))
  await sync.look()
  const before = firstLook()
  rmSync(box.at('late.jpg'))
  await sync.look()
  expect(before).toBeGreaterThan(0)
  expect(firstLook()).toBeGreaterThan(before)
})

test.concurrent('the copy that was written over another file goes like any removed one', async () => {
  await using box = await deletesBox('a.jpg', 'latest.jpg', 'c.jpg')
  await using sync = await box.open()
  copyFileSync(box.at('a.jpg'), box.at('latest.jpg'))
  await sync.look()
  const newer = box.emulator.rows().findLast((row) => row.title === 'latest.jpg')?.data_hash
  rmSync(box.at('latest.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(hashes(box)).not.toContain(newer)
  expect(box.deletes()).toBe(1)
})

test.concurrent('of two equal files that were there from the start either one goes, also after it was touched', async () => {
  await using box = await deletesBox('c.jpg', 'd.jpg')
  box.put('a.jpg', 'same')
  box.put('b.jpg', 'same')
  await using sync = await box.open()
  utimesSync(box.at('b.jpg'), 1, 1)
  await sync.look()
  rmSync(box.at('a.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.titles()).toEqual(['b.jpg', 'c.jpg', 'd.jpg'])
})

test.concurrent.each(['rename', 'copy and unlink'])(
  'a row whose file went elsewhere by %s stays the older one beside a copy made before',
  async (how) => {
    await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
    await using sync = await box.open()
    const row = rowOf(box, 'a.jpg')
    copyFileSync(box.at('a.jpg'), box.at('copy.jpg'))
    await sync.look()
    if (how !== 'rename') copyFileSync(box.at('a.jpg'), box.at('moved.jpg'))
    else renameSync(box.at('a.jpg'), box.at('moved.jpg'))
    rmSync(box.at('a.jpg'), { force: true })
    await sync.look()
    expect(rowOf(box, 'moved.jpg')).toBe(row)
    rmSync(box.at('moved.jpg'))
    await sync.confirm()
    expect(hashes(box)).toContain(row)
    expect(box.deletes()).toBe(0)
    expect(sync.notes()['moved.jpg']).toContain('the same content stands at copy.jpg, which came later')
  },
)

test.concurrent('a copy of a file goes like any removed one, also where that file went elsewhere by copy and unlink since', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  const row = rowOf(box, 'a.jpg')
  copyFileSync(box.at('a.jpg'), box.at('copy.jpg'))
  await sync.look()
  copyFileSync(box.at('a.jpg'), box.at('z.jpg'))
  rmSync(box.at('a.jpg'))
  await sync.look()
  rmSync(box.at('copy.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.titles()).toEqual(['b.jpg', 'c.jpg', 'z.jpg'])
  expect(rowOf(box, 'z.jpg')).toBe(row)
})

test.concurrent('so does the row of a group that went elsewhere by copy and unlink, also when it was touched since', async () => {
  await using box = await deletesBox('g/1.jpg', 'g/2.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  const row = rowOf(box, 'g')
  cpSync(box.at('g'), box.at('copy'), { recursive: true })
  await sync.look()
  cpSync(box.at('g'), box.at('moved'), { recursive: true })
  rmSync(box.at('g'), { recursive: true })
  await sync.look()
  expect(rowOf(box, 'moved')).toBe(row)
  utimesSync(box.at('moved/1.jpg'), 1, 1)
  await sync.look()
  rmSync(box.at('moved'), { recursive: true })
  await expectHeld(box, sync, row)
})

test.concurrent('the row of a file that was edited, and removed before that was sent, stays while its content stands elsewhere', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open({ settings: ', on_change: replace' })
  const row = rowOf(box, 'a.jpg')
  copyFileSync(box.at('a.jpg'), box.at('copy.jpg'))
  await sync.look()
  box.put('a.jpg', 'edited')
  sync.ledger.now(() =>
    sync.ledger.units.setChanges(
      sync.ledger.units.byKey(1, 'file', 'a.jpg')?.id ?? 0,
      [1, 2, 3, 4].map(() => Date.now()),
    ),
  )
  await sync.look()
  rmSync(box.at('a.jpg'))
  await expectHeld(box, sync, row)
  expect(sync.notes()['a.jpg']).toContain('nothing says which of the two is older')
})

test.concurrent.each(['a', 'b'])(
  'of two hard links %s is renamed and the other one removed: which is which nobody can tell, and both rows stay',
  async (kept) => {
    await using box = await deletesBox('a.jpg', 'x.jpg', 'y.jpg')
    linkSync(box.at('a.jpg'), box.at('b.jpg'))
    await using sync = await box.open()
    await sync.look()
    const rows = hashes(box)
    expect(rows).toHaveLength(4)
    renameSync(box.at(`${kept}.jpg`), box.at('c.jpg'))
    rmSync(box.at(kept === 'a' ? 'b.jpg' : 'a.jpg'))
    await sync.confirm()
    await sync.confirm()
    expect(hashes(box)).toEqual(rows)
    expect(box.deletes()).toBe(0)
    expect(Object.values(sync.notes())).toEqual([expect.stringContaining('fewer came elsewhere')])
  },
)

test.concurrent.each(['a', 'b'])(
  'of two equal files that were there from the start %s is renamed over the other one, and touched: both rows stay',
  async (from) => {
    await using box = await deletesBox('c.jpg', 'd.jpg')
    for (const name of ['a.jpg', 'b.jpg']) box.put(name, 'same')
    await using sync = await box.open()
    const rows = hashes(box)
    const to = from === 'a' ? 'b.jpg' : 'a.jpg'
    renameSync(box.at(`${from}.jpg`), box.at(to))
    utimesSync(box.at(to), 1, 1)
    await sync.confirm()
    await sync.confirm()
    expect(hashes(box)).toEqual(rows)
    expect(sync.notes()[`${from}.jpg`]).toContain(`its file went to ${to}`)
  },
)

test.concurrent('so do both rows of two equal files when one goes elsewhere by copy and unlink as the other is removed; one that goes later is removed', async () => {
  await using box = await deletesBox('x.jpg', 'y.jpg')
  for (const name of ['a.jpg', 'b.jpg', 'z.jpg']) box.put(name, 'same')
  await using sync = await box.open()
  const rows = hashes(box)
  copyFileSync(box.at('b.jpg'), box.at('c.jpg'))
  for (const name of ['a.jpg', 'b.jpg']) rmSync(box.at(name))
  await sync.confirm()
  await sync.confirm()
  expect(hashes(box)).toEqual(rows)
  expect(Object.values(sync.notes())).toEqual([expect.stringContaining('fewer came elsewhere')])
  rmSync(box.at('z.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.deletes()).toBe(1)
  expect(box.titles()).not.toContain('z.jpg')
})

test.concurrent('equal files of a directory that goes to another disk keep their rows, each its own', async () => {
  await using box = await deletesBox('x.jpg', 'y.jpg')
  for (const name of ['1.mp4', '2.mp4', '3.mp4']) box.put(`d/${name}`, 'same')
  await using sync = await box.open()
  const rows = box.emulator.rows().filter((row) => row.title.startsWith('d/'))
  mkdirSync(box.at('e'))
  for (const name of ['3.mp4', '2.mp4', '1.mp4']) copyFileSync(box.at(`d/${name}`), box.at(`e/${name}`))
  rmSync(box.at('d'), { recursive: true })
  await sync.confirm()
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()).toEqual({})
  for (const { data_hash, title } of rows) expect(rowOf(box, title.replace('d/', 'e/'))).toBe(data_hash)
})

test.concurrent.each([
  { what: 'file', row: 'a.jpg', names: ['a.jpg'], copies: ['copy.jpg'] },
  { what: 'group', row: 'g', names: ['g/1.jpg', 'g/2.jpg'], copies: ['copy/1.jpg', 'copy/2.jpg'] },
])(
  'the row of a $what that was edited, put back before that was sent, and then removed, is older than a copy made before the edit, and held',
  async ({ row: title, names, copies }) => {
    await using box = await deletesBox(...names, 'b.jpg', 'c.jpg')
    await using sync = await box.open({ settings: ', regroup_settle: 10m' })
    const row = rowOf(box, title)
    for (const [i, name] of copies.entries()) box.put(name, names[i])
    await sync.look()
    await editAndPutBack(box, sync, names)
    expect(hashes(box)).toHaveLength(4)
    for (const name of names) rmSync(box.at(name))
    await sync.confirm()
    await sync.confirm()
    expect(hashes(box)).toContain(row)
    expect(box.deletes()).toBe(0)
    expect(sync.notes()[title]).toContain(`the same content stands at ${copies[0]}, which came later`)
  },
)

test.concurrent('so it is where that copy was edited within the grace', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open({ grace: '4s' })
  const row = rowOf(box, 'a.jpg')
  copyFileSync(box.at('a.jpg'), box.at('copy.jpg'))
  await sync.look()
  await editAndPutBack(box, sync, ['a.jpg'])
  rmSync(box.at('a.jpg'))
  await sync.look()
  box.put('copy.jpg', 'edited')
  for (let looks = 0; looks < 5; looks++) await sync.confirm()
  expect(hashes(box)).toContain(row)
  expect(sync.notes()['a.jpg']).toContain('what came was changed there since')
})

/** All of a unit's files, which is not sent in between: a file that changes too often waits, and so does a group. */
async function editAndPutBack(box: DeletesBox, sync: Sync, names: readonly string[]): Promise<void> {
  const unit = sync.ledger.units.byKey(1, 'file', names[0] ?? '')
  const often = [1, 2, 3, 4].map(() => Date.now())
  if (unit !== null) sync.ledger.now(() => sync.ledger.units.setChanges(unit.id, often))
  for (const name of names) box.put(name, `edited ${name}`)
  await sync.look()
  for (const name of names) box.put(name)
  await sync.look()
}

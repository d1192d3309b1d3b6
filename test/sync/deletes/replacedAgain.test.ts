import { appendFileSync, linkSync, renameSync, rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type DeletesBox, deletesBox } from '../../support/deletesBox.ts'
import { realClock } from '../../support/realClock.ts'

test.concurrent('under on_change: replace the row of a file that was edited and then replaced, all while the call for it was on its way, is held', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open({ settings: ', on_change: replace' })
  box.emulator.setFaults({ match: { call: 'POST singleimage', times: 1 }, do: { kind: 'latency', ms: 4_000 } })
  let next: 'call' | 'edit' | 'look' | 'done' = 'call'
  const looks: Promise<void>[] = []
  box.onEvent((name) => {
    if (name === 'upload.sent' && next === 'call') {
      next = 'edit'
      void realClock.sleep(300).then(() => {
        appendFileSync(box.at('d.jpg'), 'edited')
        next = 'look'
        looks.push(sync.hint(''))
      })
    } else if (name === 'folder.scanned' && next === 'look') {
      next = 'done'
      renameSync(box.at('d.jpg'), box.beside('d.jpg'))
      box.put('d.jpg', 'new')
      looks.push(sync.hint(''))
    }
  })
  box.put('d.jpg')
  await sync.look()
  await Promise.all(looks)
  const row = box.emulator.rows().find(({ title }) => title === 'd.jpg')?.data_hash
  renameSync(box.beside('d.jpg'), box.at('z.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.emulator.rows().map(({ data_hash }) => data_hash)).toContain(row)
  expect(sync.notes()['d.jpg']).toContain('its file went to z.jpg, and was changed there')
})

/** Written anew, under another name first, as by an export. */
function writeAnew(box: DeletesBox, content: string): void {
  box.put('export.tmp', content)
  renameSync(box.at('export.tmp'), box.at('a.jpg'))
}

test.concurrent('the row of a file that was written anew with the same content, and then moved aside and edited, is held, however often it is written anew later', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  const row = box.emulator.rows().find(({ title }) => title === 'a.jpg')?.data_hash
  writeAnew(box, 'a.jpg')
  await sync.confirm()
  renameSync(box.at('a.jpg'), box.at('z.jpg'))
  appendFileSync(box.at('z.jpg'), 'edited')
  for (let nights = 0; nights < 3; nights++) {
    writeAnew(box, 'a.jpg')
    await sync.confirm()
  }
  rmSync(box.at('a.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.emulator.rows().map(({ data_hash }) => data_hash)).toContain(row)
  expect(sync.notes()).toEqual({ 'a.jpg': expect.stringContaining('its file went to z.jpg, and was changed there') })
})

test.concurrent('under on_change: replace so is that of one which was written anew, and moved aside and edited before that was read', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open({ settings: ', on_change: replace' })
  const row = box.emulator.rows().find(({ title }) => title === 'a.jpg')?.data_hash
  const looks: Promise<void>[] = []
  box.onEvent((name) => {
    if (name !== 'folder.scanned' || looks.length !== 1) return
    renameSync(box.at('a.jpg'), box.beside('a.jpg'))
    appendFileSync(box.beside('a.jpg'), 'edited')
    box.put('a.jpg', 'new')
    looks.push(sync.hint(''))
  })
  writeAnew(box, 'a.jpg')
  looks.push(sync.hint(''))
  await Promise.all(looks)
  await sync.look()
  renameSync(box.beside('a.jpg'), box.at('z.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(looks).toHaveLength(2)
  expect(box.emulator.rows().map(({ data_hash }) => data_hash)).toContain(row)
  expect(sync.notes()['a.jpg']).toContain('its file went to z.jpg, and was changed there')
})

test.concurrent('so is that of one which was moved to a paused folder and edited there, however often it is written anew while that is paused', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  box.put('k.jpg', 'k', 'TWO')
  await using sync = await box.open({ folders: ['IN', 'TWO'] })
  const row = box.emulator.rows().find(({ title }) => title === 'a.jpg')?.data_hash
  writeAnew(box, 'a.jpg')
  await sync.look('IN')
  sync.ledger.now(() => sync.ledger.folders.setPaused(2, { untilMs: null }, Date.now()))
  const moved = box.beside('TWO', 'z.jpg')
  renameSync(box.at('a.jpg'), moved)
  appendFileSync(moved, 'edited')
  for (let nights = 0; nights < 3; nights++) {
    writeAnew(box, 'a.jpg')
    await sync.look('IN')
  }
  rmSync(box.at('a.jpg'))
  await sync.setPaused(false)
  for (let looks = 0; looks < 3; looks++) await sync.confirm()
  expect(box.emulator.rows().map(({ data_hash }) => data_hash)).toContain(row)
  expect(sync.notes()).toEqual({ 'a.jpg': expect.stringContaining('its file went to z.jpg, and was changed there') })
})

test.concurrent('so it is where that is seen in another directory by the look that finds it written anew again', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg', 'below/k.jpg')
  await using sync = await box.open()
  const row = box.emulator.rows().find(({ title }) => title === 'a.jpg')?.data_hash
  writeAnew(box, 'a.jpg')
  await sync.look()
  renameSync(box.at('a.jpg'), box.at('below/z.jpg'))
  appendFileSync(box.at('below/z.jpg'), 'edited')
  writeAnew(box, 'a.jpg')
  await sync.hint('')
  writeAnew(box, 'a.jpg')
  await sync.look()
  rmSync(box.at('a.jpg'))
  for (let looks = 0; looks < 3; looks++) await sync.confirm()
  expect(box.emulator.rows().map(({ data_hash }) => data_hash)).toContain(row)
})

test.concurrent('so is one whose file was written anew so often that nobody can tell where each of them is', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  const row = box.emulator.rows().find(({ title }) => title === 'a.jpg')?.data_hash
  for (let turns = 0; turns < 2; turns++) {
    writeAnew(box, 'a.jpg')
    await sync.hint('')
  }
  const key = `replaced-files:${sync.ledger.versions.byHash(1, row ?? '')?.id}`
  const [first, newest] = JSON.parse(sync.ledger.meta.read(key) ?? '')
  // As a hundred more of such turns within one rescan leave it.
  const turns = Array.from({ length: 100 }, (_, turn) => ({ ...newest, ino: `${newest.ino}${turn}` }))
  sync.ledger.now(() => sync.ledger.meta.write(key, JSON.stringify([first, ...turns, newest])))
  writeAnew(box, 'a.jpg')
  await sync.hint('')
  expect(JSON.parse(sync.ledger.meta.read(key) ?? '')).toHaveLength(2)
  rmSync(box.at('a.jpg'))
  for (let looks = 0; looks < 3; looks++) await sync.confirm()
  expect(box.emulator.rows().map(({ data_hash }) => data_hash)).toContain(row)
  expect(sync.notes()['a.jpg']).toContain('what came was changed there since')
})

/** As most programs save: under another name first. */
function save(box: DeletesBox, to: string): void {
  box.put('saved', `saved ${to}`, '.')
  renameSync(box.beside('saved'), to)
}

test.concurrent('the row of a file that was moved to another folder, edited and saved anew there, all while its own folder was paused, is held', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  box.put('k.jpg', 'k', 'TWO')
  await using sync = await box.open({ folders: ['IN', 'TWO'] })
  const row = box.emulator.rows().find(({ title }) => title === 'a.jpg')?.data_hash
  sync.ledger.now(() => sync.ledger.folders.setPaused(1, { untilMs: null }, Date.now()))
  const moved = box.beside('TWO', 'z.jpg')
  renameSync(box.at('a.jpg'), moved)
  appendFileSync(moved, 'edited')
  await sync.look('TWO')
  save(box, moved)
  await sync.look('TWO')
  await sync.setPaused(false)
  for (let looks = 0; looks < 3; looks++) await sync.confirm()
  expect(box.emulator.rows().map(({ data_hash }) => data_hash)).toContain(row)
  expect(sync.notes()['a.jpg']).toContain('what came was changed there since')
})

test.concurrent('but one of a hard link that stood where it was after the other one was saved anew goes with it', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  linkSync(box.at('a.jpg'), box.at('z.jpg'))
  await using sync = await box.open()
  save(box, box.at('z.jpg'))
  await sync.look()
  await sync.look()
  const row = box.emulator.rows().find(({ title }) => title === 'a.jpg')?.data_hash
  rmSync(box.at('a.jpg'))
  for (let looks = 0; looks < 3; looks++) await sync.confirm()
  expect(box.emulator.rows().map(({ data_hash }) => data_hash)).not.toContain(row)
})

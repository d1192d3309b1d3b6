import { copyFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { policyOf } from '../support/planWorld.ts'
import { SurveyBox } from '../support/surveyBox.ts'

const FILES = ['a.jpg', 'b.jpg', 'c.jpg', 'g/1.jpg', 'g/2.jpg', 'h/1.jpg', 'h/2.jpg', 'h/3.jpg']
const SYNCED = { 'a.jpg#1': 'a.jpg', 'b.jpg#1': 'b.jpg', 'c.jpg#1': 'c.jpg', 'clip.mp4#1': 'clip.mp4', 'g#1': 'g', 'h#1': 'h' }

async function syncedBox(birthTimes: boolean): Promise<SurveyBox> {
  const policy = policyOf({}, { limit: { count: 50, percent: 100, perMs: 86_400_000 } })
  const box = new SurveyBox({ birthTimes, policy })
  for (const path of FILES) box.put(path)
  box.put('clip.mp4', 'plain.mp4')
  await box.sync()
  expect(box.rows()).toEqual(SYNCED)
  box.sent.length = 0
  return box
}

/** Looks, waits until everything may go on, and carries it out; then twice more for the proof of what is gone. */
async function pass(box: SurveyBox): Promise<void> {
  box.look()
  await box.settle()
  box.later(700_000)
  box.look()
  await box.settle()
  box.judge()
  box.later(200_000)
  box.look()
  await box.settle()
  box.judge()
}

function titles(box: SurveyBox): string[] {
  return Object.values(box.units())
    .flatMap(({ rows }) => rows.filter((row) => row.endsWith(' current')).map((row) => row.split(' ')[1] ?? ''))
    .sort()
}

describe.each([
  ['with birth times', true],
  ['without birth times', false],
])('on a file system %s', (_, birthTimes) => {
  test.each<[string, (box: SurveyBox) => void, Readonly<Record<string, string>>]>([
    ['a renamed file', (box) => box.mv('a.jpg', 'renamed.jpg'), { 'a.jpg#1': 'renamed.jpg' }],
    ['a renamed video', (box) => box.mv('clip.mp4', 'sub/dir/clip.mp4'), { 'clip.mp4#1': 'sub/dir/clip.mp4' }],
    ['a file whose letters changed their case', (box) => box.mv('a.jpg', 'A.JPG'), { 'a.jpg#1': 'A.JPG' }],
    ['a renamed group', (box) => box.mv('g', 'site/run-1'), { 'g#1': 'site/run-1' }],
    [
      'two groups that swapped',
      (box) => {
        box.mv('g', 'x')
        box.mv('h', 'g')
        box.mv('x', 'h')
      },
      { 'g#1': 'h', 'h#1': 'g' },
    ],
    [
      'two files that swapped',
      (box) => {
        box.mv('a.jpg', 'x')
        box.mv('b.jpg', 'a.jpg')
        box.mv('x', 'b.jpg')
      },
      { 'a.jpg#1': 'b.jpg', 'b.jpg#1': 'a.jpg' },
    ],
    [
      'three files that moved round',
      (box) => {
        box.mv('a.jpg', 'x')
        box.mv('c.jpg', 'a.jpg')
        box.mv('b.jpg', 'c.jpg')
        box.mv('x', 'b.jpg')
      },
      { 'a.jpg#1': 'b.jpg', 'b.jpg#1': 'c.jpg', 'c.jpg#1': 'a.jpg' },
    ],
    [
      'a chain of renames',
      (box) => {
        box.mv('c.jpg', 'd.jpg')
        box.mv('b.jpg', 'c.jpg')
        box.mv('a.jpg', 'b.jpg')
      },
      { 'a.jpg#1': 'b.jpg', 'b.jpg#1': 'c.jpg', 'c.jpg#1': 'd.jpg' },
    ],
  ])('%s keeps every row: nothing is sent, nothing goes, titles follow', async (_name, act, moved) => {
    using box = await syncedBox(birthTimes)
    act(box)
    await pass(box)
    expect(box.sent).toEqual([])
    expect(box.rows()).toEqual({ ...SYNCED, ...moved })
    expect(box.judge()).toEqual([])
    expect(titles(box)).toEqual(Object.values({ ...SYNCED, ...moved }).sort())
  })

  test('a file moved over another keeps its row, and the older row of that place is held', async () => {
    using box = await syncedBox(birthTimes)
    box.mv('b.jpg', 'a.jpg')
    await pass(box)
    box.confirm()
    expect(box.sent).toEqual([])
    const { 'a.jpg#1': _gone, ...rest } = SYNCED
    expect(box.rows()).toEqual({ ...rest, 'b.jpg#1': 'a.jpg' })
    expect(box.units()['a.jpg']?.rows).toEqual(['a.jpg#1 a.jpg superseded', 'b.jpg#1 a.jpg current'])
    expect(box.reasons()).toEqual({ 'a.jpg': expect.stringMatching(/^hold/) })
  })

  test('new content at the path of a moved file is a new unit', async () => {
    using box = await syncedBox(birthTimes)
    box.mv('a.jpg', 'moved.jpg')
    box.put('a.jpg')
    await pass(box)
    expect(box.sent).toEqual(['a.jpg'])
    expect(box.rows()).toEqual({ ...SYNCED, 'a.jpg#1': 'moved.jpg', 'a.jpg#2': 'a.jpg' })
    expect(box.judge()).toEqual([])
  })

  test('a frame that changed groups makes both groups anew, and no row goes by itself', async () => {
    using box = await syncedBox(birthTimes)
    box.mv('h/3.jpg', 'g/3.jpg')
    await pass(box)
    box.confirm()
    expect([...box.sent].sort()).toEqual(['g', 'h'])
    expect(box.units()).toMatchObject({
      g: { rows: ['g#1 g superseded', 'g#2 g current'] },
      h: { rows: ['h#1 h superseded', 'h#2 h current'] },
    })
    expect(box.deletable()).toEqual([])
  })

  test('a file that became a frame is sent with its group, and its own row is held for the copy', async () => {
    using box = await syncedBox(birthTimes)
    box.mv('a.jpg', 'g/3.jpg')
    await pass(box)
    box.confirm()
    expect(box.sent).toEqual(['g'])
    expect(box.deletable()).toEqual([])
    // Where there are birth times it is known for the very file.
    expect(box.reasons()).toMatchObject({ 'a.jpg': birthTimes ? 'hold edited' : 'hold copy-exists' })
  })

  test('a frame that became a file of its own is sent, and its group too', async () => {
    using box = await syncedBox(birthTimes)
    box.mv('h/3.jpg', 'own.jpg')
    await pass(box)
    box.confirm()
    expect([...box.sent].sort()).toEqual(['h', 'own.jpg'])
    expect(box.deletable()).toEqual([])
    expect(box.units()['h']?.rows).toEqual(['h#1 h superseded', 'h#2 h current'])
  })

  test('a copy whose original goes before the next look is a move', async () => {
    using box = await syncedBox(birthTimes)
    copyFileSync(box.at('a.jpg'), box.at('copy.jpg'))
    box.rm('a.jpg')
    await pass(box)
    expect(box.sent).toEqual([])
    expect(box.rows()).toEqual({ ...SYNCED, 'a.jpg#1': 'copy.jpg' })
  })

  test('a copy that was sent before its original went holds the older row', async () => {
    using box = await syncedBox(birthTimes)
    copyFileSync(box.at('a.jpg'), box.at('copy.jpg'))
    await pass(box)
    expect(box.sent).toEqual(['copy.jpg'])
    box.rm('a.jpg')
    await pass(box)
    expect(box.reasons()).toMatchObject({ 'a.jpg': 'hold copy-exists' })
    expect(box.rows()).toMatchObject({ 'a.jpg#1': 'a.jpg', 'copy.jpg#1': 'copy.jpg' })
  })

  test.each<[string, readonly string[]]>([
    ['the old place is looked at first', ['from', 'to']],
    ['the new place is looked at first', ['to', 'from']],
  ])('a move between directories keeps the row when %s', async (_name, order) => {
    using box = new SurveyBox({ birthTimes })
    box.put('from/clip.mp4', 'plain.mp4')
    box.put('to/other.mov', 'plain.mov')
    box.put('z.jpg')
    await box.sync()
    box.sent.length = 0
    box.mv('from/clip.mp4', 'to/clip.mp4')
    for (const dir of order) box.look({ dirs: [dir] })
    await box.settle()
    await pass(box)
    expect(box.sent).toEqual([])
    expect(box.rows()).toEqual({ 'from/clip.mp4#1': 'to/clip.mp4', 'to/other.mov#1': 'to/other.mov', 'z.jpg#1': 'z.jpg' })
    expect(box.judge()).toEqual([])
  })

  test('a move keeps the row when an attempt at the new place had begun and was given up', async () => {
    using box = new SurveyBox({ birthTimes })
    box.put('from/clip.mp4', 'plain.mp4')
    box.put('z.jpg')
    await box.sync()
    box.sent.length = 0
    box.mv('from/clip.mp4', 'to/clip.mp4')
    box.look({ dirs: ['', 'to'] })
    const { units, versions } = box.ledger
    const unitId = units.byKey(box.folderId, 'file', 'to/clip.mp4')?.id ?? 0
    const attempt = { unitId, remoteId: box.folder.remoteId, kind: 'video', title: 'clip', sizeBytes: 1 } as const
    const id = versions.addComing(attempt, 0)
    versions.setTicket(id, 'given-up', '{}', 0)
    versions.retire(id, 'stray', 'closed')
    box.look({ dirs: ['from'] })
    await pass(box)
    expect(box.sent).toEqual([])
    expect(box.rows()).toEqual({ 'from/clip.mp4#1': 'to/clip.mp4', 'z.jpg#1': 'z.jpg' })
    expect(versions.byHash(box.folder.remoteId, 'given-up')).toMatchObject({ remote: 'stray', role: 'closed' })
  })

  test('analysis 5: any files that change places keep their rows, and their titles follow', async () => {
    const places = ['a.jpg', 'b.jpg', 'c.jpg', 'A.JPG', 'e.jpg']
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.shuffledSubarray(places, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 2 }),
        async (rounds) => {
          using box = await syncedBox(birthTimes)
          let now = ['a.jpg', 'b.jpg', 'c.jpg']
          for (const targets of rounds) {
            now.forEach((path, index) => void box.mv(path, `.moving-${index}`))
            targets.forEach((path, index) => void box.mv(`.moving-${index}`, path))
            now = targets
            await pass(box)
          }
          expect(box.sent).toEqual([])
          expect(box.rows()).toEqual({ ...SYNCED, 'a.jpg#1': now[0], 'b.jpg#1': now[1], 'c.jpg#1': now[2] })
          expect(box.judge()).toEqual([])
          expect(titles(box)).toEqual([...now, 'clip.mp4', 'g', 'h'].sort())
        },
      ),
      { numRuns: 5 },
    )
  })
})

test.each([
  ['with birth times', true],
  ['without birth times', false],
])('a file of an unknown type that is renamed to a known one is sent, on a file system %s', async (_, birthTimes) => {
  using box = new SurveyBox({ birthTimes })
  box.put('clip.mp4.copying', 'plain.mp4')
  box.put('run/1.dat')
  await box.sync()
  expect(box.rows()).toEqual({})
  box.mv('clip.mp4.copying', 'clip.mp4')
  box.mv('run/1.dat', 'run/1.jpg')
  await pass(box)
  expect(box.rows()).toEqual({ 'clip.mp4#1': 'clip.mp4', 'run#1': 'run' })
})

test('planted: a move that nobody looks for is sent anew', async () => {
  using box = await syncedBox(false)
  Object.assign(box.ledger.tree, { sameIdentity: () => [], sizeIsKnown: () => false, withContent: () => [] })
  box.mv('a.jpg', 'd.jpg')
  await pass(box)
  expect(box.sent).toEqual(['d.jpg'])
})

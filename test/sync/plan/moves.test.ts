import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FileStamp } from '../../../src/model/file.ts'
import { identityOf, type Move, matchMoves } from '../../../src/sync/plan/moves.ts'
import type { FileRecord } from '../../../src/sync/records.ts'
import type { Difference } from '../../../src/sync/survey.ts'
import { fileOf, NOW_MS, ns, stampOf } from '../../support/planWorld.ts'

/** What `lstat` says of the `n`-th file there ever was. */
function stamp(n: number, change: Partial<FileStamp> = {}): FileStamp {
  return stampOf({ ino: String(1_000 + n), birthNs: ns(NOW_MS + n), mtimeNs: ns(NOW_MS + n), ...change })
}

/** The same file after a rename: only its ctime is another. */
function renamed(n: number): FileStamp {
  return stamp(n, { ctimeNs: ns(NOW_MS + 1_000_000) })
}

function known(n: number, path: string, change: Partial<FileRecord> = {}): FileRecord {
  return fileOf(path, { id: n, unitId: n, stamp: stamp(n), ...change })
}

const absence = { ancestor: '', ctimeBeforeNs: '1', ctimeAfterNs: '2', unchanged: 0 }
const gone = (file: FileRecord): Difference => ({ kind: 'absent', known: file, absence })
const arrived = (path: string, at: FileStamp): Difference => ({ kind: 'new', path, stamp: at, problem: null })
const changed = (file: FileRecord, at: FileStamp): Difference => ({ kind: 'changed', known: file, stamp: at, problem: null })
const short = (moves: readonly Move[]): string[] => moves.map((move) => `${move.file.path} -> ${move.to}`).sort()

describe('a file that was renamed', () => {
  test('is found at its new path', () => {
    expect(short(matchMoves(1, [gone(known(1, 'a.jpg')), arrived('b/c.jpg', renamed(1))], []))).toEqual(['a.jpg -> b/c.jpg'])
  })

  test('is another file when its inode was re-used, or its size or time differs', () => {
    const a = known(1, 'a.jpg')
    for (const other of [{ birthNs: ns(NOW_MS) }, { sizeBytes: 99 }, { mtimeNs: '1' }, { ino: '5' }]) {
      expect(matchMoves(1, [gone(a), arrived('b.jpg', { ...renamed(1), ...other })], [])).toEqual([])
    }
  })

  test('is not matched without a birth time: an inode proves nothing', () => {
    const bare = { ...stamp(1), birthNs: null }
    expect(identityOf(bare)).toBeNull()
    expect(matchMoves(1, [gone(known(1, 'a.jpg', { stamp: bare })), arrived('b.jpg', bare)], [])).toEqual([])
  })

  test('over another one takes its place', () => {
    const a = known(1, 'a.jpg')
    const b = known(2, 'b.jpg')
    expect(short(matchMoves(1, [changed(a, renamed(2)), gone(b)], []))).toEqual(['b.jpg -> a.jpg'])
  })

  test('and whose path holds new content is moved all the same', () => {
    expect(short(matchMoves(1, [changed(known(1, 'a.jpg'), stamp(9)), arrived('b.jpg', renamed(1))], []))).toEqual(['a.jpg -> b.jpg'])
  })

  test('that swapped with another is found, and so is the other', () => {
    const a = known(1, 'a.jpg')
    const b = known(2, 'b.jpg')
    expect(short(matchMoves(1, [changed(a, renamed(2)), changed(b, renamed(1))], []))).toEqual(['a.jpg -> b.jpg', 'b.jpg -> a.jpg'])
  })

  test('with its directory, and its hard links in it, is found by its name', () => {
    const [a, b] = [known(1, 'd/a.jpg'), known(2, 'd/b.jpg', { stamp: stamp(1) })]
    const differences = [gone(a), gone(b), arrived('e/b.jpg', renamed(1)), arrived('e/a.jpg', renamed(1))]
    expect(short(matchMoves(1, differences, []))).toEqual(['d/a.jpg -> e/a.jpg', 'd/b.jpg -> e/b.jpg'])
  })

  test('while a hard link of it was removed leaves that one behind: which of them moved nobody can tell', () => {
    const [a, b] = [known(1, 'a.jpg'), known(2, 'b.jpg', { stamp: stamp(1) })]
    const moves = matchMoves(1, [gone(a), gone(b), arrived('c.jpg', renamed(1))], [])
    expect(moves).toMatchObject([{ file: { path: 'a.jpg' }, to: 'c.jpg', leftBehind: [{ path: 'b.jpg' }] }])
    expect(matchMoves(1, [gone(a), arrived('c.jpg', renamed(1))], [])).toMatchObject([{ leftBehind: [] }])
  })

  test('is nothing that was only touched', () => {
    const a = known(1, 'a.jpg')
    expect(matchMoves(1, [changed(a, stamp(1, { ctimeNs: '1' })), changed(a, stamp(1, { mtimeNs: '1' }))], [])).toEqual([])
  })

  test('is nothing that became a FIFO or an empty file', () => {
    expect(matchMoves(1, [gone(known(1, 'a.jpg')), { kind: 'new', path: 'b.jpg', stamp: renamed(1), problem: 'empty' }], [])).toEqual([])
  })
})

describe('a move that two looks saw', () => {
  test('first the absence, then the arrival', () => {
    const before = known(1, 'a.jpg', { local: 'absent' })
    expect(short(matchMoves(1, [arrived('b.jpg', renamed(1))], [before]))).toEqual(['a.jpg -> b.jpg'])
  })

  test('first the arrival, then the absence: the row of the arrival gives way', () => {
    const seen = fileOf('b.jpg', { id: 7, folderId: 2, stamp: renamed(1) })
    const [move, ...more] = matchMoves(1, [gone(known(1, 'a.jpg'))], [seen])
    expect(more).toEqual([])
    expect(move).toMatchObject({ to: 'b.jpg', toFolderId: 2, replaces: { id: 7 } })
  })

  test('is none when both are the same row', () => {
    const a = known(1, 'a.jpg')
    expect(matchMoves(1, [gone(a)], [{ ...a, local: 'present' }])).toEqual([])
  })
})

test('after any renames, swaps and cycles each known file is moved to where its identity is, none twice and none onto another', () => {
  const worlds = fc.integer({ min: 1, max: 8 }).chain((count) =>
    fc.record({
      count: fc.constant(count),
      // Where each file is now: a path of the first eight, or nowhere.
      targets: fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], { minLength: count, maxLength: count }),
      lost: fc.array(fc.boolean(), { minLength: count, maxLength: count }),
      strangers: fc.subarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
      order: fc.integer(),
    }),
  )
  fc.assert(
    fc.property(worlds, ({ count, targets, lost, strangers, order }) => {
      const path = (index: number): string => `${index}.jpg`
      const rows = Array.from({ length: count }, (_, index) => known(index, path(index)))
      const now = new Map<string, { readonly stamp: FileStamp; readonly from: number | null }>()
      rows.forEach((_, index) => {
        if (lost[index] !== true) now.set(path(targets[index] ?? 0), { stamp: renamed(index), from: index })
      })
      for (const index of strangers) if (!now.has(path(index))) now.set(path(index), { stamp: stamp(100 + index), from: null })

      const differences: Difference[] = []
      for (const row of rows) {
        const here = now.get(row.path)
        differences.push(here === undefined ? gone(row) : changed(row, here.stamp))
      }
      for (const [at, here] of now) if (!rows.some((row) => row.path === at)) differences.push(arrived(at, here.stamp))
      if (order % 2 === 0) differences.reverse()

      const expected = [...now].flatMap(([at, { from }]) => (from === null || path(from) === at ? [] : [`${path(from)} -> ${at}`])).sort()
      const moves = matchMoves(1, differences, [])
      expect(short(moves)).toEqual(expected)
      expect(new Set(moves.map((move) => move.file.id)).size).toBe(moves.length)
      expect(new Set(moves.map((move) => move.to)).size).toBe(moves.length)
    }),
    { numRuns: 1_000 },
  )
})

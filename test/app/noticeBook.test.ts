import { expect, test } from 'vitest'
import { afterTelling, dueNotices, EMPTY_BOOK, type NoticeBook } from '../../src/app/noticeBook.ts'
import { NOTICE_CAUSES, type NoticeCause, type Trouble } from '../../src/model/notice.ts'

const trouble = (key: string, cause: NoticeCause = 'credentials'): Trouble => ({
  key,
  cause,
  folder: '/in',
  what: `${key} is wrong`,
  next: 'date',
})
const MINUTE = 60_000

/** Looks every five seconds, as the service does, and has each notice delivered. */
function life(steps: readonly (readonly [untilMs: number, troubles: readonly Trouble[]])[], on: readonly NoticeCause[] = NOTICE_CAUSES) {
  const told: string[] = []
  let book: NoticeBook = EMPTY_BOOK
  let atMs = 0
  for (const [untilMs, troubles] of steps) {
    for (; atMs < untilMs; atMs += 5_000) {
      // As from the ledger, after any restart.
      const { book: next, due } = dueNotices(JSON.parse(JSON.stringify(book)) as NoticeBook, troubles, on, atMs)
      book = next
      for (const notice of due) {
        book = afterTelling(book, notice)
        told.push(`${notice.event} ${notice.key} ${atMs / 1000}`)
      }
    }
  }
  return told
}

test('a trouble is told once when it lasts, and once when it is over, through any number of restarts', () => {
  expect(
    life([
      [10 * MINUTE, [trouble('a')]],
      [20 * MINUTE, []],
    ]),
  ).toEqual(['begin a 10', 'over a 660'])
})

test('what passes within seconds is not told, and what comes back within a minute was never over', () => {
  expect(
    life([
      [5_000, [trouble('a')]],
      [MINUTE, []],
    ]),
  ).toEqual([])
  expect(
    life([
      [MINUTE, [trouble('a')]],
      [1.5 * MINUTE, []],
      [3 * MINUTE, [trouble('a')]],
    ]),
  ).toEqual(['begin a 10'])
})

test('what comes and goes is told again only after a quarter of an hour', () => {
  const [on, off] = [[trouble('a')], []]
  const flapping = Array.from({ length: 14 }, (_, step) => [(step + 1) * 2 * MINUTE, step % 2 === 0 ? on : off] as const)
  expect(life(flapping)).toEqual(['begin a 10', 'over a 180', 'begin a 1210', 'over a 1380'])
})

test('files that are set aside are gathered for a minute, and told as one', () => {
  expect(life([[5 * MINUTE, [trouble('rejected:f', 'rejected')]]])).toEqual(['begin rejected:f 60'])
})

test('twelve notices an hour at most: the rest waits its turn, and nothing is lost', () => {
  const many = Array.from({ length: 30 }, (_, at) => trouble(`t${at}`))
  const told = life([[130 * MINUTE, many]])
  expect(told).toHaveLength(30)
  expect(new Set(told.map((line) => line.split(' ')[1])).size).toBe(30)
  for (let at = 12; at < told.length; at++) {
    const [now = 0, before = 0] = [told[at], told[at - 12]].map((line) => Number(line?.split(' ')[2]))
    expect(now - before).toBeGreaterThanOrEqual(3_600)
  }
})

test('a cause that nobody asked for is not told, not even that it is over', () => {
  expect(
    life(
      [
        [MINUTE, [trouble('a'), trouble('b', 'clock')]],
        [5 * MINUTE, []],
      ],
      ['clock'],
    ),
  ).toEqual(['begin b 10', 'over b 120'])
})

test('a notice that reached nobody stays due', () => {
  const first = dueNotices(EMPTY_BOOK, [trouble('a')], NOTICE_CAUSES, 0)
  const second = dueNotices(first.book, [trouble('a')], NOTICE_CAUSES, 10_000)
  const third = dueNotices(second.book, [trouble('a')], NOTICE_CAUSES, 400_000)
  expect([second.due.length, third.due.length, third.due[0]?.sinceMs]).toEqual([1, 1, 0])
})

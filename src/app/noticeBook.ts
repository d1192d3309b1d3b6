import type { Notice, NoticeCause, Trouble } from '../model/notice.ts'

/** What was told, and what is still to be: kept in the ledger, so that a restart repeats nothing. Times are ms since 1970. */
export type NoticeBook = {
  readonly open: Readonly<Record<string, OpenTrouble>>
  /** When the last notices were told, for the bound on their number. */
  readonly told: readonly number[]
  /** When a trouble was last over, by its key. */
  readonly over: Readonly<Record<string, number>>
}

type OpenTrouble = Trouble & { readonly sinceMs: number; readonly toldMs: number | null; readonly goneMs: number | null }

export const EMPTY_BOOK: NoticeBook = { open: {}, told: [], over: {} }

const HOUR_MS = 3_600_000
/** What passes sooner is not told, ms. */
const LASTS_MS = 10_000
/** Files that are set aside come in numbers: one notice for them, ms. */
const GATHER_MS = 60_000
/** What is gone for less is not over, ms. */
const GONE_MS = 60_000
/** What comes back sooner after it was over is not told again until then, ms. */
const QUIET_MS = 900_000
/** Notices in an hour at most; what is more waits. */
const PER_HOUR = 12

/** What is to be told now, in the order in which it began. Pure. @param on causes that a person wants to hear of */
export function dueNotices(
  book: NoticeBook,
  troubles: readonly Trouble[],
  on: readonly NoticeCause[],
  atMs: number,
): { readonly book: NoticeBook; readonly due: readonly Notice[] } {
  const now = new Map(troubles.filter(({ cause }) => on.includes(cause)).map((trouble) => [trouble.key, trouble]))
  const open: Record<string, OpenTrouble> = {}
  const due: Notice[] = []
  for (const [key, known] of Object.entries(book.open)) {
    const still = now.get(key)
    if (still !== undefined) open[key] = { ...known, ...still, goneMs: null }
    else if (known.toldMs !== null && on.includes(known.cause)) open[key] = { ...known, goneMs: known.goneMs ?? atMs }
  }
  for (const [key, trouble] of now) open[key] ??= { ...trouble, sinceMs: atMs, toldMs: null, goneMs: null }
  for (const { toldMs, goneMs, ...one } of Object.values(open).sort((a, b) => a.sinceMs - b.sinceMs)) {
    if (goneMs !== null && atMs - goneMs >= GONE_MS) due.push({ ...one, event: 'over', atMs })
    const wasOverMs = book.over[one.key]
    const isQuiet = wasOverMs !== undefined && atMs - wasOverMs < QUIET_MS
    const lastsMs = one.cause === 'rejected' ? GATHER_MS : LASTS_MS
    if (goneMs === null && toldMs === null && !isQuiet && atMs - one.sinceMs >= lastsMs) due.push({ ...one, event: 'begin', atMs })
  }
  const told = book.told.filter((ms) => atMs - ms < HOUR_MS)
  return { book: { open, told, over: book.over }, due: due.slice(0, Math.max(0, PER_HOUR - told.length)) }
}

/** The book after a notice was delivered. Pure. */
export function afterTelling(book: NoticeBook, { key, event, atMs }: Notice): NoticeBook {
  const told = [...book.told, atMs]
  const known = book.open[key]
  if (known === undefined) return { ...book, told }
  if (event === 'begin') return { ...book, told, open: { ...book.open, [key]: { ...known, toldMs: atMs } } }
  const { [key]: _gone, ...open } = book.open
  const recent = Object.entries(book.over).filter(([, ms]) => atMs - ms < QUIET_MS)
  return { open, told, over: { ...Object.fromEntries(recent), [key]: atMs } }
}

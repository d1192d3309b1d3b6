import { afterTelling, dueNotices, EMPTY_BOOK, type NoticeBook } from '../app/noticeBook.ts'
import type { Clock } from '../model/clock.ts'
import type { Log } from '../model/event.ts'
import type { Notice, NoticeCause, Trouble } from '../model/notice.ts'
import type { LedgerPort } from '../sync/ledgerPort.ts'

/** How a notice fared: whether anybody has it, and why somebody has not; `why` is null when everybody has. */
export type Delivered = { readonly reached: boolean; readonly why: string | null }

/** Hands a notice to whoever the config names. Never rejects, never waits long. */
type Deliver = (notice: Notice) => Promise<Delivered>

export type NoticeTools = {
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  readonly ledger: Pick<LedgerPort, 'meta' | 'now'>
  /** What needs a person now. */
  troubles(): readonly Trouble[]
  /** Causes that are told; none where nobody is to be told. */
  on(): readonly NoticeCause[]
  readonly deliver: Deliver
}

const KEY = 'notices'
/** Between two looks, ms. */
const LOOK_MS = 5_000
/** After a notice that reached nobody, ms. */
const RETRY_MS = 300_000

/** Tells people what needs them, once when it begins and once when it is over, until the signal. Rejects when the ledger can't be written. */
export async function tellTroubles(tools: NoticeTools): Promise<void> {
  const { clock, signal } = tools
  let retryAtMs = Number.NEGATIVE_INFINITY
  let failing = false
  while (!signal.aborted) {
    await clock.sleep(LOOK_MS, signal).catch(() => undefined)
    if (signal.aborted) return
    const { book, due } = dueNotices(read(tools), tools.troubles(), tools.on(), clock.wallMs())
    write(tools, book)
    for (const notice of clock.monotonicMs() < retryAtMs ? [] : due) {
      const { reached, why } = await tools.deliver(notice)
      if (why !== null && !failing) tools.log.emit('notify.failed', { why, next: 'encord-sync notify test' })
      failing = why !== null
      if (!reached) {
        retryAtMs = clock.monotonicMs() + RETRY_MS
        break
      }
      write(tools, afterTelling(read(tools), notice))
      const { cause, event: phase, folder, what } = notice
      tools.log.emit('notify.sent', { cause, phase, folder, what })
    }
  }
}

function read({ ledger }: NoticeTools): NoticeBook {
  const text = ledger.meta.read(KEY)
  return text === null ? EMPTY_BOOK : (JSON.parse(text) as NoticeBook)
}

function write(tools: NoticeTools, book: NoticeBook): void {
  const text = JSON.stringify(book)
  const known = tools.ledger.meta.read(KEY)
  if (text !== (known ?? JSON.stringify(EMPTY_BOOK))) tools.ledger.now(() => tools.ledger.meta.write(KEY, text))
}

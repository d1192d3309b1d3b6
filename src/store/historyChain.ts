import { createHash } from 'node:crypto'

/** An entry of the history as its table holds it. `detail` is JSON text, `at` ms since 1970. */
export type HistoryRow = {
  readonly seq: number
  readonly at: number
  readonly folder_id: number | null
  readonly verb: string
  readonly data_hash: string | null
  readonly key: string | null
  readonly files: number
  readonly approved: number
  readonly detail: string
  readonly chain: string
}

/** The newest entry, kept apart from the table: without it, entries taken off the end would leave no gap. */
export type HistoryHead = { readonly seq: number; readonly chain: string }

/** What stands where entries were written before there was a chain. */
const UNCHAINED = 'unchained'

/** What a walk along the chain found. `problems` names entries by their number. */
export type ChainReport = { readonly entries: number; readonly unchained: number; readonly problems: readonly string[] }

/** Problems that are named one by one; a rewritten history has one for each entry. */
const MOST_NAMED = 20

/** The chain's hash of an entry: over the one before it and the entry itself, hex. */
export function linkOf(previous: string, row: Omit<HistoryRow, 'chain'>): string {
  const content = [row.seq, row.at, row.folder_id, row.verb, row.data_hash, row.key, row.files, row.approved, row.detail]
  return createHash('sha256')
    .update(`${previous}\n${JSON.stringify(content)}`)
    .digest('hex')
}

/** `12:ab34…` as head; null when it is none. */
export function parseHead(text: string | null): HistoryHead | null {
  const [, seq, chain] = /^(\d+):(.+)$/.exec(text ?? '') ?? []
  return seq === undefined || chain === undefined ? null : { seq: Number(seq), chain }
}

/**
 * Walks the history, oldest entry first. After an entry that is not what was written, the walk goes on from what stands there, so
 * that only the changed ones are named.
 * @param unchainedUntil the last entry from before there was a chain, 0 without any
 */
export function walkChain(rows: Iterable<HistoryRow>, head: HistoryHead | null, unchainedUntil: number): ChainReport {
  const problems: string[] = []
  let entries = 0
  let unchained = 0
  let last: HistoryHead = { seq: 0, chain: '' }
  for (const row of rows) {
    entries++
    const gap = row.seq - last.seq - 1
    if (gap > 0) problems.push(missing(last.seq + 1, row.seq - 1))
    if (row.chain === UNCHAINED && row.seq <= unchainedUntil) unchained++
    // The entry after a gap can't be proven, and is no second finding.
    else if (gap === 0 && linkOf(last.chain, row) !== row.chain) problems.push(`entry ${row.seq} is not what was written (${row.verb})`)
    last = { seq: row.seq, chain: row.chain }
  }
  if (head === null) {
    if (entries > 0) problems.push('the note of the newest entry is missing')
  } else if (head.seq > last.seq) problems.push(missing(last.seq + 1, head.seq))
  else if (head.seq < last.seq) problems.push(`entries after ${head.seq} were not written by encord-sync`)
  else if (head.chain !== last.chain) problems.push(`the newest entry, ${last.seq}, is not the one that was written last`)
  const named = problems.slice(0, MOST_NAMED)
  return {
    entries,
    unchained,
    problems: problems.length > named.length ? [...named, `and ${problems.length - named.length} more`] : named,
  }
}

function missing(from: number, to: number): string {
  return from === to ? `entry ${from} is missing` : `entries ${from} to ${to} are missing`
}

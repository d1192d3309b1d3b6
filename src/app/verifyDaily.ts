import type { Clock } from '../model/clock.ts'
import { EncordError } from '../model/error.ts'
import type { Log } from '../model/event.ts'
import type { Ledger } from '../store/openLedger.ts'
import type { FileRecord, FolderRecord } from '../sync/records.ts'
import type { RemoteLink } from '../sync/remoteLink.ts'
import { type Drift, type DriftClass, isRowAwaited, missingRows, rowsWithoutFile, unknownRows } from './drift.ts'

export type DailyVerifyTools = {
  readonly ledger: Ledger
  readonly folders: readonly FolderRecord[]
  readonly links: ReadonlyMap<number, RemoteLink>
  readonly log: Log
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** What the last comparison in the service came to. */
export type Verified = {
  /** ms since 1970. */
  readonly atMs: number
  /** Differences that a person must look at. */
  readonly drift: number
  /** Why it could not be made; null when it was. */
  readonly failed: string | null
}

const KEY = 'verified'
/** A unit that was seen, unchanged, longer ago than this does not arrive by itself, ms. */
const LONG_MS = 86_400_000

/** What the last comparison in a service came to; null before the first. */
export function lastVerified(ledger: Pick<Ledger, 'meta'>): Verified | null {
  const text = ledger.meta.read(KEY)
  return text === null ? null : (JSON.parse(text) as Verified)
}

/**
 * The daily comparison in the service: reads each dataset, and compares it with the ledger, which the service's own whole scans keep
 * in step with the disk. Deletes nothing; rows that someone else removed are marked as such, as with each listing.
 */
export async function verifyDaily(tools: DailyVerifyTools): Promise<void> {
  const { ledger, links, log, clock } = tools
  const began = clock.monotonicMs()
  const found: Drift[] = unsentLong(tools).slice()
  let rows = 0
  try {
    for (const link of links.values()) {
      const seen = await compare(tools, link)
      rows += seen.rows
      found.push(...seen.drift)
    }
  } catch (error) {
    if (tools.signal.aborted) return
    if (!(error instanceof EncordError || error instanceof Unbelieved)) throw error
    remember(ledger, { atMs: clock.wallMs(), drift: 0, failed: error.message })
    log.emit('verify.failed', { why: error.message, next: 'encord-sync verify' })
    return
  }
  const drift = found.filter(({ needsPerson }) => needsPerson)
  remember(ledger, { atMs: clock.wallMs(), drift: drift.length, failed: null })
  const tookMs = Math.round(clock.monotonicMs() - began)
  if (drift.length === 0) {
    log.emit('verify.ok', { datasets: links.size, rows, tookMs })
    return
  }
  const count = (one: DriftClass): number => drift.filter((each) => each.class === one).length
  log.emit('verify.drift', {
    remoteMissing: count('remote-missing'),
    unknownRows: count('unknown-row'),
    notInDataset: count('not-in-dataset'),
    fileGone: count('file-gone'),
    tookMs,
    next: 'encord-sync verify',
  })
}

/** A listing that marks nothing. */
class Unbelieved extends Error {
  override readonly name = 'Unbelieved'
}

async function compare(
  { ledger, clock, signal }: DailyVerifyTools,
  link: RemoteLink,
): Promise<{ readonly rows: number; readonly drift: readonly Drift[] }> {
  const askedAtMs = clock.wallMs()
  const { rows } = await link.remote.listing({ clientMetadata: true }, { signal })
  const { dataset } = ledger.remotes.get(link.id)
  if ((await link.listing()) === null) throw new Unbelieved(`the dataset ${dataset}: ${link.trouble() ?? 'it could not be read'}`)
  // What the service did meanwhile is in its ledger by now, but for a row whose answer is on its way.
  const isAwaited = isRowAwaited(ledger)
  const listed = new Set(rows.map((row) => row.dataHash))
  return {
    rows: rows.length,
    drift: [
      ...missingRows(ledger, link.id),
      ...(isAwaited ? [] : unknownRows(ledger, link.id, rows, askedAtMs)),
      ...rowsWithoutFile(ledger, link.id, listed, new Map()),
    ],
  }
}

/** There, and not in the dataset for more than a day: neither set aside nor waiting for a person. */
function unsentLong({ ledger, folders, clock }: DailyVerifyTools): readonly Drift[] {
  return folders.flatMap((folder) =>
    ledger.units
      .open(folder.id)
      .flatMap((id) => ledger.units.get(id) ?? [])
      .filter(({ local, work }) => local === 'present' && (work === 'waiting' || work === 'queued' || work === 'failed'))
      .filter(({ id }) => ledger.tree.filesOfUnit(id).every((file) => clock.wallMs() - restsSinceMs(ledger, file) > LONG_MS))
      .map(({ key, why }) => ({
        class: 'not-in-dataset' as const,
        folder: folder.path,
        path: key,
        dataHash: null,
        title: '',
        why,
        next: 'encord-sync verify',
        needsPerson: true,
      })),
  )
}

/** Attempts start a unit's own time anew. */
function restsSinceMs(ledger: Ledger, { firstScan, stamp }: FileRecord): number {
  return Math.max(ledger.scans.get(firstScan)?.endedMs ?? 0, Number(BigInt(stamp.ctimeNs) / 1_000_000n))
}

function remember(ledger: Ledger, verified: Verified): void {
  ledger.now(() => ledger.meta.write(KEY, JSON.stringify(verified)))
}

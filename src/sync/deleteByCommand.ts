import type { Clock } from '../model/clock.ts'
import { EncordError } from '../model/error.ts'
import type { Log } from '../model/event.ts'
import { type RemoteListing, type RemoteRow, ROW_TYPES } from '../model/remote.ts'
import { UNIT_KINDS, type UnitKind } from '../model/unit.ts'
import { commandEvidence } from './commandEvidence.ts'
import { carryOut, type IntendedDelete } from './deleter.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { Listed } from './listing.ts'
import type { DeleteCall, Remote } from './ports.ts'
import type { VersionRecord } from './records.ts'
import { resolveDelete } from './resolveDelete.ts'

export type CommandTools = {
  readonly ledger: LedgerPort
  readonly remote: Pick<Remote, 'listing' | 'serverTime'>
  readonly deleteCall: DeleteCall
  readonly remoteId: number
  readonly clock: Clock
  readonly log: Log
  /** Ends the waiting; a call that was begun is never cut off. */
  readonly signal: AbortSignal
  /** ms that a listing may lag. */
  readonly absentGapMs: number
  /** An answer was lost; the dataset is read again after this long, ms. */
  onWait(forMs: number): void
}

/** What became of a row that a person named. `kept`: it is still there, proven; `refused`: by the server's own word. */
export type CommandOutcome =
  | { readonly kind: 'deleted' }
  | { readonly kind: 'kept'; readonly why: string; readonly refused: boolean }
  | { readonly kind: 'unknown'; readonly why: string }
  | { readonly kind: 'not-sent'; readonly why: string }

/** Rows in one DELETE call. */
const DELETE_BATCH = 20
/** Listings that say nothing, in a row, after which an outcome is left open. */
const MOST_SILENT_LISTINGS = 3

const KINDS: ReadonlyMap<string, UnitKind> = new Map(UNIT_KINDS.map((kind) => [ROW_TYPES[kind], kind]))

/**
 * Deletes exactly the rows that a person named and was shown (design, section 6: no scans). The dataset is read before each call,
 * the intents are on disk before it, and an unknown outcome is looked up before anything is said. Rows that are no longer listed
 * count as deleted. Calls end at the first failure that the next one would share.
 * @returns the outcome of each hash
 */
export async function deleteByCommand(tools: CommandTools, dataHashes: readonly string[]): Promise<ReadonlyMap<string, CommandOutcome>> {
  const outcomes = new Map<string, CommandOutcome>()
  const named = new Set(dataHashes)
  for (let from = 0; from < dataHashes.length; from += DELETE_BATCH) {
    const batch = dataHashes.slice(from, from + DELETE_BATCH)
    const stop = await deleteBatch(tools, batch, named, outcomes)
    if (stop === null) continue
    for (const hash of dataHashes) if (!outcomes.has(hash)) outcomes.set(hash, { kind: 'not-sent', why: stop })
    break
  }
  return outcomes
}

/**
 * Looks up what became of earlier DELETEs of this dataset whose answer was lost. @returns whether there were any
 * @param listed the hashes of the dataset, just read
 */
export async function settleOpenDeletes(tools: CommandTools, listed: readonly string[]): Promise<boolean> {
  const { ledger, remoteId } = tools
  const open = ledger.operations.open().flatMap((operation): IntendedDelete[] => {
    const version = operation.verb === 'delete' ? ledger.versions.get(operation.versionId) : null
    if (version === null || version.remoteId !== remoteId) return []
    return [{ operationId: operation.id, version, ...placeOf(ledger, version), evidence: operation.evidence ?? '' }]
  })
  if (open.length === 0) return false
  const asked = new Set(open.map(({ version }) => version.dataHash))
  await settle(
    tools,
    open,
    listed.filter((hash) => !asked.has(hash)),
  )
  return true
}

/** @returns why no further call is worth making; null to go on */
async function deleteBatch(
  tools: CommandTools,
  hashes: readonly string[],
  named: ReadonlySet<string>,
  outcomes: Map<string, CommandOutcome>,
): Promise<string | null> {
  if (tools.signal.aborted) return 'stopped before it was sent'
  const listing = await readDataset(tools)
  if (typeof listing === 'string') return listing
  const rows = new Map(listing.rows.map((row) => [row.dataHash, row]))
  for (const hash of hashes) if (!rows.has(hash)) outcomes.set(hash, { kind: 'deleted' })
  const intended = await intend(
    tools,
    hashes.flatMap((hash) => rows.get(hash) ?? []),
  )
  if (intended.length === 0) return null
  // A listing without any other row of before is not to be trusted.
  const others = listing.rows.map((row) => row.dataHash).filter((hash) => !named.has(hash))
  const failure = await send(tools, intended, others)
  for (const row of intended) outcomes.set(row.version.dataHash ?? '', outcomeOf(tools, row, failure))
  if (failure !== null && intended.length > 1) return await oneByOne(tools, failure, intended, named, outcomes)
  if (failure === null || failure.kind === 'this-file' || failure.kind === 'look-first') return null
  return failure.message
}

/** A batch that the server refuses may hold one bad row: the others are asked for one at a time. */
async function oneByOne(
  tools: CommandTools,
  failure: EncordError,
  rows: readonly IntendedDelete[],
  named: ReadonlySet<string>,
  outcomes: Map<string, CommandOutcome>,
): Promise<string | null> {
  if (failure.kind === 'transient' || failure.kind === 'credentials') return failure.message
  let why: string | null = null
  let taken = false
  for (const { version } of rows) {
    const hash = version.dataHash ?? ''
    if (outcomes.get(hash)?.kind === 'kept') why = await deleteBatch(tools, [hash], named, outcomes)
    taken ||= outcomes.get(hash)?.kind === 'deleted'
  }
  // What is refused for every single row will be refused for the next ones too.
  return taken ? null : why
}

async function readDataset({ remote, ledger, remoteId, signal }: CommandTools): Promise<RemoteListing | string> {
  try {
    const listing = await remote.listing({ clientMetadata: false }, { signal })
    return listing.dataset.toLowerCase() === ledger.remotes.get(remoteId).dataset
      ? listing
      : `the answer names the dataset ${listing.dataset}`
  } catch (error) {
    if (!(error instanceof EncordError)) throw error
    return error.message
  }
}

/** Writes down what is about to happen; rows that the ledger does not know get a version without a unit. */
function intend({ ledger, clock, remote, remoteId }: CommandTools, rows: readonly RemoteRow[]): Promise<readonly IntendedDelete[]> {
  return ledger.commit(() =>
    rows.map((row): IntendedDelete => {
      const atMs = clock.wallMs()
      const known = ledger.versions.byHash(remoteId, row.dataHash)
      const id = known?.id ?? ledger.versions.addDetached(detached(remoteId, row), atMs)
      const evidence = commandEvidence({ dataHash: row.dataHash, title: row.title, type: row.type }, ledger.candidates.get(id))
      ledger.candidates.remove(id)
      ledger.candidates.add(id, 'command', null, atMs)
      // The listing has just shown it, whatever was believed before.
      ledger.versions.setRemote(id, 'live')
      const operationId = ledger.operations.intend(id, 'delete', atMs, remote.serverTime()?.dateMs ?? null, evidence)
      ledger.versions.setRemote(id, 'deleting')
      const version = ledger.versions.get(id)
      if (version === null) throw new Error(`no version ${id}`)
      return { operationId, version, ...placeOf(ledger, version), evidence }
    }),
  )
}

function placeOf(ledger: LedgerPort, { unitId }: VersionRecord): Pick<IntendedDelete, 'folder' | 'key'> {
  const unit = unitId === null ? null : ledger.units.get(unitId)
  return unit === null ? { folder: null, key: '' } : { folder: ledger.folders.get(unit.folderId), key: unit.key }
}

function detached(remoteId: number, { dataHash, title, type, sizeBytes }: RemoteRow) {
  // Other types, such as DICOM series, are made of several files; the evidence has the server's own word.
  return { remoteId, dataHash, title, kind: KINDS.get(type) ?? ('image_group' as const), sizeBytes: sizeBytes ?? 0 }
}

/** One call, and the look at what became of it where the answer does not tell. @returns what the server or the network said against it */
async function send(tools: CommandTools, rows: readonly IntendedDelete[], others: readonly string[]): Promise<EncordError | null> {
  let failure: EncordError | null = null
  const deleteCall: DeleteCall = async (hashes, options) => {
    try {
      await tools.deleteCall(hashes, options)
    } catch (error) {
      if (error instanceof EncordError) failure = error
      throw error
    }
  }
  try {
    await carryOut({ ...tools, deleteCall, oneByOne: new Set(), crashPoint: () => undefined }, rows)
  } catch (error) {
    if (!(error instanceof EncordError)) throw error
    return error
  }
  if (failure !== null) await settle(tools, rows, others)
  return failure
}

/** Reads the dataset until each outcome is known, or nothing more can be learned now. */
async function settle(tools: CommandTools, rows: readonly IntendedDelete[], others: readonly string[]): Promise<void> {
  let silent = 0
  for (;;) {
    const listed = await listedNow(tools, others)
    silent = listed === null ? silent + 1 : 0
    let waitMs = 0
    for (const row of rows) waitMs = Math.max(waitMs, await settleOne(tools, row, listed))
    if (waitMs === 0 || silent >= MOST_SILENT_LISTINGS || tools.signal.aborted) return
    tools.onWait(waitMs)
    try {
      await tools.clock.sleep(waitMs, tools.signal)
    } catch {
      return
    }
  }
}

/** @returns ms until the next look; 0 when the outcome is known */
async function settleOne(tools: CommandTools, row: IntendedDelete, listed: Listed | null): Promise<number> {
  const operation = tools.ledger.operations.openOf(row.version.id).find((one) => one.id === row.operationId)
  if (operation === undefined) return 0
  const result = await resolveDelete(
    { ...tools, listing: async () => listed, folder: { path: row.folder?.path ?? '' } },
    row.version,
    operation,
  )
  return result.kind === 'later' ? Math.max(1, result.forMs) : 0
}

async function listedNow(tools: CommandTools, others: readonly string[]): Promise<Listed | null> {
  const askedAtMs = tools.clock.wallMs()
  const listing = await readDataset(tools)
  if (typeof listing === 'string') return null
  const rows = new Map(listing.rows.map((row) => [row.dataHash, row]))
  if (others.length > 0 && !others.some((hash) => rows.has(hash))) return null
  return { askedAtMs, rows: listing.rows, has: (hash) => rows.has(hash), row: (hash) => rows.get(hash) ?? null }
}

function outcomeOf({ ledger }: CommandTools, { version, operationId }: IntendedDelete, failure: EncordError | null): CommandOutcome {
  const why = failure?.message ?? ''
  if (ledger.operations.openOf(version.id).some((one) => one.id === operationId)) return { kind: 'unknown', why }
  const now: VersionRecord | null = ledger.versions.get(version.id)
  const isGone = now !== null && now.dataHash !== null && (now.remote === 'gone' || now.remote === 'missing')
  if (isGone) return { kind: 'deleted' }
  return { kind: 'kept', why: failure === null ? 'it is still listed' : why, refused: failure !== null && failure.kind !== 'transient' }
}

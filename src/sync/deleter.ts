import { EncordError } from '../model/error.ts'
import { dirOf, nameOf, type RelPath } from '../model/file.ts'
import { pathsOfRow } from './candidateFiles.ts'
import { changedFile } from './changedFile.ts'
import { aheadOfServerMs, CLOCK_ROOM_MS } from './clocks.ts'
import { dropCommand } from './commandEvidence.ts'
import type { EffectTools } from './effectTools.ts'
import { ledgerNow, leftIn } from './folderState.ts'
import { addBatch } from './heldBatch.ts'
import { judgeIdentity } from './plan/folderIdentity.ts'
import { sentFiles, unitContent } from './plan/unitContent.ts'
import type { AbsenceLook, DeleteCall } from './ports.ts'
import type { Absence, CandidateRecord, FileRecord, FolderRecord, UnitRecord, VersionRecord } from './records.ts'
import { closeDeleted } from './resolveDelete.ts'

export type DeleterTools = EffectTools & {
  /** The only destructive call; nobody else is handed it. */
  readonly deleteCall: DeleteCall
  /** Judges the folder's candidates anew, at this moment: the versions that may go. */
  judgeNow(): readonly number[]
  /** The same for these, beside the others as `judgeNow` found them. */
  judgeAgain(versionIds: readonly number[]): readonly number[]
  /** Versions of a batch that the server refused as a whole, to name the bad one, or that took too long to be looked at: they go one by one. */
  readonly oneByOne: Set<number>
}

/** Units in one DELETE call. */
const DELETE_BATCH = 20
/** From the last look at the disk to the call, ms. */
const FRESH_MS = 1_000
/** Looks at the disk in one attempt, until one is fast enough. */
const MOST_LOOKS = 3

export type DeleteResult = { readonly kind: 'done' } | { readonly kind: 'stopped'; readonly why: string; readonly state: 'clock' | null }

type Target = {
  readonly version: VersionRecord
  readonly unit: UnitRecord
  readonly candidate: CandidateRecord
  readonly files: readonly FileRecord[]
}

/**
 * Sends one DELETE for up to 20 versions (design, section 6, rules 8 and 9). Order: dataset read -> slot in hand -> identity ->
 * listing and `lstat` of each -> identity -> intent with the evidence -> call within a second. Each attempt starts at the
 * beginning; no transport repeats it.
 */
export async function deleteVersions(tools: DeleterTools, versionIds: readonly number[]): Promise<DeleteResult> {
  const { ledger, clock } = tools
  const listed = await tools.listing()
  if (listed === null) return { kind: 'stopped', why: 'the dataset could not be read', state: null }
  const skew = clockSkew(tools)
  if (skew !== null) return { kind: 'stopped', why: skew, state: 'clock' }
  return await tools.inSlot(0, async () => {
    const allowed = new Set(tools.judgeNow())
    const possible = versionIds.filter((id) => allowed.has(id))
    const wanted = possible.slice(0, possible.some((id) => tools.oneByOne.has(id)) ? 1 : DELETE_BATCH)
    const before = await identityTrouble(tools)
    if (before !== null) return { kind: 'stopped', why: before, state: null }
    const { lookedAtMs, tookMs, proven } = await prove(
      tools,
      wanted.filter((id) => listed.has(ledger.versions.get(id)?.dataHash ?? '')),
    )
    const after = await identityTrouble(tools)
    if (after !== null) return { kind: 'stopped', why: after, state: null }
    if (proven.length === 0) return { kind: 'stopped', why: 'nothing could be proven gone just now', state: null }
    if (clock.monotonicMs() - lookedAtMs > FRESH_MS) return tooSlow(tools, proven, tookMs)
    return await send(tools, proven, lookedAtMs)
  })
}

/** Fewer paths are looked at faster; what else took long is another time's matter. */
function tooSlow({ oneByOne }: DeleterTools, proven: readonly Proven[], tookMs: number): DeleteResult {
  if (proven.length > 1 && tookMs > FRESH_MS) for (const { target } of proven) oneByOne.add(target.version.id)
  return { kind: 'stopped', why: 'the last look took too long; it starts anew', state: null }
}

type Proven = { readonly target: Target; readonly proof: unknown }

/**
 * Looks at the disk, and once more when that took much of the time that is left for the call: a large directory takes long to be listed, and
 * a look after that lists only what changed since.
 */
async function prove(
  tools: DeleterTools,
  versionIds: readonly number[],
): Promise<{ readonly lookedAtMs: number; readonly tookMs: number; readonly proven: readonly Proven[] }> {
  const { clock } = tools
  const listings: AbsenceLook['listings'] = new Map()
  let left = versionIds
  for (let looks = 1; ; looks++) {
    const lookedAtMs = clock.monotonicMs()
    const proven = await proveEach(tools, left, { listings, real: new Set(), gone: new Map() })
    const tookMs = clock.monotonicMs() - lookedAtMs
    if (looks === MOST_LOOKS || tookMs <= FRESH_MS / 2) return { lookedAtMs, tookMs, proven }
    left = proven.map(({ target }) => target.version.id)
  }
}

async function proveEach(tools: DeleterTools, versionIds: readonly number[], look: AbsenceLook): Promise<readonly Proven[]> {
  const { ledger, clock } = tools
  const proven: Proven[] = []
  for (const id of versionIds) {
    const target = targetOf(tools, id)
    if (target === null) continue
    const proof = await proofOf(tools, target, look)
    if (proof.kind === 'proven') proven.push({ target, proof: proof.proof })
    else {
      await ledger.commit(() => {
        // It was called off meanwhile: nothing is left for a person to decide.
        if (ledger.candidates.get(id) === null) return
        ledger.candidates.setNote(id, proof.why)
        ledger.candidates.setFirst(id, null)
        if (!isForPerson(proof)) return
        addBatch(ledger, tools.folder, [target.version], proof.why, clock.wallMs())
      })
    }
  }
  return proven
}

function targetOf(tools: DeleterTools, versionId: number): Target | null {
  const { ledger, folder } = tools
  const version = ledger.versions.get(versionId)
  const candidate = ledger.candidates.get(versionId)
  const unit = version?.unitId == null ? null : ledger.units.get(version.unitId)
  if (version === null || candidate === null || unit === null || version.remote !== 'live') return null
  // The call goes to this folder's dataset, and the paths are looked for below this folder's root.
  if (version.remoteId !== folder.remoteId || unit.folderId !== folder.id) return null
  return { version, unit, candidate, files: ledger.tree.filesOfUnit(unit.id) }
}

type Proof =
  | { readonly kind: 'proven'; readonly proof: unknown }
  | { readonly kind: 'lacking'; readonly why: string; readonly obstacle?: 'taken' | 'mount' }

/**
 * What stands in the way will not go by itself: something of another kind at the path, or a mount above it. A person has to decide,
 * or it would be tried for ever.
 */
function isForPerson(proof: Extract<Proof, { kind: 'lacking' }>): boolean {
  return proof.obstacle !== undefined
}

/** A file of another unit stands at the path. */
function isTaken({ ledger, folder }: DeleterTools, unit: UnitRecord, path: RelPath): boolean {
  const dir = ledger.tree.dir(folder.id, dirOf(path))
  const file = dir === null ? null : ledger.tree.fileAt(dir.id, nameOf(path))
  return file !== null && file.local === 'present' && file.unitId !== unit.id
}

/** What stands at the path: a scan will find it and call the row off, except another's file and what scans pass over. */
function standsThere(tools: DeleterTools, unit: UnitRecord, path: RelPath): Extract<Proof, { kind: 'lacking' }> {
  const { disk, folder } = tools
  if (isTaken(tools, unit, path)) return { kind: 'lacking', why: `${path} is there after all`, obstacle: 'taken' }
  if (disk.filesIn(folder.path, dirOf(path), [nameOf(path)])?.has(nameOf(path)) === false)
    return { kind: 'lacking', why: `what stands at ${path} is ignored or no file`, obstacle: 'taken' }
  return { kind: 'lacking', why: `${path} is there after all` }
}

async function proofOf(tools: DeleterTools, target: Target, look: AbsenceLook): Promise<Proof> {
  if (target.candidate.why === 'command' || target.candidate.why === 'stray') return { kind: 'proven', proof: 'asked for by a person' }
  if (target.candidate.why === 'superseded') return proofOfSuccessor(tools, target)
  const paths = pathsOf(tools, target)
  if (paths === null) return { kind: 'lacking', why: 'no path is known that it would be gone from' }
  const proofs: unknown[] = []
  for (const [path, noticed] of paths) {
    const seen = await tools.disk.proveAbsent(tools.folder.path, path, look)
    if (seen.kind === 'present') return standsThere(tools, target.unit, path)
    if (seen.kind === 'unseen') {
      const why = `${path} cannot be proven gone: ${seen.at === '' ? '.' : seen.at} (${seen.errno})`
      return seen.errno === 'EXDEV' ? { kind: 'lacking', why, obstacle: 'mount' } : { kind: 'lacking', why }
    }
    proofs.push({ path, errno: 'ENOENT', ancestor: seen.ancestor, ancestorCtimeNs: seen.ancestorStamp.ctimeNs, noticed })
  }
  return { kind: 'proven', proof: { paths: proofs } }
}

/**
 * Every path that a row stands for, and what was noticed of each: the paths of its files, and for a file that went into another
 * unit (its entry has no path any more) the one it left. Null when there is none.
 */
function pathsOf({ ledger }: DeleterTools, { unit, version, files }: Target): ReadonlyMap<RelPath, Absence | null> | null {
  if (unit.key.includes('\u0000')) return null
  const paths = new Map(files.filter((file) => !file.path.includes('\u0000')).map((file) => [file.path, file.absence] as const))
  if (paths.size < files.length || paths.size === 0) {
    for (const path of pathsOfRow(ledger, unit, version)) if (!paths.has(path)) paths.set(path, null)
  }
  return paths.size === 0 ? null : paths
}

/** The new content stands at the path now, as it was sent. */
function proofOfSuccessor(tools: DeleterTools, target: Target): Proof {
  const { ledger, disk, folder } = tools
  const { unit } = target
  const successor = ledger.versions.ofUnit(unit.id).find((one) => one.role === 'current')
  if (successor === undefined || successor.remote !== 'live') return { kind: 'lacking', why: 'the newer version is not in the dataset' }
  if (unitContent(target.files, unit) !== successor.content)
    return { kind: 'lacking', why: 'the newer content is not known to stand at the path' }
  const changed = changedFile(disk, folder.path, sentFiles(target.files, unit))
  if (changed !== null) return { kind: 'lacking', why: `${changed.path} changed since it was looked at` }
  return { kind: 'proven', proof: { successor: successor.dataHash, content: successor.content } }
}

async function identityTrouble(tools: DeleterTools): Promise<string | null> {
  const { ledger, folder, disk, clock } = tools
  const known = ledger.folders.get(folder.id)
  const left = leftIn(ledger, folder.id)
  const seen = await disk.identity(folder.path)
  const verdict = judgeIdentity(known, seen, ledgerNow(ledger, folder.id, left), clock.wallMs())
  if (verdict.state !== 'ok') return `the folder is ${verdict.state}: ${verdict.why}`
  if (known.state !== 'ok' && known.state !== 'degraded') return `the folder is ${known.state}: ${known.why}`
  if (known.paused) return 'the folder is paused'
  const mounts = await disk.mounts(folder.path)
  if (mounts === null) return 'what is mounted at or under the folder cannot be told now'
  if (JSON.stringify(mounts) !== JSON.stringify(known.mounts)) return 'the mounts at or under the folder changed'
  return null
}

/** Rule 8: the server's clock agrees with ours, and ours is not behind what the ledger has seen. */
export function clockSkew(
  tools: Pick<DeleterTools, 'ledger' | 'clock'> & { readonly remote: Pick<DeleterTools['remote'], 'serverTime'> },
): string | null {
  const { ledger, clock } = tools
  const differenceMs = aheadOfServerMs(clock, tools.remote)
  if (differenceMs === null) return 'the server sent no Date'
  if (Math.abs(differenceMs) > CLOCK_ROOM_MS)
    return `this machine's clock and the server's differ by ${Math.round(differenceMs / 60_000)} min`
  const newest = Number(ledger.meta.read('newest_time') ?? 0)
  if (clock.wallMs() >= newest - CLOCK_ROOM_MS) return null
  // Two clocks agree against the ledger: it was written with a wrong one. What it knows of times is worth nothing.
  ledger.now(() => {
    ledger.meta.write('newest_time', String(clock.wallMs()))
    for (const { id } of ledger.folders.all())
      for (const candidate of ledger.candidates.ofFolder(id)) ledger.candidates.setFirst(candidate.versionId, null)
  })
  return 'the ledger has seen a later time than it is now; graces start again'
}

async function send(tools: DeleterTools, proven: readonly Proven[], lookedAtMs: number): Promise<DeleteResult> {
  const { ledger, clock, folder } = tools
  const known = ledger.folders.get(folder.id)
  // The trigger of the ledger refuses each intent whose recorded scans do not bear it out.
  const operations = await ledger.commit(() => {
    // Scans and plans went on while the disk was looked at: what they found counts.
    const still = new Set(tools.judgeAgain(proven.map(({ target }) => target.version.id)))
    if (proven.some(({ target }) => !still.has(target.version.id))) return null
    return proven.map(({ target: { version, unit, candidate }, proof }): IntendedDelete => {
      const evidence = JSON.stringify({
        firstScan: candidate.firstScan,
        secondScan: candidate.secondScan,
        batch: candidate.batchId,
        identity: known.root,
        mounts: known.mounts,
        proof,
      })
      const id = ledger.operations.intend(version.id, 'delete', clock.wallMs(), tools.remote.serverTime()?.dateMs ?? null, evidence)
      ledger.versions.setRemote(version.id, 'deleting')
      return { operationId: id, version, folder, key: unit.key, evidence }
    })
  })
  if (operations === null) return { kind: 'stopped', why: 'something changed while it was proven; it starts anew', state: null }
  if (clock.monotonicMs() - lookedAtMs > FRESH_MS) {
    await ledger.commit(() => {
      for (const { operationId, version } of operations) {
        ledger.operations.end(operationId, 'not-applied', clock.wallMs())
        ledger.versions.setRemote(version.id, 'live')
      }
    })
    return { kind: 'stopped', why: 'writing the intent took too long; it starts anew', state: null }
  }
  return await carryOut(tools, operations)
}

/** A row whose intent to be deleted is written down. `folder` is null and `key` '' where the ledger knows no file of it. */
export type IntendedDelete = {
  readonly operationId: number
  readonly version: VersionRecord
  readonly folder: FolderRecord | null
  readonly key: string
  readonly evidence: string
}

export type DeleteCallTools = Pick<DeleterTools, 'ledger' | 'clock' | 'log' | 'deleteCall' | 'oneByOne' | 'crashPoint'>

/**
 * Sends the one DELETE for rows whose intents are on disk, and writes down what came of it; an unknown outcome stays an open
 * operation. @throws EncordError when nothing was deleted
 */
export async function carryOut(tools: DeleteCallTools, rows: readonly IntendedDelete[]): Promise<{ readonly kind: 'done' }> {
  const { ledger, clock, log } = tools
  tools.crashPoint('delete.intended')
  for (const row of rows) log.emit('delete.sent', refOf(row))
  try {
    await tools.deleteCall(
      rows.map(({ version }) => version.dataHash ?? ''),
      { signal: AbortSignal.timeout(60_000) },
    )
  } catch (error) {
    return await failed(tools, rows, error)
  }
  tools.crashPoint('delete.answered')
  await ledger.commit(() => {
    for (const { operationId, version } of rows) {
      ledger.operations.end(operationId, 'done', clock.wallMs())
      closeDeleted(tools, version)
    }
  })
  for (const { version } of rows) tools.oneByOne.delete(version.id)
  tools.crashPoint('delete.kept')
  for (const row of rows) log.emit('delete.done', refOf(row))
  return { kind: 'done' }
}

function refOf({ folder, key, version }: IntendedDelete) {
  return { folder: folder?.path ?? '', path: key, dataHash: version.dataHash ?? '' }
}

async function failed(tools: DeleteCallTools, rows: readonly IntendedDelete[], error: unknown): Promise<{ readonly kind: 'done' }> {
  const { ledger, clock, log } = tools
  const known = error instanceof EncordError ? error : null
  const refused = known !== null && known.outcome === 'not-done' && known.kind !== 'look-first'
  const aboutHash = known !== null && (known.kind === 'this-file' || known.kind === 'look-first')
  if (aboutHash) for (const { version } of rows) tools.oneByOne.add(version.id)
  const answer = known?.word ?? known?.message ?? ''
  await ledger.commit(() => {
    for (const row of rows) {
      ledger.operations.end(row.operationId, refused ? 'refused' : 'unknown', clock.wallMs(), known?.word ?? null)
      if (refused) refuse(ledger, row, { answer, atMs: clock.wallMs(), asksPerson: aboutHash && rows.length === 1 })
    }
  })
  for (const row of rows) {
    if (refused) log.emit('delete.refused', { ...refOf(row), why: answer, next: null })
    else log.emit('call.unknown', { call: 'video DELETE', ...refOf(row) })
  }
  if (known === null) throw error
  if (!refused) return { kind: 'done' }
  throw known
}

/** The row is still there, by the server's own word; called inside a commit. */
function refuse(
  ledger: DeleterTools['ledger'],
  { version, folder, evidence }: IntendedDelete,
  { answer, atMs, asksPerson }: { readonly answer: string; readonly atMs: number; readonly asksPerson: boolean },
): void {
  ledger.versions.setRemote(version.id, 'live')
  if (ledger.candidates.get(version.id)?.why === 'command') {
    dropCommand(ledger, version, evidence)
    return
  }
  // Each attempt starts at the beginning, with evidence of its own.
  ledger.candidates.setFirst(version.id, null)
  const why = `the server refused the DELETE (${answer})`
  ledger.candidates.setNote(version.id, why)
  if (asksPerson && folder !== null) addBatch(ledger, folder, [version], why, atMs)
}

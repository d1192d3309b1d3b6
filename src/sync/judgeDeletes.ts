import type { Log } from '../model/event.ts'
import { isSameInode } from '../model/file.ts'
import type { FolderPolicy } from '../model/folder.ts'
import { sentSince } from './acceptedLedger.ts'
import { approvedCopies } from './approvedCopies.ts'
import { isRowless, sizesOf } from './candidateFiles.ts'
import { callOff } from './candidates.ts'
import { copiedFrom } from './copiedRows.ts'
import { ageOf, countsSince } from './copyAge.ts'
import { editSince } from './datasetEdits.ts'
import { isGhost, isGhostOfAnyRow, isGhostOfRow } from './ghosts.ts'
import { freezeBatch } from './heldBatch.ts'
import { holdReplaced } from './holdOlder.ts'
import { isKeptByPerson, madeBy } from './keptRows.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { isLeftBehind } from './leftTogether.ts'
import { looksFrom, walkMs } from './oldLooks.ts'
import type { Now } from './plan/context.ts'
import { type Judged, planDeletes } from './plan/deleteLimit.ts'
import { isApprovalOver, KEPT } from './plan/deletePlan.ts'
import type { CandidateView, DeleteContext } from './plan/deleteView.ts'
import { isOfContentBack } from './plan/judgeContent.ts'
import { contentsOf } from './plan/standsSince.ts'
import type { CandidateRecord, FileRecord, FolderRecord, UnitRecord, VersionRecord } from './records.ts'
import { remembered } from './remembered.ts'
import { isReplacedAway, lostFiles } from './replacedFiles.ts'
import { ruleSince } from './ruleSince.ts'
import { otherAcceptedAt, standInUntil } from './standIn.ts'
import { mountsChanged } from './takeSurvey.ts'
import { hasGoneOn } from './wentOn.ts'

export type JudgeTools = { readonly ledger: LedgerPort; readonly log: Log; wallMs(): number }

/** Gathers all candidates of a folder and judges them together; reads only. */
export function judgeDeletes(
  ledger: LedgerPort,
  folder: FolderRecord,
  policy: FolderPolicy,
  now: Now,
  fileSystem: 'local' | 'network',
  graceMs: number,
): readonly Judged[] {
  const candidates = ledger.candidates.ofFolder(folder.id)
  return judge(ledger, { folder, policy, now, fileSystem, graceMs }, candidates, [], () => ledger.units.liveCounts(folder.id))
}

/** What was judged a moment ago, and how many rows there were then. */
export type Judgement = { readonly judged: readonly Judged[]; readonly live: DeleteContext['live'] }

/**
 * The same for those that may be deleted by themselves, or count for the limit: older rows that wait for a person, or are kept, are left out,
 * as years of them may.
 * @param again only these versions are looked at anew, the others are as they were judged a moment ago: right before a call there is no time to
 *   look at thousands
 */
export function judgeUndecided(
  ledger: LedgerPort,
  around: Around,
  again: { readonly versionIds: ReadonlySet<number>; readonly before: Judgement } | null,
): Judgement {
  const { id } = around.folder
  const live = again?.before.live ?? ledger.units.liveCounts(id)
  const known = again?.before.judged.filter(({ view }) => !again.versionIds.has(view.candidate.versionId)) ?? []
  const isKept = ({ why, batchId, note }: CandidateRecord): boolean => why === 'superseded' && batchId === null && note === KEPT
  const { onChange, deletes } = around.policy
  const undecided = ledger.candidates.undecidedOf(id)
  const candidates = onChange === 'keep' && deletes.mode === 'propagate' ? undecided.filter((one) => !isKept(one)) : undecided
  const views = known.map(({ view }) => view)
  return { judged: judge(ledger, around, candidates, views, () => live), live }
}

type Around = Pick<DeleteContext, 'folder' | 'policy' | 'now' | 'fileSystem' | 'graceMs'>

function judge(
  ledger: LedgerPort,
  around: Around,
  candidates: readonly CandidateRecord[],
  known: readonly CandidateView[],
  live: () => DeleteContext['live'],
): readonly Judged[] {
  const { folder, policy, now } = around
  const places: Places = {
    seenAfter: remembered((scanId) => seenAfter(ledger, folder.remoteId, scanId)),
    standInSince: remembered((scanId) => standInPlace(ledger, folder, scanId)),
    hidingSince: remembered((scanId) => hidingPlace(ledger, folder, scanId)),
  }
  const before = new Map(known.map((view) => [view.candidate.versionId, view]))
  const views = candidates.flatMap((candidate) => {
    const view = before.get(candidate.versionId)
    return view === undefined ? candidateView(ledger, folder, candidate, places) : [{ ...view, candidate }]
  })
  if (views.length === 0) return []
  const modeSince = ruleSince(ledger, folder.id, 'mode')
  const all = ledger.folders.all()
  const last = remembered((id) => ledger.scans.lastWhole(id))
  const context: DeleteContext = {
    ...around,
    lastWhole: last(folder.id),
    looksFrom: looksFrom(ledger, folder.id),
    onChangeSince: ruleSince(ledger, folder.id, 'on_change'),
    editSince: editSince(ledger, folder),
    graceSince: { ...ruleSince(ledger, folder.id, 'grace'), edit: 'grace' },
    modeSince,
    modeScan: ledger.scans.firstCompleteSince(folder.id, { ms: folder.modeSinceMs, scan: modeSince.scan }),
    others: all.flatMap(({ id, path, state, remoteId }) =>
      id === folder.id || remoteId !== folder.remoteId ? [] : { id, path, state, lastWhole: last(id), looksFrom: looksFrom(ledger, id) },
    ),
    walksMs: all.reduce((sum, { id }) => sum + walkMs(ledger, id), 0),
    // The directory first: a rule for what was below it does not reach there.
    unseen: ledger.tree.unseenDir(folder.id) ?? ledger.units.unseen(folder.id)?.key ?? null,
    sent: sentSince(ledger, folder.id, now.wallMs - policy.deletes.limit.perMs),
    live: live(),
  }
  return planDeletes(views, context)
}

function candidateView(
  ledger: LedgerPort,
  folder: FolderRecord,
  candidate: CandidateRecord,
  { seenAfter, standInSince, hidingSince }: Places,
): CandidateView[] {
  const version = ledger.versions.get(candidate.versionId)
  const unit = version?.unitId == null ? null : ledger.units.get(version.unitId)
  if (version === null || unit === null || version.remote !== 'live') return []
  const files = ledger.tree.filesOfUnit(unit.id)
  const frames = ledger.versions.frames(version.id)
  const absent = candidate.why === 'absent'
  let unsettled: FileRecord | null = null
  for (const size of sizesOf(ledger, candidate, version, unit, files)) {
    const found = ledger.tree.unsettledOfSize(size, folder.remoteId)
    if (found !== null && (found.unitId !== unit.id || candidate.why === 'superseded')) unsettled = found
  }
  const contents = contentsOf(version, frames)
  const shas = [...contents, ...(absent ? files.map((file) => file.sha256) : [])].filter((sha) => sha !== null)
  const successor = ledger.versions.ofUnit(unit.id).find((one) => one.role === 'current') ?? null
  const isOther = version.kind === 'image_group' && version.content !== successor?.content
  const scans = [version.changedScan, candidate.firstScan, ...files.map((file) => file.absentScan)].filter((scan) => scan !== null)
  const seen = Math.min(...scans.map(seenAfter))
  const copies = absent
    ? anyCopies(ledger, folder, shas, unit.id).map((copy) => ({ ...copy, firstScan: countsSince(version, ageOf(ledger, copy)) }))
    : isOther
      ? copiesOfGrown(ledger, folder, shas, unit.id)
      : wholeCopies(ledger, folder, shas)
  const elsewhere = absent ? copies : isOther ? anyCopies(ledger, folder, shas, unit.id) : []
  unsettled ??= elsewhere.find((copy) => isRowless(ledger, copy)) ?? null
  return [
    {
      candidate,
      unit,
      version,
      files,
      contents,
      frames: Math.max(1, frames.length),
      batch: candidate.batchId === null ? null : ledger.candidates.batch(candidate.batchId),
      first: candidate.firstScan === null ? null : ledger.scans.get(candidate.firstScan),
      second: candidate.secondScan === null ? null : ledger.scans.get(candidate.secondScan),
      unsettled,
      hiding: scans.length === 0 ? null : (standInSince(seen) ?? hidingSince(Math.max(version.readAfter, seen))),
      copies,
      approvedCopies: approvedCopies(ledger, version.id),
      isReplaced: files.some((file) => isGhostOfRow(file, version)),
      isLeftBehind: (absent && isLeftBehind(ledger, version, unit, files)) || isReplacedAway(ledger, version, seen),
      copiedFrom: copiedFrom(ledger, version),
      wentTo: absent
        ? veryFilesElsewhere(ledger, folder, unit, version, files).filter(
            (file) => file.sha256 === null || !shas.includes(file.sha256) || wentFrom(ledger, version, files, file),
          )
        : candidate.why === 'superseded'
          ? veryFilesElsewhere(ledger, folder, unit, version, files)
          : [],
      successor,
      keptByPerson: isKeptByPerson(ledger, version.id),
      madeBy: madeBy(ledger, version.id),
    },
  ]
}

/** Files at other paths that hold now what the candidate's row does, or that are the very files that it was made of. */
export function copiesOf(ledger: LedgerPort, folder: FolderRecord, candidate: CandidateRecord): readonly FileRecord[] {
  const unasked: Places = { seenAfter: () => 0, standInSince: () => null, hidingSince: () => null }
  return candidateView(ledger, folder, candidate, unasked).flatMap(({ copies, wentTo }) => [...copies, ...wentTo])
}

/** What is asked for each candidate about a scan; many candidates were seen, and missed, by the same ones. */
type Places = {
  readonly seenAfter: (noticed: number) => number
  readonly standInSince: (seenAfter: number) => string | null
  readonly hidingSince: (seenAfter: number) => string | null
}

/**
 * The newest scan, of any folder, that was over before what a candidate's row holds was last known to be at its path. Folders are walked at the
 * same time: a scan with a lower number than the one that found it changed or gone may have looked elsewhere after it had gone.
 * @param noticed a scan that found it changed or gone, of its folder or of one that it was in before
 */
function seenAfter(ledger: LedgerPort, remoteId: number, noticed: number): number {
  const folderId = ledger.scans.get(noticed)?.folderId
  // Of a look at a part of a folder that was dropped since, nobody knows whose it was.
  const folderIds =
    folderId !== undefined ? [folderId] : ledger.folders.all().flatMap((folder) => (folder.remoteId === remoteId ? folder.id : []))
  return Math.min(...folderIds.map((id) => ledger.scans.completeBefore(id, noticed)?.beganAfter ?? 0))
}

/**
 * Which folder of the dataset another directory stood in the place of, with no complete look at the folder between that and the candidate's going:
 * it may have gone with that one. When its row was sent tells nothing: that may have been from there. Or which other folder a person took another
 * directory for: it may have come to the one before, which is looked at no more.
 * @param seenAfter the newest scan that was over before the folder itself was last seen to hold it
 * @returns why it may be there; null when none stood there since
 */
function standInPlace(ledger: LedgerPort, folder: FolderRecord, seenAfter: number): string | null {
  const all = ledger.folders.all().filter((one) => one.remoteId === folder.remoteId)
  const found = all.find((one) => standInUntil(ledger, one.id) > seenAfter)
  if (found !== undefined)
    return `another directory stood in the place of ${found.id === folder.id ? 'the folder' : found.path} when this was gone: it may be there`
  const accepted = all.find((one) => one.id !== folder.id && otherAcceptedAt(ledger, one.id) > seenAfter)
  if (accepted === undefined) return null
  return `another directory was accepted as ${accepted.path} since this was last seen: it may be in the one that stood there before`
}

/**
 * Where a candidate may be hidden, in any folder of the dataset: a place that the last whole scan could not look into, and the last one
 * before the candidate was seen could, or did not find, or that was changed since, as by a move into it. So is a link that came about since, as a directory may have been made, filled,
 * put onto another disk and linked to between two scans; and so is a disk that was mounted or unmounted since.
 * @param seenAfter the newest scan that was over before the candidate was last seen
 * @returns why it may be there; null when nothing came about
 */
function hidingPlace(ledger: LedgerPort, folder: FolderRecord, seenAfter: number): string | null {
  for (const one of ledger.folders.all().filter((other) => other.remoteId === folder.remoteId)) {
    const before = ledger.scans.wholeUpTo(one.id, seenAfter)
    const known = new Map(before?.blind.map((place) => [place.dir, place]))
    const blind = ledger.scans
      .lastWhole(one.id)
      ?.blind.find((place) => known.get(place.dir)?.ctimeNs !== place.ctimeNs || !known.has(place.dir))
    const where = one.id === folder.id ? '' : `${one.path}/`
    if (blind !== undefined)
      return `${where}${blind.dir} cannot be looked into (${blind.why}), and ${known.has(blind.dir) ? CHANGED : 'came about when this was gone: it may be there'}`
    if (Number(ledger.meta.read(mountsChanged(one.id)) ?? 0) > seenAfter)
      return `a disk was mounted or unmounted below ${one.id === folder.id ? 'the folder' : one.path} when this was gone: it may be there`
  }
  const link = ledger.tree.linkSince(folder.remoteId, seenAfter)
  if (link !== null) return `${link.path} is a link that came about when this was gone: it may be there`
  return null
}

/** Somebody may work there each day. */
const CHANGED = 'was changed when this was gone: it may be there. An `ignore` rule for that place ends this for what goes later'

/** Where anything of the content stands elsewhere: a group that lost a frame on its way is still that group. */
function anyCopies(ledger: LedgerPort, folder: FolderRecord, shas: readonly string[], unitId: number): readonly FileRecord[] {
  return [...new Set(shas)].flatMap((sha) => ledger.tree.withContent(sha, folder.remoteId).filter((file) => file.unitId !== unitId))
}

/**
 * Where a file that is gone from its path, or that another one took the place of, stands now: moved, and perhaps edited before any look saw it there,
 * or since. By inode and birth time it is the very file. Of a row whose file is gone, what holds the same content is a copy, or a move, to other
 * rules; a group of before has no other rule for one of its frames.
 */
function veryFilesElsewhere(
  ledger: LedgerPort,
  folder: FolderRecord,
  unit: UnitRecord,
  version: VersionRecord,
  files: readonly FileRecord[],
): readonly FileRecord[] {
  return lostFiles(ledger, version, files).flatMap((inode) =>
    ledger.tree.sameInode(inode, folder.remoteId).filter(({ unitId }) => unitId !== unit.id),
  )
}

/**
 * Did this very file go out of the unit, and is no hard link that stood there before? As a look saw; or as one saw it come elsewhere, and it has a row
 * there: of two rows of one age this one may carry the work.
 */
function wentFrom(ledger: LedgerPort, version: VersionRecord, files: readonly FileRecord[], { unitId, stamp }: FileRecord): boolean {
  const isLeft = (gone: FileRecord): boolean => isGhost(gone) && !isGhostOfAnyRow(gone) && isSameInode(gone.stamp, stamp)
  if (files.some(isLeft)) return true
  const there = unitId === null ? undefined : ledger.versions.ofUnit(unitId).find(({ role }) => role === 'current')
  return there !== undefined && hasGoneOn(ledger, version)
}

/** Where the whole of an older content stands, at its own path too; for a group, only if every frame does. */
function wholeCopies(ledger: LedgerPort, folder: FolderRecord, shas: readonly string[]): readonly FileRecord[] {
  const found = [...new Set(shas)].map((sha) => ledger.tree.withContent(sha, folder.remoteId))
  return found.some((copies) => copies.length === 0) ? [] : found.flat()
}

/** Where the whole of a group's older frames stands beside what the group only gained others to: those are in its newer row. */
function copiesOfGrown(ledger: LedgerPort, folder: FolderRecord, shas: readonly string[], unitId: number): readonly FileRecord[] {
  const found = [...new Set(shas)].map((sha) => ledger.tree.withContent(sha, folder.remoteId))
  const isOwn = (file: FileRecord): boolean => file.unitId === unitId
  if (!found.every((copies) => copies.some(isOwn))) return wholeCopies(ledger, folder, shas)
  const elsewhere = found.map((copies) => copies.filter((file) => !isOwn(file)))
  return elsewhere.some((copies) => copies.length === 0) ? [] : elsewhere.flat()
}

/**
 * Writes down what was judged: called-off candidates, reasons, and frozen batches of what waits for a person. One transaction.
 * @returns versions that may be deleted now
 */
export function applyJudgement(tools: JudgeTools, folder: FolderRecord, judged: readonly Judged[]): readonly number[] {
  const { ledger, log, wallMs } = tools
  const ready: number[] = []
  const held = new Map<string, Judged[]>()
  ledger.now(() => {
    for (const one of judged) {
      const { view, verdict } = one
      const { candidate } = view
      switch (verdict.kind) {
        case 'delete':
          ready.push(candidate.versionId)
          break
        case 'cancel':
          callOff(tools, candidate.versionId)
          log.emit('delete.cancelled', {
            folder: folder.path,
            path: view.unit.key,
            dataHash: view.version.dataHash ?? '',
            why: verdict.why,
          })
          break
        case 'overwritten':
          supersede(tools, folder, view)
          break
        case 'wait':
          if (candidate.note !== verdict.why) ledger.candidates.setNote(candidate.versionId, verdict.why)
          break
        case 'hold':
          if (candidate.note !== verdict.why) ledger.candidates.setNote(candidate.versionId, verdict.why)
          if ((candidate.batchId === null || isOver(one, wallMs()) || isToLeave(view, verdict.rule)) && verdict.rule !== 'rejected')
            held.set(verdict.rule, [...(held.get(verdict.rule) ?? []), one])
          break
      }
    }
    for (const group of held.values()) {
      const why = group[0]?.verdict.kind === 'hold' ? group[0].verdict.why : ''
      freezeBatch(
        tools,
        folder,
        group.map(({ view }) => view.version),
        why,
      )
    }
  })
  return ready
}

/** A file was moved over this unit's, and its content is nowhere: its row is an older version of what stands there now. */
function supersede(tools: JudgeTools, folder: FolderRecord, view: CandidateView): void {
  const { ledger, wallMs } = tools
  const key = view.unit.key.slice(1, view.unit.key.lastIndexOf('#'))
  const successor = ledger.units.byKey(folder.id, view.unit.shape, key)
  if (successor === null) {
    ledger.units.rekey(view.unit.id, folder.id, key)
    // The scans so far saw another file at its path: none of them lacked it.
    ledger.candidates.setFirst(view.candidate.versionId, null)
    return
  }
  // Its files, and when they were missed, are forgotten with it.
  const missed = view.files.flatMap((file) => file.absentScan ?? [])
  if (missed.length > 0) ledger.versions.setChangedScan(view.unit.id, Math.min(...missed))
  for (const version of ledger.versions.ofUnit(view.unit.id)) {
    if (version.role === 'current') {
      ledger.versions.setRole(version.id, 'superseded')
      ledger.candidates.add(version.id, 'superseded', null, wallMs())
      if (version.remote === 'live' && ledger.candidates.get(version.id)?.batchId === null) holdReplaced(tools, folder.id, version)
    }
    ledger.versions.setUnit(version.id, successor.id)
  }
  for (const file of ledger.tree.filesOfUnit(view.unit.id)) ledger.tree.removeFile(file.id)
  ledger.units.remove(view.unit.id)
}

/** What came back leaves the list that it was on, approved or not, and is shown as what it is now; so does what was approved and came elsewhere. */
function isToLeave({ batch }: CandidateView, rule: string): boolean {
  if (rule === 'copy-exists') return batch?.decision === 'approved'
  return rule === 'came-back' && !isOfContentBack(batch)
}

/** The approval of its batch has ended: what is left of it is shown anew, whatever holds it now. */
function isOver({ view: { batch } }: Judged, wallMs: number): boolean {
  return batch?.decision === 'approved' && isApprovalOver(batch, wallMs)
}

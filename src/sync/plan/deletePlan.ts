import { isShut } from '../../model/folder.ts'
import { isOfFrames } from '../../model/unit.ts'
import type { BatchRecord, CandidateRecord } from '../records.ts'
import { type CandidateView, type DeleteContext, hold, type Other, type Verdict, wait } from './deleteView.ts'
import { graceLeftMs, isGraceApart, restlessHome } from './evidence.ts'
import { judgeContent } from './judgeContent.ts'
import { mayPredate, ofBeforeEdit } from './ruleEdits.ts'

/** How the key of a unit begins that lost its path to another one. */
export const OVERWRITTEN = '\u0000'

/** What is said of an older row that stays for as long as the rules of its folder are what they are. */
export const KEPT = 'kept beside its newer version (on_change: keep)'

/**
 * Who made a row that was linked by its name, with no note of ours on it, or while its own file may have stood where that says; it stands for the id
 * of a folder in the ledger, the note says `linked`.
 */
export const NOBODY_KNOWN = 'unknown'
/** What is said of such a row. */
const LINKED_BY_NAME =
  'this row was linked by its name, beside another of the same file, or while its own file may have stood where it was made: nobody knows whose it is. It goes by no rule; `encord-sync deletes approve` lets it go'
/** What is said of a row that was linked although another folder made it. */
const MADE_BY =
  'another folder made this row, says the note on it: another machine, or this one before it lost its ledger, and its marker or its directory too. It goes by no rule; `encord-sync deletes approve` lets it go'

/** What is said of a row of which not all is known that it was made of. */
const UNTRACEABLE =
  'when this row was linked it was not noted what each of its files holds, and of what size, so they cannot be looked for. It goes by no rule; `encord-sync deletes approve` lets it go'

/** What is said of rows that an edit of a rule may have let go: a person edited it without seeing them. */
const OF_BEFORE_MODE = 'it was gone, or replaced, before deletes.mode was changed, or no complete look lies between the two'
const OF_BEFORE_ON_CHANGE = 'it was replaced before on_change was changed, or no complete look lies between the two'

/** What was moved to another disk and linked to stays out of sight for good. A rule that ends with a slash covers no link. */
const OUT_OF_SIGHT = 'If it stays so, an `ignore` rule for it, without a slash at its end, keeps its row and ends this for what goes later'

/** What is said of a row that only lacks a new look at its own folder. */
const LOOK_AGAIN =
  'the folder has to be looked at once more: its last look is an old one, or of before a start, a pause or something that may have been missed'

/** An approval covers what was shown for a day, ms. */
export const APPROVAL_MS = 86_400_000
/** An approval may lie this far ahead: clocks are set by small steps, ms. */
const FUTURE_MS = 600_000
/** So long, ms, and twice as long as it takes to walk all folders, a look lets rows go: then it has to be taken anew. */
const LOOK_LASTS_MS = 600_000

/** Its day has passed. One from the future was given by a clock that was ahead: when it ends nobody can tell, so it has ended. */
export function isApprovalOver({ decidedMs }: Pick<BatchRecord, 'decidedMs'>, wallMs: number): boolean {
  const agoMs = wallMs - (decidedMs ?? 0)
  return agoMs >= APPROVAL_MS || agoMs < -FUTURE_MS
}

/** May this version be deleted now? Rules 1 to 6 of design section 6, each by name; the limit is judged over all of them, in `deleteLimit`. */
export function judgeCandidate(view: CandidateView, context: DeleteContext): Verdict {
  const { candidate, unit, batch } = view
  const approved = batch?.decision === 'approved' && !isApprovalOver(batch, context.now.wallMs)
  if (batch?.decision === 'rejected') return hold('rejected', 'a person decided to keep it')
  if (candidate.why === 'command') return { kind: 'delete', because: 'asked for by command' }
  const { deletes } = context.policy
  if (deletes.mode === 'never') return wait('mode', 'deletes.mode is never', null, false)
  if (candidate.why === 'absent' && unit.local === 'present') return { kind: 'cancel', why: 'the file is back' }
  if (candidate.why === 'absent' && unit.local !== 'absent') return wait('seen', 'its place cannot be seen', null, false)
  if (candidate.why === 'superseded' && unit.local !== 'present') {
    return wait('seen', 'the newer content is not at its path now', null, false)
  }
  if (context.folder.state !== 'ok' && context.folder.state !== 'degraded') {
    return wait('identity', `the folder is ${context.folder.state}: ${context.folder.why}`, null, false)
  }
  if (context.folder.marker !== 'written') return hold('identity', 'the folder cannot be written, so it has no marker to be known by')
  if (context.folder.paused) return wait('paused', 'the folder is paused', null, false)
  const proof = judgeProof(view, context)
  // What went to another folder is found there before the last proof: until then it might come back, to where no look sees it.
  if (proof?.kind === 'wait' && proof.rule === 'grace')
    return { ...proof, needsLooks: idsOf(context.others.filter((other) => !isSeenSince(other, candidate.firstScan))) }
  if (proof !== null) return proof
  const elsewhere = approved ? null : judgeElsewhere(candidate, context)
  if (elsewhere !== null) return elsewhere
  if (view.hiding !== null && !approved) return hold('hidden', view.hiding)
  const content = judgeContent(view, approved, context)
  if (content !== null) return content
  if (unit.key.startsWith(OVERWRITTEN)) return { kind: 'overwritten', why: 'another file was moved over it' }
  if (!approved) {
    const own = judgeUnapproved(view, context)
    // A batch is frozen for one reason; that of each row is shown beside it.
    if (batch !== null) return hold('batch', own?.kind === 'hold' ? own.why : batch.why)
    if (own !== null) return own
  }
  const looks = judgeLooks(candidate, context, approved)
  if (looks !== null) return looks
  return { kind: 'delete', because: approved ? 'approved by a person' : `gone in scans ${view.first?.id} and ${view.second?.id}` }
}

/** Why a person has to say that it goes, or that it stays; null when its proof is enough. */
function judgeUnapproved(view: CandidateView, context: DeleteContext): Verdict | null {
  const { candidate } = view
  const { deletes, onChange } = context.policy
  const isOlder = isOlderRow(view)
  const ofRow = isOlder && onChange === 'keep' ? null : judgeRow(view)
  if (ofRow !== null) return ofRow
  if (deletes.mode === 'hold') return hold('mode', 'deletes.mode is hold')
  if (candidate.madeMs < context.folder.modeSinceMs || isOlderThanMode(view, context)) return hold('mode', OF_BEFORE_MODE)
  const beforeEdit = ofBeforeEdit(view, context.editSince) ?? ofBeforeEdit(view, context.graceSince)
  if (beforeEdit !== null) return hold('edit', beforeEdit)
  if (isOlder && onChange === 'hold') return hold('on-change', 'a newer version took its place (on_change: hold)')
  if (isOlder && onChange === 'keep') return wait('on-change', KEPT, null, false)
  if (isOlder && isReplacedBefore(view, context)) return hold('on-change', OF_BEFORE_ON_CHANGE)
  if (candidate.why === 'stray' || candidate.why === 'copy') return hold(candidate.why, candidate.note)
  return null
}

/** What is known of this row alone comes first: it is shown with that, in a batch of its own. */
function judgeRow(view: CandidateView): Verdict | null {
  if (view.keptByPerson) return hold('kept', 'a person decided to keep this row before: it goes only if one approves that')
  if (view.madeBy !== null) return hold('made-by', view.madeBy === NOBODY_KNOWN ? LINKED_BY_NAME : MADE_BY)
  if (isUntraceable(view)) return hold('untraceable', UNTRACEABLE)
  return null
}

/** Rule 6 looks for what a row holds by hashes and sizes, which rows that older versions linked may lack. No file that is sent is empty. */
function isUntraceable({ version, contents }: CandidateView): boolean {
  const isUnsized = !isOfFrames(version.kind) && version.sizeBytes === 0
  return isUnsized || contents.length === 0 || contents.includes(null)
}

/** Rules 1 and 5: nothing unseen now, and the two scans. What can't be seen comes first: no scan is asked for that proves nothing. */
function judgeProof(view: CandidateView, context: DeleteContext): Verdict | null {
  const { candidate, first, second } = view
  if (candidate.why !== 'absent' && candidate.why !== 'superseded') return null
  const last = context.lastWhole
  if (last !== null && last.result !== 'complete') {
    const at = last.blind[0]
    const where = at === undefined ? '' : `: ${at.dir === '' ? '.' : at.dir} (${at.why})`
    return wait('unseen', `the last scan could not see everything${where}`, null, true)
  }
  if (context.unseen !== null)
    return wait('unseen', `${context.unseen} was seen before and cannot be seen now. ${OUT_OF_SIGHT}`, null, true)
  const busy = last === null ? undefined : restlessHome(view.files, last)
  if (busy !== undefined) {
    return wait('busy', `the directory ${busy === '' ? '.' : busy} never rested while it was read`, context.graceMs, true)
  }
  // Two scans that lie in the future are another clock's: the next one starts the proof anew.
  const isAhead = second !== null && (candidate.firstAtMs ?? 0) > context.now.wallMs
  if (last === null || first === null || isAhead)
    return wait('first-scan', 'a complete scan of the whole folder has yet to lack it', 0, true)
  if (!isGraceApart(candidate, second, context.graceMs)) {
    const leftMs = graceLeftMs(candidate, last, context.graceMs, context.now.wallMs)
    return wait('grace', 'a second scan has to confirm it after `grace`', leftMs, true)
  }
  return null
}

/** What the first look after a change of `deletes.mode` lacks, or finds changed, may be of before. A clock that was ahead tells nothing, scans do. */
function isOlderThanMode(view: CandidateView, { modeScan, modeSince }: DeleteContext): boolean {
  const { files, candidate, version } = view
  if (candidate.firstScan !== null && candidate.firstScan <= modeSince.scan) return true
  if ((isOlderRow(view) || version.changedScan !== null) && mayPredate(modeSince, version.changedScan)) return true
  return files.some((file) => file.absentScan !== null && (modeScan === null || file.absentScan <= modeScan))
}

/** Also once its newer row and its file are gone: then it may be the one that carries the work. */
function isOlderRow({ candidate, version, isReplaced }: CandidateView): boolean {
  return candidate.why === 'superseded' || version.role === 'superseded' || isReplaced
}

function isReplacedBefore(view: CandidateView, { onChangeSince }: DeleteContext): boolean {
  return replacedMs(view) < onChangeSince.ms || mayPredate(onChangeSince, view.version.changedScan)
}

/** When a newer row took its place. A candidate may be made anew later, and a newer row may itself be replaced. */
function replacedMs({ candidate, successor, version }: CandidateView): number {
  const newer = successor?.id === version.id ? null : successor
  return Math.min(candidate.madeMs, newer?.liveAtMs ?? candidate.madeMs)
}

/**
 * Rule 6: every other folder it may have been moved to was looked at after the first scan had proven the absence: the walk began when that scan
 * was in the ledger. Times do not tell, as a clock that is set back puts looks of before into the future.
 */
function judgeElsewhere({ why, firstScan }: CandidateRecord, { others }: DeleteContext): Verdict | null {
  if (why !== 'absent' && why !== 'superseded') return null
  const unlooked = others.filter((other) => !isSeenSince(other, firstScan))
  for (const other of others) {
    const { path, state, lastWhole } = other
    // What stands in the place of a restored one may be a copy, and the folder that it went to away.
    if (isAway(other)) return wait('elsewhere', `it may have been moved to ${path}, which is ${state}`, null, false)
    if (lastWhole === null || unlooked.includes(other))
      return {
        ...wait('elsewhere', `it may have been moved to ${path}, which has yet to be looked at`, null, false),
        needsLooks: idsOf(unlooked),
      }
    if (lastWhole.result !== 'complete')
      return wait('elsewhere', `it may have been moved to ${path}, which cannot be seen as a whole`, null, false)
  }
  return null
}

/** Did the last whole look at it begin when that scan was in the ledger? */
function isSeenSince({ lastWhole }: Other, scanId: number | null): boolean {
  return lastWhole !== null && scanId !== null && lastWhole.beganAfter >= scanId
}

/** Nothing that stands there counts. */
function isAway({ state }: Other): boolean {
  return isShut(state) || state === 'restored'
}

function idsOf(others: readonly Other[]): readonly number[] {
  return others.map(({ id }) => id)
}

/**
 * Rules 1 and 6, once all else is proven: what the looks saw is so still. Since the second scan every other folder was looked at, and the last
 * look at each of them, and at this one, is recent. A person's approval does not wait for a folder that is away.
 */
function judgeLooks({ why, secondScan }: CandidateRecord, context: DeleteContext, approved: boolean): Verdict | null {
  if (why !== 'absent' && why !== 'superseded') return null
  const others = context.others.filter((other) => !(approved && isAway(other)))
  const old = others.filter((other) => !isSeenSince(other, secondScan) || !isRecent(other, context))
  // What came here from one that nobody followed went by unseen, if it came after the last look here and before the one there.
  const followedFrom = Math.max(context.looksFrom, ...others.map((other) => other.looksFrom))
  if (!isRecent({ ...context, looksFrom: followedFrom }, context))
    return { ...wait('look', LOOK_AGAIN, null, false), needsLooks: [context.folder.id, ...idsOf(old)] }
  const [other] = old
  if (other === undefined) return null
  const words = `it may have been moved to ${other.path} since the last look at that, which has to be taken once more`
  return { ...wait('elsewhere', words, null, false), needsLooks: idsOf(old) }
}

/** Did the last whole look begin after whatever outdated the ones before, and end not long ago? */
function isRecent({ lastWhole, looksFrom }: Pick<DeleteContext, 'lastWhole' | 'looksFrom'>, { now, walksMs }: DeleteContext): boolean {
  if (lastWhole === null || lastWhole.beganAfter < looksFrom) return false
  return Math.abs(now.wallMs - lastWhole.endedMs) <= LOOK_LASTS_MS + 2 * walksMs
}

import { dirOf } from '../../model/file.ts'
import { judgeCandidate } from './deletePlan.ts'
import type { CandidateView, DeleteContext, Verdict } from './deleteView.ts'

export type Judged = { readonly view: CandidateView; readonly verdict: Verdict }

/** A directory that loses this many units at once on a network file system is held. */
const BURST = 5
/** The percent rule starts at this delete of the window. */
const PERCENT_FROM = 6

/** Rule 7: judges all candidates of a folder, then the limit over those that nothing else stops. */
export function planDeletes(views: readonly CandidateView[], context: DeleteContext): readonly Judged[] {
  const judged = views.map((view): Judged => ({ view, verdict: judgeCandidate(view, context) }))
  const counted = judged.filter((one) => countsForLimit(one, context))
  const why = overLimit(judged, counted, context)
  if (why === null) return judged
  const over = new Set(counted.filter(isFreezable))
  return judged.map((one) => (over.has(one) ? { view: one.view, verdict: { kind: 'hold', rule: 'limit', why } } : one))
}

/** What a candidate waits for on its way to a DELETE; other reasons to wait are none. */
const ON_ITS_WAY: ReadonlySet<string> = new Set(['first-scan', 'grace', 'parent-unchanged', 'move', 'busy', 'unseen', 'elsewhere', 'look'])

/**
 * Waiting counts too, and so does what is held until a person decides: one-by-one deletes must not walk around the limit. What was
 * approved, or superseded with nothing but a person to remove it, never counts.
 */
function countsForLimit({ view, verdict }: Judged, context: DeleteContext): boolean {
  const { candidate, batch } = view
  if (candidate.why === 'command') return false
  if (candidate.why === 'superseded' && (batch !== null || context.policy.onChange !== 'replace')) return false
  if (batch !== null) return batch.decision === null && verdict.kind === 'hold'
  return verdict.kind === 'delete' || (verdict.kind === 'wait' && ON_ITS_WAY.has(verdict.rule))
}

/** A hint alone freezes nothing: the other half of a move may be found by the next look. */
function isFreezable({ view, verdict }: Judged): boolean {
  return view.batch === null && (verdict.kind === 'delete' || view.candidate.firstScan !== null)
}

function overLimit(all: readonly Judged[], counted: readonly Judged[], context: DeleteContext): string | null {
  if (!counted.some(isFreezable)) return null
  const { limit } = context.policy.deletes
  const units = context.sent.units + counted.length
  const files = context.sent.files + counted.reduce((sum, { view }) => sum + view.frames, 0)
  if (units > limit.count) return `${units} deletes within the window exceed the limit of ${limit.count}`
  const allUnits = context.live.units + context.sent.units
  const allFiles = context.live.files + context.sent.files
  if (units >= PERCENT_FROM && (units * 100 > limit.percent * allUnits || files * 100 > limit.percent * allFiles)) {
    return `${units} deletes within the window exceed ${limit.percent} % of the ${allUnits} units`
  }
  const absent = counted.filter(({ view }) => view.candidate.why === 'absent' && view.batch === null)
  const leaving = all.filter(({ view }) => view.candidate.why === 'absent').length
  if (absent.length > 0 && leaving >= context.live.units) return 'they would empty the folder'
  return context.fileSystem === 'network' ? burst(absent) : null
}

function burst(absent: readonly Judged[]): string | null {
  const perDir = new Map<string, number>()
  for (const { view } of absent) {
    const place = `${dirOf(view.unit.key)} ${view.candidate.firstScan}`
    const count = (perDir.get(place) ?? 0) + 1
    if (count >= BURST) return `${count} units left one directory at once on a network file system`
    perDir.set(place, count)
  }
  return null
}

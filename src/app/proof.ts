import type { WhyView } from '../control/api.ts'
import { shownMount } from '../model/folder.ts'
import { sentSince } from '../sync/acceptedLedger.ts'
import { judgeDeletes } from '../sync/judgeDeletes.ts'
import type { Judged } from '../sync/plan/deleteLimit.ts'
import type { CandidateView, Verdict } from '../sync/plan/deleteView.ts'
import type { FolderRecord } from '../sync/records.ts'
import { entryOf, type LocalParts } from './localParts.ts'

type Line = WhyView['proof'][number]

/** All candidates of a folder with what is decided about each; empty for a folder that left the config. */
export function judgedCandidates(parts: LocalParts, folder: FolderRecord): readonly Judged[] {
  const policy = entryOf(parts, folder)?.policy
  if (policy === undefined) return []
  const { graceMs, fileSystem } = parts.guard(folder, policy)
  const now = { wallMs: parts.wallMs(), monotonicMs: 0, serverMs: null }
  return judgeDeletes(parts.ledger, folder, policy, now, fileSystem, graceMs)
}

/**
 * For each rule of the design (section 6): the proof at hand, or what is missing. `ok` says that nothing known stands against it;
 * everything is looked at again right before a call.
 */
export function proofLines(parts: LocalParts, folder: FolderRecord, { view, verdict }: Judged): readonly Line[] {
  const superseded = view.candidate.why === 'superseded'
  return [
    scansLine(view, verdict),
    identityLine(folder),
    mountsLine(folder),
    superseded ? successorLine(view, verdict) : ancestorLine(view, verdict),
    unseenLine(parts, folder, verdict),
    moveLine(parts, folder, view, verdict),
    limitLine(parts, folder, verdict),
    line('8 clock', folder.state !== 'clock', folder.state === 'clock' ? folder.why : 'compared with the server before each call'),
    decisionLine(view, verdict),
  ]
}

function scansLine({ candidate, first, second, unit }: CandidateView, verdict: Verdict): Line {
  const rule = '1 two scans'
  if (candidate.why === 'absent' && unit.local !== 'absent') return line(rule, false, 'the last scan does not say that it is gone')
  if (first === null) return line(rule, false, 'a complete scan of the whole folder has yet to show this')
  if (second === null) {
    const why = stopped(verdict, 'grace') ?? 'a second scan has to confirm it after `grace`'
    return line(rule, false, `scan ${first.id} of ${timeOf(first.endedMs)} is the first; ${why}`)
  }
  return line(rule, true, `scan ${first.id} of ${timeOf(first.endedMs)} and scan ${second.id} of ${timeOf(second.endedMs)}`)
}

function identityLine(folder: FolderRecord): Line {
  const rule = '2 same folder'
  if (folder.state !== 'ok' && folder.state !== 'degraded') return line(rule, false, `the folder is ${folder.state}: ${folder.why}`)
  if (folder.marker !== 'written') return line(rule, false, 'the folder has no marker to be known by: it cannot be written')
  return line(rule, true, 'marker, root inode, birth time and file system are the known ones')
}

function mountsLine(folder: FolderRecord): Line {
  const text =
    folder.mounts.length === 0
      ? 'nothing was mounted below the folder'
      : `mounted when it was seen: ${folder.mounts.map(shownMount).join(', ')}`
  return line('3 same mounts', folder.state === 'ok' || folder.state === 'degraded', text)
}

function ancestorLine({ files }: CandidateView, verdict: Verdict): Line {
  const rule = '4 its directory'
  const why = stopped(verdict, 'parent-unchanged') ?? stopped(verdict, 'parent-older')
  if (why !== null) return line(rule, false, why)
  const [absence] = files.flatMap((file) => file.absence ?? [])
  if (absence === undefined) return line(rule, false, 'no directory has shown yet that it is gone')
  return line(rule, true, `${absence.ancestor === '' ? 'the folder itself' : absence.ancestor} was read and lacks it`)
}

function successorLine({ successor }: CandidateView, verdict: Verdict): Line {
  const why = stopped(verdict, 'successor')
  if (why !== null) return line('4 its newer version', false, why)
  return line(
    '4 its newer version',
    successor !== null,
    successor === null ? 'there is none' : `${successor.dataHash} is in the dataset and was listed`,
  )
}

function unseenLine({ ledger }: LocalParts, folder: FolderRecord, verdict: Verdict): Line {
  const rule = '5 nothing unseen'
  const why = stopped(verdict, 'unseen') ?? stopped(verdict, 'busy') ?? stopped(verdict, 'look')
  if (why !== null) return line(rule, false, why)
  const last = ledger.scans.lastWhole(folder.id)
  if (last === null) return line(rule, false, 'no whole scan was made yet')
  const [blind] = last.blind
  if (last.result !== 'complete') {
    return line(
      rule,
      false,
      `scan ${last.id} was ${last.result}${blind === undefined ? '' : `: ${blind.dir === '' ? '.' : blind.dir} (${blind.why})`}`,
    )
  }
  return line(rule, true, `scan ${last.id} of ${timeOf(last.endedMs)} saw everything`)
}

function moveLine({ ledger }: LocalParts, folder: FolderRecord, { unsettled, copies }: CandidateView, verdict: Verdict): Line {
  const rule = '6 no move'
  const rules = ['move', 'elsewhere', 'copy-exists', 'edited', 'left-behind', 'copied']
  const why = rules.map((one) => stopped(verdict, one)).find((said) => said !== null) ?? null
  if (why !== null || unsettled !== null) return line(rule, false, why ?? `${unsettled?.path} may be where it went`)
  const [copy] = copies
  const found = copy === undefined ? 'its content stands nowhere else' : `a copy stands at ${copy.path}, and did before`
  const looks = ledger.folders.all().flatMap(({ id, path, remoteId }) => {
    const last = id === folder.id || remoteId !== folder.remoteId ? null : ledger.scans.lastWhole(id)
    return last === null ? [] : `${path} was looked at in scan ${last.id} of ${timeOf(last.endedMs)}`
  })
  return line(rule, true, [found, ...looks].join('; '))
}

function limitLine(parts: LocalParts, folder: FolderRecord, verdict: Verdict): Line {
  const limit = entryOf(parts, folder)?.policy.deletes.limit
  const why = stopped(verdict, 'limit')
  if (limit === undefined || why !== null) return line('7 limit', false, why ?? 'the folder left the config')
  const sent = sentSince(parts.ledger, folder.id, parts.wallMs() - limit.perMs)
  return line('7 limit', true, `${sent.units} sent within the window; at most ${limit.count}, or ${limit.percent} % from the sixth on`)
}

/** What a person or the config decides, and what else stands in the way. */
function decisionLine({ batch }: CandidateView, verdict: Verdict): Line {
  if (verdict.kind === 'delete') return line('decision', true, verdict.because)
  if (batch !== null && batch.decision === null) return line('decision', false, `held in batch ${batch.id}: ${batch.why}`)
  return line('decision', false, verdict.why)
}

/** The verdict's words when this very rule decided against a delete. */
function stopped(verdict: Verdict, rule: string): string | null {
  return (verdict.kind === 'wait' || verdict.kind === 'hold') && verdict.rule === rule ? verdict.why : null
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}

function line(rule: string, ok: boolean, text: string): Line {
  return { rule, ok, text }
}

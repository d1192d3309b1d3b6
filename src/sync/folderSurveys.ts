import { LookFailed } from '../model/error.ts'
import type { RelPath } from '../model/file.ts'
import { isShut } from '../model/folder.ts'
import type { EngineTools } from './engine.ts'
import type { FolderSetup } from './folderSetup.ts'
import type { IdentityWatch } from './identityWatch.ts'
import { isTold } from './isTold.ts'
import { areLooksOutdated, outdateLooks } from './oldLooks.ts'
import { openSurveySchedule, type SurveySchedule } from './surveySchedule.ts'
import type { PolicyOf } from './surveyUnits.ts'
import { takeSurvey } from './takeSurvey.ts'

/** A folder's looks at its disk, from the schedule to the ledger. */
export type FolderSurveys = SurveySchedule & {
  /** Was the whole of it looked at since the start? */
  readonly scanned: boolean
  /** Why the last looks failed, all of them since the last that did not; null when the last one did not. */
  readonly trouble: string | null
  /** A whole survey, as soon as may be: the looks so far, and one that is under way, let no row go. */
  wholeNow(cause: string): void
  /** A whole look for a proof of this or another folder; one that is under way may be enough, and one that was asked for is not asked for twice. */
  wholeForProof(): void
  /** A whole survey, where the looks so far are out of date: units of other folders wait for it too. */
  renew(): void
  /** Is a look on its way, the first since a start say, that tells what came here meanwhile? Not where looks fail. */
  readonly awaited: boolean
  /** A proof waits for a whole look that has yet to begin. */
  readonly owed: boolean
}

/** After a look that failed, the next one, ms; doubled each time. */
const FIRST_RETRY_MS = 2_000
const LONGEST_RETRY_MS = 60_000
/** Between two whole scans that proofs ask for, ms. */
const FOR_PROOF_MS = 5_000

/**
 * @param begin keeps hold of a look that runs
 * @param onTaken what is to be planned anew, and whether the whole folder was looked at
 */
export function openFolderSurveys(
  tools: EngineTools,
  setup: FolderSetup,
  identity: IdentityWatch,
  begin: (work: () => Promise<void>) => void,
  policyOf: PolicyOf,
  onTaken: (unitIds: readonly number[], whole: boolean) => void,
): FolderSurveys {
  const { clock, disk, ledger, log, signal } = tools
  const { folderId } = setup
  const schedule = openSurveySchedule({ clock, rescanMs: () => tools.rescanMs, begin }, look)
  let scanned = false
  let failures = 0
  let retryMs = Number.NEGATIVE_INFINITY
  let trouble: string | null = null
  let forProofMs = Number.NEGATIVE_INFINITY
  let owed = false
  let walking = false
  let outdated = 0

  function outdate(): void {
    outdated++
    ledger.now(() => outdateLooks(ledger, folderId))
  }

  async function look(dirs: readonly RelPath[] | null, cause: string): Promise<void> {
    walking = dirs === null
    if (walking) owed = false
    await walk(dirs, cause).finally(() => {
      walking = false
    })
  }

  async function walk(dirs: readonly RelPath[] | null, cause: string): Promise<void> {
    const began = clock.monotonicMs()
    await identity.look()
    if (isShut(identity.state)) return
    const folder = ledger.folders.get(folderId)
    const { ignore } = setup
    const before = outdated
    const survey = await disk
      .survey({
        folderId,
        root: folder.path,
        dirs,
        ignore,
        knownMounts: folder.mounts,
        newestScan: ledger.scans.newest(),
        keepsDirTimes: await setup.keepsDirTimes(),
      })
      .catch(failed)
    if (survey === null) return
    failures = 0
    trouble = null
    // The folder that was walked is the folder that is known, before and after: else it proves nothing.
    await identity.look()
    if (isShut(identity.state) || signal.aborted) return
    if (setup.ignore !== ignore || ledger.folders.get(folderId).path !== folder.path) {
      // Walked by rules that are not in force any more, or where the folder does not lie any more.
      wholeNow('the config changed')
      return
    }
    const { touched, isRuledElsewhere } = takeSurvey(tools, setup, folder, survey, policyOf, { cause, tookMs: clock.monotonicMs() - began })
    // What was missed while it was walked may be where it had been by then.
    if (outdated !== before) outdate()
    if (isRuledElsewhere) wholeNow('an ignore file changed')
    scanned ||= survey.scan.whole
    // A pause that ended meanwhile, or an approval, asked for no other walk: this one was the first.
    if (survey.scan.whole) renew()
    onTaken(touched, survey.scan.whole)
  }

  function wholeNow(cause: string): void {
    outdate()
    schedule.wholeNow(cause)
  }

  function renew(): void {
    // The first walk is on its way.
    if (scanned && areLooksOutdated(ledger, folderId)) wholeBy(clock.monotonicMs(), 'older looks are out of date')
  }

  /** A look that fails again and again is not hurried by what waits for it. */
  function wholeBy(dueMs: number, cause: string): void {
    schedule.wholeBy(trouble === null ? dueMs : Math.max(dueMs, retryMs), cause)
  }

  /** Nothing was seen, and nothing is known to have been missed: the whole of it is looked at again. */
  function failed(error: unknown): null {
    if (!(error instanceof LookFailed)) throw error
    if (signal.aborted) return null
    const retryInMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures)
    failures++
    if (isTold(failures)) log.emit('scan.failed', { folder: ledger.folders.get(folderId).path, why: error.message, retryInMs })
    trouble = `the folder could not be looked at: ${error.message}; it is tried again`
    outdate()
    retryMs = clock.monotonicMs() + retryInMs
    schedule.wholeBy(retryMs, 'the last look failed')
    identity.soon()
    return null
  }

  return {
    ...schedule,
    wholeNow,
    wholeBy,
    renew,
    get awaited() {
      return trouble === null && areLooksOutdated(ledger, folderId)
    },
    get running() {
      return schedule.running
    },
    get hinted() {
      return schedule.hinted
    },
    get scanned() {
      return scanned
    },
    get owed() {
      return owed
    },
    get trouble() {
      return trouble
    },
    wholeForProof() {
      if (owed || walking || isShut(identity.state) || identity.state === 'restored') return
      owed = true
      // A folder that can't be seen as a whole would be scanned all the time.
      forProofMs = Math.max(clock.monotonicMs(), forProofMs + FOR_PROOF_MS)
      wholeBy(forProofMs, 'proof: recent')
    },
  }
}

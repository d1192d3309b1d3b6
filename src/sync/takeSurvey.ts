import { applySurvey } from './applySurvey.ts'
import { reviewCandidates } from './candidates.ts'
import type { EngineTools } from './engine.ts'
import type { FolderSetup } from './folderSetup.ts'
import { forgetPast } from './forgetPast.ts'
import { noteWalk } from './oldLooks.ts'
import type { FolderRecord } from './records.ts'
import type { Survey } from './survey.ts'
import type { PolicyOf } from './surveyUnits.ts'

/** Partial scans prove nothing and are kept this long, for people, ms. */
const PARTIAL_SCANS_MS = 3_600_000

/**
 * Writes what a look at a folder found into the ledger, and tells of it.
 * @param how what the look was for, and how long it took
 * @returns units to be planned anew, and whether an ignore file changed that holds for more than was looked at
 */
export function takeSurvey(
  tools: Pick<EngineTools, 'ledger' | 'looks' | 'log' | 'clock' | 'process'>,
  setup: FolderSetup,
  folder: FolderRecord,
  seen: Survey,
  policyOf: PolicyOf,
  how: { readonly cause: string; readonly tookMs: number },
): { readonly touched: readonly number[]; readonly isRuledElsewhere: boolean } {
  const { ledger, log, clock, looks } = tools
  const wallMs = (): number => clock.wallMs()
  // As it was before the walk, and as it is after it.
  const states = [folder.state, ledger.folders.get(folder.id).state]
  const survey = states.includes('restored') ? ofAnother(seen) : seen
  const { scanId, touched, isRuledElsewhere } = applySurvey(
    { ledger, looks, log, wallMs, process: tools.process },
    folder,
    policyOf,
    survey,
  )
  reviewCandidates({ ledger, looks, log, wallMs }, folder, scanId, touched, setup.graceMs)
  setup.watch.synced(survey.tree)
  if (survey.scan.whole) {
    ledger.now(() => {
      // Also of a scan that could not see some other place: it has seen what lies on a disk that came.
      keepMounts(ledger, folder.id, survey.mounts, scanId)
      ledger.meta.write(`ignored:${folder.id}`, String(survey.ignored))
      noteWalk(ledger, folder.id, how.tookMs)
      ledger.scans.prune(folder.id, clock.wallMs() - PARTIAL_SCANS_MS)
      forgetPast(ledger, ledger.folders.get(folder.id), clock.wallMs())
      // What is there was just seen, all of it: no other look at this folder is under way that would speak of one by its id.
      if (survey.scan.result === 'complete') for (const id of ledger.tree.forgetGoneDirs(folder.id)) looks.forgetDir(id)
    })
  }
  for (const { dir, why } of survey.scan.blind) log.emit('scan.blind', { folder: folder.path, dir, why })
  log.emit('folder.scanned', {
    folder: folder.path,
    whole: survey.scan.whole,
    result: survey.scan.result,
    cause: how.cause,
    files: survey.files,
    directories: survey.tree.length,
    blind: survey.scan.blind.length,
    tookMs: Math.round(how.tookMs),
  })
  return { touched: [...touched], isRuledElsewhere }
}

/** What was seen of a folder that may be another one is no evidence of what is in this one, also once it is itself again. */
function ofAnother(survey: Survey): Survey {
  return { ...survey, scan: { ...survey.scan, result: 'partial' } }
}

/** A disk that was mounted or unmounted below the folder may hold what went about then, also when the ledger knew of nothing on it. */
function keepMounts(ledger: EngineTools['ledger'], folderId: number, mounts: readonly string[], scanId: number): void {
  if (JSON.stringify(ledger.folders.get(folderId).mounts) === JSON.stringify(mounts)) return
  ledger.folders.setMounts(folderId, mounts)
  ledger.meta.write(mountsChanged(folderId), String(scanId))
}

/** Under this key the ledger keeps the scan that last found other mounts at or under the folder than the ones before. */
export function mountsChanged(folderId: number): string {
  return `mounts-changed:${folderId}`
}

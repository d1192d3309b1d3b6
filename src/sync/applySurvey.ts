import { dirOf, type FileStamp, sameStamp as isSameStamp, nameOf, type RelPath } from '../model/file.ts'
import { asKnownNow } from './asKnownNow.ts'
import { isGhostOfAnyRow } from './ghosts.ts'
import { noteIgnoreFiles } from './ignoreFiles.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { noteReplacedElsewhere } from './leftTogether.ts'
import { matchMoves } from './plan/moves.ts'
import type { FileRecord, FolderRecord } from './records.ts'
import { findRelatives } from './relatives.ts'
import { arrivedFiles, noteReplacedAway, noteReplacedFiles } from './replacedFiles.ts'
import { startAnewWithout } from './startAnew.ts'
import type { Difference, Survey } from './survey.ts'
import { completedGroups, writeDirs } from './surveyDirs.ts'
import { SurveyMoves } from './surveyMoves.ts'
import { type PolicyOf, type SurveyTools, SurveyUnits } from './surveyUnits.ts'
import { noteWentOn } from './wentOn.ts'

/**
 * Writes what a survey saw: moves first, then changes, arrivals and absences; then each touched unit's `local` fact is derived
 * from its files. One transaction, so that a crash leaves either all of a look or none.
 * @param policyOf what a file is, is for the policy of the folder it lies in now: a move may end in another one of the dataset
 * @returns the scan's id, the units that something is to be decided about, and whether an ignore file changed that holds for more than was looked at
 */
export function applySurvey(
  tools: SurveyTools,
  folder: FolderRecord,
  policyOf: PolicyOf,
  survey: Survey,
): { scanId: number; touched: ReadonlySet<number>; isRuledElsewhere: boolean } {
  const { ledger } = tools
  return ledger.now(() => {
    const isRuledElsewhere = noteIgnoreFiles(ledger, folder, survey)
    const scanId = ledger.scans.add({ ...survey.scan, folderId: folder.id, process: tools.process })
    const completed = completedGroups(ledger, folder, survey)
    const dirIds = writeDirs(tools, folder, survey)
    const units = new SurveyUnits(tools, folder, policyOf, scanId, dirIds)
    const differences = asKnownNow(ledger, survey.differences)
    const relatives = findRelatives(ledger, folder, differences)
    const moves = matchMoves(folder.id, differences, relatives)
    const followed: Followed = {
      moved: new Set(moves.map((move) => move.file.id)),
      filled: new Set(moves.filter((move) => move.toFolderId === folder.id && move.replaces === null).map((move) => move.to)),
    }
    const arrived = arrivedFiles(ledger, differences, folder.remoteId)
    noteWentOn(ledger, differences, folder.remoteId)
    noteReplacedFiles(ledger, differences)
    const follower = new SurveyMoves(units)
    follower.follow(moves)
    for (const difference of differences) take(units, followed, difference)
    for (const id of survey.goneDirs) {
      ledger.tree.setDirLocal(id, 'absent', null)
      tools.looks.forgetDir(id)
    }
    for (const { id, why } of survey.unseenDirs) ledger.tree.setDirLocal(id, 'unseen', why)
    follower.settleDisplaced()
    const touched = new Set([...units.finish(), ...completed])
    const replaced = [...replacedIn(differences, followed), ...changedOnTheWay(ledger, differences, followed, folder.remoteId)]
    noteReplacedElsewhere(ledger, replaced, folder.remoteId, scanId)
    noteReplacedAway(ledger, arrived, folder.remoteId, scanId)
    startAnewWithout(ledger, goneIn(differences, followed), folder.remoteId)
    return { scanId, touched, isRuledElsewhere }
  })
}

/** Files that went elsewhere, and paths that one of them came to. */
type Followed = { readonly moved: ReadonlySet<number>; readonly filled: ReadonlySet<RelPath> }

/** Files, as they were known, in whose place something else may stand now, and that were not seen to go elsewhere. */
function replacedIn(differences: readonly Difference[], { moved }: Followed): readonly FileRecord[] {
  return differences.flatMap((difference) => {
    if (difference.kind !== 'changed' || difference.known.local !== 'present' || moved.has(difference.known.id)) return []
    const { known, stamp } = difference
    return isAnother(known.stamp, stamp) || known.stamp.mtimeNs !== stamp.mtimeNs ? [known] : []
  })
}

/** Files, as they were known, that stood there until now, and were not seen to go elsewhere. */
function goneIn(differences: readonly Difference[], { moved }: Followed): readonly FileRecord[] {
  return differences.flatMap((difference) =>
    difference.kind === 'absent' && difference.known.local !== 'absent' && !moved.has(difference.known.id) ? [difference.known] : [],
  )
}

/**
 * Files, as they were known, that are gone from their paths and stand elsewhere, changed: by their inodes they are the very files. That what they
 * held had come there from elsewhere nothing else tells. Either of the two ends may be seen first.
 */
function changedOnTheWay(
  { tree }: LedgerPort,
  differences: readonly Difference[],
  { moved, filled }: Followed,
  remoteId: number,
): readonly FileRecord[] {
  return differences.flatMap((difference) => {
    switch (difference.kind) {
      case 'absent': {
        const { known } = difference
        const isElsewhere = !moved.has(known.id) && tree.sameInode(known.stamp, remoteId).some(({ sha256 }) => sha256 !== known.sha256)
        return isElsewhere ? [known] : []
      }
      case 'new':
        return filled.has(difference.path) ? [] : goneFrom(tree, difference.stamp, remoteId)
      case 'changed': {
        const { known, stamp } = difference
        return filled.has(known.path) || known.stamp.ino === stamp.ino ? [] : goneFrom(tree, stamp, remoteId)
      }
      default:
        return []
    }
  })
}

/** Files that are gone, and are the very file that has come elsewhere. */
function goneFrom(tree: LedgerPort['tree'], stamp: FileStamp, remoteId: number): readonly FileRecord[] {
  return tree.goneLike({ sha256: null, stamp }, remoteId).filter((gone) => !isGhostOfAnyRow(gone))
}

function take(units: SurveyUnits, { moved, filled }: Followed, difference: Difference): void {
  const { ledger, looks } = units.tools
  switch (difference.kind) {
    case 'new':
      if (!filled.has(difference.path)) arrive(units, difference.path, difference.stamp, difference.problem)
      return
    case 'changed': {
      if (moved.has(difference.known.id)) {
        // The known file went elsewhere; what stands here now is either another moved one or new.
        if (!filled.has(difference.known.path)) arrive(units, difference.known.path, difference.stamp, difference.problem)
        return
      }
      if (filled.has(difference.known.path)) {
        absent(units, difference.known, null)
        return
      }
      // A hash that is too young to be believed is taken again by the plan; the look itself saw nothing new.
      const sameStamp = isSameStamp(difference.known.stamp, difference.stamp)
      if (isAnother(difference.known.stamp, difference.stamp)) units.vanished.note(difference.known)
      const { problem } = difference
      if (
        problem === null ? isNewContent(ledger, difference.known, difference.stamp) : isNewLink(difference.known, difference.stamp, problem)
      )
        ledger.tree.setFirstScan(difference.known.id, units.scanId)
      ledger.tree.seeFile(difference.known.id, difference.stamp, difference.problem, sameStamp ? 'kept' : 'doubtful')
      // One that was away and is back, the same, was watched by nobody meanwhile.
      if (!sameStamp || difference.known.local === 'absent') looks.fileChanged(difference.known.id)
      if (difference.known.unitId === null)
        units.assign(difference.known.id, difference.known.path, units.folder.id, difference.problem, null)
      else {
        units.touch(difference.known.unitId, sameStamp ? 'seen' : 'changed')
        if (difference.known.local === 'excluded') units.uncovered(difference.known.unitId, difference.known.path)
      }
      return
    }
    case 'absent':
      if (!moved.has(difference.known.id)) absent(units, difference.known, difference.absence)
      return
    case 'unseen':
      if (moved.has(difference.known.id)) return
      ledger.tree.setFileLocal(difference.known.id, 'unseen', null, null)
      if (difference.known.unitId !== null) units.touch(difference.known.unitId, 'seen')
      return
    case 'excluded':
      ledger.tree.setFileLocal(difference.known.id, 'excluded', null, null)
      if (difference.known.unitId !== null) units.touch(difference.known.unitId, 'seen')
      return
  }
}

function arrive(units: SurveyUnits, path: RelPath, stamp: FileRecord['stamp'], problem: string | null): void {
  const { ledger } = units.tools
  const dirId = units.dirId(units.folder.id, dirOf(path))
  const squatter = ledger.tree.fileAt(dirId, nameOf(path))
  if (squatter !== null) ledger.tree.moveFile(squatter.id, squatter.folderId, squatter.dirId, `\u0000displaced-${squatter.id}`)
  const id = ledger.tree.addFile({
    folderId: units.folder.id,
    dirId,
    name: nameOf(path),
    stamp,
    problem,
    unitId: null,
    scanId: units.scanId,
  })
  units.tools.looks.fileChanged(id)
  units.assign(id, path, units.folder.id, problem, null)
  units.arrived(id)
}

function absent(units: SurveyUnits, file: FileRecord, absence: FileRecord['absence']): void {
  const { ledger, looks } = units.tools
  units.vanished.note(file)
  units.vanished.left(file)
  looks.forget(file.id)
  if (file.unitId === null) {
    // What a metadata file brought goes from the row later: until then it is remembered that there was one.
    if (units.touchOwner(file.path, units.folder.id)) {
      ledger.tree.setFileLocal(file.id, 'absent', units.scanId, null)
      if (file.local !== 'absent') looks.fileChanged(file.id)
    } else ledger.tree.removeFile(file.id)
    return
  }
  // An absence that is mentioned again is as old as it was.
  const since = file.local === 'absent' ? file.absentScan : null
  ledger.tree.setFileLocal(file.id, 'absent', since ?? units.scanId, absence)
  units.touch(file.unitId, 'seen')
}

/** May other content stand there, and no row tells by a hash, later, that it is the same? Then it stands there since this look. */
function isNewContent(ledger: LedgerPort, { unitId, stamp: before }: FileRecord, now: FileStamp): boolean {
  if (!isAnother(before, now) && before.mtimeNs === now.mtimeNs) return false
  // By then one may be gone whose DELETE is on its way.
  return unitId === null || !ledger.versions.ofUnit(unitId).some(({ role, remote }) => role === 'current' && remote !== 'deleting')
}

/** A link that is another one, or was led elsewhere: what went may have gone to where it leads since this look. */
function isNewLink(before: Pick<FileRecord, 'stamp' | 'problem'>, now: FileStamp, problem: string): boolean {
  // Older versions noted no time of a link.
  const isLed = before.stamp.ctimeNs !== '0' && !isSameStamp(before.stamp, now)
  return problem === 'symlink' && (before.problem !== 'symlink' || isLed)
}

/** Does another file stand there now? What stood there before may be somewhere else. */
function isAnother(before: FileStamp, now: FileStamp): boolean {
  return before.ino !== now.ino || before.sizeBytes !== now.sizeBytes
}

import type { UnitLine, WhyView } from '../control/api.ts'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import type { FolderState } from '../model/folder.ts'
import { pathArgument, unitCommand } from '../model/nextCommand.ts'
import type { UnitSummary } from '../store/facts.ts'
import { compareSlices, sliceOf } from '../sync/plan/series.ts'
import { NOT_USED, SIDECAR } from '../sync/plan/sidecar.ts'
import type { FileRecord, FolderRecord, UnitRecord } from '../sync/records.ts'
import { sidecarOf } from '../sync/sidecarFile.ts'
import { shownState } from './folderLines.ts'
import { ignoreRule, look } from './ignoreRule.ts'
import { limitWarnings } from './limitWarnings.ts'
import { entryOf, type LocalParts } from './localParts.ts'
import { type Place, placeOf } from './place.ts'
import { judgedCandidates, proofLines } from './proof.ts'
import { commandForUnit, fileAt, fileLine, ownerOf, problemText, unitLine } from './unitLines.ts'

const NOTHING: Omit<WhyView, 'unit'> = {
  nextTryAtMs: null,
  next: null,
  files: [],
  warnings: [],
  metadata: null,
  versions: [],
  proof: [],
  ignored: null,
}

/** Everything that is known of one path, and what comes next. @throws UserError (2) when no folder holds it, or nothing is known of it */
export function whyView(parts: LocalParts, path: string): WhyView {
  const place = placeOf(parts.ledger, path)
  const ignored = ignoreRuleAt(parts, place)
  const owner = ownerOf(parts.ledger, place.folder, place.path)
  if (owner !== null) return { ...unitWhy(parts, owner), ignored }
  const file = fileAt(parts.ledger, place.folder, place.path)
  if (file !== null && file.local !== 'absent')
    return { ...NOTHING, unit: fileLine(parts.ledger, place.folder, file), files: [fileView(file)], ignored }
  const seen = look(`${place.folder.path}/${place.path}`)
  if (seen === undefined && ignored === null) throw nothingKnown(parts, place)
  if (seen?.isDirectory() === true && ignored === null) throw isDirectory(place)
  const why = ignored === null ? 'not scanned yet' : `ignored by the rule ${ignored.rule} (${ignored.where})`
  const unit: UnitLine = {
    folder: place.folder.path,
    path: place.path,
    state: ignored === null ? 'waiting' : 'set-aside',
    kind: null,
    why,
    sinceMs: seen?.ctimeMs ?? parts.wallMs(),
    dataHash: null,
    title: null,
    sizeBytes: seen?.isFile() === true ? seen.size : 0,
    files: 1,
    sha256: null,
  }
  return { ...NOTHING, unit, ignored }
}

function unitWhy(parts: LocalParts, summary: UnitSummary): Omit<WhyView, 'ignored'> {
  const { ledger } = parts
  const { unit } = summary
  const folder = ledger.folders.get(unit.folderId)
  const line = unitLine(folder, summary)
  const candidates = judgedCandidates(parts, folder).filter(({ view }) => view.unit.id === unit.id)
  const judged = candidates.find(({ view }) => view.version.id === summary.version?.id)
  const older = judged ?? candidates[0]
  const { verdict } = judged ?? {}
  const folderState = shownState(folder)
  // Our own note alone is nothing that a person misses.
  const isMissed = dueRows(ledger.versions, unit.id).some((row) => row.titleDue) || sidecarOf(ledger, unit)?.local === 'present'
  const isRefused = isMissed && areTitlesRefused(ledger, folder, unit.id)
  const waits = line.state !== 'synced' && folderState.next !== null
  const unread = line.state === 'synced' ? null : parts.unread(folder.remoteId)
  const why = [
    line.why,
    ...(waits ? [`${folderWords(folderState.state)}: ${folderState.why}`] : []),
    ...(unread === null || waits ? [] : [`the dataset could not be read: ${unread}`]),
  ]
  return {
    unit: { ...line, why: why.join('; ') },
    nextTryAtMs: unit.retryAtMs ?? (verdict?.kind === 'wait' && verdict.forMs !== null ? parts.wallMs() + verdict.forMs : null),
    next: commandForUnit(line) ?? (waits ? folderState.next : null) ?? (isRefused ? unitCommand('retry', folder.path, unit.key) : null),
    files: ledger.tree
      .filesOfUnit(unit.id)
      .filter((file) => !file.path.includes('\u0000'))
      .sort((a, b) => compareSlices(sliceOf(a), sliceOf(b)))
      .map(fileView),
    warnings: [
      ...titleWarnings(parts, folder, unit.id),
      ...openCallWarnings(ledger, unit.id),
      ...limitWarnings(
        entryOf(parts, folder)?.limits ?? null,
        ledger.tree.filesOfUnit(unit.id).filter((file) => file.local === 'present'),
      ),
    ],
    metadata: metadataView(parts, unit),
    versions: ledger.versions.ofUnit(unit.id).map(({ dataHash, title, remote, role }) => ({ dataHash, title, remote, role })),
    proof: older === undefined ? [] : proofLines(parts, folder, older),
  }
}

/** That a folder is in a state, within a sentence. */
function folderWords(state: FolderState): string {
  if (state === 'credentials') return "the folder's key is refused"
  return state === 'clock' ? 'the clocks forbid deletes' : `the folder is ${state}`
}

/** Is there a title or metadata of the unit's rows that the key may not write? */
export function areTitlesRefused({ remotes, versions }: LocalParts['ledger'], { remoteId }: FolderRecord, unitId: number): boolean {
  return !remotes.get(remoteId).datarow && dueRows(versions, unitId).some((row) => row.titleDue || row.metadataDue)
}

function dueRows(versions: LocalParts['ledger']['versions'], unitId: number) {
  return versions.ofUnit(unitId).filter((version) => version.role === 'current' && version.remote === 'live')
}

/** Titles that do not follow their file, and why. */
function titleWarnings({ ledger }: LocalParts, folder: FolderRecord, unitId: number): readonly string[] {
  const why = ledger.remotes.get(folder.remoteId).datarow
    ? 'it is to be changed, and was not yet'
    : 'Encord does not let this key write titles (datarow)'
  return dueRows(ledger.versions, unitId).flatMap(({ title, titleDue }) => (titleDue ? [`its title still is ${title}: ${why}`] : []))
}

/** What the server said to a call that it may have carried out or not. */
function openCallWarnings({ operations, versions }: LocalParts['ledger'], unitId: number): readonly string[] {
  const answers = versions.ofUnit(unitId).flatMap(({ id }) => operations.openOf(id).flatMap(({ answer }) => answer ?? []))
  return [...new Set(answers)].map((answer) => `Encord last answered ${answer}, which does not say whether the call was carried out`)
}

/** What became of the metadata file beside a unit. */
function metadataView({ ledger }: LocalParts, unit: UnitRecord): WhyView['metadata'] {
  const file = sidecarOf(ledger, unit)
  if (file === null || file.local !== 'present') return null
  const { path, problem } = file
  if (problem !== SIDECAR) return { path, state: 'not-used', why: problemText(problem ?? '').replace(NOT_USED, '') }
  const rows = ledger.versions.ofUnit(unit.id).filter((version) => version.role === 'current' && version.remote === 'live')
  const isTaken = ledger.remotes.get(ledger.folders.get(unit.folderId).remoteId).datarow
  if (!isTaken) return { path, state: 'not-used', why: 'Encord does not let this key write metadata (datarow)' }
  if (rows.length === 0) return { path, state: 'due', why: 'it is sent once the unit is in the dataset' }
  if (rows.some((row) => row.metadataDue)) return { path, state: 'due', why: 'it changed, or was not sent yet' }
  return { path, state: 'sent', why: "its values are the row's metadata" }
}

function fileView(file: FileRecord): WhyView['files'][number] {
  return { path: file.path, local: file.local, problem: file.problem === null ? null : problemText(file.problem), sha256: file.sha256 }
}

/** The rule that covers a path, with its place: the config's line, the ignore file's, or why it is one of the defaults. */
function ignoreRuleAt(parts: LocalParts, { folder, path }: Place): WhyView['ignored'] {
  const patterns = entryOf(parts, folder)?.ignore ?? []
  return ignoreRule({ root: folder.path, path, patterns })
}

function nothingKnown({ ledger }: LocalParts, { folder, path }: Place): UserError {
  const wasThere = path !== '' && ledger.history.entries({ folderId: folder.id, key: path, sinceMs: null }).length > 0
  return new UserError(EXIT.usage, {
    what: wasThere
      ? `${path} is no longer in ${folder.path}, and no row is kept for it`
      : `nothing is known of ${path === '' ? folder.path : path}, and it is not in ${folder.path}`,
    notDone: 'nothing was changed',
    next: wasThere ? `encord-sync history ${pathArgument(`${folder.path}/${path}`)}` : 'encord-sync units',
  })
}

function isDirectory({ folder, path }: Place): UserError {
  return new UserError(EXIT.usage, {
    what: `${path === '' ? folder.path : path} is a directory, and no unit`,
    notDone: 'nothing was changed',
    next: 'encord-sync units PATH (everything below it)',
  })
}

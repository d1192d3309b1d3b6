import type { Counts, FolderStatus, StatusView } from '../control/api.ts'
import { EXIT } from '../model/exitCode.ts'
import type { FolderState } from '../model/folder.ts'
import { stateOf, type UnitState } from '../model/unit.ts'
import type { FolderRecord } from '../sync/records.ts'
import { countsOf } from './counts.ts'
import { shownState } from './folderLines.ts'
import type { LocalParts } from './localParts.ts'
import { diskTrouble } from './troubles.ts'
import { lastVerified, type Verified } from './verifyDaily.ts'

type Attention = StatusView['attention'][number] & { readonly needsPerson: boolean }

const NOTHING: Counts = { seen: 0, synced: 0, onTheWay: 0, waiting: 0, failed: 0, setAside: 0, ignored: 0, missing: 0, held: 0 }

/** States that end by themselves, or were asked for. */
const CALM: readonly FolderState[] = ['ok', 'degraded', 'paused']

/** What `status` shows. */
export function statusView(parts: LocalParts): StatusView {
  const { ledger, service, version } = parts
  const known = ledger.folders.all()
  const folders = [...known.map((folder) => folderStatus(parts, folder)), ...unseenFolders(parts, known)]
  const verified = lastVerified(ledger)
  const attention = [
    ...known.flatMap((folder) => attentionOf(parts, folder)),
    ...[...unreadDatasets(ledger, parts.unread).values()].map((what) => ({ what, next: 'encord-sync doctor', needsPerson: false })),
    ...verifyAttention(verified),
    ...configAttention(parts.reloaded()),
    ...diskTrouble(ledger.path).map(({ what, next }) => ({ what, next, needsPerson: true })),
  ]
  return {
    service: { running: service !== null, pid: service?.pid ?? null, startedAtMs: service?.startedAtMs ?? null },
    version,
    ledger: ledger.path,
    config: parts.reloaded(),
    folders,
    uploads: parts.uploads(),
    verified,
    attention: attention.map(({ what, next }) => ({ what, next })),
    exitCode: exitCodeOf(folders, attention),
  }
}

/** What `status` shows before the first run: the config's folders, and nothing known of them. */
export function statusBeforeFirstRun(parts: Pick<LocalParts, 'config' | 'version' | 'wallMs'>, ledgerPath: string): StatusView {
  return {
    service: { running: false, pid: null, startedAtMs: null },
    version: parts.version,
    ledger: ledgerPath,
    config: null,
    folders: unseenFolders(parts, []),
    uploads: [],
    verified: null,
    attention: [],
    exitCode: EXIT.ok,
  }
}

function folderStatus(parts: LocalParts, folder: FolderRecord): FolderStatus {
  const { ledger } = parts
  const remote = ledger.remotes.get(folder.remoteId)
  return {
    path: folder.path,
    id: folder.uid,
    dataset: remote.dataset,
    domain: remote.domain,
    ...shownState(folder),
    sinceMs: folder.sinceMs,
    pausedUntilMs: folder.pausedUntilMs,
    counts: countsOf(ledger, folder.id),
    scannedAtMs: scannedAtMs(ledger, folder),
    incident: incidentOf(parts, folder),
  }
}

function incidentOf({ ledger, wallMs }: LocalParts, folder: FolderRecord): FolderStatus['incident'] {
  const incident = ledger.folders.incident(folder.id)
  if (incident === null) return null
  return { ...incident, deletesSent: ledger.history.deletesSent(folder.id, incident.fromMs, incident.toMs ?? wallMs()) }
}

function scannedAtMs(ledger: LocalParts['ledger'], folder: FolderRecord): number | null {
  const last = ledger.scans.lastWhole(folder.id)
  return last?.result === 'complete' ? last.endedMs : null
}

/** Folders of the config that no run has looked at yet. */
function unseenFolders({ config, wallMs }: Pick<LocalParts, 'config' | 'wallMs'>, known: readonly FolderRecord[]): readonly FolderStatus[] {
  return config.folders
    .filter((entry) => !known.some(({ path, writtenAs }) => path === entry.path || writtenAs === entry.path))
    .map((entry) => ({
      path: entry.path,
      id: '',
      dataset: entry.dataset,
      domain: config.encord.domain,
      state: 'ok',
      why: 'not looked at yet',
      sinceMs: wallMs(),
      next: 'encord-sync run',
      pausedUntilMs: null,
      counts: NOTHING,
      scannedAtMs: null,
      incident: null,
    }))
}

/**
 * The datasets of folders that could not be read, with the reason and what that means. A folder that waits for a person says so itself.
 * @param unread why one could not be read, by the remote's id; null when it could, or nobody tried
 */
export function unreadDatasets(
  { folders, remotes }: Pick<LocalParts['ledger'], 'folders' | 'remotes'>,
  unread: LocalParts['unread'],
): ReadonlyMap<number, string> {
  const found = new Map<number, string>()
  for (const { state, remoteId } of folders.all()) {
    const why = CALM.includes(state) ? unread(remoteId) : null
    if (why === null) continue
    const { dataset } = remotes.get(remoteId)
    found.set(remoteId, `the dataset ${dataset} could not be read: ${why}; no row of it is deleted meanwhile, and it is tried again`)
  }
  return found
}

function attentionOf({ ledger }: LocalParts, folder: FolderRecord): readonly Attention[] {
  const found: Attention[] = []
  const { state, why, next } = shownState(folder)
  if (next !== null) found.push({ what: `${folder.path}: ${state}: ${why}`, next, needsPerson: !CALM.includes(state) })
  for (const batch of ledger.candidates.batches(folder.id)) {
    if (batch.decision !== null) continue
    const held = ledger.candidates.inBatch(batch.id)
    found.push({
      what: `${folder.path}: ${held.length} ${held.length === 1 ? 'delete waits' : 'deletes wait'} for a decision: ${batch.why}`,
      next: 'encord-sync deletes list',
      // An older version beside its newer one harms nobody (design, section 9).
      needsPerson: held.some((candidate) => candidate.why !== 'superseded'),
    })
  }
  const words = new Map<UnitState | 'unseen', number>()
  for (const { facts, units } of ledger.facts.counts(folder.id)) {
    for (const word of [stateOf(facts), ...(facts.local === 'unseen' ? (['unseen'] as const) : [])])
      words.set(word, (words.get(word) ?? 0) + units)
  }
  const say = (word: UnitState | 'unseen', text: string, command: string, needsPerson: boolean) => {
    const units = words.get(word) ?? 0
    if (units > 0) found.push({ what: `${folder.path}: ${units} ${units === 1 ? 'unit' : 'units'} ${text}`, next: command, needsPerson })
  }
  say('unseen', 'cannot be seen now; no row of this folder is deleted meanwhile', 'encord-sync units', false)
  say('unlinked', 'may be rows that the dataset holds already', 'encord-sync adopt', true)
  say('rejected', 'set aside until they change or are retried', 'encord-sync units', false)
  say('remote-missing', 'removed from the dataset by someone else', 'encord-sync units', false)
  return found
}

/** It was compared by itself: what it found is looked at with the command, which says what is left of it. */
function verifyAttention(verified: Verified | null): readonly Attention[] {
  if (verified === null || verified.drift === 0) return []
  const what = `${verified.drift} ${verified.drift === 1 ? 'difference' : 'differences'} between ledger, dataset and disk when they were compared last`
  return [{ what, next: 'encord-sync verify', needsPerson: false }]
}

/** The service goes on with the config before; its reasons are for whoever edits the file. */
function configAttention(config: StatusView['config']): readonly Attention[] {
  if (config === null) return []
  const found: Attention[] = []
  if (config.state === 'invalid') {
    const what = `the config file can't be used, and the one before it stays in force: ${config.problem ?? ''}`
    found.push({ what, next: 'encord-sync config check', needsPerson: true })
  }
  if (config.restartNeeded.length > 0) {
    const what = `${config.restartNeeded.join(', ')} changed in the config: restart needed`
    found.push({ what, next: 'restart the service', needsPerson: false })
  }
  return found
}

function exitCodeOf(folders: readonly FolderStatus[], attention: readonly Attention[]): StatusView['exitCode'] {
  if (attention.some((one) => one.needsPerson)) return EXIT.person
  return folders.some((folder) => folder.counts.failed > 0) ? EXIT.failed : EXIT.ok
}

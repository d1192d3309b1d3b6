import { dirname } from 'node:path'
import type { ReloadView } from '../control/api.ts'
import type { FolderState } from '../model/folder.ts'
import { pathArgument } from '../model/nextCommand.ts'
import type { NoticeCause, Trouble } from '../model/notice.ts'
import { stateOf } from '../model/unit.ts'
import type { Ledger } from '../store/openLedger.ts'
import type { FolderRecord } from '../sync/records.ts'
import { shownState } from './folderLines.ts'
import { freeBytesAt, LEAST_FREE_BYTES } from './room.ts'

/** What a folder's state is told as; null where nobody has to act. */
const CAUSES: Readonly<Record<FolderState, NoticeCause | null>> = {
  ok: null,
  degraded: null,
  paused: null,
  credentials: 'credentials',
  clock: 'clock',
  absent: 'folder',
  foreign: 'folder',
  restored: 'folder',
  unreadable: 'folder',
  frozen: 'ledger',
}

/** Everything that needs a person now, as far as the ledger and its disk tell. */
export function troublesOf(ledger: Ledger, config: ReloadView | null): readonly Trouble[] {
  return [
    ...ledger.folders.all().flatMap((folder) => troublesOfFolder(ledger, folder)),
    ...diskTrouble(ledger.path),
    ...configTrouble(config),
  ]
}

function troublesOfFolder(ledger: Ledger, folder: FolderRecord): readonly Trouble[] {
  const found: Trouble[] = []
  const say = (key: string, cause: NoticeCause, what: string, next: string): void => {
    found.push({ key: `${key}:${folder.uid}`, cause, folder: folder.path, what: `${folder.path}: ${what}`, next })
  }
  const { state, why, next } = shownState(folder)
  const cause = CAUSES[state]
  if (cause !== null) say(`folder.${state}`, cause, `${state}: ${why}`, next ?? 'encord-sync status')
  for (const batch of ledger.candidates.batches(folder.id)) {
    const held = batch.decision === null ? ledger.candidates.inBatch(batch.id) : []
    // An older version beside its newer one harms nobody.
    if (!held.some((candidate) => candidate.why !== 'superseded')) continue
    say(
      `batch.${batch.id}`,
      'deletes-held',
      `${held.length} ${held.length === 1 ? 'delete waits' : 'deletes wait'} for a decision`,
      'encord-sync deletes list',
    )
  }
  const rejected = ledger.facts.counts(folder.id).reduce((sum, { facts, units }) => (stateOf(facts) === 'rejected' ? sum + units : sum), 0)
  if (rejected > 0) say('rejected', 'rejected', `${rejected} ${rejected === 1 ? 'unit is' : 'units are'} set aside`, 'encord-sync units')
  return found
}

/** Is there little room left where the ledger is? */
export function diskTrouble(ledgerPath: string): readonly Trouble[] {
  const free = freeBytesAt(dirname(ledgerPath))
  if (free === null || free >= LEAST_FREE_BYTES) return []
  const what = `the disk that holds the ledger is nearly full (${dirname(ledgerPath)})`
  return [{ key: 'disk-full', cause: 'disk-full', folder: null, what, next: `df -h ${pathArgument(dirname(ledgerPath))}` }]
}

function configTrouble(config: ReloadView | null): readonly Trouble[] {
  if (config?.state !== 'invalid') return []
  const what = `the config file ${config.file} can't be used; the one before it stays in force`
  return [{ key: 'config', cause: 'config', folder: null, what, next: 'encord-sync config check' }]
}

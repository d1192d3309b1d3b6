import { PATIENT_DATA } from '../model/patientData.ts'
import { isLoopback } from './address.ts'
import type { ConfigDocument } from './document.ts'
import { type KeyPath, keyName, type Problem } from './problem.ts'
import type { ParsedConfig, ParsedFolder } from './schema.ts'

const SMALL_SETTLE_MS = 3000
const SMALL_GRACE_MS = 30_000
const SMALL_RESCAN_MS = 60_000
const SMALL_GAP_MS = 10_000

/** What is allowed in a valid config and perhaps not meant, in the order of the file. */
export function configWarnings(config: ParsedConfig, document: ConfigDocument): Problem[] {
  const warnings: Problem[] = []
  const warn = (path: KeyPath, text: string) => warnings.push({ ...document.at(path), message: `${keyName(path)}: ${text}` })
  if (config.encord.absent_gap < SMALL_GAP_MS)
    warn(['encord', 'absent_gap'], 'a listing that lags longer than this can make a row be registered twice')
  if (config.folders.length === 0) warn(['folders'], 'no folder is named, so nothing is watched')
  for (const [index, folder] of config.folders.entries()) folderWarnings(['folders', index], folder, warn)
  if (config.rescan < SMALL_RESCAN_MS) warn(['rescan'], 'every folder is walked as a whole this often; large folders keep the disk busy')
  if (config.status !== undefined && !isLoopback(config.status.listen.host)) {
    warn(
      ['status', 'listen'],
      'other machines can read the paths and states of your folders there; the token that shows names of files crosses the network in the clear',
    )
  }
  return warnings.toSorted((a, b) => a.line - b.line || a.column - b.column)
}

function folderWarnings(at: KeyPath, folder: ParsedFolder, warn: (path: KeyPath, text: string) => void): void {
  if (folder.dicomseries) warn([...at, 'dicomseries'], PATIENT_DATA)
  if (folder.settle < SMALL_SETTLE_MS) warn([...at, 'settle'], 'a copy that pauses longer than this may be sent before it is whole')
  if (folder.group_settle < folder.settle) warn([...at, 'group_settle'], 'shorter than settle: groups wait for settle anyway')
  if (folder.regroup_settle < folder.group_settle)
    warn([...at, 'regroup_settle'], 'shorter than group_settle: a changed group is registered anew in a hurry')
  if (folder.deletes.mode !== 'propagate') return
  const grace = [...at, 'deletes', 'grace']
  if (folder.deletes.grace < SMALL_GRACE_MS) warn(grace, 'a file that is away for longer than this loses its row and its annotations')
  else if (folder.deletes.grace < 3 * folder.settle)
    warn(grace, 'less than three times settle: a slow rename across file systems may look like a delete')
}

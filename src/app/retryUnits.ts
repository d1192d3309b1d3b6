import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import { stateOf } from '../model/unit.ts'
import type { UnitSummary } from '../store/facts.ts'
import type { FolderRecord } from '../sync/records.ts'
import type { ChangeParts } from './changeParts.ts'
import { type Place, placesOf } from './place.ts'
import { ownerOf } from './unitLines.ts'
import { areTitlesRefused } from './whyView.ts'

/**
 * Units that a person names: someone else may have removed their rows since the last listing, or they lacked in a short one, and are there. A
 * service lists their datasets now, so that `retry` sends just what is missing.
 * @returns datasets that were read
 */
export async function lookForRows(parts: ChangeParts, paths: readonly string[]): Promise<ReadonlySet<number>> {
  const found = paths.flatMap((path) => placesOf(parts.ledger, path)).flatMap((place) => unitsAt(parts, place))
  const known = found.filter(({ summary }) => ['synced', 'remote-missing'].includes(stateOf(summary.facts)))
  const read = new Set<number>()
  for (const remoteId of new Set(known.map(({ folder }) => folder.remoteId))) if (await parts.readDataset(remoteId)) read.add(remoteId)
  return read
}

type Retry = { readonly paths: readonly string[]; readonly asIs: boolean; readonly read: ReadonlySet<number> }

type Found = { readonly folder: FolderRecord; readonly summary: UnitSummary }

/**
 * Opens units again: attempts and back-off start anew. Without paths all failed and rejected ones; rows that someone else removed
 * are sent again only where a path says so.
 * @param ask.asIs send what looks cut off
 * @param ask.read datasets that were listed just now
 * @returns the units, as absolute paths. @throws UserError (2) when a path leads to no unit
 */
export function retryUnits(parts: ChangeParts, ask: Retry): readonly string[] {
  const { ledger } = parts
  const isNamed = ask.paths.length > 0
  const places: readonly Place[] = isNamed
    ? ask.paths.flatMap((path) => placesOf(ledger, path))
    : ledger.folders.all().map((folder) => ({ folder, path: '' }))
  const retried: string[] = []
  const folderIds = new Set<number>()
  ledger.now(() => {
    for (const place of places) {
      const found = unitsAt(parts, place)
      if (isNamed && found.length === 0) throw noUnit(place)
      for (const one of found) {
        const isTitled = isNamed && allowTitles(parts, one)
        if (!reopen(parts, one, ask, isNamed) && !isTitled) continue
        folderIds.add(one.folder.id)
        retried.push(`${one.folder.path}/${one.summary.unit.key}`)
      }
    }
  })
  for (const folderId of folderIds) parts.poke(folderId)
  return [...new Set(retried)]
}

function unitsAt({ ledger }: ChangeParts, { folder, path }: Place): readonly Found[] {
  const below = ledger.facts.summaries(folder.id, path)
  const owner = below.length > 0 ? null : ownerOf(ledger, folder, path)
  return [...below, ...(owner === null ? [] : [owner])].map((summary) => ({ folder, summary }))
}

function reopen(parts: ChangeParts, { folder, summary }: Found, { asIs, read }: Retry, isNamed: boolean): boolean {
  const { ledger, wallMs } = parts
  const { unit, facts, version } = summary
  const state = stateOf(facts)
  if (state === 'remote-missing') {
    if (!isNamed || version === null) return false
    // The old row is over; without a current version the unit is sent like a new one, after a listing that lacks it once more.
    ledger.versions.setRole(version.id, 'closed')
    supersedeParts(parts, unit.id)
    // Nobody could list it just now: that comes before anything is sent.
    if (!read.has(folder.remoteId)) ledger.remotes.markDue(folder.remoteId)
  } else if (state !== 'failed' && state !== 'rejected' && !(state === 'waiting' && isNamed)) return false
  ledger.units.setWork(unit.id, 'waiting', 'a person asked to try it again', wallMs(), 0, null)
  if (asIs) ledger.units.setAsIs(unit.id, true)
  return true
}

/** The key may write titles and metadata by now: what is due of this unit is tried again, and with it all that is due in its dataset. */
function allowTitles({ ledger }: ChangeParts, { folder, summary }: Found): boolean {
  if (!areTitlesRefused(ledger, folder, summary.unit.id)) return false
  ledger.remotes.setDatarow(folder.remoteId, 'open')
  return true
}

/** What is left of a sequence of which a row was removed is an older version of the one that is sent now. */
function supersedeParts({ ledger, wallMs }: ChangeParts, unitId: number): void {
  for (const version of ledger.versions.ofUnit(unitId)) {
    if (version.role !== 'current') continue
    ledger.versions.setRole(version.id, version.remote === 'live' ? 'superseded' : 'closed')
    if (version.remote === 'live') ledger.candidates.add(version.id, 'superseded', null, wallMs())
  }
}

function noUnit({ folder, path }: Place): UserError {
  return new UserError(EXIT.usage, {
    what: `no unit is at ${folder.path}/${path}`,
    notDone: 'nothing was retried',
    next: 'encord-sync units',
  })
}

import type { LocalApi } from '../control/api.ts'
import { nameOf } from '../model/file.ts'
import type { FolderPolicy } from '../model/folder.ts'
import type { UnitSummary } from '../store/facts.ts'
import { inquire } from '../sync/inquire.ts'
import { lostCallOf } from '../sync/lostCalls.ts'
import { applyNote } from '../sync/notes.ts'
import { isLeftOut, unitContent } from '../sync/plan/unitContent.ts'
import type { FolderRecord, ForeignRow, UnitRecord } from '../sync/records.ts'
import { unitTitle } from '../sync/unitTitle.ts'
import { matchRows, type Waiting } from './adoptMatches.ts'
import type { ChangeParts } from './changeParts.ts'
import { entryOf } from './localParts.ts'
import { type Place, placesOf } from './place.ts'

type Ask = Parameters<LocalApi['adopt']>[0]
type Adopted = Awaited<ReturnType<LocalApi['adopt']>>
type Open = { readonly folder: FolderRecord; readonly policy: FolderPolicy; readonly summary: UnitSummary; readonly waiting: Waiting }

/**
 * Decides about units that may be rows which the dataset held before this ledger knew it, or which a lost call of theirs made. Each is linked to
 * the one row of its type and size that has its title, else to the one with its base name; where several would do, it stays as it is.
 * @param ask.none no row is any of them: they are sent as new rows. @param ask.path of one unit, or of what lies below; null: all
 * @throws UserError (2) when no folder holds the path
 */
export async function adoptUnits(parts: ChangeParts, ask: Ask): Promise<Adopted> {
  const folders = parts.ledger.folders.all()
  const places = ask.path === null ? folders.map((folder) => ({ folder, path: '' })) : placesOf(parts.ledger, ask.path)
  const result = ask.none ? await sendAll(parts, places) : await linkAll(parts, places)
  for (const folder of folders) parts.poke(folder.id)
  return result
}

async function linkAll(parts: ChangeParts, places: readonly Place[]): Promise<Adopted> {
  const { ledger } = parts
  for (const remoteId of new Set(places.map(({ folder }) => folder.remoteId))) {
    // What a lost call made may be in the dataset since the ledger read it last.
    if (ledger.versions.lostOf(remoteId).length > 0) await parts.readDataset(remoteId)
  }
  const asked = places.flatMap((place) => unlinkedOf(parts, place).map(({ unit }) => ({ folder: place.folder, unit })))
  // Whose row it may be is asked of all that wait, whichever are to be decided.
  const open: Open[] = []
  for (const folder of ledger.folders.all()) open.push(...(await openOf(parts, folder)))
  const matches = matchRows(
    open.map(({ waiting }) => waiting),
    (remoteId) => ledger.remotes.adoptableRows(remoteId),
    (remoteId) => ledger.versions.lostOf(remoteId),
  )
  const openById = new Map(open.map((one) => [one.summary.unit.id, one]))
  const rowsById = new Map(matches.map(({ waiting, rows }) => [waiting.unitId, rows]))
  const linked: string[] = []
  const ambiguous: string[] = []
  for (const { folder, unit } of asked) {
    const one = openById.get(unit.id)
    const rows = rowsById.get(unit.id) ?? null
    const isLinked = one !== undefined && rows !== null && (await link(parts, one, rows))
    const decided = isLinked ? linked : ambiguous
    decided.push(`${folder.path}/${unit.key}`)
  }
  return { linked, sent: [], again: [], ambiguous }
}

async function sendAll(parts: ChangeParts, places: readonly Place[]): Promise<Adopted> {
  const { ledger, wallMs } = parts
  // What a person said holds for the content that stands there now: only that tells which lost calls it is about.
  for (const place of places) {
    if (ledger.versions.lostOf(place.folder.remoteId).length === 0) continue
    for (const { unit } of unlinkedOf(parts, place)) await readContent(parts, place.folder, unit)
  }
  const decided = ledger.now(() =>
    places.flatMap((place) =>
      unlinkedOf(parts, place).map(({ unit }) => {
        dismissLost(parts, place.folder, unit)
        ledger.units.setUnlinked(unit.id, 'none')
        ledger.units.setWork(unit.id, 'waiting', 'a person said that no row of the dataset is this', wallMs())
        return { path: `${place.folder.path}/${unit.key}`, isCloud: entryOf(parts, place.folder)?.policy.via.kind === 'cloud' }
      }),
    ),
  )
  const those = (inBucket: boolean): readonly string[] => decided.filter(({ isCloud }) => isCloud === inBucket).map(({ path }) => path)
  return { linked: [], sent: those(false), again: those(true), ambiguous: [] }
}

/** No call for what the unit holds made its row. */
function dismissLost(parts: ChangeParts, folder: FolderRecord, unit: UnitRecord): void {
  const content = contentOf(parts, unit)
  for (let lost = lostOf(parts, folder, unit, content); lost !== null; lost = lostOf(parts, folder, unit, content))
    parts.ledger.versions.retire(lost.id, 'stray', 'closed')
}

function unlinkedOf({ ledger }: ChangeParts, { folder, path }: Place): readonly UnitSummary[] {
  return ledger.facts.summaries(folder.id, path).filter(({ unit }) => unit.work === 'unlinked')
}

/** What waits in a folder, read where only its content tells whether a lost call was its own. */
async function openOf(parts: ChangeParts, folder: FolderRecord): Promise<readonly Open[]> {
  const { ledger } = parts
  const policy = entryOf(parts, folder)?.policy
  if (policy === undefined) return []
  const { pathTitles } = ledger.remotes.get(folder.remoteId)
  const calls = ledger.versions.lostOf(folder.remoteId)
  const open: Open[] = []
  for (const summary of unlinkedOf(parts, { folder, path: '' })) {
    const { unit, sizeBytes } = summary
    if (calls.length > 0) await readContent(parts, folder, unit)
    const content = contentOf(parts, unit)
    const lost = lostOf(parts, folder, unit, content)
    const isOther = lost === null && calls.some((version) => version.unitId === unit.id)
    // It changed since its call was lost: no row holds it, and it is sent once it is at rest.
    if (isOther) continue
    const title = unitTitle(ledger, unit, ledger.tree.filesOfUnit(unit.id), policy, pathTitles)
    const waiting: Waiting = {
      unitId: unit.id,
      remoteId: folder.remoteId,
      kind: unit.kind,
      title,
      name: nameOf(unit.shape === 'series' ? title : unit.key),
      sizeBytes,
      content,
      isCloud: policy.via.kind === 'cloud',
      isSequence: unit.shape === 'dir' && policy.subdirectories === 'sequence',
      lost,
    }
    open.push({ folder, policy, summary, waiting })
  }
  return open
}

function lostOf({ ledger }: ChangeParts, folder: FolderRecord, unit: UnitRecord, content: string | null) {
  return content === null ? null : lostCallOf(ledger, unit, folder.remoteId, content)
}

const BECAUSE = 'a person adopted it: same title or name, size and type'

/** A link needs to know which content the row stands for, or the next change of a file could not be told from none. */
async function link(parts: ChangeParts, { folder, policy, summary, waiting }: Open, rows: readonly ForeignRow[]): Promise<boolean> {
  const { ledger } = parts
  const { unit } = summary
  const [row, ...more] = rows
  if (row === undefined) return false
  await readContent(parts, folder, unit)
  return ledger.now(() => {
    const content = contentOf(parts, unit)
    const isFree = rows.every(({ dataHash }) => ledger.versions.byHash(folder.remoteId, dataHash) === null)
    const isOthers = rows.some(({ own }) => own !== null && own.sha256 !== content)
    const isStillOpen = ledger.units.get(unit.id)?.work === 'unlinked' && isFree && !isOthers
    // What it holds now may have changed while it was read.
    const isSame = waiting.content === null || waiting.content === content
    if (!isStillOpen || !isSame || content === null) return false
    const tools = { ledger, log: parts.log, wallMs: parts.wallMs }
    applyNote(tools, folder, policy, { kind: 'link', unitId: unit.id, row, more, content, goesBy: 'rule', because: BECAUSE })
    if (waiting.lost !== null) ledger.versions.retire(waiting.lost.id, 'stray', 'closed')
    return true
  })
}

async function readContent({ ledger, disk, clock }: ChangeParts, folder: FolderRecord, unit: UnitRecord): Promise<void> {
  for (const file of ledger.tree.filesOfUnit(unit.id)) {
    if (file.sha256 !== null || file.local !== 'present' || file.problem !== null || isLeftOut(file, unit)) continue
    const { signal } = new AbortController()
    await inquire({ ledger, disk, clock, signal }, folder, { kind: 'hash', unitId: unit.id, fileId: file.id, because: BECAUSE })
  }
}

function contentOf({ ledger }: ChangeParts, unit: UnitRecord): string | null {
  return unitContent(ledger.tree.filesOfUnit(unit.id), unit)
}

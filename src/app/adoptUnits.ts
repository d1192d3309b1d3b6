import type { LocalApi } from '../control/api.ts'
import { nameOf } from '../model/file.ts'
import type { FolderPolicy } from '../model/folder.ts'
import { ROW_TYPES } from '../model/remote.ts'
import { isOfFrames } from '../model/unit.ts'
import type { UnitSummary } from '../store/facts.ts'
import { inquire } from '../sync/inquire.ts'
import { closeLostCalls, lostCallsOf } from '../sync/lostCalls.ts'
import { applyNote } from '../sync/notes.ts'
import { groupContent } from '../sync/plan/groupContent.ts'
import type { FileRecord, FolderRecord, ForeignRow, UnitRecord } from '../sync/records.ts'
import { unitTitle } from '../sync/unitTitle.ts'
import type { ChangeParts } from './changeParts.ts'
import { entryOf } from './localParts.ts'

type Adopted = Awaited<ReturnType<LocalApi['adopt']>>
type Pair = { readonly folder: FolderRecord; readonly policy: FolderPolicy; readonly summary: UnitSummary; readonly row: ForeignRow }
type Match = Omit<Pair, 'row'> & { readonly rows: readonly ForeignRow[] }

/**
 * Decides about units that may be rows which the dataset held before this ledger knew it. Each is linked to the one row of its
 * type and size that has its title, else to the one with its base name; where several would do, it stays as it is.
 * @param none no row is any of them: they are sent as new rows
 */
export async function adoptUnits(parts: ChangeParts, none: boolean): Promise<Adopted> {
  const folders = parts.ledger.folders.all()
  const result = none ? sendAll(parts, folders) : await linkAll(parts, folders)
  for (const folder of folders) parts.poke(folder.id)
  return result
}

async function linkAll(parts: ChangeParts, folders: readonly FolderRecord[]): Promise<Adopted> {
  const linked: string[] = []
  const ambiguous: string[] = []
  const matches = folders.flatMap((folder) => matchesOf(parts, folder))
  const claims = new Map<string, number>()
  for (const { folder, rows } of matches)
    for (const row of rows) claims.set(claimOf(folder, row), (claims.get(claimOf(folder, row)) ?? 0) + 1)
  for (const { folder, policy, summary, rows } of matches) {
    const [row] = rows
    const path = `${folder.path}/${summary.unit.key}`
    // A row that two files could be, also of two folders, is nobody's.
    const isSure = row !== undefined && rows.length === 1 && claims.get(claimOf(folder, row)) === 1
    if (isSure && (await link(parts, { folder, policy, summary, row }))) linked.push(path)
    else ambiguous.push(path)
  }
  return { linked, sent: [], ambiguous }
}

function sendAll(parts: ChangeParts, folders: readonly FolderRecord[]): Adopted {
  const { ledger, wallMs } = parts
  const sent = ledger.now(() =>
    folders.flatMap((folder) =>
      unlinkedOf(parts, folder).map(({ unit }) => {
        ledger.units.setUnlinked(unit.id, 'none')
        closeLostCalls(ledger, folder.remoteId, unit.id, contentOf(parts, unit))
        ledger.units.setWork(unit.id, 'waiting', 'a person said that no row of the dataset is this', wallMs())
        return `${folder.path}/${unit.key}`
      }),
    ),
  )
  return { linked: [], sent, ambiguous: [] }
}

function unlinkedOf({ ledger }: ChangeParts, folder: FolderRecord): readonly UnitSummary[] {
  return ledger.facts.summaries(folder.id, '').filter(({ unit }) => unit.work === 'unlinked')
}

/** The rows that each open unit of a folder may be; reads only. */
function matchesOf(parts: ChangeParts, folder: FolderRecord): readonly Match[] {
  const policy = entryOf(parts, folder)?.policy
  if (policy === undefined) return []
  const { pathTitles } = parts.ledger.remotes.get(folder.remoteId)
  const foreign = parts.ledger.remotes.foreignRows(folder.remoteId)
  return unlinkedOf(parts, folder).map((summary) => {
    const { unit } = summary
    const title = unitTitle(parts.ledger, unit, parts.ledger.tree.filesOfUnit(unit.id), policy, pathTitles)
    // Renamed since its call was lost, it is a row of the title that was asked for.
    const asked = lostCallsOf(parts.ledger, folder.remoteId, unit.id, contentOf(parts, unit))
    return { folder, policy, summary, rows: rowsFor(summary, [...asked.map((version) => version.title), title], foreign) }
  })
}

function claimOf(folder: FolderRecord, row: ForeignRow): string {
  return `${folder.remoteId} ${row.dataHash}`
}

/** A link needs to know which content the row stands for, or the next change of a file could not be told from none. */
async function link(parts: ChangeParts, { folder, policy, summary, row }: Pair): Promise<boolean> {
  const { ledger, disk, clock } = parts
  const { unit } = summary
  const because = 'a person adopted it: same title or name, size and type'
  for (const file of sentFiles(parts, unit.id)) {
    if (file.sha256 !== null) continue
    const signal = new AbortController().signal
    await inquire({ ledger, disk, clock, signal }, folder, { kind: 'hash', unitId: unit.id, fileId: file.id, because })
  }
  return ledger.now(() => {
    const content = contentOf(parts, unit)
    const isStillOpen = ledger.units.get(unit.id)?.work === 'unlinked' && ledger.versions.byHash(folder.remoteId, row.dataHash) === null
    if (!isStillOpen || content === null) return false
    applyNote({ ledger, log: parts.log, wallMs: parts.wallMs }, folder, policy, {
      kind: 'link',
      unitId: unit.id,
      row,
      more: [],
      content,
      because,
    })
    return true
  })
}

function sentFiles({ ledger }: ChangeParts, unitId: number): readonly FileRecord[] {
  return ledger.tree.filesOfUnit(unitId).filter((file) => file.local === 'present' && file.problem === null)
}

/** sha256 of the file, or of the group's frames; null while one is not hashed, or none is there. */
function contentOf(parts: ChangeParts, unit: UnitRecord): string | null {
  const shas = sentFiles(parts, unit.id).map((file) => file.sha256)
  const known = shas.filter((sha256) => sha256 !== null)
  const [first] = known
  if (first === undefined || known.length < shas.length) return null
  return unit.shape === 'file' ? first : groupContent(known)
}

/** The rows a unit may be, best kind of match only. @param titles the one it has now last */
function rowsFor({ unit, sizeBytes }: UnitSummary, titles: readonly string[], rows: readonly ForeignRow[]): readonly ForeignRow[] {
  const possible = rows.filter(
    (row) => row.type === ROW_TYPES[unit.kind] && (isOfFrames(unit.kind) || row.sizeBytes === null || row.sizeBytes === sizeBytes),
  )
  const byTitle = possible.filter((row) => titles.includes(row.title))
  if (byTitle.length > 0) return byTitle
  const names = unit.shape === 'series' ? titles.map(nameOf) : [...titles.slice(0, -1), unit.key].map(nameOf)
  return possible.filter((row) => names.includes(nameOf(row.title)))
}

import type { Log } from '../model/event.ts'
import type { FolderPolicy } from '../model/folder.ts'
import { detachUnit } from './detachUnit.ts'
import { noteRuled } from './holdOlder.ts'
import { isKeptByPerson } from './keptRows.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { mapFile } from './plan/mapping.ts'
import type { FileRecord, FolderRecord, UnitRecord, VersionRecord } from './records.ts'
import { standing } from './standing.ts'

type Tools = { readonly ledger: LedgerPort; readonly log: Log; wallMs(): number }

const WHY = '`dicomseries` was changed'

/**
 * `dicomseries` may be another than it was: DICOM files that were set aside make series, or those of series are set aside, and their rows
 * detached: a change of policy deletes nothing. Where it is what it was, this changes nothing.
 */
export function remapDicom(tools: Tools, folder: FolderRecord, policy: FolderPolicy): void {
  if (policy.dicom === 'series') for (const file of tools.ledger.tree.problems(folder.id)) takeUp(tools, file, policy)
  else letGo(tools, folder, policy)
}

function takeUp({ ledger, wallMs }: Tools, file: FileRecord, policy: FolderPolicy): void {
  const isByName = file.problem === 'dicom' || file.problem === 'unknown-type'
  const mapping = mapFile(file.path, file.look, policy)
  if (!isByName || file.unitId !== null || file.local !== 'present' || mapping.kind !== 'unit') return
  const unitId = ledger.units.ensure(file.folderId, mapping.shape, mapping.key, mapping.unitKind, wallMs())
  ledger.tree.setProblem(file.id, null)
  ledger.tree.setFileUnit(file.id, unitId)
  ledger.units.setLocal(unitId, 'present')
  const unit = ledger.units.get(unitId)
  if (unit?.work === 'none') ledger.units.setWork(unitId, 'waiting', WHY, wallMs())
  if (unit !== null) followAgain(ledger, unit)
}

function letGo(tools: Tools, folder: FolderRecord, policy: FolderPolicy): void {
  const { ledger } = tools
  for (const unit of ledger.units.list(folder.id)) {
    if (unit.shape !== 'series') continue
    for (const file of ledger.tree.filesOfUnit(unit.id)) {
      const mapping = mapFile(file.path, file.look, policy)
      if (file.local === 'absent') ledger.tree.removeFile(file.id)
      else {
        ledger.tree.setFileUnit(file.id, null)
        ledger.tree.setProblem(file.id, file.problem ?? (mapping.kind === 'none' ? mapping.problem : null))
      }
    }
    if (unit.local !== 'excluded') detachUnit(tools, folder, unit, WHY)
  }
}

/**
 * A row that was let go of is its unit's again once the unit is there. While nobody followed it, its file may have become another one: until
 * the two were compared, a newer row takes its place under no rule. Called inside a transaction.
 */
export function followAgain(ledger: FollowLedger, unit: UnitRecord): void {
  const followed = toFollow(ledger, unit)
  for (const { id } of followed) ledger.versions.setRole(id, 'current')
  if (followed.length === 0) return
  ledger.versions.setChangedScan(unit.id, ledger.scans.lastWhole(unit.folderId)?.id ?? 0)
  noteRuled(ledger, unit.id, 'it was let go of for a while, and what stands at its path now is not what it holds')
}

type FollowLedger = Pick<LedgerPort, 'versions' | 'meta' | 'scans' | 'tree'>

/**
 * Of several rows that were let go of the one that holds what stands there, else the newest, or what that one holds is sent once more. One that
 * a person kept beside another comes last. The rows of a sequence hold one content: an older one's further rows are none of a newer one's.
 */
function toFollow(ledger: FollowLedger, unit: UnitRecord): readonly VersionRecord[] {
  const versions = ledger.versions.ofUnit(unit.id)
  const current = versions.filter(({ role }) => role === 'current')
  const rank = (version: VersionRecord): number =>
    (isKeptByPerson(ledger, version.id) ? 0 : 2) + (standing(ledger, unit, version) === 'there' ? 1 : 0)
  const ranked = versions
    .filter(({ role, remote }) => role === 'detached' && remote === 'live')
    .map((version) => ({ version, rank: rank(version) }))
    .toSorted((one, other) => other.rank - one.rank || other.version.id - one.version.id)
    .map(({ version }) => version)
  const content = (current[0] ?? ranked[0])?.content
  const taken = new Set(current.map(({ part }) => part))
  return ranked.filter((version) => {
    if (version.content !== content || taken.has(version.part)) return false
    taken.add(version.part)
    return true
  })
}

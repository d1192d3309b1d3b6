import type { Log } from '../model/event.ts'
import type { FolderPolicy } from '../model/folder.ts'
import { detachUnit } from './detachUnit.ts'
import { followAgain } from './followAgain.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { mapFile } from './plan/mapping.ts'
import type { FileRecord, FolderRecord } from './records.ts'

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

import { dirOf, nameOf, type RelPath } from '../model/file.ts'
import { leaveGhost } from './ghosts.ts'
import { type Crossed, holdOlder, holdReplaced } from './holdOlder.ts'
import { noteLeftBehind } from './leftTogether.ts'
import { forgetUnit } from './notes.ts'
import { canStandIn, mapFile } from './plan/mapping.ts'
import type { Move } from './plan/moves.ts'
import { dirOfUnit, keyIn } from './plan/series.ts'
import type { FileRecord } from './records.ts'
import type { SurveyUnits } from './surveyUnits.ts'

/** Lets units follow their files: to other names, directories and folders of the dataset. */
export class SurveyMoves {
  readonly #units: SurveyUnits
  /** Units whose place another one took, and which one did. */
  readonly #displaced = new Map<number, number>()
  readonly #crossed: Crossed[] = []

  constructor(units: SurveyUnits) {
    this.#units = units
  }

  /** Re-keys files in two steps, so that swaps and cycles never meet each other in the unique index. */
  follow(moves: readonly Move[]): void {
    const { ledger, log, looks } = this.#units.tools
    for (const move of moves) {
      if (move.replaces !== null) this.#drop(move.replaces)
      const left = move.leftBehind.flatMap(({ unitId }) => (unitId === null || unitId === move.file.unitId ? [] : unitId))
      noteLeftBehind(ledger, left, this.#units.scanId)
      ledger.tree.moveFile(move.file.id, move.file.folderId, move.file.dirId, `\u0000moving-${move.file.id}`)
    }
    const groups = new Map<number, Map<string, FileRecord[]>>()
    for (const move of moves) {
      const dirId = this.#units.dirId(move.toFolderId, dirOf(move.to))
      // A row whose file is gone from the new path keeps its unit, not its place.
      const squatter = ledger.tree.fileAt(dirId, nameOf(move.to))
      if (squatter !== null) ledger.tree.moveFile(squatter.id, squatter.folderId, squatter.dirId, `\u0000displaced-${squatter.id}`)
      this.#units.vanished.left(move.file)
      ledger.tree.moveFile(move.file.id, move.toFolderId, dirId, nameOf(move.to))
      // ctime changes with a rename; the content is the same file's.
      ledger.tree.seeFile(move.file.id, move.stamp, move.file.problem, 'kept')
      looks.fileChanged(move.file.id)
      log.emit('unit.moved', { folder: this.#units.folder.path, path: move.to, fromFolder: this.#units.folder.path, from: move.file.path })
      const unit = move.file.unitId === null ? null : ledger.units.get(move.file.unitId)
      if (unit === null) this.#moveFreeFile(move)
      else if (unit.shape === 'file') this.#moveFileUnit(unit.id, move)
      else {
        const byDir = groups.get(unit.id) ?? new Map<string, FileRecord[]>()
        const place = `${move.toFolderId} ${dirOf(move.to)}`
        byDir.set(place, [...(byDir.get(place) ?? []), { ...move.file, path: move.to, folderId: move.toFolderId }])
        groups.set(unit.id, byDir)
      }
    }
    for (const [unitId, byDir] of groups) this.#moveFrames(unitId, byDir)
    holdOlder(this.#units.tools, this.#crossed)
  }

  /** What was no unit by its old name may be one by the new (`clip.mp4.copying`, once it is whole). */
  #moveFreeFile(move: Move): void {
    const { ledger } = this.#units.tools
    ledger.tree.setFirstScan(move.file.id, this.#units.scanId)
    ledger.tree.setProblem(move.file.id, null)
    this.#units.touchOwner(move.file.path, move.file.folderId)
    this.#units.assign(move.file.id, move.to, move.toFolderId, null, move.file.look)
  }

  /** Is the unit's place another file's? That came there while this one was away, or just now, and may be gone again. */
  #isOthers(unitId: number, { id }: FileRecord): boolean {
    return this.#units.tools.ledger.tree.filesOfUnit(unitId).some((file) => file.id !== id && !file.path.includes('\u0000'))
  }

  #moveFileUnit(unitId: number, move: Move): void {
    const { ledger } = this.#units.tools
    const mapping = mapFile(move.to, move.file.look, this.#units.policyOf(move.toFolderId))
    const isOthers = this.#isOthers(unitId, move.file)
    if (!isOthers && mapping.kind === 'unit' && mapping.shape === 'file' && this.#sameRemote(move.toFolderId, unitId)) {
      this.#rekey(unitId, move.toFolderId, mapping.key)
      return
    }
    ledger.tree.setFileUnit(move.file.id, null)
    ledger.tree.setFirstScan(move.file.id, this.#units.scanId)
    // Whose the row is the contents tell.
    if (isOthers) this.#units.touch(unitId)
    // From the root into a group, or out of it: another kind of unit, so a new row; the old one is a candidate.
    else this.#leaveGhost(unitId, move.file)
    this.#units.assign(move.file.id, move.to, move.toFolderId, move.file.problem, move.file.look)
  }

  /** A group follows its frames: none left in the old directory and all of them in one other. */
  #moveFrames(unitId: number, byDir: Map<string, FileRecord[]>): void {
    const { ledger } = this.#units.tools
    const unit = ledger.units.get(unitId)
    if (unit === null) return
    const [first] = [...byDir.values()]
    const target = first?.[0]
    const left = ledger.tree
      .filesOfUnit(unitId)
      .filter((file) => dirOf(file.path) === dirOfUnit(unit) && file.folderId === unit.folderId && !file.path.includes('\u0000'))
    const dir = target === undefined ? '' : dirOf(target.path)
    const key = keyIn(dir, unit)
    const taken = target === undefined ? null : ledger.units.byKey(target.folderId, unit.shape, key)
    const free = taken === null || taken.id === unitId || !ledger.versions.ofUnit(taken.id).some((version) => version.role !== 'closed')
    if (
      byDir.size === 1 &&
      left.length === 0 &&
      target !== undefined &&
      canStandIn(dir, unit.shape, this.#units.policyOf(target.folderId)) &&
      free
    ) {
      if (taken !== null && taken.id !== unitId) {
        for (const file of ledger.tree.filesOfUnit(taken.id)) ledger.tree.setFileUnit(file.id, unitId)
        forgetUnit(ledger, taken.id)
      }
      this.#rekey(unitId, target.folderId, key)
      return
    }
    for (const files of byDir.values()) {
      for (const file of files) {
        ledger.tree.setFileUnit(file.id, null)
        ledger.tree.setFirstScan(file.id, this.#units.scanId)
        const old = ledger.units.get(unitId)
        if (old !== null) this.#leaveGhost(unitId, { ...file, folderId: old.folderId })
        this.#units.assign(file.id, file.path, file.folderId, file.problem, file.look)
      }
    }
  }

  #rekey(unitId: number, folderId: number, key: RelPath): void {
    const { ledger } = this.#units.tools
    const unit = ledger.units.get(unitId)
    if (unit === null) return
    this.#units.touch(unitId, 'moved')
    if (unit.key === key && unit.folderId === folderId) return
    const taken = ledger.units.byKey(folderId, unit.shape, key)
    if (taken !== null && taken.id !== unitId) {
      // Its own file moved on (a swap), or is gone: it waits under a name no path can have until that is settled.
      ledger.units.rekey(taken.id, taken.folderId, `\u0000${taken.key}#${taken.id}`)
      this.#displaced.set(taken.id, unitId)
      this.#units.touch(taken.id, 'moved')
    }
    ledger.units.rekey(unitId, folderId, key)
    for (const version of ledger.versions.ofUnit(unitId)) {
      if (unit.folderId !== folderId) {
        // The scans of the folder that it left prove nothing in this one.
        ledger.candidates.setFirst(version.id, null)
        this.#crossed.push({ version, fromId: unit.folderId, toId: folderId })
      }
      if (version.role === 'current' && version.remote === 'live') {
        ledger.versions.setTitleDue(version.id, true)
        ledger.versions.setMetadataDue(version.id, true)
      }
    }
  }

  /** The old row is a candidate; without one, what is left of a group may be whole now. */
  #leaveGhost(unitId: number, file: FileRecord): void {
    const { ledger } = this.#units.tools
    if (!ledger.versions.ofUnit(unitId).some((version) => version.role === 'current')) {
      this.#units.touch(unitId)
      return
    }
    leaveGhost(ledger, unitId, file, this.#units.scanId)
    this.#units.touch(unitId, 'seen')
  }

  #drop(file: FileRecord): void {
    const { ledger } = this.#units.tools
    this.#units.vanished.note(file)
    this.#units.vanished.left(file)
    ledger.tree.removeFile(file.id)
    this.#units.tools.looks.forget(file.id)
    if (file.unitId !== null && ledger.tree.filesOfUnit(file.unitId).length === 0) forgetUnit(ledger, file.unitId)
  }

  #sameRemote(folderId: number, unitId: number): boolean {
    const { ledger } = this.#units.tools
    const unit = ledger.units.get(unitId)
    return unit !== null && ledger.folders.get(folderId).remoteId === ledger.folders.get(unit.folderId).remoteId
  }

  /** A unit that lost its place and found no other was overwritten: its row is an older version of what stands there now. */
  settleDisplaced(): void {
    const { ledger, wallMs } = this.#units.tools
    for (const [unitId, successorId] of this.#displaced) {
      const unit = ledger.units.get(unitId)
      if (unit?.key.startsWith('\u0000') !== true) continue
      ledger.versions.setChangedScan(unitId, this.#units.scanId)
      for (const version of ledger.versions.ofUnit(unitId)) {
        if (version.role === 'coming') ledger.versions.retire(version.id, 'stray', 'closed')
        else if (version.role === 'current' && (version.remote === 'live' || version.remote === 'deleting')) {
          ledger.versions.setRole(version.id, 'superseded')
          ledger.candidates.add(version.id, 'superseded', null, wallMs())
          if (version.remote === 'live') holdReplaced(this.#units.tools, unit.folderId, version)
        } else if (version.role === 'current') ledger.versions.setRole(version.id, 'closed')
        ledger.versions.setUnit(version.id, successorId)
      }
      for (const file of ledger.tree.filesOfUnit(unitId)) ledger.tree.removeFile(file.id)
      ledger.units.remove(unitId)
      this.#units.forget(unitId)
      this.#units.touch(successorId, 'seen')
    }
  }
}

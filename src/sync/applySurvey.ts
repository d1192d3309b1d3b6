import type { Log } from '../model/event.ts'
import { dirOf, type FileStamp, sameStamp as isSameStamp, nameOf, type RelPath } from '../model/file.ts'
import type { FolderPolicy } from '../model/folder.ts'
import { asKnownNow } from './asKnownNow.ts'
import { dropGhosts, leaveGhost } from './ghosts.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { Looks } from './looks.ts'
import { forgetUnit } from './notes.ts'
import { canStandIn, isNamedDicom, mapFile } from './plan/mapping.ts'
import { type Move, matchMoves } from './plan/moves.ts'
import { dirOfUnit, keyIn } from './plan/series.ts'
import { sidecarOwner } from './plan/sidecar.ts'
import type { FileRecord, FolderRecord } from './records.ts'
import { findRelatives } from './relatives.ts'
import type { Difference, Survey } from './survey.ts'
import { completedGroups, writeDirs } from './surveyDirs.ts'
import { openVanished, type Vanished } from './vanished.ts'

export type SurveyTools = {
  readonly ledger: LedgerPort
  readonly looks: Looks
  readonly log: Log
  wallMs(): number
  readonly process: string
}

/**
 * Writes what a survey saw: moves first, then changes, arrivals and absences; then each touched unit's `local` fact is derived
 * from its files. One transaction, so that a crash leaves either all of a look or none.
 * @returns the scan's id and the units that something is to be decided about
 */
export function applySurvey(
  tools: SurveyTools,
  folder: FolderRecord,
  policy: FolderPolicy,
  survey: Survey,
): { scanId: number; touched: ReadonlySet<number> } {
  const { ledger } = tools
  return ledger.now(() => {
    const scanId = ledger.scans.add({ ...survey.scan, folderId: folder.id, process: tools.process })
    const completed = completedGroups(ledger, folder, survey)
    const dirIds = writeDirs(tools, folder, survey)
    const writer = new SurveyWriter(tools, folder, policy, scanId, dirIds)
    const differences = asKnownNow(ledger, survey.differences)
    const relatives = findRelatives(ledger, folder, differences)
    const moves = matchMoves(folder.id, differences, relatives)
    writer.moves(moves)
    const moved = new Set(moves.map((move) => move.file.id))
    const filled = new Set(moves.filter((move) => move.toFolderId === folder.id && move.replaces === null).map((move) => move.to))
    for (const difference of differences) writer.difference(difference, moved, filled)
    for (const id of survey.goneDirs) ledger.tree.setDirLocal(id, 'absent', null)
    for (const { id, why } of survey.unseenDirs) ledger.tree.setDirLocal(id, 'unseen', why)
    return { scanId, touched: new Set([...writer.finish(), ...completed]) }
  })
}

class SurveyWriter {
  private readonly tools: SurveyTools
  private readonly folder: FolderRecord
  private readonly policy: FolderPolicy
  private readonly scanId: number
  private readonly dirIds: Map<RelPath, number>
  private readonly touched = new Set<number>()
  private readonly dirty = new Set<number>()
  private readonly vanished: Vanished
  /** Units whose place another one took, and which one did. */
  private readonly displaced = new Map<number, number>()

  constructor(tools: SurveyTools, folder: FolderRecord, policy: FolderPolicy, scanId: number, dirIds: Map<RelPath, number>) {
    this.tools = tools
    this.folder = folder
    this.policy = policy
    this.scanId = scanId
    this.dirIds = dirIds
    this.vanished = openVanished(tools.ledger, folder.remoteId)
  }

  /** Re-keys files in two steps, so that swaps and cycles never meet each other in the unique index. */
  moves(moves: readonly Move[]): void {
    const { ledger, log, looks } = this.tools
    for (const move of moves) {
      if (move.replaces !== null) this.drop(move.replaces)
      ledger.tree.moveFile(move.file.id, move.file.folderId, move.file.dirId, `\u0000moving-${move.file.id}`)
    }
    const groups = new Map<number, Map<string, FileRecord[]>>()
    for (const move of moves) {
      const dirId = this.dirId(move.toFolderId, dirOf(move.to))
      // A row whose file is gone from the new path keeps its unit, not its place.
      const squatter = ledger.tree.fileAt(dirId, nameOf(move.to))
      if (squatter !== null) ledger.tree.moveFile(squatter.id, squatter.folderId, squatter.dirId, `\u0000displaced-${squatter.id}`)
      this.vanished.left(move.file)
      ledger.tree.moveFile(move.file.id, move.toFolderId, dirId, nameOf(move.to))
      // ctime changes with a rename; the content is the same file's.
      ledger.tree.seeFile(move.file.id, move.stamp, move.file.problem, 'kept')
      looks.fileChanged(move.file.id)
      log.emit('unit.moved', { folder: this.folder.path, path: move.to, fromFolder: this.folder.path, from: move.file.path })
      const unit = move.file.unitId === null ? null : ledger.units.get(move.file.unitId)
      if (unit === null) this.moveFreeFile(move)
      else if (unit.shape === 'file') this.moveFileUnit(unit.id, move)
      else {
        const byDir = groups.get(unit.id) ?? new Map<string, FileRecord[]>()
        const place = `${move.toFolderId} ${dirOf(move.to)}`
        byDir.set(place, [...(byDir.get(place) ?? []), { ...move.file, path: move.to, folderId: move.toFolderId }])
        groups.set(unit.id, byDir)
      }
    }
    for (const [unitId, byDir] of groups) this.moveFrames(unitId, byDir)
  }

  /** What was no unit by its old name may be one by the new (`clip.mp4.copying`, once it is whole). */
  private moveFreeFile(move: Move): void {
    const { ledger } = this.tools
    ledger.tree.setFirstScan(move.file.id, this.scanId)
    ledger.tree.setProblem(move.file.id, null)
    this.touchOwner(move.file.path, move.file.folderId)
    this.assign(move.file.id, move.to, move.toFolderId, null, move.file.look)
  }

  private moveFileUnit(unitId: number, move: Move): void {
    const { ledger } = this.tools
    const mapping = mapFile(move.to, move.file.look, this.policy)
    if (mapping.kind === 'unit' && mapping.shape === 'file' && this.sameRemote(move.toFolderId, unitId)) {
      this.rekey(unitId, move.toFolderId, mapping.key)
      return
    }
    // From the root into a group, or out of it: another kind of unit, so a new row; the old one is a candidate.
    ledger.tree.setFileUnit(move.file.id, null)
    ledger.tree.setFirstScan(move.file.id, this.scanId)
    this.leaveGhost(unitId, move.file)
    this.assign(move.file.id, move.to, move.toFolderId, move.file.problem, move.file.look)
  }

  /** A group follows its frames: none left in the old directory and all of them in one other. */
  private moveFrames(unitId: number, byDir: Map<string, FileRecord[]>): void {
    const { ledger } = this.tools
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
    if (byDir.size === 1 && left.length === 0 && target !== undefined && canStandIn(dir, unit.shape, this.policy) && free) {
      if (taken !== null && taken.id !== unitId) {
        for (const file of ledger.tree.filesOfUnit(taken.id)) ledger.tree.setFileUnit(file.id, unitId)
        forgetUnit(ledger, taken.id)
      }
      this.rekey(unitId, target.folderId, key)
      return
    }
    for (const files of byDir.values()) {
      for (const file of files) {
        ledger.tree.setFileUnit(file.id, null)
        ledger.tree.setFirstScan(file.id, this.scanId)
        const old = ledger.units.get(unitId)
        if (old !== null) this.leaveGhost(unitId, file)
        this.assign(file.id, file.path, file.folderId, file.problem, file.look)
      }
    }
  }

  private rekey(unitId: number, folderId: number, key: RelPath): void {
    const { ledger } = this.tools
    const unit = ledger.units.get(unitId)
    if (unit === null) return
    this.touch(unitId)
    if (unit.key === key && unit.folderId === folderId) return
    const taken = ledger.units.byKey(folderId, unit.shape, key)
    if (taken !== null && taken.id !== unitId) {
      // Its own file moved on (a swap), or is gone: it waits under a name no path can have until that is settled.
      ledger.units.rekey(taken.id, taken.folderId, `\u0000${taken.key}#${taken.id}`)
      this.displaced.set(taken.id, unitId)
      this.touch(taken.id)
    }
    ledger.units.rekey(unitId, folderId, key)
    for (const version of ledger.versions.ofUnit(unitId)) {
      // The scans of the folder that it left prove nothing in this one.
      if (unit.folderId !== folderId) ledger.candidates.setFirst(version.id, null)
      if (version.role === 'current' && version.remote === 'live') {
        ledger.versions.setTitleDue(version.id, true)
        ledger.versions.setMetadataDue(version.id, true)
      }
    }
  }

  difference(difference: Difference, moved: ReadonlySet<number>, filled: ReadonlySet<RelPath>): void {
    const { ledger, looks } = this.tools
    switch (difference.kind) {
      case 'new':
        if (!filled.has(difference.path)) this.arrive(difference.path, difference.stamp, difference.problem)
        return
      case 'changed': {
        if (moved.has(difference.known.id)) {
          // The known file went elsewhere; what stands here now is either another moved one or new.
          if (!filled.has(difference.known.path)) this.arrive(difference.known.path, difference.stamp, difference.problem)
          return
        }
        if (filled.has(difference.known.path)) {
          this.absent(difference.known, null)
          return
        }
        // A hash that is too young to be believed is taken again by the plan; the look itself saw nothing new.
        const sameStamp = isSameStamp(difference.known.stamp, difference.stamp)
        if (isAnother(difference.known.stamp, difference.stamp)) this.vanished.note(difference.known)
        ledger.tree.seeFile(difference.known.id, difference.stamp, difference.problem, sameStamp ? 'kept' : 'doubtful')
        if (!sameStamp) looks.fileChanged(difference.known.id)
        if (difference.known.unitId === null)
          this.assign(difference.known.id, difference.known.path, this.folder.id, difference.problem, null)
        else this.touch(difference.known.unitId, sameStamp ? 'seen' : 'changed')
        return
      }
      case 'absent':
        if (!moved.has(difference.known.id)) this.absent(difference.known, difference.absence)
        return
      case 'unseen':
        if (moved.has(difference.known.id)) return
        ledger.tree.setFileLocal(difference.known.id, 'unseen', null, null)
        if (difference.known.unitId !== null) this.touch(difference.known.unitId, 'seen')
        return
      case 'excluded':
        ledger.tree.setFileLocal(difference.known.id, 'excluded', null, null)
        if (difference.known.unitId !== null) this.touch(difference.known.unitId, 'seen')
        return
    }
  }

  private arrive(path: RelPath, stamp: FileRecord['stamp'], problem: string | null): void {
    const { ledger } = this.tools
    const dirId = this.dirId(this.folder.id, dirOf(path))
    const squatter = ledger.tree.fileAt(dirId, nameOf(path))
    if (squatter !== null) ledger.tree.moveFile(squatter.id, squatter.folderId, squatter.dirId, `\u0000displaced-${squatter.id}`)
    const id = ledger.tree.addFile({
      folderId: this.folder.id,
      dirId,
      name: nameOf(path),
      stamp,
      problem,
      unitId: null,
      scanId: this.scanId,
    })
    this.tools.looks.fileChanged(id)
    this.assign(id, path, this.folder.id, problem, null)
  }

  /** Puts a file into the unit its path says; what is no unit keeps its reason. */
  private assign(fileId: number, path: RelPath, folderId: number, problem: string | null, look: FileRecord['look']): void {
    const { ledger } = this.tools
    const mapping = mapFile(path, look, this.policy)
    if (mapping.kind === 'none') {
      ledger.tree.setProblem(fileId, problem ?? mapping.problem)
      this.touchOwner(path, folderId)
      return
    }
    // Special files never are units; a bad image in a group belongs to it, because it holds it up.
    const blocks = problem === 'empty' || problem === 'not-utf8' || problem === 'unreadable'
    if (problem !== null && !(mapping.shape !== 'file' && blocks) && problem !== 'empty') return
    // An empty file without an extension (a marker of some tool) is no slice that was cut.
    if (problem !== null && mapping.shape === 'series' && !isNamedDicom(nameOf(path))) return
    const unitId = ledger.units.ensure(folderId, mapping.shape, mapping.key, mapping.unitKind, this.tools.wallMs())
    ledger.tree.setFileUnit(fileId, unitId)
    this.touch(unitId)
  }

  private absent(file: FileRecord, absence: FileRecord['absence']): void {
    const { ledger, looks } = this.tools
    this.vanished.note(file)
    this.vanished.left(file)
    looks.forget(file.id)
    if (file.unitId === null) {
      // What a metadata file brought goes from the row later: until then it is remembered that there was one.
      if (this.touchOwner(file.path, this.folder.id)) {
        ledger.tree.setFileLocal(file.id, 'absent', this.scanId, null)
        looks.fileChanged(file.id)
      } else ledger.tree.removeFile(file.id)
      return
    }
    // An absence that is mentioned again is as old as it was.
    const since = file.local === 'absent' ? file.absentScan : null
    ledger.tree.setFileLocal(file.id, 'absent', since ?? this.scanId, absence)
    this.touch(file.unitId, 'seen')
  }

  /** The old row is a candidate; without one, what is left of a group may be whole now. */
  private leaveGhost(unitId: number, file: FileRecord): void {
    const { ledger } = this.tools
    if (!ledger.versions.ofUnit(unitId).some((version) => version.role === 'current')) {
      this.touch(unitId)
      return
    }
    leaveGhost(ledger, unitId, file, this.scanId)
    this.touch(unitId, 'seen')
  }

  private drop(file: FileRecord): void {
    const { ledger } = this.tools
    this.vanished.note(file)
    this.vanished.left(file)
    ledger.tree.removeFile(file.id)
    if (file.unitId !== null && ledger.tree.filesOfUnit(file.unitId).length === 0) forgetUnit(ledger, file.unitId)
  }

  private sameRemote(folderId: number, unitId: number): boolean {
    const { ledger } = this.tools
    const unit = ledger.units.get(unitId)
    return unit !== null && ledger.folders.get(folderId).remoteId === ledger.folders.get(unit.folderId).remoteId
  }

  private dirId(folderId: number, dir: RelPath): number {
    const known = (folderId === this.folder.id ? this.dirIds.get(dir) : undefined) ?? this.tools.ledger.tree.dir(folderId, dir)?.id
    if (known === undefined) throw new Error(`the directory ${dir} was not surveyed`)
    return known
  }

  /** A unit's metadata file came, went or changed: its rows' notes are due. @returns false when there is no such row */
  private touchOwner(path: RelPath, folderId: number): boolean {
    const { ledger } = this.tools
    const owner = sidecarOwner(path)
    const unit = owner === null ? null : ledger.units.byKey(folderId, owner.shape, owner.key)
    if (unit === null) return false
    this.touch(unit.id, 'seen')
    const rows = ledger.versions.ofUnit(unit.id).filter((version) => version.role === 'current' && version.remote === 'live')
    for (const row of rows) ledger.versions.setMetadataDue(row.id, true)
    return rows.length > 0
  }

  /** `changed`: its content may be another; `seen`: only where it is. */
  private touch(unitId: number, what: 'changed' | 'seen' = 'changed'): void {
    this.touched.add(unitId)
    if (what === 'changed') this.dirty.add(unitId)
  }

  /** A unit that lost its place and found no other was overwritten: its row is an older version of what stands there now. */
  private settleDisplaced(): void {
    const { ledger, wallMs } = this.tools
    for (const [unitId, successorId] of this.displaced) {
      if (ledger.units.get(unitId)?.key.startsWith('\u0000') !== true) continue
      ledger.versions.setChangedScan(unitId, this.scanId)
      for (const version of ledger.versions.ofUnit(unitId)) {
        if (version.role === 'coming') ledger.versions.retire(version.id, 'stray', 'closed')
        else if (version.role === 'current' && (version.remote === 'live' || version.remote === 'deleting')) {
          ledger.versions.setRole(version.id, 'superseded')
          ledger.candidates.add(version.id, 'superseded', null, wallMs())
        } else if (version.role === 'current') ledger.versions.setRole(version.id, 'closed')
        ledger.versions.setUnit(version.id, successorId)
      }
      for (const file of ledger.tree.filesOfUnit(unitId)) ledger.tree.removeFile(file.id)
      ledger.units.remove(unitId)
      this.touched.delete(unitId)
      this.touch(successorId, 'seen')
    }
  }

  /** Derives each touched unit's `local` fact from its files, and re-opens those whose content may have changed. */
  finish(): ReadonlySet<number> {
    const { ledger, wallMs } = this.tools
    this.settleDisplaced()
    this.vanished.restartProofs()
    for (const unitId of this.touched) {
      const unit = ledger.units.get(unitId)
      if (unit === null) continue
      const files = ledger.tree.filesOfUnit(unitId)
      dropGhosts(ledger, files)
      const local = localOf(files)
      if (local !== unit.local) ledger.units.setLocal(unitId, local)
      if (this.dirty.has(unitId) || files.some((file) => file.local !== 'present')) ledger.versions.setChangedScan(unitId, this.scanId)
      const framesLeft = unit.shape !== 'file' && files.some((file) => file.local === 'absent' || file.local === 'excluded')
      if (local === 'present' && (this.dirty.has(unitId) || framesLeft || unit.local !== 'present')) {
        ledger.units.setAsIs(unitId, unit.asIs && !this.dirty.has(unitId))
        const work = unit.work === 'unlinked' && !this.dirty.has(unitId) ? 'unlinked' : 'waiting'
        if (work !== unit.work) ledger.units.setWork(unitId, work, 'it changed on disk', wallMs())
      }
    }
    return this.touched
  }
}

/** Present if anything of it is there; absent only if all of it was seen to be gone. */
function localOf(files: readonly FileRecord[]): FileRecord['local'] {
  if (files.some((file) => file.local === 'present')) return 'present'
  if (files.some((file) => file.local === 'unseen')) return 'unseen'
  if (files.length > 0 && files.every((file) => file.local === 'excluded')) return 'excluded'
  if (files.some((file) => file.local === 'excluded')) return 'excluded'
  return 'absent'
}

/** Does another file stand there now? What stood there before may be somewhere else. */
function isAnother(before: FileStamp, now: FileStamp): boolean {
  return before.ino !== now.ino || before.sizeBytes !== now.sizeBytes
}

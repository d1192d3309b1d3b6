import type { Log } from '../model/event.ts'
import { nameOf, type RelPath } from '../model/file.ts'
import type { FolderPolicy } from '../model/folder.ts'
import { dropGhosts } from './ghosts.ts'
import { noteRuled } from './holdOlder.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { localOf } from './localOf.ts'
import type { Looks } from './looks.ts'
import { isNamedDicom, mapFile } from './plan/mapping.ts'
import { sidecarOwner } from './plan/sidecar.ts'
import type { FileRecord, FolderRecord } from './records.ts'
import { isRulesLook } from './ruleSince.ts'
import { openVanished, type Vanished } from './vanished.ts'

export type SurveyTools = {
  readonly ledger: LedgerPort
  readonly looks: Looks
  readonly log: Log
  wallMs(): number
  readonly process: string
}

/** The policy of a folder of the dataset. */
export type PolicyOf = (folderId: number) => FolderPolicy

/** Puts the files of one look into their units, and says at the end what the look means for each unit that it touched. */
export class SurveyUnits {
  readonly tools: SurveyTools
  readonly folder: FolderRecord
  readonly scanId: number
  readonly vanished: Vanished
  readonly #dirIds: ReadonlyMap<RelPath, number>
  readonly #policyOf: PolicyOf
  /** Asked once for each folder: it reads the ledger. */
  readonly #policies = new Map<number, FolderPolicy>()
  readonly #touched = new Set<number>()
  readonly #dirty = new Set<number>()
  /** Units whose files may hold something else by now; one that only moved is none. */
  readonly #doubted = new Set<number>()
  /** Units that differ by an edit of the rules. */
  readonly #ruled = new Map<number, string>()
  /** Asked once: it reads the ledger. */
  #isRulesLook: boolean | null = null

  constructor(tools: SurveyTools, folder: FolderRecord, policyOf: PolicyOf, scanId: number, dirIds: ReadonlyMap<RelPath, number>) {
    this.tools = tools
    this.folder = folder
    this.scanId = scanId
    this.vanished = openVanished(tools.ledger, folder.remoteId)
    this.#dirIds = dirIds
    this.#policyOf = policyOf
  }

  policyOf(folderId: number): FolderPolicy {
    const known = this.#policies.get(folderId)
    if (known !== undefined) return known
    const policy = this.#policyOf(folderId)
    this.#policies.set(folderId, policy)
    return policy
  }

  /** Puts a file into the unit its path says; what is no unit keeps its reason. */
  assign(fileId: number, path: RelPath, folderId: number, problem: string | null, look: FileRecord['look']): void {
    const { ledger } = this.tools
    const mapping = mapFile(path, look, this.policyOf(folderId))
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

  /** A unit's metadata file came, went or changed: its rows' notes are due. @returns false when there is no such row */
  touchOwner(path: RelPath, folderId: number): boolean {
    const { ledger } = this.tools
    const owner = sidecarOwner(path)
    const unit = owner === null ? null : ledger.units.byKey(folderId, owner.shape, owner.key)
    if (unit === null) return false
    this.touch(unit.id, 'seen')
    const rows = ledger.versions.ofUnit(unit.id).filter((version) => version.role === 'current' && version.remote === 'live')
    for (const row of rows) ledger.versions.setMetadataDue(row.id, true)
    return rows.length > 0
  }

  /** `changed`: its content may be another; `moved`: its files are the same, elsewhere; `seen`: only where it is. */
  touch(unitId: number, what: 'changed' | 'moved' | 'seen' = 'changed'): void {
    this.#touched.add(unitId)
    if (what !== 'seen') this.#dirty.add(unitId)
    if (what === 'changed') this.#doubted.add(unitId)
  }

  /** A file that a rule covered when it was known, or may have covered before, is there. */
  uncovered(unitId: number, path: RelPath): void {
    this.#ruled.set(unitId, `${path} was left out before, and an edit of the rules brought it in`)
  }

  /** A file that no look has seen before: what the first look after an edit of the rules finds may have been covered until then. */
  arrived(fileId: number): void {
    this.#isRulesLook ??= isRulesLook(this.tools.ledger, this.folder.id, this.scanId)
    const file = this.#isRulesLook ? this.tools.ledger.tree.file(fileId) : null
    if (file?.unitId != null) this.uncovered(file.unitId, file.path)
  }

  /** The unit became part of another one. */
  forget(unitId: number): void {
    this.#touched.delete(unitId)
  }

  dirId(folderId: number, dir: RelPath): number {
    const known = (folderId === this.folder.id ? this.#dirIds.get(dir) : undefined) ?? this.tools.ledger.tree.dir(folderId, dir)?.id
    if (known === undefined) throw new Error(`the directory ${dir} was not surveyed`)
    return known
  }

  /** Derives each touched unit's `local` fact from its files, and re-opens those whose content may have changed. */
  finish(): ReadonlySet<number> {
    const { ledger, wallMs } = this.tools
    this.vanished.restartProofs()
    for (const unitId of this.#touched) {
      const unit = ledger.units.get(unitId)
      if (unit === null) continue
      const files = ledger.tree.filesOfUnit(unitId)
      dropGhosts(ledger, files)
      // What an edit took all files from has not gone with them.
      const local = files.length === 0 && unit.local === 'excluded' ? 'excluded' : localOf(files)
      if (local !== unit.local) ledger.units.setLocal(unitId, local)
      const ruled = this.#ruled.get(unitId)
      const isOpen = this.#dirty.has(unitId) || ruled !== undefined
      if (isOpen || files.some((file) => file.local !== 'present')) ledger.versions.setChangedScan(unitId, this.scanId)
      if (ruled !== undefined) noteRuled(ledger, unitId, ruled)
      const framesLeft = unit.shape !== 'file' && files.some((file) => file.local === 'absent' || file.local === 'excluded')
      if (local === 'present' && (isOpen || framesLeft || unit.local !== 'present')) {
        // Said of what it held: what is found to be the content of its row is as it is again.
        ledger.units.setAsIs(unitId, unit.asIs && !this.#doubted.has(unitId))
        if (this.#dirty.has(unitId)) ledger.units.setUnlinked(unitId, 'ask')
        const work = unit.work === 'unlinked' && !this.#dirty.has(unitId) ? 'unlinked' : 'waiting'
        if (work !== unit.work) ledger.units.setWork(unitId, work, 'it changed on disk', wallMs())
      }
    }
    return this.#touched
  }
}

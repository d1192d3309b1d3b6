import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dirOf, nameOf } from '../../src/model/file.ts'
import type { LocalFact, RemoteFact, UnitKind, WorkFact } from '../../src/model/unit.ts'
import { type Ledger, openLedger } from '../../src/store/openLedger.ts'
import type { FolderRecord } from '../../src/sync/records.ts'

/** A unit to put into a ledger; whatever is left out is the plain synced case. */
export type UnitRecipe = {
  readonly kind?: UnitKind
  readonly local?: LocalFact
  readonly work?: WorkFact
  readonly why?: string
  readonly coming?: RemoteFact | null
  readonly current?: RemoteFact | null
  readonly role?: 'current' | 'detached'
  readonly sha256?: string | null
  readonly sizeBytes?: number
  /** Files of a group. */
  readonly frames?: readonly string[]
}

export type PlantedUnit = {
  readonly unitId: number
  readonly versionId: number | null
  readonly fileIds: readonly number[]
  readonly dataHash: string | null
}

/** Time at which everything planted happened, ms since 1970. */
export const PLANTED_MS = 1_700_000_000_000

const STAMP = { mtimeNs: '1700000000000000000', ctimeNs: '1700000000000000000', ino: '1', birthNs: null }

/** A real ledger in a directory of its own, filled through its stores, and a real folder beside it. */
export class LedgerBox implements Disposable {
  readonly base = realpathSync(mkdtempSync(join(tmpdir(), 'encord-sync-ledger-')))
  readonly path = join(this.base, 'state', 'ledger.db')
  readonly ledger: Ledger
  readonly #isOwn: boolean
  #serial = 0

  /** @param given a ledger that someone else opened, and closes */
  constructor(given: Ledger | null = null) {
    mkdirSync(join(this.base, 'state'), { mode: 0o700 })
    this.#isOwn = given === null
    this.ledger = given ?? openLedger(this.path, [], () => undefined)
  }

  /** A watched folder: the directory is made, and the ledger knows it. */
  folder(name: string, dataset = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'): FolderRecord {
    const path = join(this.base, name)
    mkdirSync(path, { recursive: true })
    const { ledger } = this
    const remote = ledger.remotes.ensure('http://127.0.0.1:9', dataset)
    const folder = ledger.folders.add({ uid: `uid-${name}`, path, remoteId: remote.id, deleteMode: 'propagate' }, PLANTED_MS)
    ledger.folders.setIdentity(folder.id, { ino: '7', birthNs: null, fsType: 'ext4' }, 'written')
    ledger.tree.ensureDir(folder.id, '', null, STAMP, null)
    return ledger.folders.get(folder.id)
  }

  /** A whole, complete scan that took one second. */
  scan(folder: FolderRecord, endedMs = PLANTED_MS): number {
    return this.ledger.scans.add({
      folderId: folder.id,
      whole: true,
      beganMs: endedMs - 1000,
      endedMs,
      process: 'p1',
      beganAfter: this.ledger.scans.newest(),
      result: 'complete',
      blind: [],
      busy: [],
    })
  }

  /** A unit with its files and versions. */
  unit(folder: FolderRecord, key: string, recipe: UnitRecipe = {}): PlantedUnit {
    const { kind = 'image', local = 'present', work = 'none', why = '', current = 'live', coming = null, role = 'current' } = recipe
    const { ledger } = this
    return ledger.now(() => {
      const unitId = ledger.units.ensure(folder.id, kind === 'image_group' ? 'dir' : 'file', key, kind, PLANTED_MS)
      ledger.units.setLocal(unitId, local)
      ledger.units.setWork(unitId, work, why, PLANTED_MS)
      const paths = kind === 'image_group' ? (recipe.frames ?? ['f1.jpg', 'f2.jpg']).map((name) => `${key}/${name}`) : [key]
      const fileIds = paths.map((path) => this.file(folder, path, { ...recipe, unitId, local }))
      const dataHash = current === null ? null : `hash-${++this.#serial}`
      const versionId = current === null ? null : this.#version(folder, unitId, key, kind, current, role, dataHash ?? '', recipe)
      if (coming !== null) {
        const id = ledger.versions.addComing({ unitId, remoteId: folder.remoteId, kind, title: key, sizeBytes: 10 }, 0)
        ledger.versions.setTicket(id, `hash-${++this.#serial}`, '{}', PLANTED_MS)
        ledger.versions.setRemote(id, coming)
      }
      return { unitId, versionId, fileIds, dataHash }
    })
  }

  /** A file, with or without a unit. */
  file(
    folder: FolderRecord,
    path: string,
    what: { unitId?: number | null; local?: LocalFact; sha256?: string | null; sizeBytes?: number; problem?: string | null } = {},
  ): number {
    const { ledger } = this
    const { unitId = null, local = 'present', sha256 = `sha-${path}`, sizeBytes = 10, problem = null } = what
    const dirId = this.#dir(folder, dirOf(path))
    const id = ledger.tree.addFile({
      folderId: folder.id,
      dirId,
      name: nameOf(path),
      stamp: { ...STAMP, sizeBytes },
      problem,
      unitId,
      scanId: 1,
    })
    if (sha256 !== null) ledger.tree.setSha(id, sha256, false)
    if (local !== 'present') ledger.tree.setFileLocal(id, local, null, null)
    return id
  }

  #dir(folder: FolderRecord, path: string): number {
    const parent = path === '' ? null : this.#dir(folder, dirOf(path))
    return this.ledger.tree.ensureDir(folder.id, path, parent, STAMP, null)
  }

  #version(
    folder: FolderRecord,
    unitId: number,
    key: string,
    kind: UnitKind,
    remote: RemoteFact,
    role: 'current' | 'detached',
    dataHash: string,
    { sha256 = `sha-${key}`, sizeBytes = 10 }: UnitRecipe,
  ): number {
    const { versions } = this.ledger
    const row = { unitId, remoteId: folder.remoteId, kind, title: key, sizeBytes, dataHash, part: 0, content: sha256, metadataDue: false }
    const id = versions.addLive(row, PLANTED_MS)
    versions.setRemote(id, remote)
    versions.setRole(id, role)
    return id
  }

  [Symbol.dispose](): void {
    if (this.#isOwn) this.ledger.close()
    rmSync(this.base, { recursive: true, force: true })
  }
}

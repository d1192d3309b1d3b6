import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openDisk } from '../../src/app/disk.ts'
import { survey } from '../../src/app/survey.ts'
import type { Clock } from '../../src/model/clock.ts'
import type { RelPath } from '../../src/model/file.ts'
import type { FolderPolicy } from '../../src/model/folder.ts'
import { applySurvey } from '../../src/sync/applySurvey.ts'
import { reviewCandidates } from '../../src/sync/candidates.ts'
import { finishVersion } from '../../src/sync/finishVersion.ts'
import { inquire } from '../../src/sync/inquire.ts'
import { applyJudgement, judgeDeletes } from '../../src/sync/judgeDeletes.ts'
import { openLooks } from '../../src/sync/looks.ts'
import { applyNote } from '../../src/sync/notes.ts'
import type { Action } from '../../src/sync/plan/action.ts'
import type { Judged } from '../../src/sync/plan/deleteLimit.ts'
import { groupContent } from '../../src/sync/plan/groupContent.ts'
import { planUnit } from '../../src/sync/plan/unitPlan.ts'
import type { FileRecord, FolderRecord, UnitView } from '../../src/sync/records.ts'
import { contextOf, indexForeign } from '../../src/sync/relations.ts'
import type { Survey } from '../../src/sync/survey.ts'
import { LedgerBox } from './ledgerBox.ts'
import { policyOf } from './planWorld.ts'
import { withoutBirthTimes } from './withoutBirthTimes.ts'

export type LookOptions = {
  /** Directories that a hint named; absent: the whole folder. */
  readonly dirs?: readonly RelPath[]
  readonly ignore?: readonly string[]
  readonly knownMounts?: readonly string[]
}

const FIXTURES = new URL('../media/fixtures/', import.meta.url).pathname

type Inquiry = Extract<Action, { kind: 'inspect' | 'hash' | 'inspect-sidecar' }>

type Stand = { readonly local: string; readonly work: string; readonly rows: readonly string[] }

/**
 * A real folder and a real ledger without a network: what would be sent is registered in the ledger at once, and remembered in
 * `sent`. Time is the machine's, and as much more as `later` said.
 */
export class SurveyBox implements Disposable {
  readonly #box = new LedgerBox()
  readonly folderId: number
  readonly root: string
  readonly policy: FolderPolicy
  /** False: a file system that keeps no birth times. */
  readonly #birthTimes: boolean
  /** Keys of the units whose bytes left, in order. */
  readonly sent: RelPath[] = []
  readonly #disk = openDisk(() => Promise.reject(new Error('a look is asked for by the test')))
  readonly #clock: Clock
  readonly #looks
  readonly #sentTimes = new Map<RelPath, number>()
  #laterMs = 0
  #serial = 0

  constructor({ birthTimes = true, policy = policyOf() }: { readonly birthTimes?: boolean; readonly policy?: FolderPolicy } = {}) {
    const folder = this.#box.folder('IN')
    this.folderId = folder.id
    this.root = folder.path
    this.policy = policy
    this.#birthTimes = birthTimes
    this.ledger.now(() => this.ledger.remotes.markContacted(folder.remoteId))
    this.#clock = {
      wallMs: () => Date.now() + this.#laterMs,
      monotonicMs: () => performance.now() + this.#laterMs,
      sleep: () => Promise.reject(new Error('nobody sleeps here')),
    }
    this.#looks = openLooks(this.#clock)
  }

  get ledger() {
    return this.#box.ledger
  }

  get folder(): FolderRecord {
    return this.ledger.folders.get(this.folderId)
  }

  /** Copies a fixture into the folder; without one, a JPEG of its own content. */
  put(path: RelPath, fixture?: string): void {
    mkdirSync(dirname(this.at(path)), { recursive: true })
    if (fixture === undefined) writeFileSync(this.at(path), uniqueImage(++this.#serial))
    else copyFileSync(join(FIXTURES, fixture), this.at(path))
  }

  mv(from: RelPath, to: RelPath): void {
    mkdirSync(dirname(this.at(to)), { recursive: true })
    renameSync(this.at(from), this.at(to))
  }

  rm(path: RelPath): void {
    rmSync(this.at(path), { recursive: true })
  }

  at(path: RelPath): string {
    return join(this.root, path)
  }

  /** Lets time pass. */
  later(ms: number): void {
    this.#laterMs += ms
  }

  /** One look at the disk, written to the ledger. */
  look({ dirs, ignore = [], knownMounts }: LookOptions = {}): Survey {
    const request = {
      folderId: this.folderId,
      root: this.root,
      dirs: dirs ?? null,
      ignore: ignore.map((pattern) => ({ pattern, where: 'config' })),
      knownMounts: knownMounts ?? this.folder.mounts,
      newestScan: this.ledger.scans.newest(),
      keepsDirTimes: true,
    }
    const seen = survey({ tree: this.ledger.tree, wallMs: () => this.#clock.wallMs(), pause: block }, request)
    const tools = { ledger: this.ledger, looks: this.#looks, log: SILENT, wallMs: () => this.#clock.wallMs(), process: 'p1' }
    const { scanId, touched } = applySurvey(tools, this.folder, () => this.policy, this.#birthTimes ? seen : withoutBirthTimes(seen))
    reviewCandidates(tools, this.folder, scanId, touched, this.policy.deletes.graceMs)
    return seen
  }

  /** Plans what is open and carries it out, until only waiting is left. @param order in which units are planned, if another than the ledger's */
  async settle(order: (unitIds: readonly number[]) => readonly number[] = (ids) => ids): Promise<void> {
    for (let round = 0; round < 40; round++) {
      const inquiries: Inquiry[] = []
      // One transaction for a round, as the engine has it.
      const isMoved = this.ledger.now(() => {
        let moved = false
        for (const id of order(this.ledger.units.open(this.folderId))) {
          const view = this.ledger.view(id)
          if (view === null) continue
          for (const action of planUnit(view, this.#contextOf(view))) {
            if (action.kind === 'inspect' || action.kind === 'hash' || action.kind === 'inspect-sidecar') inquiries.push(action)
            else moved = this.#act(view, action) || moved
          }
        }
        return moved
      })
      await Promise.all(inquiries.map((inquiry) => this.#ask(inquiry)))
      if (!isMoved && inquiries.length === 0) return
    }
    throw new Error('the plans never come to rest')
  }

  /** What is there is looked at, waited for, and sent. */
  async sync(options: LookOptions = {}): Promise<void> {
    this.look(options)
    this.later(120_000)
    this.look(options)
    await this.settle()
  }

  /** What the planner would do to the dataset now, over every unit there is: `kind key`. */
  effects(): readonly string[] {
    return this.ledger.units.list(this.folderId).flatMap((unit) => {
      const view = this.ledger.view(unit.id)
      const actions = view === null ? [] : planUnit(view, this.#contextOf(view))
      return actions.filter(({ kind }) => EFFECTS.has(kind)).map(({ kind }) => `${kind} ${unit.key}`)
    })
  }

  /** Judges what may have to go, as a pass does after each look. */
  judge(): readonly Judged[] {
    const now = { wallMs: this.#clock.wallMs(), monotonicMs: this.#clock.monotonicMs(), serverMs: null }
    const judged = judgeDeletes(this.ledger, this.folder, this.policy, now, 'local', this.policy.deletes.graceMs)
    applyJudgement({ ledger: this.ledger, log: SILENT, wallMs: () => this.#clock.wallMs() }, this.folder, judged)
    return judged
  }

  /** Paths of units that would be deleted now. */
  deletable(): readonly RelPath[] {
    return this.judge().flatMap(({ view, verdict }) => (verdict.kind === 'delete' ? [view.unit.key] : []))
  }

  /** A whole look, and another one after the grace: all the proof that looks can give. */
  confirm(options: LookOptions = {}): void {
    this.look(options)
    this.later(this.policy.deletes.graceMs + 1_000)
    this.look(options)
  }

  /** Why a candidate is not deleted, by its path. */
  reasons(): Readonly<Record<RelPath, string>> {
    return Object.fromEntries(
      this.judge().map(({ view, verdict }) => [
        view.unit.key,
        verdict.kind === 'wait' || verdict.kind === 'hold' ? `${verdict.kind} ${verdict.rule}` : verdict.kind,
      ]),
    )
  }

  /** Units by key, with their rows as `hash title role`; those that lost their place to another are left out. */
  units(): Readonly<Record<RelPath, Stand>> {
    const units = this.ledger.units.list(this.folderId).filter((unit) => !unit.key.startsWith('\u0000'))
    return Object.fromEntries(
      units.map((unit) => {
        const versions = this.ledger.versions.ofUnit(unit.id).filter((version) => version.role !== 'closed')
        return [unit.key, { local: unit.local, work: unit.work, rows: versions.map((one) => `${one.dataHash} ${one.title} ${one.role}`) }]
      }),
    )
  }

  /** The current row of each unit that has one: path by hash. The hash is the path at which it was sent, and the how manieth time. */
  rows(): Readonly<Record<string, RelPath>> {
    const entries: [string, RelPath][] = []
    for (const unit of this.ledger.units.list(this.folderId)) {
      for (const version of this.ledger.versions.ofUnit(unit.id)) {
        if (version.role === 'current' && version.remote === 'live') entries.push([version.dataHash ?? '', unit.key])
      }
    }
    return Object.fromEntries(entries)
  }

  file(path: RelPath): FileRecord | null {
    return this.ledger.tree.filesBelow(this.folderId, '').find((file) => file.path === path) ?? null
  }

  #contextOf(view: UnitView) {
    return contextOf(view, {
      ledger: this.ledger,
      disk: { namesIn: () => [] },
      looks: this.#looks,
      folder: this.folder,
      remote: this.ledger.remotes.get(this.folder.remoteId),
      policy: this.policy,
      fileSystem: 'local',
      foreign: indexForeign([]),
      now: { wallMs: this.#clock.wallMs(), monotonicMs: this.#clock.monotonicMs(), serverMs: null },
      awaited: null,
    })
  }

  /** @returns whether anything changed that has to be planned again */
  #act(view: UnitView, action: Action): boolean {
    const { ledger } = this
    const tools = { ledger, log: SILENT, wallMs: () => this.#clock.wallMs() }
    switch (action.kind) {
      case 'upload':
        this.#register(view, action)
        return true
      case 'retitle':
        ledger.versions.setTitle(action.versionId, action.title)
        return true
      case 'write-metadata':
        ledger.versions.setMetadataDue(action.versionId, false)
        return true
      case 'inspect':
      case 'hash':
      case 'inspect-sidecar':
      case 'resolve':
      case 'list-remote':
        throw new Error(`${action.kind} can't be carried out here`)
      case 'wait':
        applyNote(tools, this.folder, this.policy, action)
        return false
      default:
        return applyNote(tools, this.folder, this.policy, action).length > 0
    }
  }

  async #ask(inquiry: Inquiry): Promise<void> {
    const tools = { ledger: this.ledger, disk: this.#disk, clock: this.#clock, signal: new AbortController().signal }
    const answer = await inquire(tools, this.folder, inquiry)
    if (answer.kind === 'look') this.look({ dirs: [answer.dir] })
  }

  #register(view: UnitView, action: Extract<Action, { kind: 'upload' }>): void {
    const { ledger } = this
    this.sent.push(action.key)
    const nth = (this.#sentTimes.get(action.key) ?? 0) + 1
    this.#sentTimes.set(action.key, nth)
    const at = this.#clock.wallMs()
    const { unitId, unitKind: kind, title, sizeBytes } = action
    const dataHash = `${action.key}#${nth}`
    ledger.now(() => {
      const id = ledger.versions.addComing({ unitId, remoteId: this.folder.remoteId, kind, title, sizeBytes }, this.ledger.scans.newest())
      ledger.versions.setTicket(id, dataHash, '{}', at)
      const files = action.fileIds.flatMap((fileId) => ledger.tree.file(fileId) ?? [])
      const shas = files.map((file) => {
        const sha = createHash('sha256')
          .update(readFileSync(this.at(file.path)))
          .digest('hex')
        ledger.tree.setSha(file.id, sha, at - Number(BigInt(file.stamp.ctimeNs) / 1_000_000n) < 2_000)
        return sha
      })
      if (kind === 'image_group') {
        const frames = files.map((file) => ({ fileId: file.id, name: file.path, sizeBytes: file.stamp.sizeBytes }))
        ledger.versions.setFrames(id, frames)
        shas.forEach((sha, ord) => void ledger.versions.setFrameSent(id, ord, sha))
      }
      ledger.versions.setSent(id, kind === 'image_group' ? groupContent(shas) : (shas[0] ?? ''), sizeBytes)
      const version = ledger.versions.get(id)
      if (version === null) throw new Error('no version')
      const tools = { ledger, folder: this.folder, policy: this.policy, log: SILENT, clock: this.#clock, fresh: new Set<number>() }
      finishVersion(tools, version, [{ dataHash, title: view.unit.key }], null)
      ledger.versions.markListed(this.folder.remoteId, dataHash, this.#clock.wallMs())
    })
  }

  [Symbol.dispose](): void {
    this.#box[Symbol.dispose]()
  }
}

/** Actions that change the dataset. */
const EFFECTS: ReadonlySet<string> = new Set(['upload', 'resolve', 'retitle', 'write-metadata'])
const SILENT = { emit: () => undefined }
const SLEEPER = new Int32Array(new SharedArrayBuffer(4))

function block(ms: number): void {
  Atomics.wait(SLEEPER, 0, 0, ms)
}

/** A whole JPEG of one of a few sizes, whose content is its own: what stands after the end marker is anything. */
export function uniqueImage(serial: number): Buffer {
  return Buffer.concat([readFileSync(join(FIXTURES, 'plain.jpg')), Buffer.from(String(serial).padStart(8, '0'))])
}

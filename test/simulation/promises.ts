import { nameOf } from '../../src/model/file.ts'
import { isShut } from '../../src/model/folder.ts'
import type { UnitShape } from '../../src/model/unit.ts'
import type { Ledger } from '../../src/store/openLedger.ts'
import type { ScanRecord } from '../../src/sync/records.ts'
import { laterCopy } from './agePromise.ts'
import { contentOfSha } from './content.ts'
import { editedOriginal } from './copyPromise.ts'
import type { Hidden } from './diskActs.ts'
import { heldFor } from './editPromise.ts'
import type { Edits } from './edits.ts'
import { stillStands } from './filePromise.ts'
import type { Met } from './met.ts'
import { fileKey, groupKey, type Truth } from './truth.ts'
import type { VirtualClock } from './virtualClock.ts'
import type { VirtualFolder } from './virtualFolder.ts'
import type { Row, ServerWatch, VirtualServer } from './virtualServer.ts'
import type { FolderTruth, World } from './worldEvent.ts'

/** A promise that was broken, in words. */
export type Broken = { readonly promise: string; readonly what: string; readonly atMs: number }

/** What stands in the way of deletes in a folder, and since when. */
export type Trouble = {
  readonly folder: string
  readonly what: string
  readonly sinceMs: number
  readonly kind: 'identity' | 'place'
  isStill(): boolean
}

/** Hints wait for this long at most after a scan, ms: five times as long as it took. */
const LONGEST_REST_MS = 11_000
/** From the last look at the disk to the call, ms (design, section 6, rule 9). */
const FRESH_MS = 1_000
/** How often what is mounted under a folder is looked at, ms. */
const MOUNTS_MS = 10_000

/** What the promises are held against. */
export type Scene = {
  readonly world: World
  readonly met: Met
  readonly ledger: Ledger
  readonly clock: VirtualClock
  readonly truth: Truth
  readonly folders: readonly VirtualFolder[]
  /** What a person changed of the rules. */
  readonly edits: Edits
  /** The config as it is now. */
  setup(folder: string): FolderTruth
  server(): VirtualServer
  troubles(): readonly Trouble[]
  /** What no look can see now. */
  readonly hidden: ReadonlySet<Hidden>
  /** Folders that were put back, and nothing tells. */
  readonly untold: ReadonlySet<string>
  /** Forward leaps of the wall clock that two scans cannot tell from time, ms. */
  smallLeapsMs(): number
  /** Hashes a person has approved. */
  readonly approved: ReadonlySet<string>
  /** Hashes a person said no to, and did not approve since. */
  readonly rejected: ReadonlySet<string>
  /** Registrations a person asked for once more, or that a lost ledger explains. */
  readonly hasLeapt: () => boolean
  /** Every change in a folder is heard of. */
  readonly missesNothing: () => boolean
}

/** Holds every call against what truly was at that moment. */
export class Promises implements ServerWatch {
  readonly broken: Broken[] = []
  readonly sent: {
    readonly folder: string
    readonly hash: string
    readonly atMs: number
    readonly approved: boolean
    readonly of: number
  }[] = []
  readonly #scene: Scene
  readonly #registered = new Map<string, number>()
  /** Intents on which a DELETE left. The ids of a ledger that is rolled back come again. */
  readonly #sent = new Set<number>()
  /** By hash: the two looks that each DELETE of it stood on. */
  readonly #proofs = new Set<string>()
  /** Rows of files that stood where nobody looks when their DELETE went: on a disk that nobody has seen, in a folder that left the config. */
  readonly #goneUnseen = new Set<string>()
  /** When the ledger was put back last, ms. */
  #putBackMs = Number.NEGATIVE_INFINITY

  constructor(scene: Scene) {
    this.#scene = scene
  }

  /** Intents of before are not those of the ledger that came back. */
  ledgerRestored(): void {
    this.#sent.clear()
    this.#proofs.clear()
    this.#putBackMs = this.#scene.clock.nowMs
  }

  break(promise: string, what: string): void {
    this.broken.push({ promise, what, atMs: this.#scene.clock.nowMs })
  }

  registering(dataset: string, hash: string): void {
    this.#scene.met.add('promise intent')
    if (this.#hasIntent(dataset, hash, 'register')) return
    this.break('intent', `${hash} is registered without an intent in the journal`)
  }

  grouping(dataset: string, hashes: readonly string[]): void {
    const { ledger, met } = this.#scene
    met.add('promise intent')
    const open = ledger.operations.open().some((operation) => {
      if (operation.verb !== 'group' || operation.phase !== 'intent') return false
      const frames = ledger.versions.frames(operation.versionId).map((frame) => frame.dataHash)
      return frames.length === hashes.length && hashes.every((hash) => frames.includes(hash))
    })
    if (!open) this.break('intent', `a group of ${hashes.join(' ')} is made in ${dataset} without an intent in the journal`)
  }

  registered(row: Row): void {
    const { truth, world, met } = this.#scene
    if (row.isDouble) return
    met.add('promise once')
    met.add('promise bytes')
    const content = contentKeyOf(row)
    for (const sha of row.contents) {
      if (contentOfSha(sha) === undefined) this.break('bytes', `"${row.title}" (${row.hash}) holds bytes that no file ever held`)
    }
    const id = `${row.dataset} ${content}`
    const times = (this.#registered.get(id) ?? 0) + 1
    this.#registered.set(id, times)
    const server = this.#scene.server()
    const excused = new Set([
      // Under another path a file whose row someone else removed, or a listing left out, is a new one; or one that a person let go of.
      ...server.removedByOthers,
      ...this.#goneUnseen,
      ...this.sent.flatMap((one) => (one.approved ? one.hash : [])),
      ...this.#scene.ledger.history
        .entries({ folderId: null, key: null, sinceMs: null })
        .flatMap((one) => (one.verb === 'lost' ? (one.dataHash ?? []) : [])),
      // A content that was overwritten where it stood, and turns up elsewhere later, is sent anew beside its older row.
      ...server.live(row.dataset).flatMap((one) => (this.#isOlder(one) || this.#isForgotten(one, row) ? one.hash : [])),
    ])
    const again = [...excused].filter((hash) => {
      const one = server.rows.get(hash)
      return one !== undefined && one.dataset === row.dataset && contentKeyOf(one) === content
    })
    const births = truth.births(row.dataset, content) + again.length
    if (times > births)
      this.break('once', `"${row.title}" (${row.hash}) is row ${times} of a content that came ${births} times: ${namesOf(row.contents)}`)
    // A ctime tells the time of a change as finely as the file system keeps it.
    const settleMs = Math.min(...world.folders.map((folder) => folder.settleMs)) - Math.max(...world.folders.map((folder) => folder.tickMs))
    if (truth.longestRestMs(content) < 0)
      this.break('bytes', `"${row.title}" (${row.hash}) holds ${namesOf(row.contents)}, which never stood so`)
    for (const sha of row.contents) {
      const restMs = truth.longestStandMs(sha)
      if (restMs < settleMs && !this.#scene.hasLeapt()) {
        this.break(
          'bytes',
          `"${row.title}" (${row.hash}) holds ${namesOf([sha])}, which stood for ${restMs} ms at most (settle ${settleMs} ms)`,
        )
      }
    }
  }

  deleting(dataset: string, hashes: readonly string[]): void {
    if (hashes.length > 20) this.break('evidence', `${hashes.length} rows in one DELETE`)
    for (const hash of hashes) this.#deletingOne(dataset, hash, hashes)
  }

  deleted(row: Row): void {
    const version = this.#versionOf(row.dataset, row.hash)
    const folder = this.#folderOf(version?.unitId ?? null)
    if (folder === null) return
    const approved = this.#scene.approved.has(row.hash)
    const { ledger } = this.#scene
    const record = ledger.folders.byPath(folder.path)
    const live = record === null ? 0 : ledger.units.liveCounts(record.id).units
    this.sent.push({ folder: folder.path, hash: row.hash, atMs: this.#scene.clock.nowMs, approved, of: live })
    if (!approved) this.#scene.met.add('promise limit')
    const counted = this.sent.filter((one) => one.folder === folder.path && !one.approved).length
    if (!approved && counted > folder.limit.count)
      this.break('limit', `${counted} deletes in ${folder.path}, the limit is ${folder.limit.count}`)
  }

  #deletingOne(dataset: string, hash: string, together: readonly string[]): void {
    const { ledger, clock, truth, met } = this.#scene
    met.add('promise evidence')
    const version = this.#versionOf(dataset, hash)
    const row = this.#scene.server().rows.get(hash)
    const operation =
      version === null ? undefined : ledger.operations.openOf(version.id).find((one) => one.verb === 'delete' && one.phase === 'intent')
    if (version === null || operation === undefined || operation.evidence === null) {
      this.break('evidence', `DELETE ${hash} without an intent and its evidence in the journal`)
      return
    }
    if (this.#sent.has(operation.id)) this.break('evidence', `DELETE ${hash} is sent twice on one intent`)
    this.#sent.add(operation.id)
    const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
    const setup = this.#folderOf(version.unitId)
    const folder = setup === null ? null : (this.#scene.edits.inForce(setup.path) ?? setup)
    const candidate = ledger.candidates.get(version.id)
    if (unit === null || folder === null || candidate === null) {
      this.break('evidence', `DELETE ${hash} of no unit, folder or candidate`)
      return
    }
    const name = `DELETE ${hash} "${row?.title ?? ''}" (${unit.key} in ${folder.path}, ${candidate.why})`
    const isApproved = this.#scene.approved.has(hash)
    if (this.#scene.rejected.has(hash)) this.break('evidence', `${name}, which a person decided to keep`)
    if (!isApproved && folder.mode !== 'propagate') this.break('absent', `${name} while deletes.mode is ${folder.mode}`)
    if (!isApproved && candidate.why === 'superseded' && folder.onChange !== 'replace')
      this.break('absent', `${name} while on_change is ${folder.onChange}`)
    met.add(isApproved ? 'delete approved' : `delete ${candidate.why}`)
    const second = candidate.secondScan === null ? null : ledger.scans.get(candidate.secondScan)
    for (const trouble of this.#scene.troubles()) {
      if (trouble.folder !== folder.path) continue
      const allowedMs = trouble.kind === 'identity' || second === null ? FRESH_MS : clock.wallMs() - second.beganMs + FRESH_MS
      if (clock.nowMs - trouble.sinceMs > allowedMs)
        this.break('trouble', `${name} while ${trouble.what} for ${clock.nowMs - trouble.sinceMs} ms`)
    }
    const proof = `${hash} ${candidate.firstScan} ${candidate.secondScan}`
    if (this.#proofs.has(proof)) this.break('evidence', `${name} is sent again on the same two looks`)
    this.#proofs.add(proof)
    const graceMs = folder.graceMs - this.#scene.smallLeapsMs()
    const first = candidate.firstScan === null ? null : ledger.scans.get(candidate.firstScan)
    const isProven = first?.whole === true && second?.whole === true && first.result === 'complete' && second.result === 'complete'
    if (!isProven || second.beganMs - first.endedMs < folder.graceMs)
      this.break('evidence', `${name} without two whole scans ${folder.graceMs} ms apart`)
    if (candidate.why === 'absent' && !unit.key.startsWith('\u0000')) {
      for (const path of this.#pathsOf(unit.key, unit.shape, folder)) {
        met.add('promise absent')
        const why = this.#whyNotGone(folder, path, [candidate.firstScan, candidate.secondScan], graceMs)
        if (why !== null) this.break('absent', `${name}: ${path} ${why} (grace ${folder.graceMs} ms)`)
      }
    }
    if (this.#scene.edits.inForce(folder.path) === null) this.break('edit', `${name}, whose folder left the config`)
    if (version.role === 'detached') this.break('edit', `${name}, which was let go of: only a command removes it`)
    if (row !== undefined && this.#isUnseen(row)) this.#goneUnseen.add(hash)
    if (isApproved) return
    met.add('promise edit')
    const leaving = { folder, dataset, key: unit.key, shape: unit.shape, contents: row?.contents ?? [], why: candidate.why, hash }
    const edit = heldFor(this.#scene, leaving)
    if (edit !== null) this.break('edit', `${name}: ${edit}`)
    const contents = new Set(row?.contents ?? [])
    if (candidate.why === 'absent' && second !== null && row !== undefined) {
      const going = { dataset, unit, row, seenMs: clock.wallMs() - second.beganMs }
      const still = stillStands(this.#scene, going)
      if (still !== null) this.break('file', `${name}: ${still}`)
      const later = laterCopy(this.#scene, going)
      if (later !== null) this.break('age', `${name}: ${later}`)
      const original = editedOriginal(this.#scene, going)
      if (original !== null) this.break('original', `${name}: ${original}`)
    }
    // A superseded group that nobody could put together again is at no path, wherever some of its frames are.
    const isScattered = unit.shape === 'dir' && [...contents].some((sha) => truth.leastStanding(dataset, sha, 0) === 0)
    if (candidate.why === 'superseded' && isScattered) return
    // Every folder of the dataset is looked at once more after the second scan: what stood anywhere since before it is found.
    const seenMs = this.#scene.hasLeapt() || second === null ? this.#sinceFirstMs(first, graceMs) : clock.wallMs() - second.beganMs
    // With as many rows as files that hold the content, each file has a row of its own.
    for (const sha of contents) {
      met.add('promise copy')
      const rest = this.#scene
        .server()
        .live(dataset)
        .filter((other) => !together.includes(other.hash) && other.by === 'us')
        .reduce((sum, other) => sum + other.contents.filter((one) => one === sha).length, 0)
      const least = truth.leastStanding(dataset, sha, seenMs)
      if (least > rest + this.#removedRows(sha) + this.#hiddenCopies(folder, this.#pathsOf(unit.key, unit.shape, folder), sha))
        this.break('copy', `${name}: ${namesOf([sha])} stood at ${least} paths all the while, and ${rest} rows are left for them`)
    }
  }

  /** A clock that was set tells no time between two scans: at the latest what stood since the first one is known. */
  #sinceFirstMs(first: ScanRecord | null, graceMs: number): number {
    return first === null ? graceMs : Math.max(graceMs, this.#scene.clock.wallMs() - first.beganMs)
  }

  /** Rows of files that somebody else took away, and that are not made again. */
  #removedRows(sha: string): number {
    const { removedByOthers, rows } = this.#scene.server()
    return [...removedByOthers].filter((hash) => rows.get(hash)?.contents.includes(sha) === true).length
  }

  /**
   * Files with a content that no look can see, since before one saw it at its own place: they are copies, and get rows of their own once they
   * can be seen. What is on a disk that came and went between two looks at mounts nobody knows of.
   */
  #hiddenCopies(folder: FolderTruth, paths: readonly string[], sha: string): number {
    const { truth, ledger, clock, hidden } = this.#scene
    const record = ledger.folders.byPath(folder.path)
    if (record === null) return 0
    const heldUntilMs = Math.max(...paths.map((path) => truth.heldUntilMs(folder.path, path, sha)))
    const aheadMs = clock.wallMs() - clock.nowMs
    return [...hidden].reduce((copies, place) => {
      const id = ledger.scans.firstWholeSince(record.id, { ms: place.sinceMs + aheadMs, scan: 0 })
      const endedMs = id === null ? undefined : ledger.scans.get(id)?.endedMs
      const isUnknown = isUnseenDisk(place)
      if (!isUnknown && (endedMs === undefined || endedMs - aheadMs > heldUntilMs)) return copies
      const below = [...place.folder.trueFiles()].filter(([path, { sha256 }]) => path.startsWith(`${place.path}/`) && sha256 === sha)
      return copies + below.length
    }, 0)
  }

  /** Its file is sent anew once it can be seen: nothing tells that it is the one that went. */
  #isUnseen({ contents }: Row): boolean {
    const { hidden, folders, edits } = this.#scene
    const holds = (folder: VirtualFolder, below: string): boolean =>
      [...folder.trueFiles()].some(([path, { sha256 }]) => path.startsWith(below) && contents.includes(sha256))
    return (
      [...hidden].some((place) => isUnseenDisk(place) && holds(place.folder, `${place.path}/`)) ||
      folders.some((folder) => edits.inForce(folder.path) === null && holds(folder, ''))
    )
  }

  #pathsOf(key: string, shape: UnitShape, folder: FolderTruth): readonly string[] {
    if (shape === 'file') return [key]
    const { ledger } = this.#scene
    const record = ledger.folders.byPath(folder.path)
    const unit = record === null ? null : ledger.units.byKey(record.id, shape, key)
    return unit === null
      ? []
      : ledger.tree
          .filesOfUnit(unit.id)
          .map((file) => file.path)
          .filter((path) => !path.includes('\u0000'))
  }

  /**
   * Both scans must have lacked the path. What came and went between them is seen by none where hints were lost, or wait after a scan of
   * a directory that did not rest.
   */
  #whyNotGone(folder: FolderTruth, path: string, scanIds: readonly (number | null)[], graceMs: number): string | null {
    const { truth, ledger, clock, hasLeapt, missesNothing } = this.#scene
    const goneMs = truth.goneMs(folder.path, path)
    if (goneMs === null) return null
    if (truth.stoodThrough(folder.path, path, clock.nowMs - FRESH_MS, clock.nowMs)) return 'is there'
    if (missesNothing() && goneMs < graceMs && truth.lastStayMs(folder.path, path) > LONGEST_REST_MS) return `was there ${goneMs} ms ago`
    for (const id of scanIds) {
      const scan = id === null ? null : ledger.scans.get(id)
      const aheadMs = clock.wallMs() - clock.nowMs
      if (scan === null || hasLeapt()) continue
      if (truth.stoodThrough(folder.path, path, scan.beganMs - aheadMs, scan.endedMs - aheadMs)) return `was there during scan ${id}`
    }
    return null
  }

  #isOlder(row: Row): boolean {
    const version = this.#versionOf(row.dataset, row.hash)
    return (
      version?.role === 'superseded' || version?.role === 'detached' || version?.remote === 'missing' || this.#isHidden(version?.unitId)
    )
  }

  /**
   * A ledger that was put back finds a row which it forgot, and which carries no note (yet: it is written after all else), by its name alone: a
   * file that was renamed since is a new one. So is everything where the folder was put back with it, to a moment of which both agree.
   */
  #isForgotten(row: Row, again: Row): boolean {
    if (row.hash === again.hash || this.#versionOf(row.dataset, row.hash) !== null) return false
    const { world, untold } = this.#scene
    const isUntold = world.folders.some((folder) => folder.dataset === row.dataset && untold.has(folder.path))
    return isUntold || (row.bornMs < this.#putBackMs && row.metadata === null && nameOf(row.title) !== nameOf(again.title))
  }

  /** Whether the file of a row moved away while its place cannot be seen, nobody can tell: elsewhere it is a copy. */
  #isHidden(unitId: number | null | undefined): boolean {
    const { ledger } = this.#scene
    const unit = unitId == null ? null : ledger.units.get(unitId)
    return unit !== null && (unit.local === 'unseen' || isShut(ledger.folders.get(unit.folderId).state))
  }

  #versionOf(dataset: string, hash: string) {
    const remote = this.#scene.ledger.remotes.find('sim', dataset)
    return remote === null ? null : this.#scene.ledger.versions.byHash(remote.id, hash)
  }

  #folderOf(unitId: number | null): FolderTruth | null {
    const unit = unitId === null ? null : this.#scene.ledger.units.get(unitId)
    return unit === null ? null : this.#scene.setup(this.#scene.ledger.folders.get(unit.folderId).path)
  }

  #hasIntent(dataset: string, hash: string, verb: 'register'): boolean {
    const version = this.#versionOf(dataset, hash)
    return version !== null && this.#scene.ledger.operations.openOf(version.id).some((one) => one.verb === verb && one.phase === 'intent')
  }
}

/** A disk that came and went between two looks at mounts. */
function isUnseenDisk(place: Hidden): boolean {
  return place.sinceMs - place.shownMs < MOUNTS_MS
}

function contentKeyOf(row: Row): string {
  return row.type === 'IMG_GROUP' ? groupKey(row.contents) : fileKey(row.contents[0] ?? '')
}

function namesOf(sha256s: readonly string[]): string {
  return sha256s.map((sha) => contentOfSha(sha)?.id ?? sha.slice(0, 8)).join(' ')
}

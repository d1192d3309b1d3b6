import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { type IgnoreRules, openIgnoreRules } from '../disk/ignoreRules.ts'
import type { Problem } from '../disk/listing.ts'
import { mountIdentitiesSync } from '../disk/mountIdentity.ts'
import { fileStamp, sameDirStamp } from '../disk/stamp.ts'
import { STATE_DIRECTORY } from '../disk/stateDirectory.ts'
import { type WalkedListing, type WalkOptions, type WalkResult, walk } from '../disk/walk.ts'
import { dirOf, type FileStamp, isAtOrBelow, joinPath, nameOf, type RelPath, sameStamp } from '../model/file.ts'
import type { Ledger } from '../store/openLedger.ts'
import { wentBack } from '../sync/plan/evidence.ts'
import type { DirRecord, FileRecord } from '../sync/records.ts'
import type { Difference, SeenDir, Survey, SurveyRequest } from '../sync/survey.ts'

export type SurveyTools = {
  readonly tree: Ledger['tree']
  wallMs(): number
  pause(ms: number): void
  /** Absent: the real disk. */
  readonly walker?: Walker
}

/** What a survey looks at; a simulation hands in a file system of its own. */
type Walker = {
  walk(root: string, options: WalkOptions): WalkResult
  /** As `mountIdentities` writes them. */
  mounts(root: string): readonly string[]
  ignoreRules(root: string, patterns: readonly string[]): IgnoreRules
  /** ctime of the file `.done` in a directory, ns; null where none is. */
  doneNs(root: string, dir: RelPath): string | null
}

const DISK: Walker = {
  walk,
  mounts: mountIdentitiesSync,
  ignoreRules: openIgnoreRules,
  doneNs(root, dir) {
    try {
      const stats = lstatSync(joinPath(joinPath(root, dir), '.done'), { bigint: true, throwIfNoEntry: false })
      return stats?.isFile() === true ? fileStamp(stats).ctimeNs : null
    } catch {
      // Without it a group waits its usual time; the rest of the walk is worth more than that.
      return null
    }
  },
}

/** A directory's digest is kept only when nothing in it changed for this long, ms: a younger change may hide in the same tick. */
const YOUNG_MS = 2_000

type Found = {
  readonly dir: SeenDir | null
  readonly differences: readonly Difference[]
  readonly goneDirs: readonly number[]
  readonly unseenDirs: readonly { readonly id: number; readonly why: string }[]
  readonly subdirs: readonly string[]
  readonly files: number
  readonly ignored: number
}

/**
 * Walks a folder, or some of its directories, and compares each directory with the ledger by a digest; rows are read only where
 * it differs. Synchronous, for a worker thread; reads the ledger, writes nothing.
 */
export function survey(tools: SurveyTools, request: SurveyRequest): Survey {
  const began = tools.wallMs()
  const { walker = DISK } = tools
  const rules = walker.ignoreRules(
    request.root,
    request.ignore.map((rule) => rule.pattern),
  )
  const mounts = walker.mounts(request.root)
  const hidden = changedMounts(request.knownMounts, mounts)
  const compare = new Comparison(tools, request, hidden, (path) => rules.check(path, false).ignored)
  const found = new Map<RelPath, Found>()
  // A mount that came where nothing is known yet is taken note of by a whole survey only.
  const isWhole = request.dirs === null || hidden.some((point) => !compare.holdsFiles(point))
  const dirs =
    isWhole || request.dirs === null ? null : [...new Set(request.dirs.map((dir) => withKnownParent(tools.tree, request.folderId, dir)))]
  const result = walker.walk(request.root, {
    ...(dirs === null ? {} : { dirs }),
    descendNew: (path) => tools.tree.dir(request.folderId, path)?.local !== 'present',
    isIgnored: (path, isDirectory) => rules.check(path, isDirectory).ignored,
    onEnter: (dir) => rules.enter(dir),
    onListing: (listing) => void found.set(listing.dir, compare.directory(listing)),
    onVanished: (dir) => void found.delete(dir),
    pause: tools.pause,
    wallMs: tools.wallMs,
  })
  for (const { dir } of result.blind) found.delete(dir)
  // What was read where a disk came or went meanwhile may lie on either side of it.
  const restless = changedMounts(mounts, walker.mounts(request.root))
  for (const dir of found.keys()) if (isUnder(restless, dir)) found.delete(dir)
  const blind = compare.blindPlaces(result.blind)
  const mountTrouble = hidden.filter((point) => compare.holdsFiles(point))
  const all = [...found.values()]
  const seenBefore = blind.some((place) => place.known) || mountTrouble.length > 0
  const rootBlind = result.blind.some((place) => place.dir === '')
  return {
    scan: {
      whole: isWhole,
      beganAfter: request.newestScan,
      beganMs: began,
      endedMs: tools.wallMs(),
      result: seenBefore || rootBlind || restless.length > 0 || result.vanished.includes('') ? 'partial' : 'complete',
      blind: [
        ...result.blind,
        ...mountTrouble.map((dir) => ({ dir, why: 'the mount here is another one, or none' })),
        ...restless
          .filter((dir) => !mountTrouble.includes(dir))
          .map((dir) => ({ dir, why: 'a disk was mounted or unmounted here meanwhile' })),
      ],
      busy: result.busy,
    },
    dirs: [...found.entries()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).flatMap(([, one]) => one.dir ?? []),
    goneDirs: all.flatMap((one) => one.goneDirs),
    unseenDirs: [...all.flatMap((one) => one.unseenDirs), ...blind.flatMap((place) => place.dirs)],
    differences: [...all.flatMap((one) => one.differences), ...blind.flatMap((place) => place.differences)],
    mounts: mountTrouble.length > 0 ? request.knownMounts : mounts,
    tree: [...found.entries()].map(([dir, one]) => ({ dir, subdirs: one.subdirs })),
    ignoreFiles: rules.files(),
    files: all.reduce((sum, one) => sum + one.files, 0),
    ignored: all.reduce((sum, one) => sum + one.ignored, 0),
  }
}

/** The directory, or the nearest one above it whose parent was seen: one without a parent in the ledger would never be missed there. */
function withKnownParent(tree: SurveyTools['tree'], folderId: number, dir: RelPath): RelPath {
  let at = dir
  while (at !== '' && tree.dir(folderId, dirOf(at)) === null) at = dirOf(at)
  return at
}

/** Mount points that came or went; the folder's own ('') too. */
export function changedMounts(known: readonly string[], now: readonly string[]): readonly RelPath[] {
  const before = new Set(known)
  const after = new Set(now)
  const changed = [...known.filter((key) => !after.has(key)), ...now.filter((key) => !before.has(key))]
  return [...new Set(changed.map((key) => key.slice(key.indexOf(' ') + 1)))]
}

/** At or below one of these mount points? */
function isUnder(points: readonly RelPath[], dir: RelPath): boolean {
  return points.some((point) => isAtOrBelow(point, dir))
}

class Comparison {
  readonly #tools: SurveyTools
  readonly #request: SurveyRequest
  readonly #hidden: readonly RelPath[]
  readonly #isIgnored: (path: RelPath) => boolean

  constructor(tools: SurveyTools, request: SurveyRequest, hidden: readonly RelPath[], isIgnored: (path: RelPath) => boolean) {
    this.#tools = tools
    this.#request = request
    this.#hidden = hidden
    this.#isIgnored = isIgnored
  }

  directory(listing: WalkedListing): Found {
    const { tree, wallMs } = this.#tools
    const known = tree.dir(this.#request.folderId, listing.dir)
    const doneNs = this.#doneNs(listing)
    const entries = [
      ...listing.files.map(({ name, stamp }) => ({ name, stamp, problem: emptyProblem(stamp) })),
      ...listing.problems.map(problemEntry),
    ]
    const digest = digestOf(entries)
    const subdirs = this.#subdirectories(listing, known)
    const base = {
      subdirs: listing.subdirs.map((sub) => sub.name),
      files: listing.files.length + listing.problems.length,
      ignored: listing.ignored.filter((one) => one.name !== STATE_DIRECTORY).length,
    }
    const same =
      known?.local === 'present' && known.digest !== null && Buffer.compare(known.digest, digest) === 0 && !this.#isHidden(listing.dir)
    if (same && known !== null) {
      const moved = !sameDirStamp(known.stamp, listing.stamp) || known.doneNs !== doneNs
      const dir = moved ? { path: listing.dir, stamp: listing.stamp, doneNs, digest } : null
      return { dir, ...base, ...subdirs }
    }
    const differences = [...this.#files(listing, known, entries), ...subdirs.differences]
    const youngNs = BigInt(wallMs() - YOUNG_MS) * 1_000_000n
    const young = entries.some(({ stamp }) => BigInt(stamp.ctimeNs) > youngNs || BigInt(stamp.mtimeNs) > youngNs)
    // What a mount hides is not known to be so: the same listing means something else once the mount is back.
    const keep = differences.length === 0 && !young && !listing.unsettled && !this.#isHidden(listing.dir)
    return { dir: { path: listing.dir, stamp: listing.stamp, doneNs, digest: keep ? digest : null }, ...base, ...subdirs, differences }
  }

  #files(listing: WalkedListing, known: DirRecord | null, entries: readonly Entry[]): Difference[] {
    const rows = new Map(known === null ? [] : this.#tools.tree.filesOfDir(known.id).map((file) => [nameOf(file.path), file]))
    const differences: Difference[] = []
    for (const { name, stamp, problem } of entries) {
      const row = rows.get(name)
      rows.delete(name)
      if (row === undefined) differences.push({ kind: 'new', path: joinPath(listing.dir, name), stamp, problem })
      else if (isSpecial(problem)) {
        if (row.local !== 'unseen' && row.unitId !== null) differences.push({ kind: 'unseen', known: row, why: `it is a ${problem} now` })
        else if (row.unitId === null && (row.local !== 'present' || row.problem !== problem || !sameStamp(row.stamp, stamp)))
          differences.push({ kind: 'changed', known: row, stamp, problem })
      } else if (row.local !== 'present' || !sameStamp(row.stamp, stamp) || row.racy || (problem !== null && row.problem === null)) {
        differences.push({ kind: 'changed', known: row, stamp, problem })
      }
    }
    const directories = new Set(listing.subdirs.map((sub) => sub.name))
    const ignored = new Set(listing.ignored.map((one) => one.name))
    for (const [name, row] of rows) {
      if (name.includes('\u0000') || row.local === 'excluded') continue
      if (ignored.has(name)) differences.push({ kind: 'excluded', known: row, why: 'an ignore rule covers it' })
      else if (directories.has(name)) this.#unseen(row, 'it is a directory now', differences)
      else if (this.#isHidden(listing.dir)) this.#unseen(row, 'the mount here is another one, or none', differences)
      else this.#absent(row, listing.dir, known, listing.stamp.ctimeNs, differences)
    }
    return differences
  }

  /** Absences are mentioned once, and again while the directory's ctime says that nothing changed; where it went back, that stays so. */
  #absent(row: FileRecord, ancestor: RelPath, known: DirRecord | null, ctimeAfterNs: string, into: Difference[]): void {
    // A rule lets go of what it covers, also of what is gone by now.
    if (this.#isIgnored(row.path)) {
      into.push({ kind: 'excluded', known: row, why: 'an ignore rule covers it' })
      return
    }
    const before = row.local === 'absent' ? (row.absence?.ctimeBeforeNs ?? null) : (known?.stamp.ctimeNs ?? null)
    const contradicts = this.#request.keepsDirTimes && before !== null && BigInt(ctimeAfterNs) <= BigInt(before)
    if (
      row.local === 'absent' &&
      (row.absence === null || (row.absence.unchanged === 0 && !contradicts) || row.absence.ancestor !== ancestor || wentBack(row.absence))
    )
      return
    const unchanged = contradicts ? (row.local === 'absent' ? (row.absence?.unchanged ?? 0) + 1 : 1) : 0
    into.push({ kind: 'absent', known: row, absence: { ancestor, ctimeBeforeNs: before, ctimeAfterNs, unchanged } })
  }

  #unseen(row: FileRecord, why: string, into: Difference[]): void {
    if (row.local !== 'unseen') into.push({ kind: 'unseen', known: row, why })
  }

  /** Known sub-directories that are no longer listed: gone with all below, or hidden by what stands there now. */
  #subdirectories(listing: WalkedListing, known: DirRecord | null): Pick<Found, 'differences' | 'goneDirs' | 'unseenDirs'> {
    const differences: Difference[] = []
    const goneDirs: number[] = []
    const unseenDirs: { id: number; why: string }[] = []
    if (known === null) return { differences, goneDirs, unseenDirs }
    const listed = new Set(listing.subdirs.map((sub) => sub.name))
    const ignored = new Set(listing.ignored.map((one) => one.name))
    const others = new Map([
      ...listing.problems.map((one) => [one.name, one.reason] as const),
      ...listing.files.map((one) => [one.name, 'file'] as const),
    ])
    for (const child of this.#tools.tree.children(known.id)) {
      const name = nameOf(child.path)
      if (listed.has(name) || child.local === 'excluded') continue
      const below = this.#tools.tree
        .filesBelow(this.#request.folderId, child.path)
        .filter((file) => !file.path.includes('\u0000') && file.local !== 'excluded')
      if (ignored.has(name)) {
        // Nobody looks there any more: neither it nor what is below it is a place that is seen or not.
        if (child.local !== 'absent') goneDirs.push(child.id)
        for (const file of below) differences.push({ kind: 'excluded', known: file, why: 'an ignore rule covers its directory' })
        continue
      }
      const other = others.get(name)
      const why =
        other !== undefined
          ? `a ${other} stands at ${child.path}`
          : this.#isHidden(child.path)
            ? 'the mount here is another one, or none'
            : null
      if (why !== null) {
        if (child.local !== 'unseen') unseenDirs.push({ id: child.id, why })
        for (const file of below) this.#unseen(file, why, differences)
        continue
      }
      if (child.local !== 'absent') goneDirs.push(child.id)
      for (const file of below) this.#absent(file, listing.dir, known, listing.stamp.ctimeNs, differences)
    }
    return { differences, goneDirs, unseenDirs }
  }

  /** Places the walk could not look into: everything known below them is unseen. `known`: something was seen there before. */
  blindPlaces(blind: readonly { readonly dir: RelPath; readonly why: string }[]) {
    const { tree } = this.#tools
    return blind.map(({ dir, why }) => {
      const row = tree.dir(this.#request.folderId, dir)
      const below =
        row === null
          ? []
          : tree.filesBelow(this.#request.folderId, dir).filter((file) => file.local !== 'excluded' && !file.path.includes('\u0000'))
      const differences: Difference[] = []
      for (const file of below) this.#unseen(file, why, differences)
      const dirs = row === null || row.local === 'unseen' || row.local === 'excluded' ? [] : [{ id: row.id, why }]
      return { known: row !== null && row.local !== 'absent' && row.local !== 'excluded', dirs, differences }
    })
  }

  holdsFiles(point: RelPath): boolean {
    return this.#tools.tree.filesBelow(this.#request.folderId, point).some((file) => file.unitId !== null && file.local !== 'excluded')
  }

  #isHidden(dir: RelPath): boolean {
    return isUnder(this.#hidden, dir)
  }

  /** `.done` is ignored as a unit; its ctime says that a group is complete. */
  #doneNs(listing: WalkedListing): string | null {
    if (!listing.ignored.some((one) => one.name === '.done' && !one.isDirectory)) return null
    return (this.#tools.walker ?? DISK).doneNs(this.#request.root, listing.dir)
  }
}

type Entry = { readonly name: string; readonly stamp: FileStamp; readonly problem: string | null }

function emptyProblem(stamp: FileStamp): string | null {
  return stamp.sizeBytes === 0 ? 'empty' : null
}

function problemEntry(problem: Problem): Entry {
  return {
    name: problem.name,
    stamp: { sizeBytes: problem.sizeBytes, mtimeNs: '0', ctimeNs: problem.ctimeNs, ino: problem.ino, birthNs: null },
    problem: problem.reason,
  }
}

/** Something that is no readable regular file: a file known at its path is not seen, and never taken for gone. */
function isSpecial(problem: string | null): boolean {
  return problem !== null && problem !== 'empty'
}

function digestOf(entries: readonly Entry[]): Buffer {
  const hash = createHash('sha256')
  for (const { name, stamp, problem } of [...entries].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(`${name}\0${stamp.sizeBytes} ${stamp.mtimeNs} ${stamp.ctimeNs} ${stamp.ino} ${problem ?? ''}\0`)
  }
  return hash.digest().subarray(0, 16)
}

import { lstatSync } from 'node:fs'
import { type Blind, type DirStamp, dirOf, joinPath, type RelPath } from '../model/file.ts'
import { type Ancestry, lookAtAncestorsSync } from './ancestors.ts'
import { hiddenPlaces, isBlind, type Listing, readListing } from './listing.ts'
import { dirStamp, sameDirStamp } from './stamp.ts'

/** A listing without what the ignore rules leave out; `ignored` are those names, so that a known file there is not taken for gone. */
export type WalkedListing = Listing & { readonly ignored: readonly { readonly name: string; readonly isDirectory: boolean }[] }

export type WalkOptions = {
  /** Only these directories, not what is below them; absent: the whole folder. */
  readonly dirs?: readonly RelPath[]
  /** With `dirs`: whether this sub-directory is to be walked as well, with all below it (one that was not known before). */
  descendNew?(path: RelPath): boolean
  isIgnored(path: RelPath, isDirectory: boolean): boolean
  /** Asked before a directory's entries are judged, so that its own ignore file counts; a `Blind` makes the directory unseen. */
  onEnter?(dir: RelPath): Blind | null
  /** Each directory as it was read; called again with the newer listing when a directory had to be read again. */
  onListing(listing: WalkedListing): void
  /** A directory that was listed (or named in `dirs`) is no longer one: drop its listing. Called for each directory below it too. */
  onVanished?(dir: RelPath): void
  /** Blocks for so long (`Atomics.wait` in a worker). */
  pause(ms: number): void
  /** Wall clock, ms since 1970. */
  wallMs(): number
}

/**
 * What a walk could not see. Without `blind` and `busy` (and with nothing `vanished` that a parent outside the walk still has
 * to explain) all listings together are one snapshot: there was a moment at which every directory held just those names.
 */
export type WalkResult = {
  readonly blind: readonly Blind[]
  /** Directories that changed each of the times they were read. */
  readonly busy: readonly RelPath[]
  /** Directories of `dirs` that are not there (any more): look at their parents. */
  readonly vanished: readonly RelPath[]
  readonly directories: number
}

/** What a walk asks of a file system; all three are synchronous. */
export type Eyes = {
  ancestors(root: string, dir: RelPath): Ancestry
  listing(root: string, dir: RelPath): Listing | Blind
  /** `lstat` of a directory; `gone` when no directory stands there. */
  stamp(root: string, dir: RelPath): DirStamp | 'gone'
}

/** How often a directory that does not rest is read again. */
const MAX_READS_AGAIN = 3
/** Bounds a walk of a tree in which ever other directories change. */
const MAX_ROUNDS = 10
/** A change within this time of the reading may have left the times as they were. */
const HOT_MS = 20
/** The same where times have whole seconds only (FAT has steps of two). */
const HOT_WHOLE_SECONDS_MS = 2_000

/**
 * Walks a folder, or some directories of it, then looks at every directory once more: what changed meanwhile is read again.
 * @param eyes the file system; a simulation hands in its own
 */
export function walk(root: string, options: WalkOptions, eyes: Eyes = DISK): WalkResult {
  const pass = new Pass(root, options, eyes)
  pass.readFrom(options.dirs ?? [''])
  // All readings lie before the check, so what one whole check finds unchanged was so at one moment.
  let stirred = pass.stirred()
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const again = stirred.filter((dir) => pass.readsAgain(dir) < MAX_READS_AGAIN)
    if (again.length === 0) break
    options.pause(pass.coolingMs(again))
    pass.readAgain(again)
    stirred = pass.stirred()
  }
  return pass.result(stirred)
}

const DISK: Eyes = {
  ancestors: lookAtAncestorsSync,
  listing: readListing,
  stamp(root, dir) {
    try {
      const stats = lstatSync(dir === '' ? root : `${root}/${dir}`, { bigint: true, throwIfNoEntry: false })
      return stats?.isDirectory() === true ? dirStamp(stats) : 'gone'
    } catch {
      return 'gone'
    }
  },
}

type Observed = { stamp: DirStamp; readAtMs: number; readsAgain: number; unsettled: boolean; subdirs: readonly RelPath[] }

/** One walk in progress: what was read, when, and what could not be. */
class Pass {
  readonly #root: string
  readonly #options: WalkOptions
  readonly #eyes: Eyes
  readonly #observed = new Map<RelPath, Observed>()
  readonly #blind = new Map<RelPath, readonly Blind[]>()
  readonly #vanished = new Set<RelPath>()

  constructor(root: string, options: WalkOptions, eyes: Eyes) {
    this.#root = root
    this.#options = options
    this.#eyes = eyes
  }

  readFrom(dirs: readonly RelPath[]): void {
    for (const dir of dirs) {
      const above = this.#eyes.ancestors(this.#root, dir === '' ? '' : dirOf(dir))
      if (above.kind === 'real') this.#readTree(dir)
      else if (above.at !== '' && isAbsence(above.errno)) this.#loseSight({ dir, why: above.errno })
      else this.#blind.set(above.at, [{ dir: above.at, why: above.errno }])
    }
  }

  readAgain(dirs: readonly RelPath[]): void {
    for (const dir of dirs) {
      const observed = this.#observed.get(dir)
      if (observed === undefined) continue
      observed.readsAgain++
      this.#readTree(dir)
    }
  }

  readsAgain(dir: RelPath): number {
    return this.#observed.get(dir)?.readsAgain ?? 0
  }

  /** Directories that are not, or may not be, as they were read; parents first. */
  stirred(): readonly RelPath[] {
    const stirred: RelPath[] = []
    for (const dir of [...this.#observed.keys()].sort().reverse()) {
      const observed = this.#observed.get(dir)
      if (observed === undefined) continue
      const now = this.#eyes.stamp(this.#root, dir)
      if (now === 'gone') this.#loseSight({ dir, why: 'ENOENT' })
      else if (observed.unsettled || !sameDirStamp(now, observed.stamp) || coolsInMs(observed) > 0) stirred.push(dir)
    }
    return stirred.filter((dir) => this.#observed.has(dir)).reverse()
  }

  /** How long to wait until none of these was changed too shortly before it is read. */
  coolingMs(dirs: readonly RelPath[]): number {
    const now = this.#options.wallMs()
    let longest = HOT_MS
    for (const dir of dirs) {
      const observed = this.#observed.get(dir)
      if (observed !== undefined) longest = Math.max(longest, coolsInMs({ ...observed, readAtMs: now }))
    }
    return longest
  }

  result(busy: readonly RelPath[]): WalkResult {
    return {
      blind: [...this.#blind.values()].flat(),
      busy,
      vanished: [...this.#vanished].sort(),
      directories: this.#observed.size,
    }
  }

  #readTree(top: RelPath): void {
    const todo = [top]
    for (let dir = todo.pop(); dir !== undefined; dir = todo.pop()) {
      const listing = this.#readOne(dir)
      if (listing === null) continue
      for (const { name } of listing.subdirs) {
        const path = joinPath(dir, name)
        if (!this.#observed.has(path) && this.#descends(path, top)) todo.push(path)
      }
    }
  }

  /** In a walk of some directories only what is new is entered, and then all that is below it. */
  #descends(path: RelPath, top: RelPath): boolean {
    if (this.#options.dirs === undefined) return true
    return dirOf(path) !== top || this.#options.descendNew?.(path) === true
  }

  #readOne(dir: RelPath): WalkedListing | null {
    const readAtMs = this.#options.wallMs()
    const shut = this.#options.onEnter?.(dir) ?? null
    const seen = this.#eyes.listing(this.#root, dir)
    const found = shut === null ? seen : withTime(shut, seen)
    if (isBlind(found)) {
      this.#loseSight(found)
      return null
    }
    const listing = this.#withoutIgnored(found)
    const before = this.#observed.get(dir)
    const subdirs = listing.subdirs.map(({ name }) => joinPath(dir, name))
    this.#observed.set(dir, { stamp: listing.stamp, readAtMs, readsAgain: before?.readsAgain ?? 0, unsettled: listing.unsettled, subdirs })
    if (before !== undefined) this.#dropMissing(before.subdirs, new Set(subdirs))
    const hidden = hiddenPlaces(listing)
    if (hidden.length > 0) this.#blind.set(dir, hidden)
    else this.#blind.delete(dir)
    this.#vanished.delete(dir)
    this.#options.onListing(listing)
    return listing
  }

  /** A directory that can't be read; one that is not there sends its parent to be read again instead. */
  #loseSight(blind: Blind): void {
    const { dir } = blind
    this.#forget(dir)
    if (dir === '' || !isAbsence(blind.why)) {
      this.#blind.set(dir, [blind])
      return
    }
    const parent = this.#observed.get(dirOf(dir))
    if (parent !== undefined) parent.unsettled = true
    else if (this.#options.dirs?.includes(dir) === true) this.#vanished.add(dir)
    this.#options.onVanished?.(dir)
  }

  #dropMissing(subdirs: readonly RelPath[], present: ReadonlySet<RelPath>): void {
    for (const dir of subdirs) {
      if (present.has(dir)) continue
      if (this.#forget(dir)) this.#options.onVanished?.(dir)
    }
  }

  /** Drops what was read in a directory and below it. @returns whether it had been listed. */
  #forget(dir: RelPath): boolean {
    this.#blind.delete(dir)
    const observed = this.#observed.get(dir)
    if (observed === undefined) return false
    this.#observed.delete(dir)
    this.#dropMissing(observed.subdirs, new Set())
    return true
  }

  #withoutIgnored(listing: Listing): WalkedListing {
    const ignored: { name: string; isDirectory: boolean }[] = []
    const keep = (name: string, isDirectory: boolean): boolean => {
      if (!this.#options.isIgnored(joinPath(listing.dir, name), isDirectory)) return true
      ignored.push({ name, isDirectory })
      return false
    }
    return {
      ...listing,
      files: listing.files.filter(({ name }) => keep(name, false)),
      subdirs: listing.subdirs.filter(({ name }) => keep(name, true)),
      problems: listing.problems.filter(({ name, isDirectory }) => keep(name, isDirectory)),
      ignored,
    }
  }
}

function isAbsence(why: string): boolean {
  return why === 'ENOENT' || why === 'ENOTDIR' || why === 'ELOOP' || why === 'symlink' || why === 'not-a-directory'
}

/** 0 when the directory's last change lay safely before its reading, else how much longer to wait, ms. */
function coolsInMs(observed: Observed): number {
  const ctimeNs = BigInt(observed.stamp.ctimeNs)
  const windowMs = ctimeNs % 1_000_000_000n === 0n ? HOT_WHOLE_SECONDS_MS : HOT_MS
  const ageMs = observed.readAtMs - Number(ctimeNs / 1_000_000n)
  // A change dated far in the future says that the clocks differ, not that it is fresh.
  return ageMs > -windowMs && ageMs < windowMs ? windowMs - ageMs : 0
}

/** What its rules could not be read of is told by its own time, as if it could not be listed. */
function withTime(shut: Blind, seen: Listing | Blind): Blind {
  if (shut.dir !== seen.dir) return shut
  const ctimeNs = isBlind(seen) ? seen.ctimeNs : seen.stamp.ctimeNs
  return ctimeNs === undefined ? shut : { ...shut, ctimeNs }
}

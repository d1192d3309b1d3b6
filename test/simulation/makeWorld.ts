import type { Random } from '../../src/model/clock.ts'
import { between, pick, seeded } from './chance.ts'
import { withBackups } from './makeBackups.ts'
import { withEdits } from './makeEdits.ts'
import { withHabits } from './makeHabits.ts'
import type { Mishap } from './virtualServer.ts'
import type { ConfigEdit, FolderTruth, World, WorldEvent } from './worldEvent.ts'

const ROOT_NAMES = ['a.jpg', 'b.jpg', 'c.jpg', 'd.mp4', 'e.mp4']
const DIRS = ['g', 'h', 'g/x', 'm', 'n']
const FRAMES = ['1.jpg', '2.jpg', '10.jpg']
const POINTS = [
  'ticket.kept',
  'put.done',
  'register.intended',
  'register.answered',
  'register.kept',
  'stage.intended',
  'stage.answered',
  'group.intended',
  'group.answered',
  'group.kept',
  'delete.intended',
  'delete.answered',
  'delete.kept',
  'title.intended',
  'title.answered',
]
const CALLS: readonly { readonly call: string; readonly mishaps: readonly Mishap[] }[] = [
  { call: 'register', mishaps: ['not-done', 'lost-answer', 'lost-request'] },
  { call: 'group', mishaps: ['not-done', 'lost-answer', 'lost-request'] },
  { call: 'delete', mishaps: ['not-done', 'lost-answer', 'lost-request', 'partial'] },
  { call: 'put', mishaps: ['not-done', 'dead-url', 'lost-answer'] },
  { call: 'ticket', mishaps: ['not-done'] },
  { call: 'stage', mishaps: ['not-done', 'lost-answer', 'lost-request'] },
  { call: 'update', mishaps: ['not-done', 'lost-answer'] },
  { call: 'row', mishaps: ['not-done'] },
  { call: 'listing', mishaps: ['not-done'] },
]

/** How much there is in a world, and how close together it happens. */
type Size = {
  readonly names: number
  readonly dirs: number
  readonly frames: number
  readonly files: number
  readonly happenings: number
  readonly longestGapMs: number
  readonly latestBeginMs: number
}

const SMALL: Size = { names: 3, dirs: 3, frames: 2, files: 3, happenings: 5, longestGapMs: 8_000, latestBeginMs: 15_000 }
const LARGE: Size = { names: 5, dirs: 5, frames: 3, files: 9, happenings: 14, longestGapMs: 15_000, latestBeginMs: 25_000 }

/** Makes the world of a seed. @param smallShare how many of all worlds are small ones */
export function makeWorld(seed: number, smallShare = 0.5): World {
  const random = seeded(seed)
  // Most of what was ever found needs few files and few events: many small worlds meet more than few large ones.
  const size = random() < smallShare ? SMALL : LARGE
  const count = random() < 0.3 ? 2 : 1
  const sameDataset = random() < 0.7
  const folders = Array.from({ length: count }, (_, i) => makeFolder(random, i, sameDataset))
  const absentGapMs = pick(random, [2_000, 5_000])
  const world = {
    seed,
    folders,
    server: {
      second: pick(random, ['error', 'ok', 'row'] as const),
      lagMs: pick(random, [0, 0, 0, 500, absentGapMs - 500]),
      members: random() < 0.7,
      datarow: random() < 0.85,
    },
    absentGapMs,
    rescanMs: pick(random, [20_000, 60_000]),
    concurrency: pick(random, [2, 4, 8]),
    slowness: pick(random, [0, 0.2, 0.5]),
    hintLoss: pick(random, [0, 0.1, 0.5, 1]),
  }
  return withBackups(withHabits(withEdits({ ...world, events: makeEvents(random, folders, size) })))
}

function makeFolder(random: Random, i: number, sameDataset: boolean): FolderTruth {
  return {
    path: `/f${i}`,
    dataset: sameDataset ? 'd0' : `d${i}`,
    birth: random() < 0.7,
    tickMs: pick(random, [4, 4, 4, 1_000]),
    settleMs: pick(random, [1_000, 3_000]),
    groupSettleMs: pick(random, [1_000, 4_000]),
    regroupSettleMs: pick(random, [4_000, 8_000]),
    graceMs: pick(random, [2_000, 6_000, 15_000]),
    limit: pick(random, [
      { count: 50, percent: 100 },
      { count: 50, percent: 100 },
      { count: 3, percent: 100 },
      { count: 50, percent: 10 },
    ]),
    mode: pick(random, ['propagate', 'propagate', 'propagate', 'propagate', 'hold', 'never'] as const),
    onChange: pick(random, ['hold', 'replace', 'replace', 'keep'] as const),
    subdirectories: random() < 0.8 ? 'group' : 'individual',
    ignore: [],
    mount: random() < 0.3 ? 'm' : null,
  }
}

/** Draws events: first some files, then work on them, with faults in between. */
function makeEvents(random: Random, folders: readonly FolderTruth[], size: Size): readonly WorldEvent[] {
  const draw = new Draw(random, folders, size)
  const events: WorldEvent[] = []
  const files = between(random, 1, size.files)
  for (let i = 0; i < files; i++) events.push(draw.write(between(random, 0, 3_000)))
  // Later most calls are over: what befalls them has to be there before them.
  if (random() < 0.4) for (let i = between(random, 1, 2); i > 0; i--) events.push(draw.early(between(random, 0, 6_000)))
  let atMs = between(random, 1_000, size.latestBeginMs)
  const happenings = between(random, 1, size.happenings)
  for (let i = 0; i < happenings; i++) {
    events.push(draw.event(atMs))
    atMs += random() < 0.3 ? between(random, 0, 300) : between(random, 300, size.longestGapMs)
  }
  return events.sort((a, b) => a.atMs - b.atMs)
}

class Draw {
  readonly #random: Random
  readonly #folders: readonly FolderTruth[]
  readonly #names: readonly string[]
  readonly #dirs: readonly string[]
  readonly #frames: readonly string[]
  #contents = 0
  /** Bytes changed behind unchanged times are found by the ctime; a rename that hides that too is beyond any scan. */
  readonly #hides: boolean

  constructor(random: Random, folders: readonly FolderTruth[], size: Size) {
    this.#random = random
    this.#folders = folders
    this.#names = someOf(random, ROOT_NAMES, size.names)
    this.#dirs = someOf(random, DIRS, size.dirs)
    this.#frames = someOf(random, FRAMES, size.frames)
    this.#hides = random() < 0.15
  }

  write(atMs: number): WorldEvent {
    const at = this.#file()
    return { atMs, do: 'write', at, content: this.#content(at) }
  }

  /** Something that befalls the first uploads. */
  early(atMs: number): WorldEvent {
    return this.#random() < 0.6 ? this.#fault(atMs) : this.#crashAt(atMs)
  }

  event(atMs: number): WorldEvent {
    const luck = this.#random()
    if (luck < 0.55) return this.#work(atMs)
    if (luck < 0.7) return this.#place(atMs)
    if (luck < 0.84) return this.#server(atMs)
    if (luck < 0.97) return this.#service(atMs)
    return this.#clock(atMs)
  }

  #work(atMs: number): WorldEvent {
    const random = this.#random
    const at = this.#file()
    const to = this.#file()
    const what = between(random, 0, 19)
    switch (this.#hides && what >= 5 && what <= 12 ? what % 5 : what) {
      case 0:
        return this.write(atMs)
      case 1:
        return { atMs, do: 'rewrite', at, content: this.#content(at), hidden: this.#hides && random() < 0.7 }
      case 2:
        return { atMs, do: 'grow', at, content: this.#content(at, true), forMs: between(random, 100, 8_000) }
      case 3:
        return { atMs, do: 'touch', at }
      case 4:
        return { atMs, do: 'save', at, content: this.#content(at) }
      case 5:
        return { atMs, do: 'rename', at, to }
      case 6:
        return random() < 0.5 ? { atMs, do: 'rename', at, to } : { atMs, do: 'renameEdited', at, to, content: this.#content(to) }
      case 7:
        return { atMs, do: 'rename', at: this.#dir(), to: this.#dir() }
      case 8:
        return { atMs, do: 'swap', at, to }
      case 9:
        return { atMs, do: 'copy', at, to }
      case 10:
        return { atMs, do: 'slowMove', at, to, forMs: between(random, 0, 20_000) }
      case 11:
        return { atMs, do: 'shuttle', at, to, everyMs: between(random, 20, 3_000), times: between(random, 2, 8) }
      case 12:
        return { atMs, do: 'hardLink', at, to }
      case 13:
        return { atMs, do: 'remove', at: this.#dir() }
      case 14:
        return { atMs, do: 'empty', at: random() < 0.5 ? this.#folder() : this.#dir(), everyMs: between(random, 0, 2_000) }
      default:
        return { atMs, do: 'remove', at }
    }
  }

  #place(atMs: number): WorldEvent {
    const random = this.#random
    const forMs = between(random, 50, 40_000)
    switch (between(random, this.#hides ? 2 : 0, 10)) {
      case 0:
        return { atMs, do: 'vanish', at: this.#dir(), forMs }
      case 1:
        return random() < 0.5
          ? { atMs, do: 'vanish', at: this.#file(), forMs }
          : { atMs, do: 'carry', at: this.#file(), to: this.#file(), forMs }
      case 2:
        return { atMs, do: 'link', at: this.#dir(), forMs, dangling: random() < 0.5 }
      case 3:
        return random() < 0.5 || this.#hides
          ? { atMs, do: 'close', at: this.#dir(), forMs }
          : { atMs, do: 'stash', at: this.#file(), to: this.#dir(), forMs }
      case 4:
      case 5:
        if (random() < 0.25 && !this.#hides) return { atMs, do: 'stash', at: this.#file(), to: `${this.#folder()}/m`, forMs }
        return { atMs, do: 'unmount', at: `${this.#folder()}/m`, forMs }
      case 6:
      case 7:
        return { atMs, do: 'rootAway', at: this.#folder(), forMs, how: pick(random, ['gone', 'empty', 'closed'] as const) }
      case 8:
        return { atMs, do: 'restoreFolder', at: this.#folder() }
      case 9:
        return { atMs, do: 'rollBack', at: this.#folder(), forMs: between(random, 50, 120_000) }
      default:
        return { atMs, do: 'loseMarker', at: this.#folder() }
    }
  }

  #server(atMs: number): WorldEvent {
    const random = this.#random
    switch (between(random, 0, 11)) {
      case 0:
        return { atMs, do: 'listing', how: pick(random, ['half', 'empty', 'other-dataset', 'html'] as const), times: between(random, 1, 3) }
      case 1:
        return { atMs, do: 'down', forMs: between(random, 100, 40_000) }
      case 2:
        return { atMs, do: 'badKey', forMs: between(random, 100, 30_000) }
      case 3:
        return random() < 0.5 ? { atMs, do: 'badTitles' } : { atMs, do: 'otherRemoves', nth: between(random, 0, 9) }
      case 4: {
        const at = this.#file()
        return { atMs, do: 'otherAdds', at, content: this.#content(at) }
      }
      default:
        return this.#fault(atMs)
    }
  }

  #fault(atMs: number): WorldEvent {
    const random = this.#random
    const { call, mishaps } = pick(random, CALLS)
    return {
      atMs,
      do: 'fault',
      call,
      mishap: pick(random, mishaps),
      times: between(random, 1, 4),
      retryAfterMs: random() < 0.2 ? between(random, 500, 30_000) : null,
    }
  }

  #crashAt(atMs: number): WorldEvent {
    const random = this.#random
    const forMs = between(random, 10, 20_000)
    return { atMs, do: 'crashAt', point: pick(random, POINTS), times: between(random, 1, 3), forMs }
  }

  #service(atMs: number): WorldEvent {
    const random = this.#random
    const forMs = between(random, 10, 20_000)
    switch (between(random, 0, 9)) {
      case 0:
        return { atMs, do: 'crash', step: 0, forMs }
      case 1:
      case 2:
        return { atMs, do: 'crash', step: between(random, 1, 60), forMs }
      case 3:
      case 4:
        return this.#crashAt(atMs)
      case 5:
        return { atMs, do: 'stop', forMs, edit: random() < 0.6 ? this.#edit() : null }
      case 6:
        return { atMs, do: 'deaf', forMs }
      case 7:
        return random() < 0.5 ? { atMs, do: 'rememberLedger' } : { atMs, do: 'oldLedger', forMs }
      default:
        return random() < 0.7
          ? { atMs, do: 'decide', how: random() < 0.7 ? 'approve' : 'reject' }
          : { atMs, do: 'accept', at: this.#folder() }
    }
  }

  #clock(atMs: number): WorldEvent {
    const random = this.#random
    const ms = pick(random, [-3_600_000, -20_000, 5_000, 3_600_000, 31_536_000_000, -31_536_000_000])
    const forMs = between(random, 1_000, 60_000)
    // Two clocks that are wrong by the very same time agree, and nobody can tell.
    return random() < 0.7 ? { atMs, do: 'jump', ms, forMs } : { atMs, do: 'serverDate', ms: ms * 2, forMs }
  }

  #edit(): ConfigEdit {
    const random = this.#random
    const folder = between(random, 0, this.#folders.length - 1)
    switch (between(random, 0, 4)) {
      case 0:
        return { set: 'mode', folder, mode: pick(random, ['propagate', 'hold', 'never'] as const) }
      case 1:
        return { set: 'onChange', folder, onChange: pick(random, ['hold', 'replace', 'keep'] as const) }
      case 2:
        return { set: 'ignore', folder, ignore: pick(random, [['a.jpg'], ['g/'], [], ['*.mp4']]) }
      case 3:
        return { set: 'subdirectories', folder, subdirectories: random() < 0.5 ? 'group' : 'individual' }
      default:
        return { set: 'configured', folder, configured: random() < 0.5 }
    }
  }

  #folder(): string {
    return pick(this.#random, this.#folders).path
  }

  #dir(): string {
    return `${this.#folder()}/${pick(this.#random, this.#dirs)}`
  }

  #file(): string {
    const random = this.#random
    if (random() < 0.55) return `${this.#folder()}/${pick(random, this.#names)}`
    return `${this.#dir()}/${random() < 0.12 ? 'v.mp4' : pick(random, this.#frames)}`
  }

  /** A name says what to expect; now and then the bytes are something else, or are those of another file. */
  #content(at: string, asNamed = false): string {
    const random = this.#random
    const isOdd = random() < 0.07 && !asNamed
    const kind = isOdd && random() < 0.5 ? 'x' : at.endsWith('.mp4') !== isOdd ? 'v' : 'i'
    const number = this.#contents > 0 && random() < 0.12 ? between(random, 1, this.#contents) : ++this.#contents
    return `${kind}${number}`
  }
}

function someOf<T>(random: Random, from: readonly T[], count: number): readonly T[] {
  const left = [...from]
  while (left.length > count) left.splice(Math.floor(random() * left.length), 1)
  return left
}

import fs, {
  appendFileSync,
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { isBlind, readListing } from '../../src/disk/listing.ts'
import type { Clock } from '../../src/model/clock.ts'
import { joinPath, type RelPath } from '../../src/model/file.ts'
import { openDirtySet } from '../../src/watcher/dirtySet.ts'
import { type Hints, type HintsFailure, openHints } from '../../src/watcher/hints.ts'
import { manualClock } from '../support/manualClock.ts'
import { realClock } from '../support/realClock.ts'
import { type ScratchFolder, scratchFolder } from '../support/scratchFolder.ts'

type Tree = AsyncDisposable & {
  readonly hints: Hints
  readonly hinted: ReadonlySet<RelPath>
  readonly failures: readonly HintsFailure[]
  overflows(): number
  /** Waits until what was looked at because of hints alone is what is there. */
  caughtUp(): Promise<void>
}

/** For what comes by itself: generous where the machine is busy. */
const PATIENT = { timeout: 60_000, interval: 15 } as const

/** A folder that is looked at where hints say so, and nowhere else. */
async function watchedTree(root: string, clock: Clock = realClock): Promise<Tree> {
  const seen = new Map<RelPath, readonly string[]>()
  const hinted = new Set<RelPath>()
  const failures: HintsFailure[] = []
  let overflows = 0
  const dirty = openDirtySet({
    clock: realClock,
    debounceMs: 10,
    onReady() {
      const taken = dirty.take()
      if (taken === null || taken.whole) return
      for (const dir of taken.dirs) look(dir)
    },
  })
  const hints = openHints({
    root,
    clock,
    onHint(dir) {
      hinted.add(dir)
      dirty.add(dir)
    },
    onOverflow: () => void overflows++,
    onError: (failure) => void failures.push(failure),
  })
  const look = (dir: RelPath): void => {
    const found = readListing(root, dir)
    if (isBlind(found)) {
      for (const known of [...seen.keys()]) if (known === dir || known.startsWith(`${dir}/`)) seen.delete(known)
      return
    }
    seen.set(
      dir,
      found.files.map(({ name, stamp }) => `${joinPath(dir, name)} ${stamp.sizeBytes} ${stamp.ino} ${stamp.ctimeNs}`),
    )
    const subdirs = found.subdirs.map(({ name }) => name)
    for (const known of [...seen.keys()]) {
      const below = dir === '' ? known : known.startsWith(`${dir}/`) ? known.slice(dir.length + 1) : ''
      const [name] = below.split('/')
      if (name !== undefined && name !== '' && !subdirs.includes(name)) seen.delete(known)
    }
    hints.synced(dir, subdirs)
  }
  hints.arm('')
  const tree: Tree = {
    hints,
    hinted,
    failures,
    overflows: () => overflows,
    async caughtUp() {
      await vi.waitFor(() => expect([...seen.values()].flat().sort()).toEqual(filesNow(root)), PATIENT)
    },
    async [Symbol.asyncDispose]() {
      dirty.close()
      await hints.close()
    },
  }
  await tree.caughtUp()
  return tree
}

function filesNow(root: string, dir: RelPath = ''): readonly string[] {
  const listing = readListing(root, dir)
  if (isBlind(listing)) return []
  const below = listing.subdirs.flatMap(({ name }) => filesNow(root, joinPath(dir, name)))
  return [
    ...below,
    ...listing.files.map(({ name, stamp }) => `${joinPath(dir, name)} ${stamp.sizeBytes} ${stamp.ino} ${stamp.ctimeNs}`),
  ].sort()
}

function sampleFolder(box: ScratchFolder): string {
  for (const name of ['1', '2', '3', '4', '5']) box.write(`root/a/${name}.jpg`, 'content')
  box.mkdir('root/b')
  box.write('out/p/1.jpg')
  return `${box.path}/root`
}

type Step = (root: string) => void
const moveIn: Step = (root) => renameSync(`${root}/../out`, `${root}/in`)
const makeDeep: Step = (root) => {
  mkdirSync(`${root}/x/y/z`, { recursive: true })
  writeFileSync(`${root}/x/y/z/1.jpg`, 'x')
}
const makeAgain: Step = (root) => {
  rmSync(`${root}/x`, { recursive: true })
  mkdirSync(`${root}/x/y`, { recursive: true })
}
const write =
  (path: string): Step =>
  (root) =>
    writeFileSync(`${root}/${path}`, 'later')

describe('hints lead to every change', () => {
  test.each<[string, readonly Step[]]>([
    ['create', [write('a/new.jpg')]],
    ['write in place', [(root) => appendFileSync(`${root}/a/1.jpg`, 'yy')]],
    ['truncate', [(root) => truncateSync(`${root}/a/2.jpg`, 1)]],
    ['chmod', [(root) => chmodSync(`${root}/a/2.jpg`, 0o600)]],
    ['rename in a directory', [(root) => renameSync(`${root}/a/3.jpg`, `${root}/a/33.jpg`)]],
    ['rename across', [(root) => renameSync(`${root}/a/4.jpg`, `${root}/b/4.jpg`)]],
    ['delete', [(root) => unlinkSync(`${root}/a/5.jpg`)]],
    ['nested directories with a file at once, and a file later', [makeDeep, write('x/y/z/2.jpg')]],
    ['a directory moved in, and a file in it', [moveIn, write('in/p/2.jpg')]],
    ['a directory renamed, and a file in it', [moveIn, (root) => renameSync(`${root}/in`, `${root}/in2`), write('in2/p/3.jpg')]],
    ['a directory removed and made again at once, and files in it', [makeDeep, makeAgain, write('x/2.jpg'), write('x/y/2.jpg')]],
    ['a directory renamed and its name taken again at once', [moveIn, takeName, write('in/p/9.jpg'), write('moved/p/9.jpg')]],
    ['two directories that swap names', [moveIn, swapNames, write('a/p/9.jpg'), write('in/9.jpg')]],
    [
      'a directory moved out, and back',
      [(root) => renameSync(`${root}/b`, `${root}/../b`), (root) => renameSync(`${root}/../b`, `${root}/b`), write('b/1.jpg')],
    ],
    [
      'a directory with the name of its parent',
      [(root) => mkdirSync(`${root}/a/a`), write('a/a/1.jpg'), (root) => rmSync(`${root}/a/a`, { recursive: true }), write('a/6.jpg')],
    ],
    [
      'names that need care',
      [(root) => mkdirSync(`${root}/trailing `), write('trailing /-x\n.jpg'), (root) => mkdirSync(`${root}/🎬`), write('🎬/[1].jpg')],
    ],
  ])('%s', async (_what, steps) => {
    using box = scratchFolder()
    const root = sampleFolder(box)
    await using tree = await watchedTree(root)
    for (const step of steps) {
      step(root)
      await tree.caughtUp()
    }
  })

  test('a file written any time after mkdir, before or after the watch is there', async () => {
    using box = scratchFolder()
    await using tree = await watchedTree(box.path)
    for (let i = 0; i < 40; i++) {
      mkdirSync(`${box.path}/race-${i}`)
      if (i % 5 > 0) await delay((i % 5) * 4)
      writeFileSync(`${box.path}/race-${i}/f.jpg`, 'x')
    }
    await tree.caughtUp()
  })

  test('hundreds of nested directories made at once', async () => {
    using box = scratchFolder()
    await using tree = await watchedTree(box.path)
    for (let i = 0; i < 300; i++) box.write(`s${i % 20}/t${i % 7}/u${i}/f.jpg`)
    await tree.caughtUp()
    expect(tree.hints.size).toBe(1 + 20 + 140 + 300)
  })
})

function takeName(root: string): void {
  renameSync(`${root}/in`, `${root}/moved`)
  mkdirSync(`${root}/in/p`, { recursive: true })
}

function swapNames(root: string): void {
  renameSync(`${root}/in`, `${root}/aside`)
  renameSync(`${root}/a`, `${root}/in`)
  renameSync(`${root}/aside`, `${root}/a`)
}

describe('hints', () => {
  test('point at a directory twice when it is new: at once, and when its watch is surely there', async () => {
    using box = scratchFolder()
    box.mkdir('sub')
    const clock = manualClock()
    const hinted: RelPath[] = []
    const hints = openHints({ root: box.path, clock, onHint: (dir) => void hinted.push(dir), onOverflow() {}, onError() {} })
    hints.synced('', ['sub', 'gone'])
    expect(hinted).toEqual(['', 'sub', 'gone'])
    hints.synced('', ['sub'])
    await clock.advance(999)
    expect(hinted).toHaveLength(3)
    await clock.advance(1)
    expect(hinted).toEqual(['', 'sub', 'gone', '', 'sub'])
    await hints.close()
  })

  test('let go of vanished directories with all below them', async () => {
    using box = scratchFolder()
    for (let i = 0; i < 10; i++) box.mkdir(`d/s${i}`)
    await using tree = await watchedTree(box.path)
    await vi.waitFor(() => expect(tree.hints.size).toBe(12), PATIENT)
    rmSync(`${box.path}/d`, { recursive: true })
    await vi.waitFor(() => expect(tree.hints.size).toBe(1), PATIENT)
  })

  test('point at the root when the folder itself is gone, and go on once it was looked at again', async () => {
    using box = scratchFolder()
    const root = box.mkdir('root')
    const hinted: RelPath[] = []
    const hints = openHints({ root, clock: realClock, onHint: (dir) => void hinted.push(dir), onOverflow() {}, onError() {} })
    hints.synced('', [])
    // Armed when an event arrives.
    await vi.waitFor(() => {
      hinted.length = 0
      box.write('root/probe')
      return vi.waitFor(() => expect(hinted).not.toEqual([]), { timeout: 500, interval: 5 })
    }, PATIENT)
    hinted.length = 0
    rmSync(root, { recursive: true })
    await vi.waitFor(() => expect([hinted, hints.size]).toEqual([expect.arrayContaining(['']), 0]), PATIENT)
    mkdirSync(root)
    hints.synced('', ['sub'])
    expect(hints.size).toBe(2)
    await hints.close()
  })

  test('name the directories that cannot be watched, until they are gone', async () => {
    using box = scratchFolder()
    box.write('back\\slash/sub/1.jpg')
    await using tree = await watchedTree(box.path)
    expect(tree.hints.deaf).toEqual(['back\\slash', 'back\\slash/sub'])
    rmSync(`${box.path}/back\\slash`, { recursive: true })
    await vi.waitFor(() => expect(tree.hints.deaf).toEqual([]), PATIENT)
  })

  test('say once that a storm of events may have lost some', async () => {
    using box = scratchFolder()
    box.write('a')
    box.write('b')
    // All events count as of one moment, however long a busy machine takes for them.
    await using tree = await watchedTree(box.path, { ...realClock, monotonicMs: () => 0 })
    // The kernel merges equal events that follow each other, so two files take turns.
    const files = ['a', 'b'].map((name) => openSync(`${box.path}/${name}`, 'a'))
    await vi.waitFor(() => {
      for (let i = 0; i < 6_000; i++) for (const file of files) writeSync(file, 'x')
      return new Promise<void>((resolve, reject) => setTimeout(() => (tree.overflows() > 0 ? resolve() : reject(new Error('calm'))), 50))
    }, PATIENT)
    for (const file of files) closeSync(file)
    expect(tree.overflows()).toBe(1)
  })

  test('fail once, with the line to type, when the system has no more watches', async () => {
    using box = scratchFolder()
    for (let i = 0; i < 5; i++) box.mkdir(`d${i}`)
    const real = fs.watch
    fs.watch = (() => {
      throw Object.assign(new Error('System limit for number of file watchers reached'), { code: 'ENOSPC' })
    }) as typeof fs.watch
    syncBuiltinESMExports()
    try {
      await using tree = await watchedTree(box.path)
      await vi.waitFor(() => expect(tree.failures).toHaveLength(1), PATIENT)
      expect(tree.failures[0]).toMatchObject({ errno: 'ENOSPC', remedy: expect.stringContaining('fs.inotify.max_user_watches') })
    } finally {
      fs.watch = real
      syncBuiltinESMExports()
    }
  })

  test('do not go deaf in silence when the environment forces polling', async () => {
    using box = scratchFolder()
    vi.stubEnv('CHOKIDAR_USEPOLLING', '1')
    try {
      await using tree = await watchedTree(box.path)
      await vi.waitFor(() => expect(tree.failures).toMatchObject([{ errno: 'ENOTSUP' }]), PATIENT)
    } finally {
      vi.unstubAllEnvs()
    }
  })

  test('are silent after closing', async () => {
    using box = scratchFolder()
    const tree = await watchedTree(box.path)
    await tree.hints.close()
    const before = tree.hinted.size
    tree.hints.arm('x')
    tree.hints.synced('', ['y'])
    expect([tree.hinted.size, tree.hints.size]).toEqual([before, 0])
    await tree[Symbol.asyncDispose]()
  })
})

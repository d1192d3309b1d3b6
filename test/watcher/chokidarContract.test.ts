import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
} from 'node:fs'
import { basename } from 'node:path'
import { FSWatcher } from 'chokidar'
import { NodeFsHandler } from 'chokidar/handler.js'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type DirectoryWatches, type RawEvent, watchDirectories } from '../../src/watcher/directoryWatches.ts'
import { type ScratchFolder, scratchFolder } from '../support/scratchFolder.ts'

type Ear = { readonly watches: DirectoryWatches; readonly events: readonly RawEvent[]; heard(where: Partial<RawEvent>): Promise<RawEvent> }

const open: DirectoryWatches[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(open.splice(0).map((watches) => watches.close()))
})

/** Watches directories of a box and waits for raw events by what is known of them. */
async function ear(box: ScratchFolder, dirs: readonly string[]): Promise<Ear> {
  const events: RawEvent[] = []
  const waiting = new Set<() => void>()
  const watches = watchDirectories(
    (raw) => {
      events.push(raw)
      for (const look of waiting) look()
    },
    (error) => {
      throw error
    },
  )
  open.push(watches)
  for (const dir of dirs) watches.add(`${box.path}/${dir}`)
  await vi.waitFor(() => expect(watches.size).toBe(dirs.length), { timeout: 60_000, interval: 5 })
  const heard = (where: Partial<RawEvent>): Promise<RawEvent> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = events.find((raw) => Object.entries(where).every(([key, value]) => raw[key as keyof RawEvent] === value))
        if (found === undefined) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    })
  return { watches, events, heard }
}

function inotifyWatches(): number {
  let count = 0
  for (const fd of readdirSync('/proc/self/fdinfo')) {
    try {
      count += readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').match(/^inotify wd:/gm)?.length ?? 0
    } catch {
      // The descriptor of the listing itself.
    }
  }
  return count
}

describe('what we rely on in chokidar', () => {
  test('the part that lists a directory for each event is where we replace it, and would list', async () => {
    expect(typeof NodeFsHandler.prototype._handleRead).toBe('function')
    using box = scratchFolder()
    const listings = vi.spyOn(FSWatcher.prototype, '_readdirp')
    const plain = new FSWatcher({ ignoreInitial: true })
    plain.add(box.path)
    await new Promise<void>((resolve) => plain.once('ready', resolve))
    await plain.close()
    expect(listings).toHaveBeenCalled()
  })

  test('one watch for a directory, however many files it holds, and no listing for any event', async () => {
    using box = scratchFolder()
    for (let i = 0; i < 200; i++) box.write(`d/${i}.jpg`)
    box.mkdir('d/sub')
    const before = process.platform === 'linux' ? inotifyWatches() : 0
    const listings = vi.spyOn(FSWatcher.prototype, '_readdirp')
    const { watches, heard } = await ear(box, ['d'])
    if (process.platform === 'linux') expect(inotifyWatches() - before).toBe(1)
    for (let i = 0; i < 50; i++) appendFileSync(`${box.path}/d/${i}.jpg`, 'y')
    await heard({ name: '49.jpg' })
    expect(watches.size).toBe(1)
    expect(listings).not.toHaveBeenCalled()
  })

  test.each<[string, string, string, (dir: string) => void]>([
    ['create', 'rename', 'new.jpg', (dir) => appendFileSync(`${dir}/new.jpg`, '')],
    ['append', 'change', 'a.jpg', (dir) => appendFileSync(`${dir}/a.jpg`, 'y')],
    ['truncate', 'change', 'a.jpg', (dir) => truncateSync(`${dir}/a.jpg`)],
    ['chmod', 'change', 'a.jpg', (dir) => chmodSync(`${dir}/a.jpg`, 0o600)],
    ['rename away', 'rename', 'a.jpg', (dir) => renameSync(`${dir}/a.jpg`, `${dir}/../a.jpg`)],
    ['rename in', 'rename', 'b.jpg', (dir) => renameSync(`${dir}/../b.jpg`, `${dir}/b.jpg`)],
    ['delete', 'rename', 'a.jpg', (dir) => unlinkSync(`${dir}/a.jpg`)],
    ['symlink', 'rename', 'link', (dir) => symlinkSync('a.jpg', `${dir}/link`)],
    ['mkdir', 'rename', 'sub', (dir) => mkdirSync(`${dir}/sub`)],
  ])('a raw event for %s', async (_what, event, name, change) => {
    using box = scratchFolder()
    box.write('d/a.jpg', 'content')
    box.write('b.jpg')
    const { heard } = await ear(box, ['d'])
    change(`${box.path}/d`)
    expect(await heard({ event, name })).toEqual({ event, name, directory: `${box.path}/d` })
  })

  test('a directory removed and made again says so by its own name; then it is deaf, also to add, until it is let go first', async () => {
    using box = scratchFolder()
    box.mkdir('d')
    box.mkdir('fence')
    const { watches, heard, events } = await ear(box, ['d', 'fence'])
    const directory = `${box.path}/d`
    rmSync(directory, { recursive: true })
    mkdirSync(directory)
    expect(await heard({ event: 'rename', directory, name: basename(directory) })).toBeDefined()

    watches.add(directory)
    // Events come in order: once the fence is heard, what came before it will not come any more.
    await vi.waitFor(
      async () => {
        box.write('d/unheard.jpg', 'x')
        const fence = `fence-${events.length}.jpg`
        box.write(`fence/${fence}`)
        await heard({ name: fence })
      },
      { timeout: 60_000 },
    )
    expect(events.map(({ name }) => name)).not.toContain('unheard.jpg')

    watches.release(directory)
    expect(watches.size).toBe(1)
    watches.add(directory)
    await vi.waitFor(() => expect(watches.size).toBe(2), { timeout: 60_000, interval: 5 })
    box.write('d/heard.jpg')
    expect(await heard({ name: 'heard.jpg' })).toMatchObject({ directory })
  })

  test('a directory moved away says so by its own name', async () => {
    using box = scratchFolder()
    box.mkdir('d')
    const { heard } = await ear(box, ['d'])
    renameSync(`${box.path}/d`, `${box.path}/e`)
    expect(await heard({ event: 'rename', name: 'd', directory: `${box.path}/d` })).toBeDefined()
  })

  test('a directory that is gone before it is watched leaves its parent watched once', async () => {
    using box = scratchFolder()
    mkdirSync(`${box.path}/a`)
    const adds = vi.spyOn(NodeFsHandler.prototype, '_addToNodeFs')
    const { watches } = await ear(box, ['a'])
    watches.add(`${box.path}/a/gone`)
    await vi.waitFor(() => expect(adds.mock.settledResults.filter(({ type }) => type === 'fulfilled').length).toBeGreaterThan(1))
    // What is added for its sake is so before anything else gets its turn.
    await new Promise((resolve) => setImmediate(resolve))
    expect(adds.mock.calls.map(([path]) => path)).toEqual([`${box.path}/a`, `${box.path}/a/gone`])
  })

  test('what is let go is forgotten: no watch, no memory of the path', async () => {
    using box = scratchFolder()
    for (let i = 0; i < 20; i++) box.mkdir(`d${i}`)
    const before = process.platform === 'linux' ? inotifyWatches() : 0
    const remembered = vi.spyOn(FSWatcher.prototype, 'unwatch')
    const dirs = Array.from({ length: 20 }, (_, i) => `d${i}`)
    const { watches } = await ear(box, dirs)
    for (const dir of dirs) watches.release(`${box.path}/${dir}`)
    expect(watches.size).toBe(0)
    if (process.platform === 'linux') expect(inotifyWatches()).toBe(before)
    const watcher = remembered.mock.contexts[0] as FSWatcher
    expect([...watcher._ignoredPaths]).toEqual([])
    expect([...watcher._watched.keys()].filter((path) => path.startsWith(`${box.path}/d`))).toEqual([])
  })
})

import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type WalkedListing, type WalkOptions, type WalkResult, walk } from '../../src/disk/walk.ts'
import { joinPath, type RelPath } from '../../src/model/file.ts'
import { asOrdinaryUser } from '../support/ordinaryUser.ts'
import { scratchFolder } from '../support/scratchFolder.ts'

type Walked = WalkResult & {
  readonly listings: ReadonlyMap<RelPath, WalkedListing>
  readonly files: readonly RelPath[]
  readonly reads: readonly RelPath[]
}

function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** Walks as the survey does: keeps the newest listing of each directory. */
function walked(root: string, options: Partial<WalkOptions> = {}): Walked {
  const listings = new Map<RelPath, WalkedListing>()
  const reads: RelPath[] = []
  const result = walk(root, {
    isIgnored: () => false,
    pause: block,
    wallMs: () => Date.now(),
    ...options,
    onListing(listing) {
      reads.push(listing.dir)
      listings.set(listing.dir, listing)
      options.onListing?.(listing)
    },
    onVanished(dir) {
      listings.delete(dir)
      options.onVanished?.(dir)
    },
  })
  const files = [...listings.values()].flatMap(({ dir, files }) => files.map(({ name }) => joinPath(dir, name))).sort()
  return { ...result, listings, files, reads }
}

function treeNow(root: string, dir = ''): RelPath[] {
  return readdirSync(dir === '' ? root : `${root}/${dir}`, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? treeNow(root, joinPath(dir, entry.name)) : [joinPath(dir, entry.name)]))
    .sort()
}

describe('a walk of a folder at rest', () => {
  test('lists every directory and misses nothing', () => {
    using box = scratchFolder()
    for (const file of ['a.jpg', 'site/run-1/1.jpg', 'site/run-2/2.jpg', 'site/v.mp4']) box.write(file)
    box.mkdir('empty/deeper')
    const found = walked(box.path)
    expect(found.files).toEqual(treeNow(box.path))
    expect([...found.listings.keys()].sort()).toEqual(['', 'empty', 'empty/deeper', 'site', 'site/run-1', 'site/run-2'])
    expect(found).toMatchObject({ blind: [], busy: [], vanished: [], directories: 6 })
  })

  test('does not follow a link that leads back up', () => {
    using box = scratchFolder()
    box.write('d/a.jpg')
    symlinkSync('..', `${box.path}/d/up`)
    expect(walked(box.path).files).toEqual(['d/a.jpg'])
  })

  test('never enters an ignored directory, and names what it left out', async () => {
    using box = scratchFolder()
    chmodSync(box.path, 0o755)
    box.write('a.jpg')
    box.write('b.bak')
    box.mkdir('.Trashes')
    chmodSync(`${box.path}/.Trashes`, 0)
    const found = await asOrdinaryUser(() =>
      walked(box.path, { isIgnored: (path, isDirectory) => (isDirectory ? path.startsWith('.') : path.endsWith('.bak')) }),
    )
    expect(found).toMatchObject({ files: ['a.jpg'], blind: [], busy: [] })
    expect(found.listings.get('')?.ignored).toEqual(
      expect.arrayContaining([
        { name: 'b.bak', isDirectory: false },
        { name: '.Trashes', isDirectory: true },
      ]),
    )
  })

  test('an unreadable directory hides itself alone', async () => {
    using box = scratchFolder()
    chmodSync(box.path, 0o755)
    for (const file of ['a.jpg', 'luckybackup/x.jpg', 'z/1.jpg']) box.write(file)
    chmodSync(`${box.path}/luckybackup`, 0)
    const found = await asOrdinaryUser(() => walked(box.path))
    chmodSync(`${box.path}/luckybackup`, 0o755)
    expect(found).toMatchObject({ files: ['a.jpg', 'z/1.jpg'], blind: [{ dir: 'luckybackup', why: 'EACCES' }], busy: [] })
  })

  test.each([
    ['that cannot be listed', {}],
    ['whose ignore file cannot be read', { onEnter: (dir: RelPath) => (dir === 'private' ? { dir, why: '.encordignore: EACCES' } : null) }],
  ])('a directory %s has the time of its last change, which a move into it changes', async (_, options) => {
    using box = scratchFolder()
    chmodSync(box.path, 0o755)
    box.write('a.jpg')
    box.mkdir('private')
    chmodSync(`${box.path}/private`, 0)
    const look = async () => (await asOrdinaryUser(() => walked(box.path, options))).blind
    const [before] = await look()
    expect(before).toMatchObject({ dir: 'private', ctimeNs: String(statSync(`${box.path}/private`, { bigint: true }).ctimeNs) })
    expect(await look()).toEqual([before])
    // Ticks of the file system's clock are some ms long.
    block(30)
    renameSync(`${box.path}/a.jpg`, `${box.path}/private/a.jpg`)
    expect((await look())[0]?.ctimeNs).not.toBe(before?.ctimeNs)
  })

  test('a directory whose name is not UTF-8 is a place not seen', () => {
    using box = scratchFolder()
    box.write('ok.jpg')
    mkdirSync(Buffer.concat([Buffer.from(`${box.path}/d`), Buffer.from([0xe9])]))
    expect(walked(box.path)).toMatchObject({ files: ['ok.jpg'], blind: [{ dir: 'd\\xe9', why: 'not-utf8' }] })
  })

  test('what the entering check calls blind is not listed', () => {
    using box = scratchFolder()
    box.write('a/1.jpg')
    box.write('b/1.jpg')
    const found = walked(box.path, { onEnter: (dir) => (dir === 'a' ? { dir, why: '.encordignore: EACCES' } : null) })
    expect(found).toMatchObject({ files: ['b/1.jpg'], blind: [{ dir: 'a', why: '.encordignore: EACCES' }] })
  })

  test('a missing folder is blind as a whole', () => {
    using box = scratchFolder()
    expect(walked(`${box.path}/gone`)).toMatchObject({ blind: [{ dir: '', why: 'ENOENT' }], directories: 0 })
  })
})

describe('a walk of a folder that changes meanwhile', () => {
  test('a file renamed into the directory just read, out of the one read next, is seen once', () => {
    using box = scratchFolder()
    box.write('a/from-a.jpg')
    box.write('b/from-b.jpg')
    let into = ''
    const found = walked(box.path, {
      onListing({ dir }) {
        if (into !== '' || dir === '') return
        into = dir
        const other = dir === 'a' ? 'b' : 'a'
        renameSync(`${box.path}/${other}/from-${other}.jpg`, `${box.path}/${dir}/from-${other}.jpg`)
      },
    })
    expect(found.files).toEqual([`${into}/from-a.jpg`, `${into}/from-b.jpg`])
    expect(found.busy).toEqual([])
  })

  test('a directory that never rests is busy, the others are not', () => {
    using box = scratchFolder()
    box.write('camera/0.jpg')
    box.write('calm/1.jpg')
    let shots = 0
    const found = walked(box.path, {
      onListing({ dir }) {
        if (dir === 'camera') box.write(`camera/${++shots}.jpg`)
      },
    })
    expect(found.busy).toEqual(['camera'])
    expect(found.reads.filter((dir) => dir === 'camera')).toHaveLength(4)
  })

  test('a directory changed within a clock tick of its reading is read again after that tick', () => {
    using box = scratchFolder()
    box.write('a.jpg')
    const pauses: number[] = []
    // However long it took to come here, the first reading is a millisecond after the change.
    let nowMs = statSync(box.path).ctimeMs + 1
    const found = walked(box.path, {
      wallMs: () => nowMs,
      pause(ms) {
        pauses.push(ms)
        nowMs += ms
      },
    })
    expect(found.reads).toEqual(['', ''])
    expect(pauses).toHaveLength(1)
    expect(found.busy).toEqual([])
    block(25)
    expect(walked(box.path).reads).toEqual([''])
  })

  test('a directory from the future is read once', () => {
    using box = scratchFolder()
    box.write('a.jpg')
    const yearMs = 365 * 86_400_000
    expect(walked(box.path, { wallMs: () => Date.now() - yearMs }).reads).toEqual([''])
  })

  test('a directory removed before it was read is neither blind nor listed', () => {
    using box = scratchFolder()
    box.write('a.jpg')
    box.write('sub/1.jpg')
    const found = walked(box.path, {
      onListing({ dir }) {
        if (dir === '') rmSync(`${box.path}/sub`, { recursive: true, force: true })
      },
    })
    expect(found).toMatchObject({ files: ['a.jpg'], blind: [], busy: [] })
    expect(found.listings.get('')?.subdirs).toEqual([])
  })

  test('directories removed after they were read are withdrawn with all below them', () => {
    using box = scratchFolder()
    box.write('a.jpg')
    box.write('sub/deep/1.jpg')
    const withdrawn: RelPath[] = []
    const found = walked(box.path, {
      onListing({ dir }) {
        if (dir === 'sub/deep') rmSync(`${box.path}/sub`, { recursive: true })
      },
      onVanished: (dir) => void withdrawn.push(dir),
    })
    expect(found).toMatchObject({ files: ['a.jpg'], blind: [], busy: [] })
    expect([...new Set(withdrawn)].sort()).toEqual(['sub', 'sub/deep'])
  })

  test('a directory swapped for a link to its copy is a link, and nothing is seen through it', () => {
    using box = scratchFolder()
    using elsewhere = scratchFolder()
    box.write('run/1.jpg')
    box.write('run/deep/2.jpg')
    const found = walked(box.path, {
      onListing({ dir }) {
        if (dir !== 'run/deep') return
        renameSync(`${box.path}/run`, `${elsewhere.path}/run`)
        symlinkSync(`${elsewhere.path}/run`, `${box.path}/run`)
      },
    })
    expect(found.files).toEqual([])
    expect(found.listings.get('')?.problems).toMatchObject([{ name: 'run', reason: 'symlink' }])
  })

  test('a file renamed to and fro by another process is seen exactly once by every walk that is not busy', async () => {
    using box = scratchFolder()
    for (let i = 0; i < 60; i++) box.mkdir(`d${String(i).padStart(2, '0')}`)
    box.write('d05/f.jpg')
    const mover = spawn(process.execPath, [
      '-e',
      `const fs = require('node:fs'), [a, b] = process.argv.slice(1), wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
       process.stdout.write('on'); for (;;) { wait(Math.random() * 120); fs.renameSync(a, b); wait(Math.random() * 3); fs.renameSync(b, a) }`,
      `${box.path}/d05/f.jpg`,
      `${box.path}/d50/f.jpg`,
    ])
    try {
      await new Promise((resolve) => mover.stdout.once('data', resolve))
      const seen: string[] = []
      // A slow machine is still in its walk when the next move comes: it goes on until one was not busy.
      for (let i = 0; i < 25 || seen.length === 0; i++) {
        const { files, busy, blind } = walked(box.path)
        expect(blind).toEqual([])
        if (busy.length === 0) seen.push(files.map((file) => file.slice(4)).join())
      }
      expect(new Set(seen)).toEqual(new Set(['f.jpg']))
    } finally {
      const ended = new Promise((resolve) => mover.once('exit', resolve))
      mover.kill('SIGKILL')
      await ended
    }
  })

  test('whatever is done during the first reading, the listings end as the tree is', () => {
    const names = ['a', 'b', 'a/c', 'b/c', 'a/c/d', 'f1', 'a/f1', 'b/f2', 'a/c/f3', 'b/c/f1'] as const
    const name = fc.constantFrom(...names)
    const step = fc.oneof(
      fc.record({ do: fc.constant('write' as const), at: name }),
      fc.record({ do: fc.constant('mkdir' as const), at: name }),
      fc.record({ do: fc.constant('remove' as const), at: name }),
      fc.record({ do: fc.constant('rename' as const), at: name, to: name }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), fc.array(fc.array(step, { maxLength: 3 }), { maxLength: 6 }), (before, during) => {
        using box = scratchFolder()
        const apply = (steps: typeof before): void => {
          for (const each of steps) {
            const at = `${box.path}/${each.at}`
            try {
              if (each.do === 'write') writeFileSync(at, 'x')
              else if (each.do === 'mkdir') mkdirSync(at, { recursive: true })
              else if (each.do === 'remove') rmSync(at, { recursive: true })
              else renameSync(at, `${box.path}/${each.to}`)
            } catch {
              // A step that this tree does not allow.
            }
          }
        }
        apply(before)
        const found = walked(box.path, { onListing: () => apply(during.shift() ?? []) })
        expect(found.blind).toEqual([])
        if (found.busy.length === 0) expect(found.files).toEqual(treeNow(box.path))
      }),
      { numRuns: 40 },
    )
  })
})

describe('a walk of some directories', () => {
  test('reads these alone, and enters only sub-directories that are new', () => {
    using box = scratchFolder()
    for (const file of ['a/1.jpg', 'a/old/2.jpg', 'a/new/deep/3.jpg', 'b/4.jpg']) box.write(file)
    const found = walked(box.path, { dirs: ['a'], descendNew: (path) => path === 'a/new' })
    expect([...found.listings.keys()].sort()).toEqual(['a', 'a/new', 'a/new/deep'])
    expect(found).toMatchObject({ blind: [], busy: [], vanished: [] })
  })

  test('says which of them are gone, also when a file or a link has taken their or a parent’s place', () => {
    using box = scratchFolder()
    box.write('here/1.jpg')
    box.write('file')
    symlinkSync('here', `${box.path}/link`)
    const found = walked(box.path, { dirs: ['gone', 'file', 'link', 'link/below', 'file/below', 'gone/below', 'here'] })
    expect(found.vanished).toEqual(['file', 'file/below', 'gone', 'gone/below', 'link', 'link/below'])
    expect(found).toMatchObject({ files: ['here/1.jpg'], blind: [], busy: [] })
  })

  test('a root that is a link is not looked through', () => {
    using box = scratchFolder()
    box.write('real/a/1.jpg')
    symlinkSync('real', `${box.path}/folder`)
    expect(walked(`${box.path}/folder`, { dirs: ['a'] })).toMatchObject({ files: [], blind: [{ dir: '', why: 'ELOOP' }] })
    unlinkSync(`${box.path}/folder`)
    expect(walked(`${box.path}/folder`, { dirs: ['a'] })).toMatchObject({ files: [], blind: [{ dir: '', why: 'ENOENT' }] })
  })
})

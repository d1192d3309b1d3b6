import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { MAIN } from '../support/commandProcess.ts'
import { copiedBuild } from '../support/copiedBuild.ts'
import { sha256 } from '../support/emulatorCalls.ts'
import { FileSystemBox } from '../support/fileSystemBox.ts'
import { jpeg, largeJpeg } from '../support/mediaVariants.ts'
import { MountNamespace, whyNo, whyNoMounts } from '../support/mountNamespace.ts'
import { serviceBox, stop, wholeScans } from '../support/serviceBox.ts'

// All cases wait at the same time: for scans, graces and the look at the folder's identity, ten seconds apart.
vi.setConfig({ testTimeout: 300_000, maxConcurrency: 12 })

const noMounts = whyNoMounts()
const noExt4 = noMounts ?? whyNo('ext4', 'mkfs.ext4')
const noOverlay = noMounts ?? whyNo('overlay', null)
const noVfat = noMounts ?? whyNo('vfat', 'mkfs.vfat')

/** A title that says why, so that a skipped test names its reason. */
const said = (sentence: string, reason: string | null) => (reason === null ? sentence : `${sentence} (skipped: ${reason})`)

describe.concurrent('a service over real file systems', () => {
  let box: FileSystemBox

  /** Rows, URLs asked for and deletes of a folder, to be compared before and after. */
  const state = (name: string) => {
    const folder = box.folder(name)
    return { rows: folder.rows().map((row) => [row.data_hash, row.title]), signed: folder.signed(), deletes: folder.deletes() }
  }
  const image = (name: string) => join(box.box.outside, `${name}.img`)

  function format(name: string, ...maker: readonly string[]): void {
    box.namespace.run('truncate', '-s', '16M', image(name))
    box.namespace.run(...maker, image(name))
  }

  const PREPARE: Readonly<Record<string, { readonly no: string | null; prepare(path: string): void }>> = {
    ext4: {
      no: noExt4,
      prepare(path) {
        for (const name of ['ext4', 'ext4-other']) format(name, 'mkfs.ext4', '-q', '-F', '-O', '^has_journal')
        box.namespace.mount('-o', 'loop', image('ext4'), path)
        box.folder('ext4').put('1.jpg', '2.jpg', '3.jpg', '4.jpg', 'g/1.jpg', 'g/2.jpg')
      },
    },
    covered: { no: noMounts, prepare: () => box.folder('covered').put('1.jpg', '2.jpg', 'g/1.jpg') },
    'covered-below': { no: noMounts, prepare: () => box.folder('covered-below').put('1.jpg', '2.jpg', 'g/1.jpg', 'g/2.jpg') },
    bind: {
      no: noMounts,
      prepare(path) {
        const disk = join(box.box.outside, 'bind')
        mkdirSync(join(path, 'card'))
        mkdirSync(disk)
        box.namespace.mount('--bind', disk, join(path, 'card'))
        box.folder('bind').put('1.jpg', 'card/1.jpg', 'card/2.jpg', 'card/deep/1.jpg')
      },
    },
    overlay: {
      no: noOverlay,
      prepare(path) {
        // An overlay can't lie on another one, which containers are made of.
        const disk = join(box.box.outside, 'overlay')
        mkdirSync(disk)
        box.namespace.mount('-t', 'tmpfs', 'tmpfs', disk)
        box.namespace.run('mkdir', ...['lower', 'upper', 'work'].map((dir) => join(disk, dir)))
        mountOverlay(path)
        box.folder('overlay').put('1.jpg', '2.jpg', 'g/1.jpg')
      },
    },
    vfat: {
      no: noVfat,
      prepare(path) {
        format('vfat', 'mkfs.vfat')
        box.namespace.mount('-o', 'loop', image('vfat'), path)
        box.folder('vfat').put('1.jpg', '2.jpg', 'g/1.jpg')
      },
    },
    unreadable: { no: noMounts, prepare: () => box.folder('unreadable').put('1.jpg', '2.jpg', 'g/1.jpg', 'g/2.jpg') },
    unmounted: {
      no: noMounts,
      prepare(path) {
        box.namespace.mount('-t', 'tmpfs', 'tmpfs', path)
        const frames = ['g', 'h'].flatMap((dir) => [`${dir}/1.jpg`, `${dir}/2.jpg`])
        box.folder('unmounted').put(...Array.from({ length: 12 }, (_, i) => `${i}.jpg`), ...frames)
      },
    },
    full: {
      no: noMounts,
      prepare(path) {
        box.namespace.mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path)
        box.folder('full').put('1.jpg', '2.jpg')
      },
    },
  }

  function mountOverlay(path: string): void {
    const disk = join(box.box.outside, 'overlay')
    const layers = `lowerdir=${disk}/lower,upperdir=${disk}/upper,workdir=${disk}/work`
    box.namespace.mount('-t', 'overlay', 'overlay', '-o', layers, path)
  }

  beforeAll(async () => {
    if (noMounts !== null) return
    const names = Object.keys(PREPARE).filter((name) => PREPARE[name]?.no === null)
    box = await FileSystemBox.open(names)
    for (const name of names) PREPARE[name]?.prepare(box.folder(name).path)
    await box.start()
  })

  afterAll(async () => {
    await box?.[Symbol.asyncDispose]()
  })

  test.skipIf(noExt4)(said('a disk unmounted and mounted again loses nothing and sends nothing', noExt4), async () => {
    const folder = box.folder('ext4')
    await folder.untilTitles('1.jpg', '2.jpg', '3.jpg', '4.jpg', 'g')
    const before = state('ext4')
    // Deleted in earnest: the disk goes, within a grace that outlasts a busy machine, while the scan that would confirm it is due.
    const missing = box.service.next('unit.missing', (line) => line['folder'] === folder.path)
    folder.remove('4.jpg')
    await missing
    box.namespace.unmount(folder.path)
    await folder.untilState('foreign')
    await box.deletedElsewhere()
    expect(state('ext4')).toEqual(before)
    // Another disk of the same kind in its place.
    box.namespace.mount('-o', 'loop', image('ext4-other'), folder.path)
    await box.deletedElsewhere()
    expect(state('ext4')).toEqual(before)
    box.namespace.unmount(folder.path)
    box.namespace.mount('-o', 'loop', image('ext4'), folder.path)
    await folder.untilTitles('1.jpg', '2.jpg', '3.jpg', 'g')
    await folder.scans(1)
    expect(state('ext4')).toEqual({ rows: before.rows.filter(([, title]) => title !== '4.jpg'), signed: before.signed, deletes: 1 })
  })

  test.skipIf(noMounts)(said('a tmpfs over the folder hides it, and nothing more', noMounts), async () => {
    const folder = box.folder('covered')
    await folder.untilTitles('1.jpg', '2.jpg', 'g')
    const before = state('covered')
    box.namespace.mount('-t', 'tmpfs', 'tmpfs', folder.path)
    await folder.untilState('foreign')
    await box.deletedElsewhere()
    box.namespace.unmount(folder.path)
    await folder.untilState('ok')
    await folder.scans(2)
    expect(state('covered')).toEqual(before)
    folder.put('new.jpg')
    folder.remove('2.jpg')
    await folder.untilTitles('1.jpg', 'g', 'new.jpg')
  })

  test.skipIf(noMounts)(said('a tmpfs over a sub-directory holds the deletes of its folder; uploads go on', noMounts), async () => {
    const folder = box.folder('covered-below')
    await folder.untilTitles('1.jpg', '2.jpg', 'g')
    const before = state('covered-below')
    box.namespace.mount('-t', 'tmpfs', 'tmpfs', join(folder.path, 'g'))
    folder.remove('2.jpg')
    folder.put('new.jpg')
    await folder.untilTitles('1.jpg', '2.jpg', 'g', 'new.jpg')
    await box.deletedElsewhere()
    expect(folder.deletes()).toBe(0)
    box.namespace.unmount(join(folder.path, 'g'))
    await folder.untilTitles('1.jpg', 'g', 'new.jpg')
    expect(state('covered-below')).toMatchObject({ signed: before.signed + 1, deletes: 1 })
  })

  test.skipIf(noMounts)(
    said('a directory bound below the folder that is away deletes nothing, nor does another in its place', noMounts),
    async () => {
      const folder = box.folder('bind')
      const card = join(folder.path, 'card')
      await folder.untilTitles('1.jpg', 'card', 'card/deep')
      const before = state('bind')
      box.namespace.unmount(card)
      await box.deletedElsewhere()
      expect(state('bind')).toEqual(before)
      const other = join(box.box.outside, 'bind-other')
      mkdirSync(other)
      box.namespace.mount('--bind', other, card)
      await box.deletedElsewhere()
      expect(state('bind')).toEqual(before)
      box.namespace.unmount(card)
      box.namespace.mount('--bind', join(box.box.outside, 'bind'), card)
      await folder.scans(2)
      expect(state('bind')).toEqual(before)
    },
  )

  test.skipIf(noOverlay)(said('an overlay mounted again under another device number is the same folder', noOverlay), async () => {
    const folder = box.folder('overlay')
    await folder.untilTitles('1.jpg', '2.jpg', 'g')
    const before = state('overlay')
    const device = statSync(folder.at('')).dev
    box.namespace.unmount(folder.path)
    // One of them takes the number that the overlay had; mounts of other tests come and go beside.
    for (let takers = 0; takers === 0 || (takers < 20 && statSync(folder.at('')).dev === device); takers++) {
      if (takers > 0) box.namespace.unmount(folder.path)
      const taker = join(box.box.outside, `taker${takers}`)
      mkdirSync(taker)
      box.namespace.mount('-t', 'tmpfs', 'tmpfs', taker)
      mountOverlay(folder.path)
    }
    expect(statSync(folder.at('')).dev).not.toBe(device)
    await folder.scans(2)
    expect(state('overlay')).toEqual(before)
    folder.remove('2.jpg')
    await folder.untilTitles('1.jpg', 'g')
  })

  test.skipIf(noVfat)(said('a card with times of two seconds and inodes made up at each mount is sent once', noVfat), async () => {
    const folder = box.folder('vfat')
    await folder.untilTitles('1.jpg', '2.jpg', 'g')
    const before = state('vfat')
    box.namespace.unmount(folder.path)
    await folder.untilState('foreign')
    await box.deletedElsewhere()
    box.namespace.mount('-o', 'loop', image('vfat'), folder.path)
    await folder.scans(2)
    expect(state('vfat')).toEqual(before)
  })

  test.skipIf(noMounts)(
    said('a directory that became unreadable holds the deletes of its folder until it can be read', noMounts),
    async () => {
      const folder = box.folder('unreadable')
      await folder.untilTitles('1.jpg', '2.jpg', 'g')
      const blind = box.service.next('scan.blind', (line) => line['folder'] === folder.path)
      chmodSync(folder.at('g'), 0o000)
      folder.remove('2.jpg')
      expect(await blind).toMatchObject({ dir: 'g', why: 'EACCES' })
      await box.deletedElsewhere()
      expect([folder.titles(), folder.deletes()]).toEqual([['1.jpg', '2.jpg', 'g'], 0])
      chmodSync(folder.at('g'), 0o755)
      await folder.untilTitles('1.jpg', 'g')
      expect([folder.deletes(), folder.signed()]).toEqual([1, 4])
    },
  )

  test.skipIf(noMounts)(
    said('G15: a folder that is a mount point is unmounted, and its content comes back from a copy', noMounts),
    async () => {
      const folder = box.folder('unmounted')
      const singles = Array.from({ length: 12 }, (_, i) => `${i}.jpg`)
      await folder.untilTitles(...singles, 'g', 'h')
      const before = state('unmounted')
      const saved = join(box.box.outside, 'saved')
      cpSync(folder.at(''), saved, { recursive: true, preserveTimestamps: true })
      box.namespace.unmount(folder.path)
      await folder.untilState('foreign')
      await box.deletedElsewhere()
      await box.deletedElsewhere()
      expect(state('unmounted')).toEqual(before)
      box.namespace.mount('--bind', saved, folder.path)
      await folder.untilState('restored')
      await box.deletedElsewhere()
      expect(state('unmounted')).toEqual(before)
      folder.put('new.jpg')
      await folder.untilTitles(...singles, 'g', 'h', 'new.jpg')
      expect(state('unmounted')).toMatchObject({ signed: before.signed + 1, deletes: 0 })
    },
  )

  test.skipIf(noMounts)(
    said('a full disk under the folder stops nothing, and what it cut is sent once it is whole', noMounts),
    async () => {
      const folder = box.folder('full')
      await folder.untilTitles('1.jpg', '2.jpg')
      // Room for one page is left.
      box.namespace.run('sh', '-c', 'cd "$0"; dd if=/dev/zero of=.filler bs=4k 2>&-; truncate -s -4k .filler', folder.path)
      const whole = largeJpeg(20_000)
      expect(() => writeFileSync(folder.at('3.jpg'), whole)).toThrow('ENOSPC')
      folder.remove('2.jpg')
      await folder.untilTitles('1.jpg')
      folder.remove('.filler')
      writeFileSync(folder.at('3.jpg'), whole)
      await folder.untilTitles('1.jpg', '3.jpg')
      expect(folder.rows().map((row) => row.sha256)).toEqual([sha256(jpeg('full 1.jpg')), sha256(whole)])
      expect(folder.calls('POST singleimage')).toBe(3)
    },
  )

  test.skipIf(noMounts)(said('a build that does not look at mounts deletes what a tmpfs hides, and is seen to', noMounts), async () => {
    using build = copiedBuild()
    const rootAlone = join(dirname(build.main), 'mounts')
    writeFileSync(rootAlone, '22 1 8:1 / / rw,relatime - ext4 /dev/root rw\n')
    build.edit('/proc/self/mountinfo', rootAlone)
    await using other = await FileSystemBox.open(['covered-below'])
    const folder = other.folder('covered-below')
    folder.put('1.jpg', 'g/1.jpg', 'g/2.jpg')
    await other.start(build.main)
    await folder.untilTitles('1.jpg', 'g')
    other.namespace.mount('-t', 'tmpfs', 'tmpfs', join(folder.path, 'g'))
    await folder.untilTitles('1.jpg')
    expect(folder.deletes()).toBe(1)
  })
})

/** Sets how many directories may be watched, in a user namespace of its own, and becomes the program. */
const FEW_WATCHES = 'echo 20 > /proc/sys/user/max_inotify_watches && exec "$0" "$@"'

function whyNoLimit(): string | null {
  const tried = spawnSync('unshare', ['--user', '--map-root-user', 'sh', '-c', FEW_WATCHES, 'true'], { encoding: 'utf8' })
  return tried.status === 0 ? null : `no user namespace here: ${tried.error?.message ?? tried.stderr.trim()}`
}

const noLimit = whyNoLimit()
const FEW = 'G14: where watches run out the folder is polled, says so, and silence is taken for nothing'

test.skipIf(noLimit !== null)(said(FEW, noLimit), { concurrent: true }, async () => {
  await using box = await serviceBox({ folder: { subdirectories: 'individual', watch: 'events' } })
  const dirs = Array.from({ length: 30 }, (_, i) => `d${String(i).padStart(2, '0')}`)
  const first = dirs.flatMap((dir) => [`${dir}/1.jpg`, `${dir}/2.jpg`])
  for (const name of first) box.put(name, jpeg(name))
  const limited = ['unshare', '--user', '--map-root-user', 'sh', '-c', FEW_WATCHES, process.execPath, MAIN]
  const service = await box.run({ program: limited })
  await box.untilTitles(...first)
  expect(await service.until('watch.degraded')).toMatchObject({ why: expect.stringContaining('ENOSPC') })
  const later = dirs.map((dir) => `${dir}/3.jpg`)
  for (const name of later) box.put(name, jpeg(name))
  box.remove('d07/1.jpg')
  await box.untilTitles(...first.filter((name) => name !== 'd07/1.jpg'), ...later)
  await wholeScans(service, 1)
  expect(box.deletes()).toBe(1)
  const { stdout } = await box.command(['status'])
  expect(stdout).toContain('degraded')
  expect(stdout).toContain('fs.inotify.max_user_watches')
})

const HIDDEN_TABLE = 'a service that cannot read the mount table stays, says so and deletes nothing, and goes on once it can'

test.skipIf(noMounts !== null)(said(HIDDEN_TABLE, noMounts), { concurrent: true }, async () => {
  await using namespace = await MountNamespace.open()
  await using box = await serviceBox()
  for (const name of ['a.jpg', 'gone.jpg']) box.put(name, jpeg(name))
  const service = await box.run({ program: [...namespace.enter, process.execPath, MAIN] })
  await box.untilTitles('a.jpg', 'gone.jpg')
  const unreadable = service.next('folder.state', (line) => line['state'] === 'unreadable')
  namespace.mount('-t', 'tmpfs', 'none', '/proc')
  expect(await unreadable).toMatchObject({ why: 'the folder cannot be read (/proc/self/mountinfo: ENOENT)' })
  expect((await box.command(['status'])).stdout).toContain('/proc/self/mountinfo: ENOENT')
  box.remove('gone.jpg')
  box.put('late.jpg', jpeg('late'))
  // Longer than the grace and two rescans.
  await delay(2_500)
  expect([service.isAlive(), box.titles()]).toEqual([true, ['a.jpg', 'gone.jpg']])
  namespace.unmount('/proc')
  await box.untilTitles('a.jpg', 'late.jpg')
  expect((await stop(service)).code).toBe(0)
})

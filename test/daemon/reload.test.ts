import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { fastClock } from '../support/fastClock.ts'
import { liveConfig, liveService } from '../support/liveService.ts'
import { jpeg, largeJpeg } from '../support/mediaVariants.ts'
import { type SyncBox, syncBox } from '../support/syncBox.ts'

vi.setConfig({ testTimeout: 300_000 })

const titles = ({ emulator }: SyncBox) =>
  emulator
    .rows()
    .map(({ title }) => title)
    .sort()
const until = ({ emulator }: SyncBox, holds: () => boolean) => emulator.emulator.until(holds)

test('a folder that joins the config is taken up, and a PUT in hand does not notice', async () => {
  await using box = await syncBox()
  mkdirSync(join(box.base, 'MORE'))
  writeFileSync(join(box.base, 'MORE', 'new.jpg'), jpeg('new'))
  await using service = await liveService(box, liveConfig(box, { IN: '' }, 'upload: { bandwidth: 2MB/s }'))
  box.write('large.jpg', largeJpeg(12_000_000))
  await service.next('upload.started')
  service.write(liveConfig(box, { IN: ', ignore: ["draft*"]', MORE: '' }, 'upload: { bandwidth: 500MB/s }\nlog: { level: debug }'))
  const view = await service.api.reload()
  expect(view).toMatchObject({ state: 'in-force', problem: null, restartNeeded: [] })
  await until(box, () => titles(box).length === 2)
  expect(titles(box)).toEqual(['large.jpg', 'new.jpg'])
  expect(box.emulator.calls.count('PUT bucket')).toBe(2)
  // The file's own change may be noticed after `reload` was answered, and is taken up once more.
  expect([...new Set(service.levels)]).toEqual(['debug'])
  box.write('draft.jpg', jpeg('draft'))
  box.write('next.jpg', jpeg('next'))
  await until(box, () => titles(box).length === 3)
  expect(titles(box)).toEqual(['large.jpg', 'new.jpg', 'next.jpg'])
})

test('a folder that leaves the config is detached: its PUT in hand becomes no row, and nothing is deleted', async () => {
  await using box = await syncBox()
  mkdirSync(join(box.base, 'MORE'))
  writeFileSync(join(box.base, 'MORE', 'kept.jpg'), jpeg('kept'))
  await using service = await liveService(box, liveConfig(box, { IN: '', MORE: ', deletes: { grace: 1s }' }, 'rescan: 1s'))
  await until(box, () => titles(box).length === 1)
  await service.next('folder.scanned')
  service.write(liveConfig(box, { IN: '', MORE: ', deletes: { grace: 1s }' }, 'rescan: 1s\nupload: { bandwidth: 100kB/s }'))
  await service.api.reload()
  writeFileSync(join(box.base, 'MORE', 'slow.jpg'), largeJpeg(5_000_000))
  await service.next('upload.started')
  const detached = service.next('unit.detached')
  service.write(liveConfig(box, { IN: '' }, 'rescan: 1s'))
  await service.api.reload()
  expect(await detached).toMatchObject({ path: 'kept.jpg', why: 'it left the config' })
  box.write('after.jpg', jpeg('after'))
  await until(box, () => titles(box).length === 2)
  for (let scans = 0; scans < 3; scans++) await service.next('folder.scanned', ({ whole }) => whole === true)
  expect(titles(box)).toEqual(['after.jpg', 'kept.jpg'])
  expect(box.emulator.calls.count('DELETE video')).toBe(0)
  expect((await service.api.deletes()).length).toBe(0)
  // It comes back, with its files as they are: its row is linked again, and nothing is sent twice.
  service.write(liveConfig(box, { IN: '', MORE: '' }, 'rescan: 1s'))
  await service.api.reload()
  await until(box, () => titles(box).includes('slow.jpg'))
  expect(titles(box)).toEqual(['after.jpg', 'kept.jpg', 'slow.jpg'])
})

test('what waited for its turn in a folder that left the config is sent once the folder is back', async () => {
  await using box = await syncBox()
  mkdirSync(join(box.base, 'MORE'))
  const names = ['1.jpg', '2.jpg', '3.jpg', '4.jpg', '5.jpg', '6.jpg']
  for (const name of names) writeFileSync(join(box.base, 'MORE', name), Buffer.concat([largeJpeg(1_000_000), Buffer.from(name)]))
  await using service = await liveService(box, liveConfig(box, { IN: '', MORE: '' }, 'upload: { concurrency: 1, bandwidth: 100kB/s }'))
  await service.next('upload.started')
  service.write(liveConfig(box, { IN: '' }))
  await service.api.reload()
  service.write(liveConfig(box, { IN: '', MORE: '' }))
  await service.api.reload()
  await until(box, () => titles(box).length === names.length)
  expect(titles(box)).toEqual(names)
})

test('an invalid config leaves the old one in force: shown with its place, logged once, and over when it is mended', async () => {
  await using box = await syncBox()
  const good = liveConfig(box, { IN: '' })
  await using service = await liveService(box, good)
  service.write(good.replace('settle: 100ms', 'setle: 100ms'))
  await expect(service.api.reload()).resolves.toMatchObject({ state: 'invalid' })
  service.hangUp()
  await service.api.reload()
  const { config, attention, exitCode } = await service.api.status()
  expect(config?.problem).toMatch(/config\.yaml:4:\d+: unknown key "setle" in folders\[0\]; did you mean "settle"\?/)
  expect([attention[0]?.next, exitCode]).toEqual(['encord-sync config check', 3])
  expect(box.events.filter(({ name }) => name === 'config.invalid')).toHaveLength(1)
  // The command finds the service by the ledger that the file still names.
  const shown = await service.command('status')
  expect(shown).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(/invalid \(.*\); the one before it is in force[\s\S]*config\.yaml:4:\d+: unknown key/),
  })
  box.write('a.jpg', jpeg('a'))
  await until(box, () => titles(box).length === 1)
  service.write(good)
  const reloaded = service.next('config.reloaded')
  service.hangUp()
  await reloaded
  expect((await service.api.status()).config).toMatchObject({ state: 'in-force', problem: null })
})

test('what needs a restart is named and stays as it was; the rest of the same edit is in force', async () => {
  await using box = await syncBox()
  await using service = await liveService(box, liveConfig(box, { IN: '' }))
  const edited = liveConfig(box, { IN: ', title: name' }, 'status: { listen: "127.0.0.1:0" }', ', upload_hosts: [minio.lab]')
  service.write(edited.replace('state/ledger.db', 'state/other.db').replace(box.emulator.url, 'http://127.0.0.1:9'))
  // Noticed by itself: the file is watched.
  const restartNeeded = ['encord.domain', 'encord.upload_hosts', 'ledger', 'status.listen']
  expect(await service.next('config.reloaded')).toMatchObject({ restartNeeded })
  box.write('dir/a.mp4', '')
  box.put('dir/b.mp4', 'plain.mp4')
  await until(box, () => titles(box).length === 1)
  expect(titles(box)).toEqual(['b.mp4'])
  const { config, attention } = await service.api.status()
  expect(config).toMatchObject({ state: 'in-force', restartNeeded })
  expect(attention.map(({ next }) => next)).toContain('restart the service')
})

test('a key in a file is changed without a restart: the folder goes on once the new one is there', async () => {
  await using box = await syncBox()
  const keyFile = join(box.base, 'key')
  writeFileSync(keyFile, 'revoked-key', { mode: 0o600 })
  await using service = await liveService(box, liveConfig(box, { IN: `, api_key_file: ${keyFile}` }))
  box.write('a.jpg', jpeg('a'))
  // The folder may be scanned, and the service ready, before the key's first call is answered.
  await service.until('folder.state', ({ state }) => state === 'credentials')
  expect((await service.api.status()).folders[0]?.state).toBe('credentials')
  const well = service.next('folder.state', ({ state }) => state === 'ok')
  const began = performance.now()
  writeFileSync(keyFile, `${box.emulator.key}\n`)
  await well
  // By itself the key is tried every 15 s.
  expect(performance.now() - began).toBeLessThan(10_000)
  await until(box, () => titles(box).length === 1)
})

test('a key file that cannot be looked at ends nothing, and a config that names one is taken up once it is there', async () => {
  await using box = await syncBox()
  const keys = join(box.base, 'keys')
  mkdirSync(keys)
  mkdirSync(join(box.base, 'MORE'))
  writeFileSync(join(keys, 'one'), box.emulator.key, { mode: 0o600 })
  const withKey = `, api_key_file: ${join(keys, 'one')}`
  await using service = await liveService(box, liveConfig(box, { IN: withKey }), { clock: fastClock(10) })
  // Neither there nor not there: what a share that is away answers, as far as a test can have it.
  const away = join(box.base, 'away')
  renameSync(keys, away)
  symlinkSync('keys', keys)
  const invalid = service.next('config.invalid')
  service.write(liveConfig(box, { IN: withKey, MORE: withKey }))
  expect((await invalid)['why']).toContain('ELOOP')
  const reloaded = service.next('config.reloaded')
  rmSync(keys)
  renameSync(away, keys)
  expect(await reloaded).toMatchObject({ folders: 2 })
  expect((await service.api.status()).config).toMatchObject({ state: 'in-force', problem: null })
  writeFileSync(join(box.base, 'MORE', 'a.jpg'), jpeg('a'))
  await until(box, () => titles(box).length === 1)
})

test('a folder named by a link whose disk is away at the start keeps its rows, and goes on once the disk is back', async () => {
  await using box = await syncBox()
  box.write('a.jpg', jpeg('a'))
  symlinkSync('IN', join(box.base, 'LINK'))
  const config = liveConfig(box, { LINK: '' })
  {
    await using first = await liveService(box, config)
    await until(box, () => titles(box).length === 1)
    await first.stop()
  }
  renameSync(box.folder, join(box.base, 'away'))
  await using service = await liveService(box, config, { clock: fastClock(10) })
  expect((await service.api.status()).folders).toMatchObject([{ path: box.folder, state: 'absent' }])
  const back = service.next('folder.state', ({ state }) => state === 'ok')
  renameSync(join(box.base, 'away'), box.folder)
  box.write('b.jpg', jpeg('b'))
  await back
  await until(box, () => titles(box).length === 2)
  expect(box.events.filter(({ name }) => name === 'unit.detached')).toEqual([])
  expect(box.emulator.calls.count('PUT bucket')).toBe(2)
})

test('a folder named by a link on a disk that is away at the start is still the one it led to', async () => {
  await using box = await syncBox()
  box.write('a.jpg', jpeg('a'))
  mkdirSync(join(box.base, 'disk'))
  symlinkSync('../IN', join(box.base, 'disk', 'LINK'))
  const config = liveConfig(box, { 'disk/LINK': '' })
  {
    await using first = await liveService(box, config)
    await until(box, () => titles(box).length === 1)
    await first.stop()
  }
  renameSync(join(box.base, 'disk'), join(box.base, 'away'))
  await using service = await liveService(box, config)
  expect((await service.api.status()).folders).toMatchObject([{ path: box.folder, state: 'ok' }])
  box.write('b.jpg', jpeg('b'))
  await until(box, () => titles(box).length === 2)
  expect(box.events.filter(({ name }) => name === 'unit.detached')).toEqual([])
  expect(box.emulator.calls.count('PUT bucket')).toBe(2)
})

test('a link that leads elsewhere at a reload names another folder: the former one is let go', async () => {
  await using box = await syncBox()
  box.write('a.jpg', jpeg('a'))
  const link = join(box.base, 'LINK')
  symlinkSync('IN', link)
  await using service = await liveService(box, liveConfig(box, { LINK: '' }))
  await until(box, () => titles(box).length === 1)
  mkdirSync(join(box.base, 'MORE'))
  writeFileSync(join(box.base, 'MORE', 'more.jpg'), jpeg('more'))
  rmSync(link)
  symlinkSync('MORE', link)
  service.write(liveConfig(box, { LINK: ', ignore: ["draft*"]' }))
  await service.api.reload()
  await until(box, () => titles(box).length === 2)
  expect((await service.api.status()).folders).toMatchObject([{ path: join(box.base, 'MORE') }])
  box.write('late.jpg', jpeg('late'))
  writeFileSync(join(box.base, 'MORE', 'next.jpg'), jpeg('next'))
  await until(box, () => titles(box).length === 3)
  expect(titles(box)).toEqual(['a.jpg', 'more.jpg', 'next.jpg'])
  expect(box.emulator.calls.count('DELETE video')).toBe(0)
})

test('sub-directories mapped anew end what is in hand first; the old row is kept', async () => {
  await using box = await syncBox()
  for (const frame of [1, 2, 3]) box.write(`run/${frame}.jpg`, jpeg(frame))
  await using service = await liveService(box, liveConfig(box, { IN: '' }))
  await service.until('unit.synced')
  service.write(liveConfig(box, { IN: ', subdirectories: individual' }))
  await service.api.reload()
  await until(box, () => titles(box).length === 4)
  expect(titles(box)).toEqual(['run', 'run/1.jpg', 'run/2.jpg', 'run/3.jpg'])
  expect(box.emulator.calls.count('DELETE video')).toBe(0)
})

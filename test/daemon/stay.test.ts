import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { storyOf } from '../../src/cli/failure.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { StatusView } from '../../src/control/api.ts'
import { connectLocal } from '../../src/control/client.ts'
import { needsPerson, openBlocked } from '../../src/daemon/blocked.ts'
import { runAndStay } from '../../src/daemon/stay.ts'
import type { Clock } from '../../src/model/clock.ts'
import { UserError } from '../../src/model/error.ts'
import type { EventName } from '../../src/model/event.ts'
import { Secrets } from '../../src/model/secrets.ts'
import { fastClock } from '../support/fastClock.ts'
import { manualClock } from '../support/manualClock.ts'
import { realClock } from '../support/realClock.ts'
import { type SyncBox, syncBox } from '../support/syncBox.ts'

const STORY = new UserError(3, { what: 'the ledger is damaged', notDone: 'nothing was sent', next: 'put a copy there' })

/** The service in this process, its events, and what it told its manager. */
function startService(box: SyncBox, clock: Clock = realClock) {
  const stop = new AbortController()
  const env = { ENCORD_API_KEY: box.emulator.key, XDG_RUNTIME_DIR: box.base }
  const config = loadConfig({ file: box.configure(), directory: box.base, env, home: box.base, platform: 'linux', secrets: new Secrets() })
  const said: Readonly<Record<string, string>>[] = []
  const waiting = new Set<(name: EventName) => void>()
  const ended = runAndStay(config, {
    clock,
    random: Math.random,
    log: {
      emit(name) {
        for (const one of [...waiting]) one(name)
      },
    },
    signal: stop.signal,
    crashPoint: () => undefined,
    env,
    version: '1.2.3',
    notifier: { watchdogMs: null, tell: (assignments) => void said.push(assignments), flushed: async () => undefined },
    onReady: () => undefined,
    storyOf,
  })
  return {
    said,
    ended,
    config,
    stop: () => stop.abort('SIGTERM'),
    next: (wanted: EventName) =>
      new Promise<void>((resolve) => {
        waiting.add(function listen(name) {
          if (name !== wanted) return
          waiting.delete(listen)
          resolve()
        })
      }),
    local: async () => (await connectLocal(config.ledgerPath, env)) ?? Promise.reject(new Error('nobody listens')),
  }
}

function damage(ledgerPath: string): void {
  for (const end of ['-wal', '-shm']) rmSync(`${ledgerPath}${end}`, { force: true })
  writeFileSync(ledgerPath, `SQLite format 3\0${'no pages '.repeat(5_000)}`)
}

test('a service with a damaged ledger stays, says so to everyone who asks, and goes on when it is told that a copy stands there', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  await box.once()
  const ledgerPath = join(box.base, 'state/ledger.db')
  const copy = join(box.base, 'copy.db')
  copyFileSync(ledgerPath, copy)
  damage(ledgerPath)
  const service = startService(box)
  await service.next('service.blocked')
  const local = await service.local()
  const status = await local.status()
  expect(status).toMatchObject({
    exitCode: 3,
    service: { running: true, pid: process.pid },
    folders: [{ path: box.folder, state: 'paused' }],
  })
  expect(status.attention).toEqual([
    { what: expect.stringContaining('is damaged'), next: expect.stringContaining('mv ledger.db* damaged/') },
  ])
  await expect(local.units({ path: null })).rejects.toMatchObject({ exitCode: 3, message: expect.stringContaining('is damaged') })
  expect(service.said).toContainEqual({ READY: '1', STATUS: 'a person must act: encord-sync status' })
  mkdirSync(join(dirname(ledgerPath), 'damaged'))
  renameSync(ledgerPath, join(dirname(ledgerPath), 'damaged/ledger.db'))
  copyFileSync(copy, ledgerPath)
  const ready = service.next('service.ready')
  await local.retry({ paths: [], asIs: false })
  await ready
  expect(await (await service.local()).status()).toMatchObject({ folders: [{ counts: { synced: 1 } }] })
  service.stop()
  await service.ended
  expect(box.emulator.calls.count('PUT bucket')).toBe(1)
})

test('a stop ends the wait, and leaves no socket and no note behind', async () => {
  await using box = await syncBox()
  await box.once()
  damage(join(box.base, 'state/ledger.db'))
  const service = startService(box)
  await service.next('service.blocked')
  await service.local()
  service.stop()
  await service.ended
  await expect(service.local()).rejects.toThrow('nobody listens')
})

test('what a restart or the config may help is thrown on', async () => {
  await using box = await syncBox()
  mkdirSync(join(box.base, 'state/ledger.db'), { recursive: true })
  await expect(startService(box).ended).rejects.not.toMatchObject({ exitCode: 3 })
  expect([needsPerson(STORY), needsPerson(new Error('x')), needsPerson(new UserError(75, { what: '', notDone: '', next: '' }))]).toEqual([
    true,
    false,
    false,
  ])
})

test('it tries again once the ledger is another one and at rest, sooner than when it is only gone', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'encord-sync-blocked-'))
  const ledgerPath = join(directory, 'ledger.db')
  const clock = manualClock()
  const waitFor = async (change: () => void): Promise<number> => {
    writeFileSync(ledgerPath, 'damaged')
    const began = clock.monotonicMs()
    const blocked = openBlocked(STORY, { folders: [] } as unknown as StatusView, {
      ledgerPath,
      clock,
      signal: new AbortController().signal,
    })
    let over = false
    const ended = blocked.over().then(() => {
      over = true
    })
    await clock.advance(30_000)
    expect(over).toBe(false)
    change()
    while (!over) await clock.advance(5_000)
    await ended
    return clock.monotonicMs() - began - 30_000
  }
  try {
    expect(await waitFor(() => writeFileSync(ledgerPath, 'a good copy'))).toBe(15_000)
    expect(await waitFor(() => rmSync(ledgerPath))).toBe(65_000)
    expect(await waitFor(() => undefined)).toBe(570_000)
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('a service whose ledger is taken away says so, writes to nothing else, and goes on once it is put back', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  const service = startService(box, fastClock(10))
  await service.next('service.ready')
  await box.emulator.emulator.until(() => box.emulator.rows().length === 1)
  const blocked = service.next('service.blocked')
  renameSync(join(box.base, 'state'), join(box.base, 'taken'))
  await blocked
  const local = await service.local()
  expect((await local.status()).attention).toEqual([
    { what: expect.stringContaining('was taken away'), next: expect.stringContaining('encord-sync resume') },
  ])
  box.put('b.jpg', 'progressive.jpg')
  rmSync(join(box.base, 'state'), { recursive: true })
  renameSync(join(box.base, 'taken'), join(box.base, 'state'))
  const ready = service.next('service.ready')
  await local.resume({ folder: null })
  await ready
  await box.emulator.emulator.until(() => box.emulator.rows().length === 2)
  service.stop()
  await service.ended
  expect(box.emulator.calls.count('PUT bucket')).toBe(2)
})

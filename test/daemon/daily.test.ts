import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { backUpDaily, lastDailyBackupMs } from '../../src/app/backUpDaily.ts'
import { loadConfig } from '../../src/config/load.ts'
import { type DailyJob, runDaily } from '../../src/daemon/daily.ts'
import { runService } from '../../src/daemon/run.ts'
import type { Clock } from '../../src/model/clock.ts'
import { Secrets } from '../../src/model/secrets.ts'
import { backUpFile, backupPath, backupsOf } from '../../src/store/backups.ts'
import { openLedgerReadOnly } from '../../src/store/openLedger.ts'
import { call } from '../support/emulatorCalls.ts'
import { LedgerBox } from '../support/ledgerBox.ts'
import { realClock } from '../support/realClock.ts'
import { type SyncBox, syncBox } from '../support/syncBox.ts'

const HOUR_MS = 3_600_000

/** A clock on which each sleep is over at once, and takes as long as it was asked for; the signal ends the last one. */
function leapingClock(startMs: number, end: AbortController, lengthMs: number): Clock {
  let nowMs = startMs
  return {
    wallMs: () => nowMs,
    monotonicMs: () => nowMs,
    async sleep(ms, signal) {
      nowMs += ms
      if (nowMs >= startMs + lengthMs) end.abort()
      signal?.throwIfAborted()
    },
  }
}

function jobOf(clock: Clock, lastMs: number | null): DailyJob & { readonly ran: number[] } {
  const ran: number[] = []
  let last = lastMs
  return {
    ran,
    lastMs: () => last,
    async run() {
      last = clock.wallMs()
      ran.push(last)
    },
  }
}

test('a job that was never done is done soon after the start, and then once a day', async () => {
  const end = new AbortController()
  const clock = leapingClock(0, end, 73 * HOUR_MS)
  const job = jobOf(clock, null)
  await runDaily([job], { clock, signal: end.signal })
  expect(job.ran.map((atMs) => Math.round((atMs / HOUR_MS) * 6) / 6)).toEqual([1 / 6, 24 + 1 / 6, 48 + 1 / 6, 72 + 1 / 6])
})

test('a job that was done 20 hours before the start waits for its day to end, and one from a time ahead is due', async () => {
  const end = new AbortController()
  const clock = leapingClock(100 * HOUR_MS, end, 5 * HOUR_MS)
  const [recent, ahead] = [jobOf(clock, 80 * HOUR_MS), jobOf(clock, 999 * HOUR_MS)]
  await runDaily([recent, ahead], { clock, signal: end.signal })
  expect(recent.ran.map((atMs) => atMs / HOUR_MS)).toEqual([104])
  expect(ahead.ran).toHaveLength(1)
})

test('a job that fails ends the waiting with its error', async () => {
  const end = new AbortController()
  const job = { lastMs: () => null, run: () => Promise.reject(new Error('a defect')) }
  await expect(runDaily([job], { clock: leapingClock(0, end, HOUR_MS), signal: end.signal })).rejects.toThrow('a defect')
})

/** Runs the service, whose ten minutes between two looks are 50 ms, until an event; then stops it. */
async function serviceUntil(box: SyncBox, event: string): Promise<void> {
  const file = box.configure()
  const env = { ENCORD_API_KEY: box.emulator.key }
  const config = loadConfig({ file, directory: box.base, env, home: box.base, platform: 'linux', secrets: new Secrets() })
  const stop = new AbortController()
  const clock: Clock = { ...realClock, sleep: (ms, signal) => realClock.sleep(ms === 600_000 ? 50 : ms, signal) }
  await runService(config, {
    clock,
    random: Math.random,
    log: {
      emit(name, fields) {
        box.events.push({ name, fields })
        if (name === event) stop.abort('SIGTERM')
      },
    },
    signal: stop.signal,
    crashPoint: () => undefined,
    env,
    version: '1.2.3',
    onReady: () => undefined,
  })
}

test('the service copies its ledger and compares it with the dataset by itself; both are shown', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  await box.once()
  await serviceUntil(box, 'verify.ok')
  const backups = join(box.base, 'state', 'backups')
  const [name = ''] = readdirSync(backups)
  expect(name).toMatch(/^ledger-.*-daily\.db$/)
  expect(statSync(join(backups, name)).mode & 0o777).toBe(0o600)
  expect(box.events.find((one) => one.name === 'ledger.backup')?.fields).toMatchObject({ file: join(backups, name) })
  const copy = openLedgerReadOnly(join(backups, name))
  expect(copy?.folders.all()).toHaveLength(1)
  copy?.close()
  const ledger = openLedgerReadOnly(join(box.base, 'state', 'ledger.db'))
  expect(JSON.parse(ledger?.meta.read('verified') ?? 'null')).toMatchObject({ drift: 0, failed: null })
  ledger?.close()
})

test('a row that someone else removed is drift the next day, and no call follows', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  box.put('b.png', 'plain.png')
  await box.once()
  await box.once()
  await call(box.emulator, 'video DELETE', [box.emulator.rows().find((row) => row.title === 'a.jpg')?.data_hash])
  box.emulator.calls.reset()
  await serviceUntil(box, 'verify.drift')
  expect(box.events.find((one) => one.name === 'verify.drift')?.fields).toMatchObject({
    remoteMissing: 1,
    unknownRows: 0,
    next: 'encord-sync verify',
  })
  expect(Object.keys(box.emulator.calls.counts())).toEqual(['GET dataset'])
})

test('a dataset that cannot be read for the comparison is told, and the service goes on', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  await box.once()
  box.emulator.setFaults({ match: { call: 'GET dataset' }, do: { kind: 'status', status: 503 } })
  await serviceUntil(box, 'verify.failed')
  expect(box.events.find((one) => one.name === 'verify.failed')?.fields).toMatchObject({ next: 'encord-sync verify' })
})

test('older copies that cannot be seen end nothing: no further copy is made, and that is told', async () => {
  using box = new LedgerBox()
  const backups = join(dirname(box.path), 'backups')
  writeFileSync(backups, 'in the place of the directory')
  expect(lastDailyBackupMs(box.path, Date.now())).toBe(null)
  const told: [string, unknown][] = []
  const log = { emit: (name: string, fields: unknown) => void told.push([name, fields]) }
  await backUpDaily(box.ledger, { clock: realClock, log, signal: new AbortController().signal })
  expect(told).toEqual([['ledger.backup-failed', { why: expect.stringContaining('ENOTDIR'), next: 'encord-sync ledger check' }]])
})

test('a copy that would fill the disk of the ledger is not begun, and that is told', async () => {
  using box = new LedgerBox()
  const told: [string, unknown][] = []
  const log = { emit: (name: string, fields: unknown) => void told.push([name, fields]) }
  const tools = { clock: realClock, log, signal: new AbortController().signal }
  await backUpDaily(box.ledger, tools, () => 64_000_000)
  expect(told).toEqual([['ledger.backup-failed', { why: expect.stringContaining('no room'), next: 'encord-sync ledger check' }]])
  expect(lastDailyBackupMs(box.path, Date.now())).toBe(null)
  await backUpDaily(box.ledger, tools, () => 1_000_000_000)
  expect(told[1]).toEqual(['ledger.backup', expect.anything()])
})

test('copies from a time ahead neither make one more due at each look, nor push out those of the days before', async () => {
  using box = new LedgerBox()
  const [startMs, dayMs] = [Date.parse('2026-03-01T12:00:00Z'), 24 * HOUR_MS]
  const days = [-6, -5, -4, -3, -2, 365, 366]
  for (const day of days) await backUpFile(box.path, backupPath(box.path, 'daily', startMs + day * dayMs))
  const end = new AbortController()
  const clock = leapingClock(startMs, end, 30 * HOUR_MS)
  const log = { emit: () => undefined }
  const run = () => backUpDaily(box.ledger, { clock, log, signal: new AbortController().signal })
  await runDaily([{ lastMs: () => lastDailyBackupMs(box.path, clock.wallMs()), run }], { clock, signal: end.signal })
  const kept = backupsOf(box.path).map(({ atMs }) => Math.floor((atMs - startMs) / dayMs))
  expect(kept.toSorted((a, b) => a - b)).toEqual([-6, -5, -4, -3, -2, 0, 1])
})

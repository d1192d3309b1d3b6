import { expect, test } from 'vitest'
import type { Counts, FolderStatus, StatusView } from '../../src/control/api.ts'
import { openLiveness } from '../../src/daemon/liveness.ts'
import { statusLine } from '../../src/daemon/statusLine.ts'
import { supervise } from '../../src/daemon/supervise.ts'
import { openNotifier, SILENT_NOTIFIER } from '../../src/daemon/systemdNotify.ts'
import { type ManualClock, manualClock } from '../support/manualClock.ts'

const NO_COUNTS: Counts = { seen: 0, synced: 0, onTheWay: 0, waiting: 0, failed: 0, setAside: 0, ignored: 0, missing: 0, held: 0 }
const viewOf = (counts: Partial<Counts>, more: Partial<FolderStatus> = {}, exitCode: StatusView['exitCode'] = 0) => ({
  folders: [{ state: 'ok', ...more, counts: { ...NO_COUNTS, ...counts } } as FolderStatus],
  exitCode,
})
const words = (said: readonly Readonly<Record<string, string>>[], name: string) => said.flatMap((one) => one[name] ?? [])

/** A supervised service whose parts a test moves by hand; its watchdog waits 40 s. */
function supervised(clock: ManualClock) {
  const said: Readonly<Record<string, string>>[] = []
  const events: string[] = []
  const stop = new AbortController()
  const parts = { round: 0, scanning: false, steps: 0, inHand: 0, sent: 0, ledger: 'writes' as 'writes' | 'hangs' | 'refuses' }
  const status = { view: viewOf({ synced: 412, waiting: 3, held: 1 }) }
  const supervision = supervise(
    {
      marks: () => ({
        loop: { busy: true, progress: parts.round },
        scanner: { busy: parts.scanning, progress: parts.steps },
        queue: { busy: parts.inHand > 0, progress: parts.sent },
      }),
      touchLedger: () =>
        parts.ledger === 'hangs'
          ? new Promise(() => undefined)
          : parts.ledger === 'refuses'
            ? Promise.reject(new Error('full'))
            : Promise.resolve(),
      status: async () => status.view,
    },
    {
      notifier: { watchdogMs: 40_000, tell: (assignments) => void said.push(assignments), flushed: async () => undefined },
      clock,
      log: { emit: (name, fields) => void events.push(`${name} ${JSON.stringify(fields)}`) },
      signal: stop.signal,
    },
  )
  /** The loop goes round all the time unless told otherwise. */
  const pass = async (ms: number, loops = true) => {
    for (let passed = 0; passed < ms; passed += 10_000) {
      if (loops) parts.round++
      await clock.advance(10_000)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { supervision, said, events, parts, status, pass, stop: () => stop.abort('SIGTERM') }
}

test('a start that gets on is given more time; READY comes with the status, and signs of life after it', async () => {
  const service = supervised(manualClock())
  await service.pass(30_000)
  expect(words(service.said, 'EXTEND_TIMEOUT_USEC').length).toBe(3)
  expect(words(service.said, 'WATCHDOG')).toEqual([])
  await service.supervision.ready()
  expect(service.said.at(-1)).toEqual({ READY: '1', STATUS: '412 synced, 3 waiting, 1 held' })
  await service.pass(60_000)
  expect(words(service.said, 'WATCHDOG').length).toBe(6)
  await service.supervision.close()
})

test.each(['loop', 'scanner', 'queue', 'ledger'] as const)(
  'a stuck %s stops the signs of life, while everything else moves',
  async (part) => {
    const service = supervised(manualClock())
    await service.supervision.ready()
    Object.assign(
      service.parts,
      part === 'scanner' ? { scanning: true } : part === 'queue' ? { inHand: 1 } : part === 'ledger' ? { ledger: 'hangs' } : {},
    )
    await service.pass(1_000_000, part !== 'loop')
    const fed = words(service.said, 'WATCHDOG').length
    await service.pass(60_000, part !== 'loop')
    expect(words(service.said, 'WATCHDOG').length).toBe(fed)
    expect(service.events).toEqual([expect.stringMatching(`^service.stuck {"part":"${part}"`)])
    expect(words(service.said, 'STATUS').at(-1)).toContain(`the ${part} does not move`)
    await service.supervision.close()
  },
)

test('a scanner and a queue that get on, however slowly, are alive; so is one that rests', async () => {
  const service = supervised(manualClock())
  await service.supervision.ready()
  Object.assign(service.parts, { scanning: true, inHand: 2 })
  for (let i = 0; i < 10; i++) {
    await service.pass(500_000)
    service.parts.steps++
    service.parts.sent++
  }
  Object.assign(service.parts, { scanning: false, inHand: 0 })
  await service.pass(2_000_000)
  expect(service.events).toEqual([])
  await service.supervision.close()
})

test('a ledger that refuses every write counts as one that hangs', async () => {
  const service = supervised(manualClock())
  await service.supervision.ready()
  service.parts.ledger = 'refuses'
  await service.pass(200_000)
  expect(service.events).toEqual([expect.stringMatching('^service.stuck {"part":"ledger"')])
  await service.supervision.close()
})

test('a reload is told as one, but not before the service was ready', async () => {
  const service = supervised(manualClock())
  await service.supervision.reloading(async () => undefined)
  expect(words(service.said, 'READY')).toEqual([])
  await service.supervision.ready()
  await service.supervision.reloading(async () => expect(service.said.at(-1)).toEqual({ RELOADING: '1' }))
  expect(service.said.at(-1)).toEqual({ READY: '1' })
  await service.supervision.close()
})

test('a stop is told at once, and nothing else after it', async () => {
  const service = supervised(manualClock())
  await service.supervision.ready()
  service.stop()
  await service.pass(50_000)
  expect(service.said.at(-1)).toMatchObject({ STOPPING: '1' })
  await service.supervision.close()
})

test('the status is told again only when it is another one', async () => {
  const service = supervised(manualClock())
  await service.supervision.ready()
  await service.pass(50_000)
  service.status.view = viewOf({ synced: 413, failed: 2 }, { state: 'absent' }, 3)
  await service.pass(50_000)
  expect(words(service.said, 'STATUS')).toEqual([
    '412 synced, 3 waiting, 1 held',
    '413 synced, 2 failed, 1 folder absent; a person must act: encord-sync status',
  ])
  await service.supervision.close()
})

test('the status line names no path', () => {
  const line = statusLine(viewOf({ synced: 1, onTheWay: 2, setAside: 3 }, { path: '/secret/place', why: '/secret/place is away' }))
  expect(line).toBe('1 synced, 2 on the way, 3 set aside')
})

test('a part is stuck only once its own patience is over, and the one that stands longest is named', () => {
  const liveness = openLiveness({ loop: 10, scanner: 20, queue: 30, ledger: 40 })
  const still = { busy: true, progress: 0 }
  const marks = { loop: { busy: true, progress: 0 }, scanner: still, queue: still, ledger: still }
  expect(liveness.judge(marks, 0)).toBe(null)
  expect(liveness.judge(marks, 9)).toBe(null)
  expect(liveness.judge(marks, 10)).toEqual({ part: 'loop', forMs: 10 })
  expect(liveness.judge({ ...marks, loop: { busy: true, progress: 1 } }, 25)).toEqual({ part: 'scanner', forMs: 25 })
})

test('words for systemd are handed over one after the other, the newest of each, and a failure is told once', async () => {
  const delivered: (readonly string[])[] = []
  const failures: string[] = []
  let letGo: () => void = () => undefined
  const env = { NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '3000000', WATCHDOG_PID: '7' }
  const notifier = openNotifier(
    env,
    7,
    (why) => failures.push(why),
    (assignments) => {
      delivered.push(assignments)
      return new Promise((resolve, reject) => {
        letGo = delivered.length > 1 ? () => reject(new Error('no socket')) : resolve
      })
    },
  )
  expect(notifier.watchdogMs).toBe(3_000)
  notifier.tell({ STATUS: 'one' })
  notifier.tell({ STATUS: 'two', WATCHDOG: '1' })
  notifier.tell({ STATUS: 'three\nMAINPID=1' })
  for (let i = 0; i < 2; i++) {
    letGo()
    await new Promise((resolve) => setImmediate(resolve))
  }
  notifier.tell({ WATCHDOG: '1' })
  letGo()
  await notifier.flushed()
  expect(delivered).toEqual([['STATUS=one'], ['STATUS=three MAINPID=1', 'WATCHDOG=1'], ['WATCHDOG=1']])
  expect(failures).toEqual(['no socket'])
  expect(openNotifier({ ...env, WATCHDOG_PID: '8' }, 7, () => undefined).watchdogMs).toBe(null)
  expect(openNotifier({}, 7, () => undefined)).toBe(SILENT_NOTIFIER)
})

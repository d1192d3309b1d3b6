import { expect, test } from 'vitest'
import { troublesOf } from '../../src/app/troubles.ts'
import { type Delivered, tellTroubles } from '../../src/daemon/notices.ts'
import { NOTICE_CAUSES, type Trouble } from '../../src/model/notice.ts'
import { LedgerBox } from '../support/ledgerBox.ts'
import { manualClock } from '../support/manualClock.ts'

const TROUBLE: Trouble = { key: 'a', cause: 'clock', folder: null, what: 'the clock is wrong', next: 'date' }

/** The loop over a real ledger and a clock that stands still between looks. */
function telling(box: LedgerBox, answers: Delivered[] = []) {
  const [clock, stop, told, logged] = [manualClock(), new AbortController(), [] as string[], [] as string[]]
  let troubles: readonly Trouble[] = []
  const ended = tellTroubles({
    clock,
    signal: stop.signal,
    ledger: box.ledger,
    log: { emit: (name) => void logged.push(name) },
    troubles: () => troubles,
    on: () => NOTICE_CAUSES,
    async deliver({ event, key }) {
      const answer = answers.shift() ?? { reached: true, why: null }
      if (answer.reached) told.push(`${event} ${key}`)
      return answer
    },
  })
  return {
    told,
    logged,
    async pass(ms: number, now: readonly Trouble[]) {
      troubles = now
      for (let left = ms; left > 0; left -= 5_000) await clock.advance(5_000)
    },
    async stop() {
      stop.abort()
      await ended
    },
  }
}

test('what was told survives a restart: the next process says only that it is over', async () => {
  using box = new LedgerBox()
  const first = telling(box)
  await first.pass(60_000, [TROUBLE])
  await first.stop()
  const second = telling(box)
  await second.pass(60_000, [TROUBLE])
  await second.pass(120_000, [])
  await second.stop()
  expect([first.told, second.told]).toEqual([['begin a'], ['over a']])
})

test('a recipient that fails is logged once, nothing is lost, and it is not asked all the time', async () => {
  using box = new LedgerBox()
  const failed = { reached: false, why: 'HTTP 500' }
  const one = telling(box, [failed, failed])
  await one.pass(290_000, [TROUBLE])
  expect(one.told).toEqual([])
  await one.pass(400_000, [TROUBLE])
  expect(one.told).toEqual(['begin a'])
  expect(one.logged).toEqual(['notify.failed', 'notify.sent'])
  await one.stop()
})

test('the ledger says what needs a person: folders, held batches, units set aside; calm states and older versions do not', () => {
  using box = new LedgerBox()
  const [well, ill] = [box.folder('well'), box.folder('ill')]
  box.ledger.now(() => box.ledger.folders.setState(ill.id, 'foreign', 'another disk', 5))
  expect(troublesOf(box.ledger, null)).toEqual([
    {
      key: `folder.foreign:${ill.uid}`,
      cause: 'folder',
      folder: ill.path,
      what: `${ill.path}: foreign: another disk`,
      next: `encord-sync folders accept ${ill.path}`,
    },
  ])
  box.ledger.now(() => box.ledger.folders.setState(ill.id, 'degraded', 'polled', 6))
  expect(troublesOf(box.ledger, null)).toEqual([])
  expect(well.state).toBe('ok')
  const config = { file: '/c.yaml', state: 'invalid', sinceMs: 0, problem: 'x', restartNeeded: [] } as const
  expect(troublesOf(box.ledger, config).map(({ cause }) => cause)).toEqual(['config'])
})

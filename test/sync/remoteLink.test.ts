import { afterAll, expect, test } from 'vitest'
import { EncordError } from '../../src/model/error.ts'
import type { DeleteCall, Remote } from '../../src/sync/ports.ts'
import { openRemoteLink, type RemoteLink } from '../../src/sync/remoteLink.ts'
import { LedgerBox } from '../support/ledgerBox.ts'
import { stepClock } from '../support/stepClock.ts'

const away = new EncordError('transient', { call: 'PUT bucket', outcome: 'not-done', message: 'status 503' })

const box = new LedgerBox()
const { remoteId } = box.folder('IN')

afterAll(() => box[Symbol.dispose]())

/** A link whose calls are never made: only what it makes of failures is looked at. */
function openLink(): { readonly link: RemoteLink; readonly clock: ReturnType<typeof stepClock> } {
  const clock = stepClock()
  const tools = {
    ledger: box.ledger,
    clock,
    random: () => 1,
    log: { emit: () => undefined },
    signal: new AbortController().signal,
    absentGapMs: 1_000,
  }
  return {
    clock,
    link: openRemoteLink(tools, remoteId, { serverTime: () => null } as unknown as Remote, {} as DeleteCall, () => undefined),
  }
}

test('calls in flight that meet the same failure make one step of the backoff', () => {
  const { link } = openLink()
  for (let call = 0; call < 16; call++) link.failed(away, 1)
  expect(link.closedUntilMs()).toBe(500)
  expect(link.failures()).toBe(3)
})

test('each further round against a server that stays away doubles the pause', async () => {
  const { link, clock } = openLink()
  for (let call = 0; call < 16; call++) link.failed(away, 1)
  const pausesMs: number[] = []
  for (let round = 0; round < 4; round++) {
    await clock.sleep(link.closedUntilMs() - clock.monotonicMs())
    for (let call = 0; call < 16; call++) link.failed(away, 1)
    pausesMs.push(link.closedUntilMs() - clock.monotonicMs())
  }
  expect(pausesMs).toEqual([1_000, 2_000, 4_000, 8_000])
})

test('a success opens the server at once', () => {
  const { link } = openLink()
  for (let call = 0; call < 16; call++) link.failed(away, 1)
  link.succeeded()
  expect([link.closedUntilMs(), link.failures()]).toEqual([0, 0])
})

test('a pause that the server asked for is not ended by a call that was on its way', async () => {
  const { link, clock } = openLink()
  const busy = { call: 'video PUT', outcome: 'not-done', message: 'status 429', retryAfterMs: 40_000 } as const
  link.failed(new EncordError('transient', busy), 1)
  link.succeeded()
  expect([link.closedUntilMs(), link.failures()]).toEqual([40_000, 0])
  await clock.sleep(40_000)
  for (let call = 0; call < 16; call++) link.failed(away, 1)
  link.succeeded()
  expect(link.closedUntilMs()).toBe(40_000)
})

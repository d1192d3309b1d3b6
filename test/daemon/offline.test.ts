import { expect, test } from 'vitest'
import { watchOffline } from '../../src/daemon/offline.ts'
import type { RemoteLink } from '../../src/sync/remoteLink.ts'
import { manualClock } from '../support/manualClock.ts'

test('a server that is away for an hour is told of, and asked whether it is back, one question at a time', async () => {
  const answers: (() => void)[] = []
  let failures = 1
  const keyMeta = () => new Promise<void>((resolve) => void answers.push(resolve))
  const succeeded = (): void => {
    failures = 0
  }
  const link = { id: 1, failures: () => failures, trouble: () => null, succeeded, remote: { keyMeta } }
  const clock = manualClock()
  const look = watchOffline(() => new Map([[1, link as unknown as RemoteLink]]), clock)
  expect(look()).toEqual([])
  await clock.advance(3_600_000)
  for (let i = 0; i < 3; i++) expect(look()).toMatchObject([{ cause: 'offline' }])
  expect(answers).toHaveLength(1)
  answers[0]?.()
  await clock.advance(5_000)
  expect([look(), failures]).toEqual([[], 0])
})

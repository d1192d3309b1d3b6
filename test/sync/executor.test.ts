import { expect, test } from 'vitest'
import { EncordError } from '../../src/model/error.ts'
import type { EffectTools } from '../../src/sync/effectTools.ts'
import { execute } from '../../src/sync/executor.ts'
import type { DeleteCall, Remote } from '../../src/sync/ports.ts'
import { openRemoteLink } from '../../src/sync/remoteLink.ts'
import { LedgerBox } from '../support/ledgerBox.ts'
import { policyOf } from '../support/planWorld.ts'
import { stepClock } from '../support/stepClock.ts'

/** Writes the note of a row while the server counts as away. @returns what the link says of the server before and after */
async function writeNote(isRowThere: boolean) {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  const { unitId, versionId } = box.unit(folder, 'a.jpg')
  const calls: string[] = []
  const remote = { updateRow: async () => void calls.push('updateRow'), serverTime: () => null } as unknown as Remote
  const tools = {
    ledger: box.ledger,
    clock: stepClock(),
    random: () => 1,
    log: { emit: () => undefined },
    signal: new AbortController().signal,
    absentGapMs: 1_000,
  }
  const link = openRemoteLink(tools, folder.remoteId, remote, {} as DeleteCall, () => undefined)
  const away = new EncordError('transient', { call: 'PUT bucket', outcome: 'not-done', message: 'status 503' })
  for (let call = 0; call < 16; call++) link.failed(away, 1)
  const look = (): readonly number[] => [link.failures(), link.closedUntilMs()]
  const before = look()
  const effectTools = {
    ...tools,
    folder,
    policy: policyOf(),
    remote,
    fresh: new Set([versionId]),
    stillPlanned: () => true,
    inSlot: (_bytes: number, work: () => Promise<unknown>) => work(),
  } as unknown as EffectTools
  const effect = { kind: 'write-metadata', unitId, versionId: isRowThere ? (versionId ?? 0) : 999, sidecar: null, because: '' } as const
  const done = await execute(effectTools, link, effect)
  return { calls, before, after: look(), done }
}

test('an effect that turns out to need no call says nothing about a server that is away', async () => {
  const { calls, before, after, done } = await writeNote(false)
  expect([calls, before]).toEqual([[], [3, 500]])
  expect(done).toMatchObject({ againInMs: 0, look: null })
  expect(after).toEqual(before)
})

test('an effect whose call was answered says that the server is back', async () => {
  const { calls, before, after } = await writeNote(true)
  expect([calls, before]).toEqual([['updateRow'], [3, 500]])
  expect(after).toEqual([0, 0])
})

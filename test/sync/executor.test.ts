import { expect, test } from 'vitest'
import { EncordError } from '../../src/model/error.ts'
import type { EffectTools } from '../../src/sync/effectTools.ts'
import { execute } from '../../src/sync/executor.ts'
import type { DeleteCall, Remote } from '../../src/sync/ports.ts'
import { openRemoteLink } from '../../src/sync/remoteLink.ts'
import { LedgerBox } from '../support/ledgerBox.ts'
import { policyOf } from '../support/planWorld.ts'
import { stepClock } from '../support/stepClock.ts'

/** The link to a server, and what it and the effects have in common. */
function linkTo(box: LedgerBox, remoteId: number, remote: Remote) {
  const tools = {
    ledger: box.ledger,
    clock: stepClock(),
    random: () => 1,
    log: { emit: () => undefined },
    signal: new AbortController().signal,
    absentGapMs: 1_000,
  }
  const link = openRemoteLink(tools, remoteId, remote, {} as DeleteCall, () => undefined)
  return { tools, link }
}

/** Writes the note of a row while the server counts as away. @returns what the link says of the server before and after */
async function writeNote(isRowThere: boolean) {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  const { unitId, versionId } = box.unit(folder, 'a.jpg')
  const calls: string[] = []
  const remote = { updateRow: async () => void calls.push('updateRow'), serverTime: () => null } as unknown as Remote
  const { tools, link } = linkTo(box, folder.remoteId, remote)
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

/** Sends a file whose disk fails in the midst of it. @param isChanged whether it is another one by then */
async function sendUnreadable(isChanged: boolean) {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  const { unitId, fileIds } = box.unit(folder, 'a.jpg', { work: 'queued', current: null, coming: 'ticket', sha256: null })
  const unread = new EncordError('local', { call: 'PUT', outcome: 'not-done', message: 'the file could not be read (EIO)' })
  const remote = { put: () => Promise.reject(unread), serverTime: () => null } as unknown as Remote
  const { tools, link } = linkTo(box, folder.remoteId, remote)
  const effectTools = {
    ...tools,
    folder,
    policy: policyOf(),
    remote,
    disk: { openRegular: async () => ({ unchanged: async () => !isChanged, close: async () => undefined }) },
    stillPlanned: () => true,
    inSlot: (_bytes: number, work: () => Promise<unknown>) => work(),
    onBytes: () => undefined,
    crashPoint: () => undefined,
  } as unknown as EffectTools
  const effect = { kind: 'upload', unitId, key: 'a.jpg', fileIds, unitKind: 'image', sizeBytes: 10, title: 'a.jpg', mime: 'image/jpeg' }
  const done = await execute(effectTools, link, effect as unknown as Parameters<typeof execute>[2])
  const { work, why } = box.ledger.units.get(unitId) ?? {}
  return { done, work, why, rows: box.ledger.versions.ofUnit(unitId).map(({ role, remote: at }) => [role, at]) }
}

test('a file that the disk stops giving while it is sent is sent again later, to the same place', async () => {
  expect(await sendUnreadable(false)).toEqual({
    done: { againInMs: expect.any(Number), look: null, patience: 'once-waits' },
    work: 'failed',
    why: 'PUT: the file could not be read (EIO)',
    rows: [['coming', 'ticket']],
  })
})

test('a file that became another one while it was sent is looked at', async () => {
  const { done, work, rows } = await sendUnreadable(true)
  expect([done, work, rows]).toEqual([{ againInMs: 0, look: '', patience: 'once-waits' }, 'queued', [['closed', 'stray']]])
})

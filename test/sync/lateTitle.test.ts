import { renameSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { finishVersion } from '../../src/sync/finishVersion.ts'
import { inquire } from '../../src/sync/inquire.ts'
import type { Disk } from '../../src/sync/ports.ts'
import { deletesBox } from '../support/deletesBox.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { policyOf } from '../support/planWorld.ts'
import { realClock } from '../support/realClock.ts'

test.concurrent('a file that moves to a folder with other titles while its row is renamed has the title and the note of that folder', async () => {
  await using box = await deletesBox('a.jpg')
  box.put('sub/x.mp4', 'x', 'TWO')
  const settings = (one: string) => (one === 'TWO' ? ', title: "two: {stem}", subdirectories: individual' : '')
  await using sync = await box.open({ folders: ['IN', 'TWO'], settings })
  box.emulator.setFaults({ match: { call: 'datarow POST' }, do: { kind: 'latency', ms: 1_000 } })
  box.emulator.calls.reset()
  renameSync(box.at('a.jpg'), box.at('b.jpg'))
  const first = sync.look('IN')
  await box.emulator.emulator.until(() => box.emulator.calls.count('POST datarow') > 0)
  renameSync(box.at('b.jpg'), box.beside('TWO', 'sub/b.jpg'))
  await Promise.all([first, sync.look()])
  await sync.look()
  const row = box.emulator.rows().find((one) => one.title !== 'two: x')
  expect(row).toMatchObject({ title: 'two: b' })
  const { uid } = sync.ledger.folders.get(2)
  expect(row).toMatchObject({ client_metadata: { encord_sync: { folder: uid, path: 'sub/b.jpg' } } })
})

test('a row that is made for a file which came to another folder meanwhile gets the title of that folder', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const [one, two] = [box.folder('ONE'), box.folder('TWO')]
  const unitId = ledger.units.ensure(two.id, 'file', 'a.jpg', 'image', PLANTED_MS)
  ledger.now(() => {
    const id = ledger.versions.addComing({ unitId, remoteId: one.remoteId, kind: 'image', title: 'a.jpg', sizeBytes: 10 }, 1)
    const tools = { ledger, folder: one, policy: policyOf(), log: { emit: () => undefined }, clock: realClock, fresh: new Set<number>() }
    finishVersion(tools, { id }, [{ dataHash: 'hash', title: 'a.jpg' }], null)
  })
  expect(ledger.versions.ofUnit(unitId)).toMatchObject([{ role: 'current', titleDue: true }])
})

test('a question about a file that came to another folder meanwhile is not answered by what stands in the first one', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const [one, two] = [box.folder('ONE'), box.folder('TWO')]
  const fileId = box.file(two, 'a.jpg')
  const disk = { openRegular: async () => ({ kind: 'unreadable', errno: 'EACCES' }) } as unknown as Disk
  const tools = { ledger, disk, clock: realClock, signal: new AbortController().signal }
  const ask = { kind: 'inspect', unitId: 1, fileId, because: '' } as const
  expect(await inquire(tools, one, ask)).toEqual({ kind: 'known' })
  expect(ledger.tree.file(fileId)?.look).toBeNull()
  await inquire(tools, two, ask)
  expect(ledger.tree.file(fileId)?.look).toEqual({ kind: 'unreadable', why: 'EACCES' })
})

test.concurrent('the note on a row that the server does not show yet stays due, and says later where the file is', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg')
  await using sync = await box.open()
  box.put('new.jpg')
  await sync.look()
  const row = () => box.emulator.rows().find(({ data_hash: hash }) => hash === version()?.dataHash)
  const version = () => sync.ledger.versions.liveOf(1).find(({ title }) => !['a.jpg', 'b.jpg'].includes(title))
  await vi.waitFor(() => expect(row()?.client_metadata).toMatchObject({ encord_sync: { path: 'new.jpg' } }))
  box.emulator.setFaults({ match: { call: 'GET datarow' }, do: { kind: 'error', word: 'RESOURCE_NOT_FOUND_ERROR' } })
  renameSync(box.at('new.jpg'), box.at('renamed.jpg'))
  await sync.look()
  expect(row()?.client_metadata).toMatchObject({ encord_sync: { path: 'new.jpg' } })
  expect(version()).toMatchObject({ title: 'renamed.jpg', listedAtMs: null, metadataDue: true })
  box.emulator.setFaults()
  renameSync(box.at('renamed.jpg'), box.at('again.jpg'))
  await sync.look()
  await vi.waitFor(() => expect(row()?.client_metadata).toMatchObject({ encord_sync: { path: 'again.jpg' } }))
})

import { expect, test } from 'vitest'
import { bindFolders } from '../../src/sync/bindFolders.ts'
import { reviewState } from '../../src/sync/folderState.ts'
import type { SeenMarker } from '../../src/sync/plan/folderIdentity.ts'
import type { Disk } from '../../src/sync/ports.ts'
import type { FolderRecord } from '../../src/sync/records.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { policyOf } from '../support/planWorld.ts'
import { realClock } from '../support/realClock.ts'

const ROOT = { ino: '7', birthNs: '1700000000000000007', fsType: 'ext4' }
const ORIGINAL = { ...ROOT, ino: '8' }
const DATASETS = ['aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee', 'bbbbbbbb-bbbb-cccc-dddd-eeeeeeeeeeee'] as const

/** Binds entries that all lead to one directory, which holds this marker, to a new ledger. */
async function bound(box: LedgerBox, marker: SeenMarker, dataset: string, ...names: readonly string[]): Promise<readonly FolderRecord[]> {
  const disk = {
    identity: async () => ({ kind: 'there', root: ROOT, place: '1:7', marker, alive: null }),
    mounts: async () => [],
  } as unknown as Disk
  const log = { emit: () => undefined }
  let ids = 0
  const tools = { ledger: box.ledger, disk, log, wallMs: () => PLANTED_MS, newId: () => `made-${++ids}-of-${dataset}`, graceOf: () => 0 }
  const entry = { writtenAs: '', domain: 'http://127.0.0.1:9', dataset, policy: policyOf(), rules: 'r' }
  const folders = await bindFolders(
    tools,
    names.map((name) => ({ ...entry, path: `${box.base}/${name}` })),
  )
  for (const { id } of folders) await reviewState({ ledger: box.ledger, disk, log, clock: realClock }, id, null)
  return folders.map(({ id }) => box.ledger.folders.get(id))
}

test.each([
  ['this very directory', { root: ROOT }],
  ['a directory that it does not name', {}],
] as const)('a lost ledger takes the folder for the one of its marker, which was written into %s', async (_what, written) => {
  using box = new LedgerBox()
  expect(await bound(box, { folderId: 'theirs', ledgerId: 'lost', ...written }, DATASETS[0], 'IN')).toMatchObject([
    { uid: 'theirs', state: 'restored' },
  ])
})

test('a folder that was copied with its marker is another one, and sends, whatever dataset it is given', async () => {
  using box = new LedgerBox()
  const marker = { folderId: 'theirs', ledgerId: 'of another machine', root: ORIGINAL }
  const [first] = await bound(box, marker, DATASETS[0], 'IN')
  expect(first).toMatchObject({ uid: expect.stringContaining('made'), state: 'restored', why: 'its marker belongs to another ledger' })
  expect(await bound(box, marker, DATASETS[1], 'IN')).toMatchObject([{ uid: expect.stringContaining('made'), state: 'restored' }])
  expect(await bound(box, marker, DATASETS[0], 'IN')).toMatchObject([{ id: first?.id }])
})

test('of two entries for one directory that came with the marker of another, one sends', async () => {
  using box = new LedgerBox()
  const marker = { folderId: 'theirs', ledgerId: 'of another machine', root: ORIGINAL }
  expect(await bound(box, marker, DATASETS[0], 'IN', 'AGAIN')).toMatchObject([{ state: 'restored' }, { state: 'foreign' }])
})

test('a copy of a folder of this very ledger waits for a person', async () => {
  using box = new LedgerBox()
  const marker = { folderId: 'forgotten', ledgerId: box.ledger.meta.ledgerId(), root: ORIGINAL }
  expect(await bound(box, marker, DATASETS[0], 'IN')).toMatchObject([{ uid: expect.stringContaining('made'), state: 'foreign' }])
})

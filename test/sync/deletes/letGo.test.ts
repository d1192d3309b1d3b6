import { rmSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { rejectBatch } from '../../../src/app/decideBatch.ts'
import { reviewCandidates } from '../../../src/sync/candidates.ts'
import { noteKept } from '../../../src/sync/keptRows.ts'
import { openLooks } from '../../../src/sync/looks.ts'
import { type DeletesBox, deletesBox } from '../../support/deletesBox.ts'
import { LedgerBox, PLANTED_MS } from '../../support/ledgerBox.ts'
import { localParts } from '../../support/localParts.ts'
import { realClock } from '../../support/realClock.ts'

type Sync = Awaited<ReturnType<DeletesBox['open']>>

/** A newer content has its row, and a person keeps the older one beside it. */
async function keepOlder(box: DeletesBox, sync: Sync, name: string): Promise<void> {
  box.put(name, 'newer')
  await sync.look()
  await sync.confirm()
  await sync.confirm()
  const parts = localParts(sync, sync.ledger.folders.all(), { nowMs: realClock.wallMs() })
  for (const { id, decision } of sync.ledger.candidates.batches(1)) if (decision === null) rejectBatch(parts, id)
  expect(rolesOf(sync, name)).toEqual(['detached', 'current'])
}

/** Of the rows that are in the dataset, oldest first. */
function rolesOf({ ledger }: Pick<Sync, 'ledger'>, name: string): readonly string[] {
  const unit = ledger.units.list(1).find(({ key }) => key === name)
  const versions = unit === undefined ? [] : ledger.versions.ofUnit(unit.id)
  return versions.filter(({ remote }) => remote === 'live').map(({ role }) => role)
}

/** A file is sent once its look is old enough. */
async function lookTwice(sync: Sync): Promise<void> {
  await sync.look()
  await realClock.sleep(1_500)
  await sync.look()
}

test.concurrent('a rule that comes and goes leaves a row that a person kept beside the newer one, and sends nothing twice', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg')
  await using sync = await box.open()
  await keepOlder(box, sync, 'a.jpg')
  writeFileSync(box.at('.encordignore'), 'a.jpg\n')
  await sync.look()
  expect(rolesOf(sync, 'a.jpg')).toEqual(['detached', 'detached'])
  rmSync(box.at('.encordignore'))
  await lookTwice(sync)
  expect(rolesOf(sync, 'a.jpg')).toEqual(['detached', 'current'])
  expect(box.titles()).toEqual(['a.jpg', 'a.jpg', 'b.jpg'])
})

test.concurrent('so does subdirectories that is changed, and changed back', async () => {
  await using box = await deletesBox('b.jpg', 'g/1.jpg')
  const use = (subdirectories: string) => box.open({ settings: `, subdirectories: ${subdirectories}, regroup_settle: 1s` })
  {
    await using sync = await use('individual')
    await keepOlder(box, sync, 'g/1.jpg')
  }
  {
    await using sync = await use('group')
    await lookTwice(sync)
  }
  await using sync = await use('individual')
  await lookTwice(sync)
  expect(rolesOf(sync, 'g/1.jpg')).toEqual(['detached', 'current'])
  expect(box.titles()).toEqual(['b.jpg', 'g', 'g/1.jpg', 'g/1.jpg'])
})

test.concurrent('a rule lets go of all older rows of a file that is gone with its newest row, and of those the newest comes back with the file', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  for (const seed of ['second', 'third']) {
    box.put('a.jpg', seed)
    await sync.look()
    await sync.confirm()
  }
  rmSync(box.at('a.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(rolesOf(sync, 'a.jpg')).toEqual(['superseded', 'superseded'])
  writeFileSync(box.at('.encordignore'), 'a.jpg\n')
  box.put('d.jpg')
  await sync.look()
  await sync.confirm()
  expect(rolesOf(sync, 'a.jpg')).toEqual(['detached', 'detached'])
  expect(sync.notes()).toEqual({})
  box.put('a.jpg', 'second')
  rmSync(box.at('.encordignore'))
  await lookTwice(sync)
  expect(rolesOf(sync, 'a.jpg')).toEqual(['detached', 'current'])
  expect(box.titles()).toEqual(['a.jpg', 'a.jpg', 'b.jpg', 'c.jpg', 'd.jpg'])
})

type Row = { readonly content: string; readonly part?: number; readonly role?: 'current'; readonly kept?: true }

const FOLLOWED: readonly { readonly name: string; readonly rows: readonly Row[]; readonly roles: readonly string[] }[] = [
  {
    name: 'the one whose content stands there',
    rows: [{ content: 'other' }, { content: 'stands' }, { content: 'newest' }],
    roles: ['detached', 'current', 'detached'],
  },
  {
    name: 'the newest where no content is known to stand there',
    rows: [{ content: 'first' }, { content: 'second' }, { content: 'third' }],
    roles: ['detached', 'detached', 'current'],
  },
  {
    name: 'none that a person kept where another one is',
    rows: [{ content: 'first' }, { content: 'stands', kept: true }],
    roles: ['current', 'detached'],
  },
  { name: 'the one that a person kept where it is the only one', rows: [{ content: 'first', kept: true }], roles: ['current'] },
  {
    name: 'the rows of one sequence',
    rows: [{ content: 'first' }, { content: 'first', part: 1 }, { content: 'second' }, { content: 'second', part: 1 }],
    roles: ['detached', 'detached', 'current', 'current'],
  },
  {
    name: 'no further row of a longer one of before',
    rows: [{ content: 'first' }, { content: 'first', part: 1 }, { content: 'second' }],
    roles: ['detached', 'detached', 'current'],
  },
  {
    name: 'a further row of the one that is followed, and none of another',
    rows: [
      { content: 'first', part: 1 },
      { content: 'second', role: 'current' },
      { content: 'second', part: 2 },
    ],
    roles: ['detached', 'current', 'current'],
  },
]

const CASES = FOLLOWED.map(({ name, ...rows }) => [name, rows] as const)
test.each(CASES)('of rows that were let go of is followed again: %s', (_name, { rows, roles }) => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const { unitId, fileIds, versionId } = box.unit(folder, 'a.jpg')
  ledger.versions.retire(versionId ?? 0, 'gone', 'closed')
  for (const id of fileIds) ledger.tree.setSha(id, 'stands', false)
  for (const [index, { content, part = 0, role = 'detached', kept }] of rows.entries()) {
    const made = { unitId, remoteId: folder.remoteId, kind: 'image', title: 'a.jpg', sizeBytes: 1, dataHash: `row ${index}` } as const
    const id = ledger.versions.addLive({ ...made, part, content, metadataDue: false }, PLANTED_MS)
    ledger.versions.setRole(id, role)
    if (kept) noteKept(ledger, id, PLANTED_MS)
  }
  const tools = { ledger, looks: openLooks(realClock), log: { emit: () => undefined }, wallMs: () => PLANTED_MS }
  reviewCandidates(tools, folder, box.scan(folder), new Set([unitId]), 1_000)
  const after = ledger.versions.ofUnit(unitId).filter(({ remote }) => remote === 'live')
  expect(after.map(({ role }) => role)).toEqual(roles)
})

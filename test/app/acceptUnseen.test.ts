import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { acceptFolder } from '../../src/app/acceptFolder.ts'
import { judgeDeletes } from '../../src/sync/judgeDeletes.ts'
import type { FolderRecord } from '../../src/sync/records.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { localParts } from '../support/localParts.ts'
import { policyOf } from '../support/planWorld.ts'

/** A folder with a disk below it, and what a scan saw of both, of which the disk is away by now. */
function folderOfCard(box: LedgerBox): FolderRecord {
  const folder = box.folder('IN')
  box.ledger.folders.setMounts(folder.id, ['ext4#2##1 card'])
  for (const key of ['a.jpg', 'b.jpg', 'c.jpg']) box.unit(folder, key)
  mkdirSync(join(folder.path, 'card'))
  return box.ledger.folders.get(folder.id)
}

test('accepting a folder lets go of what cannot be seen: its rows stay, and hold nothing else any more', async () => {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  const seen = box.unit(folder, 'a.jpg')
  const unseen = box.unit(folder, 'linked/run-3', { kind: 'image_group', local: 'unseen' })
  expect(box.ledger.units.unseen(folder.id)?.key).toBe('linked/run-3')
  const { settled } = await acceptFolder(localParts(box, [folder]), folder.path)
  expect(settled).toContainEqual(expect.stringContaining('1 unit that cannot be seen'))
  expect(box.ledger.units.unseen(folder.id)).toBeNull()
  expect(box.ledger.view(unseen.unitId)).toMatchObject({ unit: { local: 'excluded' }, versions: [{ remote: 'live', role: 'detached' }] })
  expect(box.ledger.view(seen.unitId)).toMatchObject({ unit: { local: 'present' }, versions: [{ role: 'current' }] })
})

test('accepting a folder lets go of what was on a disk that went away and no scan has missed yet, and of nothing that still stands there', async () => {
  using box = new LedgerBox()
  const folder = folderOfCard(box)
  const away = box.unit(folder, 'card/1.mp4', { kind: 'video' })
  const group = box.unit(folder, 'card/run', { kind: 'image_group' })
  const gone = box.unit(folder, 'card/gone.mp4', { kind: 'video', local: 'absent' })
  box.ledger.candidates.add(gone.versionId ?? 0, 'absent', { id: box.scan(folder), atMs: PLANTED_MS }, PLANTED_MS)
  const there = box.unit(folder, 'card/there.mp4', { kind: 'video' })
  writeFileSync(join(folder.path, 'card/there.mp4'), 'what the directory held below the disk')
  const { settled } = await acceptFolder(localParts(box, [folder]), folder.path)
  expect(settled).toContainEqual('no longer mounted: ext4 at card')
  expect(settled).toContainEqual(expect.stringContaining('3 units that cannot be seen: kept in the dataset'))
  for (const { unitId } of [away, group, gone])
    expect(box.ledger.view(unitId)).toMatchObject({
      unit: { local: 'excluded' },
      files: expect.not.arrayContaining([expect.objectContaining({ local: 'present' })]),
      versions: [{ remote: 'live', role: 'detached' }],
    })
  expect(box.ledger.candidates.ofFolder(folder.id)).toEqual([])
  expect(box.ledger.view(there.unitId)).toMatchObject({ unit: { local: 'present' }, versions: [{ role: 'current' }] })
})

test('what may have been moved onto a disk that went away is held after its folder was accepted without it', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = folderOfCard(box)
  for (const _ of [1, 2]) box.scan(folder)
  const { unitId, fileIds } = box.unit(folder, 'moved.jpg', { current: null })
  // It was read, and sent, after the newest scan.
  const row = { unitId, remoteId: folder.remoteId, kind: 'image', title: 'moved.jpg', sizeBytes: 10 } as const
  const versionId = ledger.versions.addComing(row, ledger.scans.newest())
  ledger.versions.setTicket(versionId, 'hash-moved', '{}', PLANTED_MS)
  ledger.versions.setLive(versionId, 'hash-moved', 'moved.jpg', false, PLANTED_MS)
  ledger.versions.setRole(versionId, 'current')
  await acceptFolder(localParts(box, [folder]), folder.path)
  const first = box.scan(folder, PLANTED_MS + 1_000)
  ledger.now(() => {
    ledger.units.setLocal(unitId, 'absent')
    for (const id of fileIds)
      ledger.tree.setFileLocal(id, 'absent', first, { ancestor: '', ctimeBeforeNs: '1', ctimeAfterNs: '2', unchanged: 0 })
    ledger.candidates.add(versionId, 'absent', { id: first, atMs: PLANTED_MS + 1_000 }, PLANTED_MS + 1_000)
    ledger.candidates.setSecond(versionId, box.scan(folder, PLANTED_MS + 200_000))
  })
  const now = { wallMs: PLANTED_MS + 300_000, monotonicMs: 0, serverMs: PLANTED_MS + 300_000 }
  expect(judgeDeletes(ledger, ledger.folders.get(folder.id), policyOf(), now, 'local', 120_000)).toMatchObject([
    { verdict: { kind: 'hold', rule: 'hidden' } },
  ])
})

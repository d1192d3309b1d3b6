import { expect, test } from 'vitest'
import type { EffectTools } from '../../src/sync/effectTools.ts'
import { lostCallOf } from '../../src/sync/lostCalls.ts'
import { groupContent } from '../../src/sync/plan/groupContent.ts'
import { resolveOperation } from '../../src/sync/resolve.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { policyOf } from '../support/planWorld.ts'
import { realClock } from '../support/realClock.ts'

/** A group with a lost call for its frames as they are. */
function lostGroup(box: LedgerBox, key: string) {
  const { ledger } = box
  const folder = ledger.folders.all()[0] ?? box.folder('IN')
  const { unitId, fileIds } = box.unit(folder, key, { kind: 'image_group', current: null, work: 'unlinked', frames: [`${key}/1.png`] })
  const content = groupContent(fileIds.map((id) => ledger.tree.file(id)?.sha256 ?? ''))
  const versionId = ledger.now(() => {
    const id = ledger.versions.addComing({ unitId, remoteId: folder.remoteId, kind: 'image_group', title: key, sizeBytes: 10 }, 0)
    ledger.versions.setSent(id, content, 10)
    ledger.versions.retire(id, 'registering', 'closed')
    return id
  })
  return { folder, unitId, fileIds, content, versionId }
}

test('a lost call holds its content wherever that went, and a plain copy has a row of its own', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, unitId, fileIds, content, versionId } = lostGroup(box, 'g')
  const other = { id: 99, kind: 'image_group' as const }
  const call = (unit: { readonly id: number; readonly kind: 'image_group' | 'image' }) =>
    lostCallOf(ledger, unit, folder.remoteId, content)?.id ?? null
  expect(call({ id: unitId, kind: 'image_group' })).toBe(versionId)
  // It stands where it was: elsewhere it is a copy.
  expect(call(other)).toBeNull()
  const [frame = 0] = fileIds
  ledger.now(() => ledger.tree.setSha(frame, 'another content', false))
  expect(call(other)).toBe(versionId)
  ledger.now(() => ledger.versions.setUnit(versionId, null))
  expect(call(other)).toBe(versionId)
  expect(call({ id: 99, kind: 'image' })).toBeNull()
})

test('the row that an earlier lost call of the same group made is not taken for its newer content', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, unitId, fileIds } = lostGroup(box, 'g')
  ledger.now(() => ledger.remotes.markContacted(folder.remoteId))
  const id = ledger.now(() => {
    const made = ledger.versions.addComing({ unitId, remoteId: folder.remoteId, kind: 'image_group', title: 'g', sizeBytes: 20 }, 0)
    ledger.versions.setFrames(
      made,
      fileIds.map((fileId) => ({ fileId, name: '1.png', sizeBytes: 10 })),
    )
    ledger.versions.setSent(made, 'a newer content', 20)
    ledger.operations.intend(made, 'group', PLANTED_MS + 60_000, null, null)
    ledger.operations.doubtIntents()
    return made
  })
  const told = { sizeBytes: null, clientMetadata: null, members: null }
  const row = { dataHash: 'row', title: 'g', type: 'IMG_GROUP' as const, createdAtMs: PLANTED_MS, ...told }
  const tools = {
    ledger,
    folder,
    policy: policyOf(),
    policyOf: () => policyOf(),
    clock: realClock,
    log: { emit: () => undefined },
    signal: new AbortController().signal,
    absentGapMs: 0,
    fresh: new Set(),
    remote: { row: async () => null, serverTime: () => null },
    listing: async () => ({ askedAtMs: realClock.wallMs(), rows: [row], has: () => true, row: () => row }),
  } as unknown as EffectTools
  const [operation] = ledger.operations.openOf(id)
  await resolveOperation(tools, operation?.id ?? 0, id)
  expect(ledger.versions.get(id)).toMatchObject({ dataHash: null, remote: 'registering', role: 'closed' })
})

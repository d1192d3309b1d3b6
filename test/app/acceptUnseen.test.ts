import { expect, test } from 'vitest'
import { acceptFolder } from '../../src/app/acceptFolder.ts'
import { LedgerBox } from '../support/ledgerBox.ts'
import { localParts } from '../support/localParts.ts'

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

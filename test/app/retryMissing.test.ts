import { expect, test } from 'vitest'
import { changes } from '../../src/app/changes.ts'
import { openLedger } from '../../src/store/openLedger.ts'
import { LedgerBox } from '../support/ledgerBox.ts'
import { localParts } from '../support/localParts.ts'
import { syncBox } from '../support/syncBox.ts'

test('a row that a short listing left out is followed again where it is there after all, and is not sent a second time by retry', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  box.put('b.jpg', 'progressive.jpg')
  await box.once()
  await box.once()
  const before = box.emulator.rows().map((row) => row.data_hash)
  box.emulator.setFaults({ match: { call: 'GET dataset' }, do: { kind: 'listing', shape: 'half' } })
  await box.once()
  box.emulator.setFaults()
  const lost = String(box.events.find(({ name }) => name === 'unit.remote-missing')?.fields['path'])
  const ledger = openLedger(`${box.base}/state/ledger.db`, [], () => undefined)
  {
    using parts = new LedgerBox(ledger)
    const asked = await changes(localParts(parts, ledger.folders.all())).retry({ paths: [`${box.folder}/${lost}`], asIs: false })
    expect(asked.units).toHaveLength(1)
  }
  ledger.close()
  // The dataset is large: its listing takes longer than the file.
  box.emulator.setFaults({ match: { call: 'GET dataset' }, do: { kind: 'latency', ms: 3_000 } })
  box.emulator.calls.reset()
  await box.once()
  expect(box.emulator.rows().map((row) => row.data_hash)).toEqual(before)
  expect(box.emulator.calls.count('PUT bucket')).toBe(0)
  expect(box.events.filter(({ name }) => name === 'delete.held')).toEqual([])
})

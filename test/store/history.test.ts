import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import type { HistoryEntry } from '../../src/sync/records.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'

function entry(folderId: number, change: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    atMs: PLANTED_MS,
    folderId,
    verb: 'deleted',
    dataHash: 'h',
    key: 'a.jpg',
    files: 1,
    approved: false,
    detail: { because: 'a test' },
    ...change,
  }
}

test('history only grows: no entry is ever changed or removed', () => {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  box.ledger.history.add(entry(folder.id))
  const db = new Database(box.path)
  expect(() => db.exec('UPDATE history SET at = 0')).toThrow('append-only')
  expect(() => db.exec('DELETE FROM history')).toThrow('append-only')
  expect(db.prepare('SELECT at, verb, detail FROM history').all()).toEqual([
    { at: PLANTED_MS, verb: 'deleted', detail: '{"because":"a test"}' },
  ])
  db.close()
})

test('the window counts what was deleted in it, units and files, and not what a person approved', () => {
  using box = new LedgerBox()
  const { history } = box.ledger
  const folder = box.folder('IN')
  const other = box.folder('OTHER')
  history.add(entry(folder.id, { files: 500 }))
  history.add(entry(folder.id))
  history.add(entry(folder.id, { atMs: PLANTED_MS - 1_000 }))
  history.add(entry(folder.id, { approved: true }))
  history.add(entry(folder.id, { verb: 'registered' }))
  history.add(entry(other.id))
  expect(history.deletesSince(folder.id, PLANTED_MS - 500)).toEqual({ units: 2, files: 501 })
  expect(history.deletesSince(folder.id, PLANTED_MS)).toEqual({ units: 0, files: 0 })
})

test('a DELETE whose outcome is open counts as sent, unless a person asked for it', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const first = box.scan(folder)
  const second = box.scan(folder, PLANTED_MS + 60_000)
  const planted = (key: string, why: 'absent' | 'command', approved: boolean): void => {
    const id = box.unit(folder, key, { local: 'absent' }).versionId ?? 0
    ledger.candidates.add(id, why, { id: first, atMs: PLANTED_MS }, PLANTED_MS)
    ledger.candidates.setSecond(id, second)
    if (approved) {
      const batch = ledger.candidates.addBatch(folder.id, 'd', 'w', PLANTED_MS)
      ledger.candidates.setBatch(id, batch)
      ledger.candidates.decide(batch, 'approved', PLANTED_MS)
    }
    ledger.operations.intend(id, 'delete', PLANTED_MS, null, '{}')
  }
  planted('a.jpg', 'absent', false)
  planted('b.jpg', 'absent', true)
  planted('c.jpg', 'command', false)
  expect(ledger.history.deletesSince(folder.id, PLANTED_MS - 1)).toEqual({ units: 1, files: 1 })
})

test('a copy is private: what is written to it changes nothing, and it knows all that was there', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const { unitId } = box.unit(folder, 'a.jpg')
  const copy = ledger.copy()
  expect(copy.view(unitId)).toEqual(ledger.view(unitId))
  copy.now(() => copy.units.setLocal(unitId, 'absent'))
  box.unit(folder, 'b.jpg')
  expect(copy.units.get(unitId)?.local).toBe('absent')
  expect(ledger.units.get(unitId)?.local).toBe('present')
  expect(copy.units.list(folder.id)).toHaveLength(1)
  copy.close()
  expect(ledger.units.list(folder.id)).toHaveLength(2)
})

test('a copy keeps the rules of the ledger', () => {
  using box = new LedgerBox()
  const { versionId } = box.unit(box.folder('IN'), 'a.jpg')
  const copy = box.ledger.copy()
  expect(() => copy.operations.intend(versionId ?? 0, 'delete', PLANTED_MS, null, '{}')).toThrow('no evidence')
  expect(() => copy.units.remove(box.ledger.versions.get(versionId ?? 0)?.unitId ?? 0)).toThrow('FOREIGN KEY')
  copy.close()
})

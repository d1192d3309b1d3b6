import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LedgerBox } from '../support/ledgerBox.ts'

let box: LedgerBox
beforeEach(() => {
  box = new LedgerBox()
})
afterEach(() => box[Symbol.dispose]())

test('what is asked for in one turn of the loop shares one transaction', async () => {
  const { ledger } = box
  const before = ledger.meta.sequence()
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      ledger.commit(() => {
        ledger.meta.write(`key-${index}`, String(index))
        return index
      }),
    ),
  )
  expect(results).toEqual(Array.from({ length: 50 }, (_, index) => index))
  expect(ledger.meta.sequence()).toBe(before + 1)
  expect(ledger.meta.read('key-49')).toBe('49')
})

test('nothing is seen by others before it resolves, and all of it after', async () => {
  const { ledger } = box
  const other = new Database(box.path, { readonly: true })
  const value = other.prepare<[], { value: string }>(`SELECT value FROM meta WHERE key = 'a'`)
  const promise = ledger.commit(() => ledger.meta.write('a', '1'))
  expect(value.get()).toBeUndefined()
  await promise
  expect(value.get()?.value).toBe('1')
  other.close()
})

test('a write that throws is rolled back alone', async () => {
  const { ledger } = box
  const outcomes = await Promise.allSettled([
    ledger.commit(() => ledger.meta.write('before', 'kept')),
    ledger.commit(() => {
      ledger.meta.write('half', 'written')
      throw new Error('half way')
    }),
    ledger.commit(() => ledger.meta.write('after', 'kept')),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(outcomes[1]).toMatchObject({ reason: new Error('half way') })
  expect([ledger.meta.read('before'), ledger.meta.read('half'), ledger.meta.read('after')]).toEqual(['kept', null, 'kept'])
})

test('when the transaction as a whole fails, every write is told, and none is there', async () => {
  const { ledger } = box
  // Only a COMMIT looks at a deferred foreign key.
  const db = new Database(box.path)
  db.exec('CREATE TABLE child (meta TEXT REFERENCES meta (key) DEFERRABLE INITIALLY DEFERRED)')
  db.exec(`CREATE TRIGGER orphan AFTER INSERT ON meta WHEN NEW.key = 'orphan' BEGIN INSERT INTO child VALUES ('nobody'); END`)
  db.close()
  const outcomes = await Promise.allSettled([
    ledger.commit(() => ledger.meta.write('innocent', '1')),
    ledger.commit(() => ledger.meta.write('orphan', '1')),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(ledger.meta.read('innocent')).toBeNull()
  await ledger.commit(() => ledger.meta.write('later', '1'))
  expect(ledger.meta.read('later')).toBe('1')
})

test('closing writes what is waiting, and a write after that is rejected', async () => {
  const { ledger, path } = box
  const waiting = ledger.commit(() => ledger.meta.write('last', 'words'))
  ledger.close()
  await waiting
  const db = new Database(path, { readonly: true })
  expect(db.prepare(`SELECT value FROM meta WHERE key = 'last'`).pluck().get()).toBe('words')
  db.close()
  await expect(ledger.commit(() => ledger.meta.write('a', '1'))).rejects.toThrow('not open')
})

test('`now` is one transaction: all of it, or nothing', () => {
  const { ledger } = box
  expect(() =>
    ledger.now(() => {
      ledger.meta.write('a', '1')
      throw new Error('no')
    }),
  ).toThrow('no')
  expect(ledger.meta.read('a')).toBeNull()
  expect(ledger.now(() => 7)).toBe(7)
})

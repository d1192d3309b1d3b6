import { expect, test } from 'vitest'
import type { EventName, Log } from '../../src/model/event.ts'
import { openLedgerReadOnly } from '../../src/store/openLedger.ts'
import { tellAfterWrites } from '../../src/sync/tellAfterWrites.ts'
import { LedgerBox } from '../support/ledgerBox.ts'

/** A ledger with a log that keeps, for each event, what a reader of the file finds at that moment. */
function open(box: LedgerBox) {
  const seen: (readonly [EventName, string | null])[] = []
  const plain: Log = {
    emit(name) {
      const reader = openLedgerReadOnly(box.path)
      seen.push([name, reader?.meta.read('word') ?? null])
      reader?.close()
    },
  }
  return { ...tellAfterWrites(box.ledger, plain), seen }
}

test('what is told inside a shared write is logged when another reader finds it in the ledger', async () => {
  using box = new LedgerBox()
  const { ledger, log, seen } = open(box)
  await ledger.commit(() => {
    ledger.meta.write('word', 'written')
    log.emit('folder.resumed', { folder: '/f' })
    expect(seen).toEqual([])
  })
  expect(seen).toEqual([['folder.resumed', 'written']])
})

test('a write inside another one is told with the outer one', () => {
  using box = new LedgerBox()
  const { ledger, log, seen } = open(box)
  ledger.now(() => {
    ledger.now(() => log.emit('folder.resumed', { folder: '/f' }))
    ledger.meta.write('word', 'outer')
  })
  expect(seen).toEqual([['folder.resumed', 'outer']])
})

test('a write that failed tells nothing, and outside of writes all is told at once', async () => {
  using box = new LedgerBox()
  const { ledger, log, seen } = open(box)
  const failing = (): never => {
    log.emit('folder.resumed', { folder: '/f' })
    throw new Error('full')
  }
  await expect(ledger.commit(failing)).rejects.toThrow('full')
  expect(() => ledger.now(failing)).toThrow('full')
  expect(seen).toEqual([])
  log.emit('folder.resumed', { folder: '/f' })
  expect(seen).toEqual([['folder.resumed', null]])
})

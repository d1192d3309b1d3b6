import { expect, test } from 'vitest'
import type { RemoteRow } from '../../src/model/remote.ts'
import type { OperationRecord } from '../../src/sync/records.ts'
import { cloudRows, untimedCloudRows } from '../../src/sync/resolveCloud.ts'
import { LedgerBox } from '../support/ledgerBox.ts'
import { NOW_MS, policyOf, versionOf } from '../support/planWorld.ts'

const URL_OF_IT = 's3://lab/drone/a%20b.jpg'

function rowOf(dataHash: string, change: Partial<RemoteRow> = {}): RemoteRow {
  const plain = { title: 'a b.jpg', type: 'IMAGE', createdAtMs: NOW_MS, sizeBytes: null, clientMetadata: null, members: null }
  return { dataHash, ...plain, ...change }
}

const OPERATION: OperationRecord = {
  id: 1,
  versionId: 1,
  verb: 'register',
  phase: 'unknown',
  beganMs: NOW_MS,
  serverTimeMs: null,
  evidence: JSON.stringify({ url: URL_OF_IT }),
  answer: null,
  lacking: 0,
  lackingAtMs: null,
}

/** The hashes of the rows that may be what a lost call made. */
function found(rows: readonly RemoteRow[], kind: 'image' | 'image_group' = 'image', subdirectories: 'group' | 'sequence' = 'group') {
  return foundBy(cloudRows, OPERATION, rows, kind, subdirectories)
}

function foundBy(
  rowsOf: typeof untimedCloudRows,
  operation: OperationRecord,
  rows: readonly RemoteRow[],
  kind: 'image' | 'image_group' = 'image',
  subdirectories: 'group' | 'sequence' = 'group',
) {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.unit(folder, 'known.jpg')
  const version = versionOf({ remoteId: folder.remoteId, kind, title: 'a b.jpg', remote: 'registering', role: 'coming', dataHash: null })
  const listed = { askedAtMs: NOW_MS, rows, has: () => false, row: () => null }
  const tools = { ledger: box.ledger, policy: policyOf({ subdirectories }) }
  return rowsOf(tools, version, operation, listed).map((row) => row.dataHash)
}

test.each([
  ['the address as it was asked for', URL_OF_IT],
  ['the address decoded', 's3://lab/drone/a b.jpg'],
  ['the key alone', 'drone/a%20b.jpg'],
  ['the key alone, decoded', 'drone/a b.jpg'],
])('a row with %s is it, whatever its title', (_name, fileLink) => {
  expect(found([rowOf('it', { fileLink, title: 'x' }), rowOf('other', { fileLink: 's3://lab/other/a b.jpg' })])).toEqual(['it'])
})

test('a row that names another object, is older, of another kind or known is never it', () => {
  expect(
    found([
      rowOf('elsewhere', { fileLink: 's3://lab/drone/b/a b.jpg' }),
      rowOf('opaque', { fileLink: 'cord-store/77' }),
      rowOf('older', { fileLink: URL_OF_IT, createdAtMs: NOW_MS - 3_600_000 }),
      rowOf('video', { fileLink: URL_OF_IT, type: 'VIDEO' }),
      rowOf('hash-1', { fileLink: URL_OF_IT }),
    ]),
  ).toEqual([])
})

test('where the server tells no address, title and time have to do', () => {
  expect(found([rowOf('it', { fileLink: null }), rowOf('older', { createdAtMs: NOW_MS - 3_600_000 }), rowOf('x', { title: 'x' })])).toEqual(
    ['it'],
  )
})

test('of a group title and time decide; with a numbered row beside it, a sequence is not told from another directory’s', () => {
  const one = rowOf('one', { type: 'IMG_GROUP' })
  const two = rowOf('two', { type: 'IMG_GROUP', title: 'a b.jpg-2' })
  expect(found([one, two], 'image_group')).toEqual(['one'])
  // More than one is left to a person.
  expect(found([one, two], 'image_group', 'sequence')).toEqual(['one', 'two'])
  expect(found([two], 'image_group', 'sequence')).toEqual([])
})

test('where our clock and the server’s do not agree, a row that looks older may be it all the same', () => {
  const older = rowOf('older', { fileLink: URL_OF_IT, createdAtMs: NOW_MS - 3_600_000 })
  expect(foundBy(untimedCloudRows, { ...OPERATION, serverTimeMs: NOW_MS + 3_600_000 }, [older])).toEqual(['older'])
  expect(foundBy(untimedCloudRows, { ...OPERATION, serverTimeMs: NOW_MS + 60_000 }, [older])).toEqual([])
})

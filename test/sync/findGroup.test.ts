import { expect, test } from 'vitest'
import type { RemoteRow } from '../../src/model/remote.ts'
import { findGroup } from '../../src/sync/findGroup.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'

const ROW: RemoteRow = {
  dataHash: 'it',
  title: 'ct',
  type: 'DICOM',
  createdAtMs: PLANTED_MS,
  sizeBytes: null,
  clientMetadata: null,
  members: null,
}
const OLD_MS = PLANTED_MS - 3_600_000

/** The answer to the `dicomseries` call for `ct`, of the files `h1` and `h2`, was lost, and these rows are in the dataset. */
function found(...rows: readonly Partial<RemoteRow>[]): Promise<string> {
  return foundAt(null, rows)
}

/** @param serverTimeMs the server's clock as the call was made, which ours is set against */
async function foundAt(serverTimeMs: number | null, rows: readonly Partial<RemoteRow>[]): Promise<string> {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const unitId = ledger.units.ensure(folder.id, 'series', 'ct/1.2', 'dicom_series', PLANTED_MS)
  const id = ledger.versions.addComing({ unitId, remoteId: folder.remoteId, kind: 'dicom_series', title: 'ct', sizeBytes: 10 }, 0)
  ledger.versions.setFrames(
    id,
    [1, 2].map((number) => ({ fileId: box.file(folder, `ct/${number}.dcm`), name: `${number}.dcm`, sizeBytes: 5 })),
  )
  for (const ord of [0, 1]) ledger.versions.setFrameTicket(id, ord, `h${ord + 1}`, '{}', PLANTED_MS)
  ledger.versions.setSent(id, 'content', 10)
  ledger.operations.intend(id, 'group', PLANTED_MS, serverTimeMs, null)
  const [operation] = ledger.operations.openOf(id)
  const version = ledger.versions.get(id)
  if (operation === undefined || version === null) throw new Error('nothing was intended')
  const all = rows.map((row, i) => ({ ...ROW, dataHash: `row-${i}`, ...row }))
  const listed = { askedAtMs: PLANTED_MS, rows: all, has: () => false, row: () => null }
  const remote = { row: async () => null }
  const policy = { subdirectories: 'sequence' } as const
  const verdict = await findGroup({ ledger, signal: new AbortController().signal, remote, policy }, version, operation, listed)
  if (verdict.kind === 'several') return `several ${verdict.rows}`
  const hashes = verdict.rows.map(({ dataHash }) => dataHash).join(' ')
  return verdict.kind === 'part' ? `part ${hashes}, doubtful ${verdict.doubtful}` : `${verdict.kind} ${hashes}`
}

test.each<[string, readonly Partial<RemoteRow>[], string]>([
  ['by its files, under any title', [{ title: 'other', members: ['h2', 'h1'] }], 'whole row-0'],
  ['by its title, where its files are not told', [{}], 'titled row-0'],
  ['or an empty list says nothing of them', [{ members: [] }], 'titled row-0'],
  ['not among two of its title', [{}, {}], 'several 2'],
  ['not by the title of another kind of row', [{ type: 'IMG_GROUP' }], 'part , doubtful 0'],
  ['not in a row of before the call', [{ createdAtMs: OLD_MS }], 'part , doubtful 0'],
  ['not in one that is numbered as a further series of its directory, but it may be', [{ title: 'ct-2' }], 'part , doubtful 1'],
  ['perhaps in one of its title with other files', [{ members: ['x'] }], 'part , doubtful 1'],
  ['perhaps in a later one of another title', [{ title: 'renamed' }], 'part , doubtful 1'],
  ['not in one with other files and another title', [{ title: 'renamed', members: ['x'] }], 'part , doubtful 0'],
])('the row of a series is found %s', async (_how, rows, expected) => {
  expect(await found(...rows)).toBe(expected)
})

test.each<[string, number, string]>([
  ['agree', 60_000, 'part , doubtful 0'],
  ['do not agree', 3_600_000, 'several 1'],
])(
  'a row of its title that looks older than the call is another one only by clocks that can be believed: they %s',
  async (_how, aheadMs, expected) => {
    expect(await foundAt(PLANTED_MS + aheadMs, [{ createdAtMs: OLD_MS }])).toBe(expected)
  },
)

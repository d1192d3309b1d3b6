import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CellWorld } from '../cells/cellWorld.ts'
import { contentOf } from '../simulation/content.ts'
import { remove, writeFile } from '../simulation/fileWork.ts'
import type { Planted } from '../simulation/service.ts'
import type { FolderTruth } from '../simulation/worldEvent.ts'

const FILES = [
  ['/f0/a.jpg', 'i1'],
  ['/f0/b.jpg', 'i2'],
  ['/f0/d/v.mp4', 'v1'],
  ['/f0/g/1.jpg', 'i3'],
  ['/f0/g/2.jpg', 'i4'],
  ['/f0/z.jpg', 'i5'],
] as const

/** What a person may write into the config, as often as they like. */
const edits: fc.Arbitrary<Partial<FolderTruth> | 'out' | 'in'> = fc.oneof(
  fc.constantFrom<'out' | 'in'>('out', 'in'),
  fc.record({ ignore: fc.subarray(['a.jpg', '*.mp4', 'g/', 'g/1.jpg', '*']) }),
  fc.record({ subdirectories: fc.constantFrom<FolderTruth['subdirectories']>('group', 'individual') }),
  fc.record({ dataset: fc.constantFrom('d0', 'd2') }),
  fc.record({ mode: fc.constantFrom<FolderTruth['mode']>('propagate', 'hold', 'never') }),
  fc.record({ onChange: fc.constantFrom<FolderTruth['onChange']>('hold', 'replace', 'keep') }),
)

/** @returns DELETE calls */
async function edited(
  list: readonly (Partial<FolderTruth> | 'out' | 'in')[],
  goneUnder: FolderTruth['mode'] | null,
  planted: Planted = {},
): Promise<number> {
  using world = new CellWorld({ graceMs: 1_000, mode: goneUnder ?? 'propagate' }, planted)
  for (const [at, content] of FILES) writeFile(world.spot(at), contentOf(content), world.heard)
  await world.start()
  await world.run(8_000)
  expect(world.liveRows().length).toBe(5)
  // What went while deletes were not wanted stays, whatever is wanted later.
  if (goneUnder !== null) remove(world.spot('/f0/z.jpg'), world.heard)
  await world.run(3_000)
  for (const edit of list) {
    if (edit === 'out' || edit === 'in') world.configured = [edit === 'in', true]
    await world.restart((truths) => truths.map((truth, i) => (i === 0 && typeof edit === 'object' ? { ...truth, ...edit } : truth)))
    await world.run(12_000)
  }
  return world.server.calls['delete'] ?? 0
}

test('analysis 6: no edit of the config deletes anything, in any order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(edits, { minLength: 1, maxLength: 4 }), fc.constantFrom('never' as const, null), async (list, goneUnder) => {
      expect(await edited(list, goneUnder)).toBe(0)
    }),
    { numRuns: 8 },
  )
})

test('planted: what a rule covers counts as gone, and an edit deletes', async () => {
  const blind: Planted = {
    // What an edit may have let go is held: that is another promise.
    ledger: (ledger) => ({
      ...ledger,
      meta: { ...ledger.meta, read: (key) => (key.startsWith('dataset-edit:') ? null : ledger.meta.read(key)) },
    }),
    disk: (disk) => ({
      ...disk,
      survey: async (request) => {
        const survey = await disk.survey(request)
        const absence = { ancestor: '', ctimeBeforeNs: '1', ctimeAfterNs: '2', unchanged: 0 }
        return {
          ...survey,
          differences: survey.differences.map((one) => (one.kind === 'excluded' ? { kind: 'absent', known: one.known, absence } : one)),
        }
      },
      proveAbsent: async (_root, path) => ({
        kind: 'absent',
        ancestor: '',
        missingName: path,
        ancestorStamp: { ino: '1', birthNs: null, mtimeNs: '1', ctimeNs: '1' },
      }),
    }),
  }
  expect(await edited([{ ignore: ['a.jpg'] }], null, blind)).toBe(1)
})

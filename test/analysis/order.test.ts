import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SurveyBox } from '../support/surveyBox.ts'

/** Files of a folder, and what becomes of some of them once all are in the dataset. */
type Life = { readonly files: readonly string[]; readonly changed: readonly string[]; readonly moved: readonly string[] }

const PLACES = ['a.jpg', 'b.jpg', 'c.mp4', 'g/1.jpg', 'g/2.jpg', 'h/1.jpg', 'h/x.mp4', 'site/run-1/9.jpg']
const lives: fc.Arbitrary<Life> = fc.record({
  files: fc.subarray(PLACES, { minLength: 3 }),
  changed: fc.subarray(PLACES, { maxLength: 2 }),
  moved: fc.subarray(PLACES, { maxLength: 2 }),
})

type Order = (unitIds: readonly number[]) => readonly number[]

async function live({ files, changed, moved }: Life, order: Order): Promise<SurveyBox> {
  const box = new SurveyBox()
  const put = (path: string): void => box.put(path, path.endsWith('.mp4') ? 'plain.mp4' : undefined)
  for (const path of files) put(path)
  await pass(box, order)
  for (const path of changed) if (files.includes(path) && path.endsWith('.jpg')) put(path)
  for (const path of moved) if (files.includes(path)) box.mv(path, `moved/${path}`)
  await pass(box, order)
  return box
}

async function pass(box: SurveyBox, order: Order): Promise<void> {
  for (let i = 0; i < 2; i++) {
    box.look()
    await box.settle(order)
    box.later(700_000)
  }
  box.look()
  await box.settle(order)
}

/** What the dataset holds, whatever order it came in. */
function dataset(box: SurveyBox): readonly string[] {
  return Object.values(box.rows()).sort()
}

const asIs: Order = (ids) => ids
const backwards: Order = (ids) => [...ids].reverse()

/** Another order in each round, from a seed. */
function shuffledBy(seed: number): Order {
  let state = seed
  const next = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state
  }
  return (ids) =>
    ids
      .map((id) => ({ id, at: next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ id }) => id)
}

test('analysis 4: what was planned and carried out leaves nothing to plan, and any order of actions reaches the same dataset', async () => {
  await fc.assert(
    fc.asyncProperty(lives, fc.integer(), async (life, seed) => {
      using one = await live(life, asIs)
      expect(one.effects()).toEqual([])
      const sent = one.sent.length
      await pass(one, asIs)
      expect(one.sent).toHaveLength(sent)
      using other = await live(life, seed % 2 === 0 ? backwards : shuffledBy(seed))
      expect(other.effects()).toEqual([])
      expect(dataset(other)).toEqual(dataset(one))
    }),
    { numRuns: 4 },
  )
})

test('planted: a row that is not what was sent leaves something to plan, and an order that leaves one out another dataset', async () => {
  const life = { files: PLACES, changed: [], moved: [] }
  using one = await live(life, asIs)
  const unit = one.ledger.units.byKey(one.folderId, 'file', 'a.jpg')
  const [version] = one.ledger.versions.ofUnit(unit?.id ?? 0)
  one.ledger.versions.setTitle(version?.id ?? 0, 'another title')
  one.ledger.versions.setTitleDue(version?.id ?? 0, true)
  expect(one.effects()).toEqual(['retitle a.jpg'])
  using other = await live(life, (ids) => ids.slice(1))
  expect(dataset(other)).not.toEqual(dataset(one))
})

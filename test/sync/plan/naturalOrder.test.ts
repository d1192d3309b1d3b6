import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { groupContent } from '../../../src/sync/plan/groupContent.ts'
import { compareNatural } from '../../../src/sync/plan/naturalOrder.ts'

/** Names as cameras and people make them: digit runs with zeros, separators, letters of several bytes. */
const names = fc
  .array(fc.constantFrom('frame', 'a', 'A', 'ä', '\u0061\u0308', '_', '-', '.', ' ', '0', '1', '2', '9', '10', '01', '007', '\u{1f4f7}'), {
    maxLength: 6,
  })
  .map((parts) => parts.join(''))

const sorted = (list: readonly string[]): string[] => [...list].sort(compareNatural)

test('numbers are compared as numbers', () => {
  expect(sorted(['frame_10003.jpg', 'frame_0.jpg', 'frame_1004.jpg', 'frame_5.jpg', 'frame_999.jpg'])).toEqual([
    'frame_0.jpg',
    'frame_5.jpg',
    'frame_999.jpg',
    'frame_1004.jpg',
    'frame_10003.jpg',
  ])
  expect(sorted(['frame10', 'frame2', 'frame02'])).toEqual(['frame02', 'frame2', 'frame10'])
})

test('names with mixed separators have one order, whatever order they came in', () => {
  const expected = ['1-10.png', '1-11.png', '1_1-1.png', '01_1.png', '1_1.png', '1_100.png']
  expect(sorted(expected)).toEqual(expected)
  expect(sorted([...expected].reverse())).toEqual(expected)
})

test('a number with more digits than a double holds is still a number', () => {
  expect(sorted(['f9007199254740993', 'f9007199254740992', 'f10000000000000000000000', 'f2'])).toEqual([
    'f2',
    'f9007199254740992',
    'f9007199254740993',
    'f10000000000000000000000',
  ])
})

test('the order is total: two names are equal only if they are the same bytes', () => {
  fc.assert(
    fc.property(names, names, (a, b) => {
      expect(compareNatural(a, b) === 0).toBe(a === b)
      expect(Math.sign(compareNatural(a, b))).toBe(Math.sign(-compareNatural(b, a)) + 0)
    }),
    { numRuns: 2_000 },
  )
})

test('the order is transitive', () => {
  fc.assert(
    fc.property(names, names, names, (a, b, c) => {
      const [first = '', second = '', third = ''] = sorted([a, b, c])
      expect(compareNatural(first, second)).toBeLessThanOrEqual(0)
      expect(compareNatural(second, third)).toBeLessThanOrEqual(0)
      expect(compareNatural(first, third)).toBeLessThanOrEqual(0)
    }),
    { numRuns: 2_000 },
  )
})

test('analysis 7: every permutation of a directory listing gives the same frames in the same order', () => {
  const shuffles = fc
    .uniqueArray(names, { maxLength: 12 })
    .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })))
  fc.assert(
    fc.property(shuffles, ([list, shuffled]) => {
      expect(sorted(shuffled)).toEqual(sorted(list))
    }),
  )
})

/** Each world once more, with every word of the language that sorts by the ICU version answering nonsense. */
function withOtherIcu<T>(use: () => T): T {
  const locale = vi.spyOn(String.prototype, 'localeCompare').mockReturnValue(0)
  const collator = vi.spyOn(Intl, 'Collator').mockImplementation(() => {
    throw new Error('the order asks ICU')
  })
  try {
    return use()
  } finally {
    locale.mockRestore()
    collator.mockRestore()
  }
}

test('analysis 7: the order of frames is the same with any version of ICU, and so is what a group is known by', () => {
  fc.assert(
    fc.property(fc.uniqueArray(names, { minLength: 1, maxLength: 12 }), (list) => {
      const shas = list.map((name) => `sha of ${name}`)
      expect(withOtherIcu(() => sorted(list))).toEqual(sorted(list))
      expect(withOtherIcu(() => groupContent([...shas].reverse()))).toBe(groupContent(shas))
    }),
  )
})

test('planted: an order that asks ICU is not the same with each version of it', () => {
  const byLocale = (list: readonly string[]): string[] => [...list].sort((a, b) => a.localeCompare(b))
  const property = fc.property(fc.uniqueArray(names, { minLength: 1, maxLength: 12 }), (list) => {
    expect(withOtherIcu(() => byLocale(list))).toEqual(byLocale(list))
  })
  expect(() => fc.assert(property, { seed: 1 })).toThrow('Property failed')
})

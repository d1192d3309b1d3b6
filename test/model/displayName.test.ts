import fc from 'fast-check'
import { expect, test } from 'vitest'
import { displayName } from '../../src/model/displayName.ts'

test.each([
  ['plain name-1.mp4', 'plain name-1.mp4'],
  ['Grüße 東京 🎥.jpg', 'Grüße 東京 🎥.jpg'],
  ['e\u0301', 'e\u0301'],
  ['a\nb\tc\rd', String.raw`a\nb\tc\rd`],
  ['\u001b[2J', String.raw`\x1b[2J`],
  ['\u009b31m\u007f\0', String.raw`\x9b31m\x7f\x00`],
  ['gpj.\u202eexe', String.raw`gpj.\u202eexe`],
  ['\u2066a\u2069\u200e\u061c', String.raw`\u2066a\u2069\u200e\u061c`],
  ['a\u200bb\ufeff\u00ad', String.raw`a\u200bb\ufeff\xad`],
  ['a\u2028b\u2029', String.raw`a\u2028b\u2029`],
  ['\ud800x\udc00', String.raw`\ud800x\udc00`],
  ['\u{e0041}', String.raw`\u{e0041}`],
  ['\u3164', String.raw`\u3164`],
  [String.raw`a\nb`, String.raw`a\\nb`],
  ['👨\u200d👩\u200d👧 👩🏽\u200d🚀 ❤\ufe0f\u200d🔥', '👨\u200d👩\u200d👧 👩🏽\u200d🚀 ❤\ufe0f\u200d🔥'],
  ['👨\u200dx\u200d👧', String.raw`👨\u200dx\u200d👧`],
])('%j is shown as %j', (name, shown) => {
  expect(displayName(name)).toBe(shown)
})

const anyName = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    fc.constantFrom('\\', 'n', 'u', '{', '\n', '\u202e'),
  ),
})

test('nothing shown can end a line, steer a terminal or turn the reading direction', () => {
  fc.assert(
    fc.property(anyName, (name) => {
      expect(displayName(name)).not.toMatch(/\p{Cc}|\p{Zl}|\p{Zp}|\p{Cs}|[\u200b\u200c\u200e\u200f\u061c\u202a-\u202e\u2060-\u2069\ufeff]/u)
    }),
  )
})

test('two names never look the same: what is shown of one is, as a name, shown as something else', () => {
  fc.assert(
    fc.property(anyName, (name) => {
      const shown = displayName(name)
      if (shown !== name) expect(displayName(shown)).not.toBe(shown)
    }),
  )
})

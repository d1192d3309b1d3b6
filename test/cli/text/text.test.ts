import fc from 'fast-check'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { formatBytes, formatRate } from '../../../src/cli/text/bytes.ts'
import { cut, table } from '../../../src/cli/text/table.ts'
import { styleOf, terminalOf } from '../../../src/cli/text/terminal.ts'
import { formatAgo, formatDuration } from '../../../src/cli/text/time.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [9949, '9.9 kB'],
  [9950, '10 kB'],
  [999_499, '999 kB'],
  [999_999, '1.0 MB'],
  [1_234_567_890, '1.2 GB'],
  [20_000_000_000, '20 GB'],
  [5e18, '5000 PB'],
])('%d bytes are %s', (bytes, shown) => {
  expect(formatBytes(bytes)).toBe(shown)
  expect(formatRate(bytes)).toBe(`${shown}/s`)
})

test.each([
  [0, '0s'],
  [-5, '0s'],
  [450, '450ms'],
  [1000, '1s'],
  [59_499, '59s'],
  [60_000, '1m'],
  [125_000, '2m 5s'],
  [3_600_000, '1h'],
  [3_605_000, '1h'],
  [3_720_000, '1h 2m'],
  [273_600_000, '3d 4h'],
])('%d ms are %s', (ms, shown) => {
  expect(formatDuration(ms)).toBe(shown)
})

test('how long ago is said in one part, and a time ahead of the clock is not hidden', () => {
  const now = 10_000_000
  expect(formatAgo(now - 200, now)).toBe('just now')
  expect(formatAgo(now - 40_000, now)).toBe('40s ago')
  expect(formatAgo(now - 185_000, now)).toBe('3m ago')
  expect(formatAgo(now + 90_000, now)).toBe('in 1m')
})

const columns = [{ head: 'STATE' }, { head: 'SIZE', align: 'right' as const }, { head: 'PATH' }]

test('columns line up by what is seen, also with wide characters, and no line ends in spaces', () => {
  expect(
    table(
      columns,
      [
        ['synced', '1 B', '東京/a.mp4'],
        ['東京', '120 MB', 'b'],
      ],
      null,
    ).split('\n'),
  ).toEqual(['STATE     SIZE  PATH', 'synced     1 B  東京/a.mp4', '東京    120 MB  b'])
})

test('the last column is cut to the terminal, and never where there is none', () => {
  const rows = [['synced', '1 B', `${'x'.repeat(50)}.mp4`]]
  expect(table(columns, rows, 30).split('\n')[1]).toBe(`synced   1 B  ${'x'.repeat(15)}…`)
  expect(table(columns, rows, null)).toContain(`${'x'.repeat(50)}.mp4`)
})

test('one long name leaves the reasons of all others on the screen, and has its own below it', () => {
  const long = 'x'.repeat(70)
  const shown = table(
    [{ head: 'STATE' }, { head: 'PATH' }, { head: 'WHY' }],
    [
      ['synced', 'a.jpg', 'in the dataset'],
      ['rejected', long, 'looks cut off: it has no end marker after its picture'],
    ],
    60,
  ).split('\n')
  const indent = shown[0]?.indexOf('WHY') ?? 0
  expect(indent).toBe(32)
  expect(shown.slice(1)).toEqual([
    `synced    a.jpg${' '.repeat(17)}in the dataset`,
    `rejected  ${long}`,
    `${' '.repeat(32)}looks cut off: it has no en…`,
  ])
})

test('of hashes none has a line to itself', () => {
  const hash = 'd6c53b51-8511-41ef-88f0-6ef3bf5b4220'
  const shown = table(
    [{ head: 'HASH' }, { head: 'WHY' }],
    [
      [hash, 'w'.repeat(60)],
      [hash, 'v'],
    ],
    60,
  ).split('\n')
  expect(shown[1]).toBe(`${hash}  ${'w'.repeat(21)}…`)
  expect(shown).toHaveLength(3)
})

test('names in a table are escaped, so that each row is one line', () => {
  expect(table(columns, [['ok', '1 B', 'a\n\u001b[31mb']], null).split('\n')).toHaveLength(2)
})

test('a style is laid on after measuring, and a table without rows is no table', () => {
  const styled = table(
    [{ head: 'A', style: (text) => `<${text}>` }, { head: 'B' }],
    [
      ['x', 'y'],
      ['long', 'z'],
    ],
    null,
  )
  expect(styled.split('\n')).toEqual(['A     B', '<x>     y', '<long>  z'])
  expect(table(columns, [], 80)).toBe('')
})

test('a cut text fits, and keeps whole characters', () => {
  expect(cut('👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧', 5)).toBe('👨‍👩‍👧👨‍👩‍👧…')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, width) => {
      expect(stringWidth(cut(text, width))).toBeLessThanOrEqual(width)
    }),
  )
})

const tty = { isTTY: true, columns: 100 }

test.each([
  ['a terminal', tty, {}, false, { colour: true, live: true, width: 100 }],
  ['a pipe', {}, {}, false, { colour: false, live: false, width: null }],
  ['NO_COLOR', tty, { NO_COLOR: '1' }, false, { colour: false, live: true, width: 100 }],
  ['an empty NO_COLOR', tty, { NO_COLOR: '' }, false, { colour: true, live: true, width: 100 }],
  ['TERM=dumb', tty, { TERM: 'dumb' }, false, { colour: false, live: false, width: 100 }],
  ['--plain', tty, { FORCE_COLOR: '1' }, true, { colour: false, live: false, width: null }],
  ['CI', tty, { CI: 'true' }, false, { colour: true, live: false, width: 100 }],
  ['ACCESSIBLE', tty, { ACCESSIBLE: '1' }, false, { colour: true, live: false, width: 100 }],
  ['FORCE_COLOR in a pipe', {}, { FORCE_COLOR: '1' }, false, { colour: true, live: false, width: null }],
])('%s decides what a stream can show', (_name, stream, env, plain, expected) => {
  const terminal = terminalOf(stream, env, plain)
  expect(terminal).toEqual(expected)
  expect(styleOf(terminal).red('word')).toBe(expected.colour ? '\u001b[31mword\u001b[39m' : 'word')
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseByteRate } from '../../src/config/byteRate.ts'
import { parseDuration } from '../../src/config/duration.ts'

test.each([
  ['500ms', 500],
  ['1s', 1000],
  ['15m', 900_000],
  ['2h', 7_200_000],
  ['24h', 86_400_000],
  ['24d', 2_073_600_000],
])('%s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each([
  '',
  '15',
  '15 m',
  ' 15m',
  '15m ',
  '15M',
  '-3s',
  '+3s',
  '1.5h',
  '1e3s',
  '1h30m',
  '0s',
  '25d',
  '9999999999s',
  's',
  '15min',
  '１５m',
  '5s\n',
])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeNull()
})

test.each([
  ['50MB/s', 50_000_000],
  ['50MiB/s', 52_428_800],
  ['1.5MB/s', 1_500_000],
  ['500kB/s', 500_000],
  ['1GiB/s', 1_073_741_824],
])('%s is %d bytes a second', (text, bytes) => {
  expect(parseByteRate(text)).toBe(bytes)
})

test.each(['', '50', '50MB', '50Mb/s', '50 MB/s', '50mb/s', '-1MB/s', '0MB/s', '0.5kB/s', '50B/s', '50MB/h', '1e3MB/s', '.5MB/s'])(
  '%j is no rate',
  (text) => {
    expect(parseByteRate(text)).toBeNull()
  },
)

test('a duration never comes out as anything but a positive time that a timer can wait for', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{1,12}(ms|s|m|h|d)$/)), (text) => {
      const ms = parseDuration(text)
      if (ms !== null) expect(Number.isInteger(ms) && ms > 0 && ms < 2 ** 31).toBe(true)
    }),
  )
})

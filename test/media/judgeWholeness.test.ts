import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { detectMedia } from '../../src/media/detectMedia.ts'
import { judgeWholeness } from '../../src/media/judgeWholeness.ts'
import { MEDIA_TYPES, type MediaFormat } from '../../src/media/mediaType.ts'
import { cutAt, fixture, readerOf, zeroedAfter } from '../support/mediaBytes.ts'

/** Each file: what it is when whole, and with its last 40 % zeroed at the same length. */
const FILES: readonly (readonly [name: string, format: MediaFormat, whole: string, zeroTail: string])[] = [
  ['plain.mp4', 'mp4', 'whole', 'cut'],
  ['faststart.mp4', 'mp4', 'whole', 'unknown-end'],
  ['fragmented.mp4', 'mp4', 'unknown-end', 'cut'],
  ['plain.mov', 'mov', 'whole', 'cut'],
  ['plain.mkv', 'mkv', 'whole', 'cut'],
  ['live.mkv', 'mkv', 'unknown-end', 'cut'],
  ['plain.webm', 'webm', 'whole', 'cut'],
  ['plain.jpg', 'jpeg', 'whole', 'cut'],
  ['progressive.jpg', 'jpeg', 'whole', 'cut'],
  ['plain.png', 'png', 'whole', 'cut'],
  ['plain.webp', 'webp', 'whole', 'unknown-end'],
  ['plain.avif', 'avif', 'whole', 'unknown-end'],
  ['plain.bmp', 'bmp', 'whole', 'unknown-end'],
  ['plain.tiff', 'tiff', 'whole', 'cut'],
  ['big.tiff', 'tiff', 'whole', 'cut'],
]

const judge = (content: Uint8Array, format: MediaFormat) => judgeWholeness(readerOf(content), MEDIA_TYPES[format])

describe.each(FILES)('%s', (name, format, whole, zeroTail) => {
  const content = fixture(name)

  test(`whole: ${whole}`, async () => {
    expect((await judge(content, format)).kind).toBe(whole)
  })

  test('cut at 60 %: cut', async () => {
    expect((await judge(cutAt(content, 0.6), format)).kind).toBe('cut')
  })

  test(`its last 40 % zeros: ${zeroTail}`, async () => {
    expect((await judge(zeroedAfter(content, 0.6), format)).kind).toBe(zeroTail)
  })

  test('one byte short: never whole', async () => {
    const verdict = await judge(content.subarray(0, -1), format)
    expect(verdict.kind).not.toBe('whole')
  })

  test('cut anywhere: never whole', async () => {
    for (let end = 0; end < content.length; end += 7) {
      const verdict = await judge(content.subarray(0, end), format)
      expect(verdict.kind, `${name} cut at ${end} of ${content.length}`).not.toBe('whole')
    }
  })

  test('zeros in the last quarter or more, and in at least 512 bytes: never whole', async () => {
    const least = Math.max(512, content.length / 4)
    for (let share = 0.02; content.length * (1 - share) > least; share += 0.02) {
      const verdict = await judge(zeroedAfter(content, share), format)
      expect(verdict.kind, `${name} zero after ${share}`).not.toBe('whole')
    }
  })

  test('a reader that answers a few bytes at a time changes nothing', async () => {
    const slow = { sizeBytes: content.length, read: async (offset: number) => content.subarray(offset, offset + 5) }
    expect((await judgeWholeness(slow, MEDIA_TYPES[format])).kind).toBe(whole)
  })

  test('a file that shrinks while it is read is cut', async () => {
    const shrunk = readerOf(content.subarray(0, 100), content.length)
    expect((await judgeWholeness(shrunk, MEDIA_TYPES[format])).kind).toBe('cut')
  })

  test('every verdict but "whole" says why, in words', async () => {
    const verdict = await judge(cutAt(content, 0.6), format)
    expect('why' in verdict ? verdict.why : '').toMatch(/^it/)
  })
})

test('an empty file is cut, whatever it is taken for', async () => {
  for (const [, format] of FILES) expect((await judge(Buffer.alloc(0), format)).kind).toBe('cut')
})

test('an error of the reader comes through', async () => {
  const failing = { sizeBytes: 100, read: () => Promise.reject(Object.assign(new Error('read'), { code: 'EIO' })) }
  await expect(judgeWholeness(failing, MEDIA_TYPES.mp4)).rejects.toMatchObject({ code: 'EIO' })
})

describe('whatever the bytes are: a verdict, from bounded reading', () => {
  const formats = Object.keys(MEDIA_TYPES) as MediaFormat[]
  const names = FILES.map(([name]) => name)

  async function judgeBounded(content: Uint8Array, format: MediaFormat): Promise<void> {
    const reader = readerOf(content)
    const verdict = await judgeWholeness(reader, MEDIA_TYPES[format])
    expect(['whole', 'cut', 'unknown-end']).toContain(verdict.kind)
    expect(reader.count.reads).toBeLessThanOrEqual(10_001)
    expect(reader.count.bytes).toBeLessThanOrEqual(32 * 1024 * 1024)
  }

  test('random bytes, as every format', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), fc.constantFrom(...formats), (bytes, format) => judgeBounded(bytes, format)),
      { numRuns: 300 },
    )
  })

  test('real files with bytes overwritten, and cut', async () => {
    const strike = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.array(strike, { maxLength: 6 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (name, strikes, share) => {
          const content = cutAt(fixture(name), share)
          for (const { at, bytes } of strikes)
            content.set(bytes.subarray(0, content.length), Math.floor(at * Math.max(0, content.length - 8)))
          for (const format of formats) await judgeBounded(content, format)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('lying sizes in the first hundred bytes', async () => {
    const lie = fc.constantFrom(
      'ffffffffffffffff',
      '7fffffffffffffff',
      '8000000000000000',
      '0000000000000000',
      '0000000000000001',
      '01ffffffffffffff',
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...FILES), fc.nat(100), lie, async ([name, format], at, hex) => {
        const content = fixture(name)
        content.set(Buffer.from(hex, 'hex'), at)
        await judgeBounded(content, format)
      }),
      { numRuns: 400 },
    )
  })

  test('a million tiny parts', async () => {
    const tiny: readonly (readonly [MediaFormat, Buffer, Buffer])[] = [
      ['mp4', fixture('plain.mp4'), Buffer.from('0000000866726565', 'hex')],
      ['png', fixture('plain.png').subarray(0, 33), Buffer.from('0000000061624364deadbeef', 'hex')],
      ['webp', Buffer.from('RIFF\xf0\xff\x7f\0WEBP', 'latin1'), Buffer.from('VP8X\0\0\0\0')],
      ['jpeg', Buffer.from([0xff, 0xd8]), Buffer.from('ff010000', 'hex')],
      ['mkv', fixture('live.mkv'), Buffer.from('ec80', 'hex')],
    ]
    for (const [format, start, part] of tiny) await judgeBounded(Buffer.concat([start, Buffer.alloc(8 * 1024 * 1024, part)]), format)
  })
})

test('a usual file costs less than 256 KiB, however large it is', async () => {
  for (const [name, format] of FILES) {
    const content = fixture(name)
    const reader = readerOf(content)
    await judgeWholeness(reader, MEDIA_TYPES[format])
    expect(reader.count.bytes, name).toBeLessThanOrEqual(256 * 1024)
  }
  const jpeg = fixture('plain.jpg')
  const middle = Buffer.alloc(8 * 1024 * 1024, 0x55)
  const large = readerOf(Buffer.concat([jpeg.subarray(0, -2), middle, jpeg.subarray(-2)]))
  expect(await judgeWholeness(large, MEDIA_TYPES.jpeg)).toEqual({ kind: 'whole' })
  expect(large.count.bytes).toBeLessThanOrEqual(256 * 1024)
})

test('the type found in a file is the type its walker understands', async () => {
  for (const [name, , whole] of FILES) {
    const reader = readerOf(fixture(name))
    const type = await detectMedia(reader)
    expect(type === null ? null : (await judgeWholeness(reader, type)).kind, name).toBe(whole)
  }
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { detectMedia } from '../../src/media/detectMedia.ts'
import { looksLikeMedia } from '../../src/media/extension.ts'
import { box, fixture, readerOf } from '../support/mediaBytes.ts'

const detect = (content: Uint8Array) => detectMedia(readerOf(content))

describe('the content decides', () => {
  test.each([
    ['plain.mp4', 'video', 'mp4', 'video/mp4'],
    ['faststart.mp4', 'video', 'mp4', 'video/mp4'],
    ['fragmented.mp4', 'video', 'mp4', 'video/mp4'],
    ['plain.mov', 'video', 'mov', 'video/quicktime'],
    ['plain.mkv', 'video', 'mkv', 'video/x-matroska'],
    ['live.mkv', 'video', 'mkv', 'video/x-matroska'],
    ['plain.webm', 'video', 'webm', 'video/webm'],
    ['plain.jpg', 'image', 'jpeg', 'image/jpeg'],
    ['progressive.jpg', 'image', 'jpeg', 'image/jpeg'],
    ['plain.png', 'image', 'png', 'image/png'],
    ['plain.webp', 'image', 'webp', 'image/webp'],
    ['plain.avif', 'image', 'avif', 'image/avif'],
    ['plain.bmp', 'image', 'bmp', 'image/bmp'],
    ['plain.tiff', 'image', 'tiff', 'image/tiff'],
    ['big.tiff', 'image', 'tiff', 'image/tiff'],
  ])('%s is %s, %s, %s', async (name, kind, format, mime) => {
    expect(await detect(fixture(name))).toEqual({ kind, format, mime })
  })

  test('a file too short for more than its first bytes is still recognised', async () => {
    expect(await detect(fixture('plain.jpg').subarray(0, 12))).toMatchObject({ format: 'jpeg' })
    expect(await detect(fixture('plain.mp4').subarray(0, 40))).toMatchObject({ format: 'mp4' })
  })

  test('a reader that answers a few bytes at a time gives the same', async () => {
    const content = fixture('plain.webm')
    const slow = { sizeBytes: content.length, read: async (offset: number) => content.subarray(offset, offset + 7) }
    expect(await detectMedia(slow)).toMatchObject({ format: 'webm' })
  })

  test('a PNG with a private chunk of 20 KB in front is a PNG', async () => {
    const png = fixture('plain.png')
    const chunk = Buffer.concat([Buffer.from([0, 0, 0x50, 0]), Buffer.from('laBl'), Buffer.alloc(0x5000, 7), Buffer.alloc(4)])
    expect(await detect(Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]))).toMatchObject({ format: 'png' })
  })

  test.each([
    ['M4V ', 'mp4'],
    ['3gp4', 'mp4'],
    ['isom', 'mp4'],
    ['qt  ', 'mov'],
    ['avis', 'avif'],
  ])('the brand %s is %s', async (brand, format) => {
    expect(await detect(box('ftyp', Buffer.from(brand), Buffer.alloc(16)))).toMatchObject({ format })
  })

  test('a QuickTime film of the time before brands is MOV', async () => {
    expect(await detect(Buffer.concat([box('moov', box('mvhd', Buffer.alloc(100))), box('mdat', Buffer.alloc(10))]))).toMatchObject({
      format: 'mov',
    })
  })

  test('mif1 is AVIF only with an AVIF brand beside it', async () => {
    expect(await detect(box('ftyp', Buffer.from('mif1\0\0\0\0mif1avif')))).toMatchObject({ format: 'avif' })
    expect(await detect(box('ftyp', Buffer.from('mif1\0\0\0\0mif1heic')))).toBeNull()
  })
})

describe('what Encord does not take is null', () => {
  test.each<[string, Uint8Array]>([
    ['an empty file', Buffer.alloc(0)],
    ['a single byte', Buffer.from([0xff])],
    ['a pre-allocated file of zeros', Buffer.alloc(5000)],
    ['4 KB of the byte AA', Buffer.alloc(4096, 0xaa)],
    [
      'the AppleDouble twin of a film (._a.mov)',
      Buffer.concat([Buffer.from('00051607000200004d6163204f5320582020', 'hex'), Buffer.alloc(4000)]),
    ],
    ['HEIC', box('ftyp', Buffer.from('heic'), Buffer.alloc(12))],
    ['an audio file', box('ftyp', Buffer.from('M4A '), Buffer.alloc(12))],
    ['a Canon raw picture', box('ftyp', Buffer.from('crx '), Buffer.alloc(12))],
    ['a GIF', Buffer.from('GIF89a          ')],
    ['AVI', Buffer.from('RIFF\0\0\0\0AVI LIST            ')],
    ['a text that starts with BM', Buffer.from('BMW is a maker of cars and not a picture at all')],
    ['EBML of another kind', Buffer.from('1a45dfa3874282846e6f7065'.padEnd(80, '0'), 'hex')],
    ['a text', Buffer.from('hello\n')],
  ])('%s', async (_, content) => {
    expect(await detect(content)).toBeNull()
  })
})

test('a reader that fails is not "no media": the error comes through', async () => {
  const failing = { sizeBytes: 100, read: () => Promise.reject(Object.assign(new Error('read'), { code: 'EIO' })) }
  await expect(detectMedia(failing)).rejects.toMatchObject({ code: 'EIO' })
})

test('whatever the bytes are: an answer, from the first 4100 of them', async () => {
  const starts = ['plain.mp4', 'plain.mkv', 'plain.png', 'plain.tiff', 'plain.webp'].map((name) => fixture(name).subarray(0, 24))
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(Buffer.alloc(0), ...starts), fc.uint8Array({ maxLength: 6000 }), async (start, rest) => {
      const reader = readerOf(Buffer.concat([start, rest]))
      await detectMedia(reader)
      expect(reader.count.bytes).toBeLessThanOrEqual(4100)
    }),
  )
})

describe('the name is a first filter', () => {
  test.each([
    ['DSC_0001.JPG', 'image'],
    ['scan.JPEG', 'image'],
    ['shot.Png', 'image'],
    ['GOPR0001.MP4', 'video'],
    ['a.tif', 'image'],
    ['a.TIFF', 'image'],
    ['a.b.webp', 'image'],
    ['x.avif', 'image'],
    ['x.bmp', 'image'],
    ['x.mov', 'video'],
    ['x.webm', 'video'],
    ['x.mkv', 'video'],
    ['notes.txt', null],
    ['jpg', null],
    ['.jpg', null],
    ['a.jpg.part', null],
    ['a.', null],
    ['a.mp4 ', null],
    ['__proto__.constructor', null],
  ])('%s: %s', (name, kind) => {
    expect(looksLikeMedia(name)).toBe(kind)
  })
})

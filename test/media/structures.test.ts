import { describe, expect, test } from 'vitest'
import { judgeWholeness } from '../../src/media/judgeWholeness.ts'
import { MEDIA_TYPES, type MediaFormat } from '../../src/media/mediaType.ts'
import { box, cutAt, fixture, readerOf, segment } from '../support/mediaBytes.ts'

const verdictOf = async (format: MediaFormat, ...parts: readonly Uint8Array[]) => {
  return (await judgeWholeness(readerOf(Buffer.concat(parts)), MEDIA_TYPES[format])).kind
}
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('MP4 and MOV', () => {
  const mp4 = fixture('plain.mp4')
  const mdatAt = mp4.indexOf('mdat') - 4
  const mdatBytes = mp4.readUInt32BE(mdatAt)
  const moovPart = mp4.subarray(mdatAt + mdatBytes)
  const mdatBody = mp4.subarray(mdatAt + 8, mdatAt + mdatBytes)

  test('a film that ends in a free box of zeros is whole: the box says so', async () => {
    expect(await verdictOf('mp4', mp4, box('free', Buffer.alloc(8 * 1024 * 1024)))).toBe('whole')
    expect(await verdictOf('mp4', fixture('faststart.mp4'), box('skip', Buffer.alloc(70_000)))).toBe('whole')
  })

  test('two free boxes of zeros are padding as well', async () => {
    expect(await verdictOf('mp4', mp4, box('free', Buffer.alloc(40_000)), box('free', Buffer.alloc(40_000)))).toBe('whole')
  })

  test('zeros in the media data are no padding, though a free box follows', async () => {
    const faststart = Buffer.from(fixture('faststart.mp4'))
    faststart.fill(0, Math.floor(faststart.length * 0.6))
    expect(await verdictOf('mp4', faststart, box('free', Buffer.alloc(3000)))).toBe('unknown-end')
  })

  test('a free box that is not there to its end is cut', async () => {
    expect(await verdictOf('mp4', mp4, box('free', Buffer.alloc(3000)).subarray(0, 2000))).toBe('cut')
  })

  test('zeros after the last box, as recorders pre-allocate: unknown end', async () => {
    expect(await verdictOf('mp4', mp4, Buffer.alloc(100_000))).toBe('unknown-end')
  })

  test('a trailer of the camera after the last box: unknown end', async () => {
    expect(await verdictOf('mp4', mp4, Buffer.from('\x13\x01\x02\xff\x00trailer of the maker', 'latin1'))).toBe('unknown-end')
  })

  test('media data of 64-bit size is whole, and cut with a byte less', async () => {
    const head = hex('00000001 6d646174 00000000 00000000')
    head.writeUInt32BE(16 + mdatBody.length, 12)
    expect(await verdictOf('mp4', mp4.subarray(0, mdatAt), moovPart, head, mdatBody)).toBe('whole')
    expect(await verdictOf('mp4', mp4.subarray(0, mdatAt), moovPart, head, mdatBody.subarray(1))).toBe('cut')
  })

  test('a 64-bit size beyond every file is cut', async () => {
    expect(await verdictOf('mp4', mp4.subarray(0, mdatAt), moovPart, hex('00000001 6d646174 ffffffffffffffff'), mdatBody)).toBe('cut')
    expect(await verdictOf('mp4', mp4.subarray(0, mdatAt), moovPart, hex('00000001 6d646174 8000000000000000'), mdatBody)).toBe('cut')
  })

  test('media data of size 0 reaches to the end: unknown after a moov, cut without one', async () => {
    const open = hex('00000000 6d646174')
    expect(await verdictOf('mp4', mp4.subarray(0, mdatAt), moovPart, open, mdatBody)).toBe('unknown-end')
    expect(await verdictOf('mp4', mp4.subarray(0, mdatAt), open, mdatBody)).toBe('cut')
  })

  test('a faststart film cut between its moov and its media data is cut', async () => {
    expect(await verdictOf('mp4', mp4.subarray(0, mdatAt), moovPart)).toBe('cut')
  })

  test('a moov that is still zeros is cut', async () => {
    const moov = Buffer.from(moovPart)
    moov.fill(0, 8)
    expect(await verdictOf('mp4', mp4.subarray(0, mdatAt + mdatBytes), moov)).toBe('cut')
  })

  test('fragments: unknown end at every boundary, cut within one, cut where zeros follow', async () => {
    const film = fixture('fragmented.mp4')
    const fragmentStarts = [...film.toString('latin1').matchAll(/moof/g)].map(({ index }) => index - 4)
    expect(fragmentStarts.length).toBeGreaterThan(2)
    for (const start of fragmentStarts.slice(1)) {
      expect(await verdictOf('mp4', film.subarray(0, start))).toBe('unknown-end')
      expect(await verdictOf('mp4', film.subarray(0, start + 60))).toBe('cut')
      expect(await verdictOf('mp4', film.subarray(0, start), Buffer.alloc(5000))).toBe('cut')
    }
  })

  test('a fragment header without its media data, and no fragment at all, are cut', async () => {
    const film = fixture('fragmented.mp4')
    const secondMdat = film.indexOf('mdat', film.indexOf('mdat') + 4) - 4
    expect(await verdictOf('mp4', film.subarray(0, secondMdat))).toBe('cut')
    expect(await verdictOf('mp4', film.subarray(0, film.indexOf('moof') - 4))).toBe('cut')
  })
})

describe('JPEG', () => {
  const jpeg = fixture('plain.jpg')
  const soi = jpeg.subarray(0, 2)
  const rest = jpeg.subarray(2)
  const exif = (thumbnail: Uint8Array) => segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), thumbnail]))
  const xmp = (text: string) => segment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>${text}</x:xmpmeta>`))
  const video = fixture('plain.mp4')

  test('cut in the picture, the end marker of its thumbnail does not count', async () => {
    const photo = Buffer.concat([soi, exif(jpeg), rest])
    expect(await verdictOf('jpeg', photo)).toBe('whole')
    expect(await verdictOf('jpeg', photo.subarray(0, -1000))).toBe('cut')
    expect(await verdictOf('jpeg', photo.subarray(0, 2 + jpeg.length + 10))).toBe('cut')
  })

  test('a motion photo is whole, however long its video is', async () => {
    expect(await verdictOf('jpeg', jpeg, video)).toBe('whole')
    expect(await verdictOf('jpeg', jpeg, Buffer.alloc(300_000, 'frame'))).toBe('whole')
  })

  test('an end marker that lies across two blocks is found', async () => {
    const scanStart = jpeg.lastIndexOf(hex('ffda')) + 2 + jpeg.readUInt16BE(jpeg.lastIndexOf(hex('ffda')) + 2)
    const filler = Buffer.alloc(64 * 1024 - (jpeg.length - 2 - scanStart) - 1, 0x55)
    expect(await verdictOf('jpeg', jpeg.subarray(0, -2), filler, jpeg.subarray(-2), Buffer.alloc(200_000, 'x'))).toBe('whole')
  })

  test.each([
    ['GCamera', `<rdf:Description GCamera:MicroVideo="1" GCamera:MicroVideoOffset="${video.length}"/>`],
    [
      'Container',
      `<Container:Item Item:Mime="image/jpeg" Item:Semantic="Primary"/><Container:Item Item:Mime="video/mp4" Item:Semantic="MotionPhoto" Item:Length="${video.length}"/>`,
    ],
  ])('a motion photo that announces its video (%s) is whole with it and has an unknown end without it', async (_, text) => {
    const photo = Buffer.concat([soi, xmp(text), rest])
    expect(await verdictOf('jpeg', photo, video)).toBe('whole')
    expect(await verdictOf('jpeg', photo, cutAt(video, 0.5))).toBe('unknown-end')
    expect(await verdictOf('jpeg', photo)).toBe('unknown-end')
  })

  test('fill bytes and stray bytes between segments are passed over', async () => {
    expect(await verdictOf('jpeg', soi, hex('ffff'), rest)).toBe('whole')
    expect(await verdictOf('jpeg', soi, hex('00 00 12 34'), rest)).toBe('whole')
  })

  test('half of a very large picture is cut', async () => {
    expect(await verdictOf('jpeg', jpeg.subarray(0, -2), Buffer.alloc(40 * 1024 * 1024, 0x55))).toBe('cut')
  })

  test('tables without a picture are cut', async () => {
    expect(await verdictOf('jpeg', soi, exif(jpeg), hex('ffd9'))).toBe('cut')
  })

  test('64 KiB of zeros after the end marker: unknown end', async () => {
    expect(await verdictOf('jpeg', jpeg, Buffer.alloc(100_000))).toBe('unknown-end')
  })
})

describe('PNG', () => {
  const png = fixture('plain.png')
  const beforeEnd = png.subarray(0, -12)
  const iend = png.subarray(-12)
  const chunk = (type: string, body: Uint8Array) => {
    const head = Buffer.alloc(8)
    head.writeUInt32BE(body.length)
    head.write(type, 4, 'latin1')
    return Buffer.concat([head, body, Buffer.alloc(4, 1)])
  }

  test('a private chunk of 20 KB before the end is whole', async () => {
    expect(await verdictOf('png', beforeEnd, chunk('laBl', Buffer.alloc(20_000, 7)), iend)).toBe('whole')
  })

  test('a picture too large to be walked through is cut when its tail has no end', async () => {
    const many = Buffer.alloc(12 * 12_000, chunk('aBcd', Buffer.alloc(0)))
    expect(await verdictOf('png', beforeEnd, many)).toBe('cut')
    expect(await verdictOf('png', beforeEnd, many, iend)).toBe('whole')
  })

  test('bytes after IEND do not matter', async () => {
    expect(await verdictOf('png', png, Buffer.from('appended by some tool'))).toBe('whole')
  })

  test('thousands of small chunks: whole with an IEND, cut without', async () => {
    const many = Buffer.concat(Array.from({ length: 5000 }, () => chunk('IDAT', Buffer.alloc(100, 9))))
    expect(await verdictOf('png', beforeEnd, many, iend)).toBe('whole')
    expect(await verdictOf('png', beforeEnd, many)).toBe('cut')
  })
})

describe('WebP', () => {
  const webp = fixture('plain.webp')

  test('bytes after the RIFF part are allowed', async () => {
    expect(await verdictOf('webp', webp, Buffer.from('trailer'))).toBe('whole')
  })

  test('a few zeros at the end, as padding leaves them, are honest', async () => {
    expect(await verdictOf('webp', webp, Buffer.alloc(100))).toBe('whole')
  })

  test('a RIFF size that is not written yet is cut', async () => {
    const open = Buffer.from(webp)
    open.writeUInt32LE(0, 4)
    expect(await verdictOf('webp', open)).toBe('cut')
  })

  test('a chunk that claims more than the RIFF part holds is cut', async () => {
    const lying = Buffer.from(webp)
    lying.writeUInt32LE(0xfffffff0, 16)
    expect(await verdictOf('webp', lying)).toBe('cut')
  })
})

describe('Matroska and WebM', () => {
  const live = fixture('live.mkv')
  const mkv = fixture('plain.mkv')
  const clusters = [...live.toString('latin1').matchAll(/\x1f\x43\xb6\x75/g)].map(({ index }) => index)

  test('a live recording has an unknown end at every cluster, and is cut within a block', async () => {
    expect(clusters.length).toBeGreaterThan(1)
    for (const start of clusters.slice(1)) {
      expect(await verdictOf('mkv', live.subarray(0, start))).toBe('unknown-end')
      expect(await verdictOf('mkv', live.subarray(0, start - 3))).toBe('cut')
    }
  })

  test('a recording without a cluster is cut', async () => {
    expect(await verdictOf('mkv', live.subarray(0, clusters[0]))).toBe('cut')
  })

  test('a finished file with bytes after its segment is whole', async () => {
    expect(await verdictOf('mkv', mkv, Buffer.from('trailer'))).toBe('whole')
  })

  test('a finished file whose cues are still zeros is cut', async () => {
    const holed = Buffer.from(mkv)
    holed.fill(0, holed.lastIndexOf(hex('1c53bb6b')))
    expect(await verdictOf('mkv', holed)).toBe('cut')
  })
})

describe('BMP', () => {
  const bmp = fixture('plain.bmp')

  test('a black picture is honest zeros: unknown end, never cut', async () => {
    expect(await verdictOf('bmp', Buffer.from(bmp).fill(0, bmp.readUInt32LE(10)))).toBe('unknown-end')
  })

  test('a wrong size in the file header does not matter when the rows are there', async () => {
    for (const size of [0, 10, 0xffffffff]) {
      const lying = Buffer.from(bmp)
      lying.writeUInt32LE(size, 2)
      expect(await verdictOf('bmp', lying)).toBe('whole')
      expect(await verdictOf('bmp', lying.subarray(0, -1))).toBe('cut')
    }
  })

  test('two bytes of padding at the end are honest', async () => {
    expect(await verdictOf('bmp', bmp, Buffer.alloc(2))).toBe('whole')
  })

  test('the old header with 16-bit sides is understood, and rows are padded to four bytes', async () => {
    const old = Buffer.concat([Buffer.from('BM'), hex('26000000 00000000 1a000000 0c000000 0300 0100 0100 1800'), Buffer.alloc(12, 5)])
    expect(await verdictOf('bmp', old)).toBe('whole')
    expect(await verdictOf('bmp', old.subarray(0, -1))).toBe('cut')
  })

  test('compressed pixels are as long as the header says', async () => {
    const rle = Buffer.from(bmp)
    rle.writeUInt32LE(1, 30)
    rle.writeUInt32LE(200, 34)
    const end = rle.readUInt32LE(10) + 200
    expect(await verdictOf('bmp', rle.subarray(0, end))).toBe('whole')
    expect(await verdictOf('bmp', rle.subarray(0, end - 1))).toBe('cut')
  })

  test('a picture turned upside down has a negative height', async () => {
    const flipped = Buffer.from(bmp)
    flipped.writeInt32LE(-flipped.readInt32LE(22), 22)
    expect(await verdictOf('bmp', flipped)).toBe('whole')
    expect(await verdictOf('bmp', flipped.subarray(0, -1))).toBe('cut')
  })
})

describe('TIFF', () => {
  /** One page in either byte order: a directory at 8, then the strip. */
  function page(little: boolean, stripBytes: number, next = 0): Buffer {
    const head = Buffer.alloc(8 + 2 + 24 + 4)
    const [put16, put32] = little
      ? ([head.writeUInt16LE, head.writeUInt32LE] as const)
      : ([head.writeUInt16BE, head.writeUInt32BE] as const)
    const set16 = (value: number, at: number) => put16.call(head, value, at)
    const set32 = (value: number, at: number) => put32.call(head, value, at)
    head.write(little ? 'II' : 'MM')
    set16(42, 2)
    set32(8, 4)
    set16(2, 8)
    for (const [index, tag, value] of [
      [0, 273, head.length],
      [1, 279, stripBytes],
    ] as const) {
      set16(tag, 10 + index * 12)
      set16(4, 12 + index * 12)
      set32(1, 14 + index * 12)
      set32(value, 18 + index * 12)
    }
    set32(next, 34)
    return head
  }

  test.each([true, false])('the directory in front (little-endian: %s): whole with the whole strip, cut with less', async (little) => {
    expect(await verdictOf('tiff', page(little, 500), Buffer.alloc(500, 7))).toBe('whole')
    expect(await verdictOf('tiff', page(little, 500), Buffer.alloc(499, 7))).toBe('cut')
  })

  test('a directory that is its own successor ends', async () => {
    expect(await verdictOf('tiff', page(true, 50, 8), Buffer.alloc(50, 7))).toBe('whole')
  })

  test('a stack of a thousand pages is whole, and cut with a byte less', async () => {
    const pages = Array.from({ length: 1000 }, (_, index) => page(true, 8, index === 999 ? 0 : 8 + (index + 1) * 30).subarray(8))
    expect(await verdictOf('tiff', page(true, 8).subarray(0, 8), ...pages, Buffer.alloc(8, 7))).toBe('whole')
    const last = page(true, 30_100).subarray(8)
    expect(await verdictOf('tiff', page(true, 8).subarray(0, 8), ...pages.slice(0, 999), last, Buffer.alloc(8, 7))).toBe('cut')
  })

  test('a next page that is not there is cut', async () => {
    expect(await verdictOf('tiff', page(true, 50, 5000), Buffer.alloc(50, 7))).toBe('cut')
  })

  test('a header whose directory is not written yet is cut', async () => {
    expect(await verdictOf('tiff', hex('49492a00 00000000'), Buffer.alloc(5000, 7))).toBe('cut')
  })

  test('a directory of zeros is cut', async () => {
    expect(await verdictOf('tiff', hex('49492a00 80000000'), Buffer.alloc(5000))).toBe('cut')
  })
})

describe('AVIF', () => {
  const avif = fixture('plain.avif')

  test('a picture that its item table places past the end is cut, though the boxes fit', async () => {
    const mdatAt = avif.indexOf('mdat') - 4
    const body = avif.subarray(mdatAt + 8, -100)
    expect(await verdictOf('avif', avif.subarray(0, mdatAt), box('mdat', body))).toBe('cut')
  })

  test('media data of size 0 is whole where the item table says how long it is', async () => {
    const open = Buffer.from(avif)
    open.writeUInt32BE(0, open.indexOf('mdat') - 4)
    expect(await verdictOf('avif', open)).toBe('whole')
    expect(await verdictOf('avif', open.subarray(0, -1))).toBe('cut')
  })

  test('a free box of zeros at the end is declared padding', async () => {
    expect(await verdictOf('avif', avif, box('free', Buffer.alloc(5000)))).toBe('whole')
  })
})

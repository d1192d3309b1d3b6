import fc from 'fast-check'
import { expect, test } from 'vitest'
import { detectMedia } from '../../src/media/detectMedia.ts'
import { imageSize } from '../../src/media/imageSize.ts'
import { cutAt, fixture, readerOf } from '../support/mediaBytes.ts'

async function sizeOf(content: Buffer): Promise<string | null> {
  const reader = readerOf(content)
  const type = await detectMedia(reader)
  const size = type === null ? null : await imageSize(reader, type)
  return size === null ? null : `${size.width}x${size.height}`
}

test.each([
  ['plain.jpg', '160x120'],
  ['progressive.jpg', '160x120'],
  ['plain.png', '80x60'],
  ['plain.webp', '160x120'],
  ['plain.bmp', '48x36'],
  ['plain.tiff', '64x48'],
  ['plain.avif', '160x120'],
  ['big.tiff', null],
  ['plain.mp4', null],
])('%s is %s pixels large', async (name, size) => {
  expect(await sizeOf(fixture(name))).toBe(size)
})

test('a lossless and an extended WebP tell their size in their own ways', async () => {
  const chunk = (type: string, body: readonly number[]): Buffer =>
    Buffer.concat([Buffer.from('RIFF\x40\0\0\0WEBP', 'latin1'), Buffer.from(type), Buffer.from([body.length, 0, 0, 0]), Buffer.from(body)])
  const extended = chunk('VP8X', [0, 0, 0, 0, 0x7f, 0x0c, 0, 0x37, 0x04, 0])
  expect(await imageSize(readerOf(extended), { format: 'webp' })).toEqual({ width: 3200, height: 1080 })
  // Signature, then 14 bits of width - 1 and 14 of height - 1.
  const lossless = chunk('VP8L', [0x2f, 0x9f, 0x00, 0x1e, 0x00, 0, 0, 0, 0, 0])
  expect(await imageSize(readerOf(lossless), { format: 'webp' })).toEqual({ width: 160, height: 121 })
})

test('headers that make no sense, or end early, have no size and throw nothing', async () => {
  const formats = ['jpeg', 'png', 'webp', 'bmp', 'tiff', 'avif'] as const
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(...formats), async (content, format) => {
      await imageSize(readerOf(content), { format })
    }),
  )
  for (const name of ['plain.jpg', 'plain.png', 'plain.tiff', 'plain.avif']) {
    for (const share of [0.01, 0.3, 0.9]) await sizeOf(cutAt(fixture(name), share))
  }
})

import { readdirSync } from 'node:fs'
import { detectMedia } from '../../src/media/detectMedia.ts'
import { imageSize } from '../../src/media/imageSize.ts'
import { judgeWholeness } from '../../src/media/judgeWholeness.ts'
import { MEDIA_TYPES } from '../../src/media/mediaType.ts'
import { pick } from '../simulation/chance.ts'
import { fixture, readerOf } from '../support/mediaBytes.ts'
import { mangle } from './mangle.ts'
import { type FuzzTarget, within } from './target.ts'

const WORDS = [
  'ftyp',
  'moov',
  'mdat',
  'free',
  'meta',
  'iloc',
  'RIFF',
  'WEBP',
  'VP8 ',
  'IHDR',
  'IDAT',
  'IEND',
  'II*\u0000',
  'MM\u0000*',
  '\u001aEß£',
]

/** What a walker may ask for, of a file of any size. */
const MOST_READS = 10_001
const MOST_BYTES = 32 * 1024 * 1024

/** Media bytes: detection, wholeness and size answer, in bounded reads, whatever the bytes are. */
export function mediaTarget(): FuzzTarget {
  const from = readdirSync(new URL('../media/fixtures/', import.meta.url)).map((name) => fixture(name))
  return {
    name: 'media',
    make: (random) => mangle(random, random() < 0.5 ? from : [pick(random, from)], WORDS),
    async feed(input) {
      await within(3_000, 'looking at it', look(input))
    },
    async [Symbol.asyncDispose]() {},
  }
}

async function look(input: Buffer): Promise<void> {
  // The size may lie: a file grows or shrinks while it is looked at.
  for (const sizeBytes of [input.length, input.length * 3 + 1]) {
    await bounded(input, sizeBytes, (reader) => detectMedia(reader))
    for (const type of Object.values(MEDIA_TYPES)) {
      await bounded(input, sizeBytes, (reader) => judgeWholeness(reader, type))
      await bounded(input, sizeBytes, (reader) => imageSize(reader, type))
    }
  }
}

async function bounded(input: Buffer, sizeBytes: number, use: (reader: ReturnType<typeof readerOf>) => Promise<unknown>): Promise<void> {
  const reader = readerOf(input, sizeBytes)
  await use(reader)
  const { reads, bytes } = reader.count
  if (reads > MOST_READS || bytes > MOST_BYTES) throw new Error(`${reads} reads of ${bytes} bytes for a file of ${sizeBytes}`)
}

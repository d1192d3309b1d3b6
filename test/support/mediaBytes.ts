import { readFileSync } from 'node:fs'
import type { ByteReader } from '../../src/media/byteReader.ts'

/** One of the small real files in test/media/fixtures. */
export function fixture(name: string): Buffer {
  return readFileSync(new URL(`../media/fixtures/${name}`, import.meta.url))
}

/** What a reader was asked for so far. */
export type ReadCount = { reads: number; bytes: number }

/** A reader over bytes in memory that counts. `sizeBytes` may claim more than there is: the rest reads as the end of the file. */
export function readerOf(content: Uint8Array, sizeBytes = content.length): ByteReader & { readonly count: ReadCount } {
  const count: ReadCount = { reads: 0, bytes: 0 }
  return {
    sizeBytes,
    count,
    async read(offset, length) {
      count.reads += 1
      count.bytes += length
      return content.subarray(Math.min(offset, content.length), Math.min(offset + length, content.length))
    },
  }
}

/** The first part of a copy that stopped. */
export function cutAt(content: Uint8Array, share: number): Buffer {
  return Buffer.from(content.subarray(0, Math.floor(content.length * share)))
}

/** A copy into a pre-allocated file that stopped: the same length, zeros after the share. */
export function zeroedAfter(content: Uint8Array, share: number): Buffer {
  return Buffer.from(content).fill(0, Math.floor(content.length * share))
}

/** An ISO base media box with a 32-bit size. */
export function box(type: string, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + body.length)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, body])
}

/** A JPEG segment: marker, length, payload. */
export function segment(marker: number, payload: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(2 + payload.length, 2)
  return Buffer.concat([head, payload])
}

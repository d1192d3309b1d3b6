import { crc32 } from 'node:zlib'
import { box, fixture, segment } from './mediaBytes.ts'

/** A valid JPEG, different for each number: a comment segment holds it. */
export function jpeg(variant: number | string): Buffer {
  const plain = fixture('plain.jpg')
  return Buffer.concat([plain.subarray(0, 2), segment(0xfe, Buffer.from(`variant ${variant}`)), plain.subarray(2)])
}

/** A JPEG of about this size: its compressed picture is repeated, which structure and length do not mind. */
export function largeJpeg(sizeBytes: number): Buffer {
  const plain = fixture('plain.jpg')
  const end = plain.lastIndexOf(Buffer.from([0xff, 0xd9]))
  const picture = plain.subarray(end - 1024, end)
  const copies = Math.ceil((sizeBytes - plain.length) / picture.length)
  return Buffer.concat([plain.subarray(0, end), ...Array.from({ length: copies }, () => picture), plain.subarray(end)])
}

/** A valid PNG, different for each number: a private chunk before IEND holds it. */
export function png(variant: number | string, extraBytes = 0): Buffer {
  const plain = fixture('plain.png')
  const content = Buffer.concat([Buffer.from(`laBlvariant ${variant}`), Buffer.alloc(extraBytes, 0x2e)])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length - 4)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(content))
  return Buffer.concat([plain.subarray(0, -12), length, content, check, plain.subarray(-12)])
}

/** A valid MP4, different for each number, padded with a `free` box to about this size. */
export function mp4(variant: number | string, sizeBytes = 0): Buffer {
  const plain = fixture('plain.mp4')
  const padding = Buffer.alloc(Math.max(0, sizeBytes - plain.length), 0x2e)
  return Buffer.concat([plain, box('free', Buffer.from(`variant ${variant}`), padding)])
}

/** A fragmented MP4 as its writer appends it: the head, then one fragment after the other. */
export function fragments(rounds = 1): readonly Buffer[] {
  const whole = fixture('fragmented.mp4')
  const starts: number[] = []
  const end = boxesOf(whole, (type, start) => {
    if (type === 'moof') starts.push(start)
  })
  const parts = starts.map((start, i) => whole.subarray(start, starts[i + 1] ?? end))
  return [whole.subarray(0, starts[0]), ...Array.from({ length: rounds }, () => parts).flat()]
}

/** Names the boxes side by side; returns where the last fragment ends. */
function boxesOf(bytes: Buffer, seen: (type: string, start: number) => void): number {
  let at = 0
  let end = 0
  while (at < bytes.length) {
    const type = bytes.toString('latin1', at + 4, at + 8)
    seen(type, at)
    at += bytes.readUInt32BE(at)
    if (type === 'mdat') end = at
  }
  return end
}

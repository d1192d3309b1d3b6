import type { Random } from '../../src/model/clock.ts'
import { between, pick } from '../simulation/chance.ts'

/** Pieces that break readers: of numbers, of text, of structure. */
const COMMON: readonly (string | Buffer)[] = [
  '-1',
  '0',
  '1e308',
  '1e309',
  '9007199254740993',
  '18446744073709551616',
  'NaN',
  'null',
  'true',
  '""',
  '[]',
  '{}',
  '\u0000',
  '\ufeff',
  '\u202e',
  '\ud800',
  '../../etc/passwd',
  '%s%n',
  `\${X}`,
  '<script>',
  '\r\n\r\n',
  Buffer.from([0xff, 0xfe]),
  Buffer.from([0xc3, 0x28]),
  Buffer.alloc(64),
  Buffer.alloc(8, 0xff),
  Buffer.from('7fffffffffffffff', 'hex'),
  'a'.repeat(300),
]

/** The longest input that is made, bytes; each target has its own extremes besides. */
const LONGEST_BYTES = 200_000

/** One input made from others: a few small changes, or a part of one in the middle of another. */
export function mangle(random: Random, from: readonly Buffer[], words: readonly string[]): Buffer {
  let made: Buffer = Buffer.from(pick(random, from))
  const strokes = between(random, 1, 6)
  for (let i = 0; i < strokes; i++) made = stroke(random, made, from, words)
  return made.subarray(0, LONGEST_BYTES)
}

function stroke(random: Random, input: Buffer, from: readonly Buffer[], words: readonly string[]): Buffer {
  const at = between(random, 0, input.length)
  const end = Math.min(input.length, at + between(random, 1, 40))
  const put = (piece: Buffer | string, until = at): Buffer =>
    Buffer.concat([input.subarray(0, at), Buffer.from(piece as Buffer), input.subarray(until)])
  switch (between(random, 0, 8)) {
    case 0: {
      const flipped = Buffer.from(input)
      if (at < flipped.length) flipped[at] = (flipped[at] ?? 0) ^ (1 << between(random, 0, 7))
      return flipped
    }
    case 1:
      return put('', end)
    case 2:
      return put(pick(random, COMMON))
    case 3:
      return put(pick(random, COMMON), end)
    case 4:
      return words.length === 0 ? input : put(pick(random, words), random() < 0.5 ? at : end)
    case 5: {
      const piece = input.subarray(at, end)
      return put(Buffer.concat(Array.from({ length: between(random, 2, 60) }, () => piece)), end)
    }
    case 6:
      return input.subarray(0, at)
    case 7: {
      const other = pick(random, from)
      return put(other.subarray(between(random, 0, other.length)), random() < 0.5 ? at : input.length)
    }
    default:
      return put(Buffer.from([between(random, 0, 255)]), Math.min(input.length, at + 1))
  }
}

import { type ByteReader, readFully } from './byteReader.ts'
import { cut, type Unfinished, unknownEnd } from './wholeness.ts'

/** Walkers hop from header to header: this much is read ahead at each hop. */
const READ_AHEAD_BYTES = 512
/** Looks per file. A longer structure is not walked to its end. */
const MAX_LOOKS = 10_000
/** Bytes per file. Usual files need less than 256 KiB; only a JPEG with a long trailer is read on and on. */
const MAX_READ_BYTES = 32 * 1024 * 1024

/** Ends a walk from within: a read past the end, or a budget that is spent. Never leaves `judgeWholeness`. */
export class WalkEnded extends Error {
  override readonly name = 'WalkEnded'
  readonly verdict: Unfinished
  constructor(verdict: Unfinished) {
    super('the walk has ended')
    this.verdict = verdict
  }
}

/**
 * A bounded view of one file for walkers. Offsets and lengths may be any number that a lying header gives, also beyond 2^53:
 * what does not lie inside the file ends the walk with `cut`, too many looks or bytes end it with `unknown-end`.
 */
export class ByteWindow {
  readonly sizeBytes: number
  readonly #reader: ByteReader
  #start = 0
  #bytes: Uint8Array = new Uint8Array(0)
  #looksLeft = MAX_LOOKS
  #bytesLeft = MAX_READ_BYTES

  constructor(reader: ByteReader) {
    this.#reader = reader
    this.sizeBytes = reader.sizeBytes
  }

  /** Exactly `length` bytes. @throws WalkEnded when they are not all inside the file. */
  async bytes(offset: number, length: number): Promise<Uint8Array> {
    this.#looksLeft -= 1
    if (this.#looksLeft < 0) throw new WalkEnded(unknownEnd('it has more parts than are looked through'))
    if (!(offset >= 0 && length >= 0 && offset + length <= this.sizeBytes)) throw new WalkEnded(cut('it ends before its structure does'))
    const from = offset - this.#start
    if (from >= 0 && from + length <= this.#bytes.length) return this.#bytes.subarray(from, from + length)
    return this.#fetch(offset, length)
  }

  /** The same as a DataView. */
  async view(offset: number, length: number): Promise<DataView> {
    const bytes = await this.bytes(offset, length)
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Up to `length` bytes: fewer at the end of the file, none after it. */
  async upTo(offset: number, length: number): Promise<Uint8Array> {
    return this.bytes(Math.min(offset, this.sizeBytes), Math.max(0, Math.min(length, this.sizeBytes - offset)))
  }

  async #fetch(offset: number, length: number): Promise<Uint8Array> {
    const wanted = Math.min(Math.max(length, READ_AHEAD_BYTES), this.sizeBytes - offset)
    this.#bytesLeft -= wanted
    if (this.#bytesLeft < 0) throw new WalkEnded(unknownEnd('more of it would have to be read than is allowed'))
    const read = await readFully(this.#reader, offset, wanted)
    if (read.length < length) throw new WalkEnded(cut('it became shorter while it was read'))
    this.#start = offset
    this.#bytes = read
    return read.subarray(0, length)
  }
}

/** Four bytes as a type or magic, each byte one character. */
export function fourCc(view: DataView, at: number): string {
  return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3))
}

/** A 64-bit size as a number; beyond 2^53 it is inexact, and beyond every file. */
export function size64(view: DataView, at: number, littleEndian = false): number {
  return Number(view.getBigUint64(at, littleEndian))
}

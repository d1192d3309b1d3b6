import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { BodySource, SentBody } from '../sync/ports.ts'

/** The file was not what it was declared to be: it ended early, went on, or could not be read. */
export class FileFault extends Error {
  override readonly name = 'FileFault'
}

/** What stands between the file and the network. */
type Meter = {
  /** Resolves when that many bytes may leave. */
  take(bytes: number): Promise<void>
  /** All bytes that have left so far. */
  onBytes(sentBytes: number): void
}

type MeteredBody = {
  readonly stream: Readable
  /** Resolves when every byte has been taken; rejects with `FileFault`, or when the stream is given up before. */
  readonly sent: Promise<SentBody>
  /** What was wrong with the file, if that is why the stream broke. */
  fault(): FileFault | null
  /** Is it the file that is waited for? */
  isReading(): boolean
  close(): void
}

/** Progress and bandwidth are counted in pieces of this size; smaller ones cost system calls. */
const PIECE_BYTES = 256 * 1024

/** The file's bytes as they go out: counted, hashed, slowed to the limit. A file that is shorter or longer than declared breaks the stream. */
export function meteredBody(source: BodySource, meter: Meter): MeteredBody {
  let file: Readable | null = null
  let fault: FileFault | null = null
  let isReading = false
  const { promise: sent, resolve, reject } = deferred<SentBody>()
  async function* pieces(): AsyncGenerator<Buffer> {
    const hash = createHash('sha256')
    let sentBytes = 0
    try {
      const chunks = declaredBytes(source, {
        onOpen(opened) {
          file = opened
        },
        onRead(begun) {
          isReading = begun
        },
      })
      for await (const chunk of chunks) {
        hash.update(chunk)
        for (const piece of slices(chunk)) {
          await meter.take(piece.length)
          yield piece
          sentBytes += piece.length
          meter.onBytes(sentBytes)
        }
      }
      resolve({ sha256: hash.digest('hex'), sizeBytes: sentBytes })
    } catch (error) {
      if (error instanceof FileFault) fault = error
      reject(error)
      throw error
    } finally {
      reject(new Error('given up'))
    }
  }
  const stream = Readable.from(pieces(), { objectMode: false, highWaterMark: PIECE_BYTES })
  stream.on('error', () => undefined)
  return {
    stream,
    sent,
    fault: () => fault,
    isReading: () => isReading,
    close() {
      file?.destroy()
      stream.destroy()
      reject(new Error('given up'))
    },
  }
}

/** A small file, read whole. @throws FileFault when it cannot be read, or is shorter or longer than declared */
export async function readWhole(source: BodySource, onOpen: (file: Readable) => void): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of declaredBytes(source, { onOpen, onRead: () => undefined })) chunks.push(chunk)
  return Buffer.concat(chunks)
}

type Reading = {
  onOpen(file: Readable): void
  /** True: a chunk is asked for; false: it is there. */
  onRead(begun: boolean): void
}

/** The file's chunks, exactly `sizeBytes` in all. @throws FileFault */
async function* declaredBytes(source: BodySource, { onOpen, onRead }: Reading): AsyncGenerator<Buffer> {
  let readBytes = 0
  const file = await reading(async () => source.open())
  onOpen(file)
  try {
    const chunks = file[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    const read = async (): Promise<IteratorResult<Buffer>> => {
      onRead(true)
      const next = await reading(() => chunks.next())
      onRead(false)
      return next
    }
    for (let next = await read(); next.done !== true; next = await read()) {
      readBytes += next.value.length
      if (readBytes > source.sizeBytes) throw new FileFault(`the file grew beyond ${source.sizeBytes} bytes while it was sent`)
      yield next.value
    }
    if (readBytes < source.sizeBytes) throw new FileFault(`the file ended at ${readBytes} of ${source.sizeBytes} bytes`)
  } finally {
    file.destroy()
  }
}

async function reading<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? ` (${cause.code})` : ''
    throw new FileFault(`the file could not be read${code}`, { cause })
  }
}

function* slices(chunk: Buffer): Generator<Buffer> {
  for (let start = 0; start < chunk.length; start += PIECE_BYTES) yield chunk.subarray(start, start + PIECE_BYTES)
}

/** A promise that is settled from outside; one that nobody waits for any more ends nothing. */
function deferred<T>() {
  let resolve: (value: T) => void = () => undefined
  let reject: (reason: unknown) => void = () => undefined
  const promise = new Promise<T>((ok, no) => {
    resolve = ok
    reject = no
  })
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}

import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { HEAD_BYTES } from './imageSize.ts'

type StoredBlob = {
  readonly sha256: string
  readonly sizeBytes: number
  /** The first bytes, at most `HEAD_BYTES`. */
  readonly head: Buffer
}

/** Contents by their SHA-256. Equal contents are kept once. */
export type Blobs = {
  /** Stores a stream to its end. @throws BlobsFull; or what the stream threw: nothing is kept then. */
  store(body: Readable): Promise<StoredBlob>
  read(sha256: string): Readable
  usedBytes(): number
}

/** The disk-use cap is reached; in the answer its word is EmulatorStorageFull. */
export class BlobsFull extends Error {
  override readonly name = 'BlobsFull'
}

const UNFINISHED = 'unfinished-'

/** Opens `<dir>/blobs`, and removes what no one holds, and what was being written when the last process died. @param maxBytes cap of disk use. */
export function openBlobs(dir: string, maxBytes: number, held: ReadonlySet<string>): Blobs {
  const home = join(dir, 'blobs')
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const sizes = keptSizes(home, held)
  let used = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  return {
    usedBytes: () => used,
    read: (sha256) => createReadStream(join(home, sha256)),
    async store(body) {
      const path = join(home, `${UNFINISHED}${randomUUID()}`)
      let received = 0
      try {
        const blob = await writeHashed(path, body, (bytes) => {
          received += bytes
          used += bytes
          if (used > maxBytes) throw new BlobsFull(`the emulator keeps at most ${maxBytes} bytes`)
        })
        await rename(path, join(home, blob.sha256))
        if (sizes.has(blob.sha256)) used -= received
        sizes.set(blob.sha256, blob.sizeBytes)
        return blob
      } catch (error) {
        used -= received
        await rm(path, { force: true })
        throw error
      }
    },
  }
}

async function writeHashed(path: string, body: Readable, count: (bytes: number) => void): Promise<StoredBlob> {
  const hash = createHash('sha256')
  const head: Buffer[] = []
  let sizeBytes = 0
  await using file = await open(path, 'wx', 0o600)
  // the stream is left open on failure: the refusal still has to travel over its socket
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    count(chunk.length)
    hash.update(chunk)
    if (sizeBytes < HEAD_BYTES) head.push(chunk)
    sizeBytes += chunk.length
    await file.writeFile(chunk)
  }
  return { sha256: hash.digest('hex'), sizeBytes, head: Buffer.concat(head).subarray(0, HEAD_BYTES) }
}

function keptSizes(home: string, held: ReadonlySet<string>): Map<string, number> {
  const sizes = new Map<string, number>()
  for (const name of readdirSync(home)) {
    if (!held.has(name)) rmSync(join(home, name))
    else sizes.set(name, statSync(join(home, name)).size)
  }
  return sizes
}

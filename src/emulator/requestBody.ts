import type { IncomingMessage } from 'node:http'

/** The body is larger than a call may be. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge'
}

const MAX_CALL_BYTES = 64 * 1024 * 1024

/** The whole body of a call. @throws BodyTooLarge above 64 MB; what the socket threw when the caller left. */
export async function readCallBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_CALL_BYTES) throw new BodyTooLarge(`a call may have at most ${MAX_CALL_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

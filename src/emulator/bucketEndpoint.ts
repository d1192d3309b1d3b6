import { pipeline } from 'node:stream/promises'
import { type Answer, bucketError, interrupt, interruptionOf, send } from './answer.ts'
import { BlobsFull } from './blobs.ts'
import { dateHeader, type Exchange, type Parts } from './exchange.ts'
import { actionOf, type FaultAction, latencyMs } from './faults.ts'
import { imageSizeOf } from './imageSize.ts'
import type { BucketObject } from './records.ts'

/** How many bytes a PUT that is cut `during` may send first, unless the fault says. */
const DEFAULT_CUT_BYTES = 1024

/** `/bucket/<dataset>/<data_hash>?token=…&expires=…`: PUT stores the content of a ticket, GET reads it (protocol: PUT to the signed URL). */
export async function handleBucket(parts: Parts, exchange: Exchange, url: URL): Promise<void> {
  const { request, response } = exchange
  const [, , datasetHash = '', dataHash = ''] = url.pathname.split('/')
  const object = parts.state.objects.get(dataHash)
  const method = request.method ?? 'GET'
  const call = `${method} bucket`
  const entry = parts.calls.begin({
    call,
    endpoint: '/bucket',
    query_type: null,
    query_method: method,
    dataset: datasetHash,
    uid: dataHash,
    payload: object === undefined ? null : { title: object.title },
    headers: request.headers,
  })
  const faults = parts.faults.take({ call, dataset: datasetHash, uids: [dataHash, object?.title ?? ''], body: null })
  const waitMs = latencyMs(faults)
  if (waitMs > 0) await parts.sleep(waitMs)
  dateHeader(response, parts.now(), faults)
  const early = interruptionOf(faults, 'before', true)
  if (early !== null) return parts.calls.end(entry, await interrupt(response, early))
  if (cutDuring(exchange, faults)) return parts.calls.end(entry, { httpStatus: null, answer: 'cut' })
  const refused = refusalOf(parts, object, datasetHash, url, method)
  if (refused === null && object !== undefined && method === 'GET')
    return parts.calls.end(entry, await sendContent(parts, exchange, object))
  const answer = refused ?? (await store(parts, exchange, dataHash))
  entry.bodyBytes = refused === null ? (parts.state.objects.get(dataHash)?.put?.sizeBytes ?? null) : null
  const late = interruptionOf(faults, 'after', true)
  if (late !== null) return parts.calls.end(entry, await interrupt(response, late))
  await send(response, answer)
  parts.calls.end(entry, { httpStatus: answer.status, answer: answer.word })
}

/** 403 with XML for a URL that is wrong or too old, as S3-like stores answer. */
function refusalOf(parts: Parts, object: BucketObject | undefined, datasetHash: string, url: URL, method: string): Answer | null {
  if (method !== 'PUT' && method !== 'GET') return bucketError(405, 'MethodNotAllowed', 'PUT and GET only')
  const { searchParams } = url
  const signed =
    object !== undefined &&
    object.dataset_hash === datasetHash &&
    searchParams.get('token') === object.token &&
    searchParams.get('expires') === String(object.expiresAtMs)
  if (!signed) return bucketError(403, 'SignatureDoesNotMatch', 'the signed URL is not one that was given out')
  if (parts.now() >= object.expiresAtMs) return bucketError(403, 'AccessDenied', 'Request has expired')
  if (method === 'GET' && object.put === null) return bucketError(404, 'NoSuchKey', 'nothing was uploaded')
  return null
}

async function store(parts: Parts, { request }: Exchange, dataHash: string): Promise<Answer> {
  try {
    const { sha256, sizeBytes, head } = await parts.blobs.store(request)
    const size = imageSizeOf(head)
    const object = parts.state.objects.get(dataHash)
    if (object === undefined) return bucketError(404, 'NoSuchKey', 'the object was removed meanwhile')
    const contentType = request.headers['content-type'] ?? null
    const sized = request.headers['content-length'] !== undefined
    const put = {
      sha256,
      sizeBytes,
      contentType,
      sized,
      width: size?.width ?? null,
      height: size?.height ?? null,
      dicom: isDicom(head),
      atMs: parts.now(),
    }
    parts.state.commit([{ object: { ...object, put } }])
    return { status: 200, contentType: 'text/plain', body: '', word: 'ok', headers: { ETag: `"${sha256.slice(0, 32)}"` } }
  } catch (error) {
    if (error instanceof BlobsFull || isDiskFull(error)) return bucketError(507, 'EmulatorStorageFull', 'the emulator has no room left')
    return bucketError(400, 'IncompleteBody', 'the body ended early')
  }
}

/** "DICM" after 128 bytes (PS3.10, 7.1). */
function isDicom(head: Buffer): boolean {
  return head.toString('latin1', 128, 132) === 'DICM'
}

async function sendContent(parts: Parts, { response }: Exchange, object: BucketObject): Promise<{ httpStatus: number; answer: string }> {
  const { put } = object
  response.writeHead(200, { 'Content-Type': put?.contentType ?? 'application/octet-stream', 'Content-Length': put?.sizeBytes ?? 0 })
  await pipeline(parts.blobs.read(put?.sha256 ?? ''), response)
  return { httpStatus: 200, answer: 'ok' }
}

/** Reads some bytes, stores none, and destroys the socket. */
function cutDuring({ request }: Exchange, faults: readonly FaultAction[]): boolean {
  const cut = actionOf(faults, 'cut')
  if (cut?.when !== 'during') return false
  let left = cut.afterBytes ?? DEFAULT_CUT_BYTES
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left <= 0) request.destroy()
  })
  request.on('end', () => request.socket.destroy())
  return true
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC'
}

import { objectArgument, stringArgument, wrong } from './arguments.ts'
import { actionOf } from './faults.ts'
import type { DatasetContext } from './operation.ts'
import type { BucketObject, Frame, Row } from './records.ts'
import { Refusal } from './refusal.ts'

/** An object whose bytes are in the bucket. */
export type StoredObject = BucketObject & { readonly put: NonNullable<BucketObject['put']> }

/** The object that a register call's payload speaks of. The payload is the ticket, whole: its fields must be the ticket's. @throws Refusal */
export function storedObject(context: DatasetContext, payload: unknown): StoredObject {
  const fields = objectArgument(payload, 'payload')
  const object = objectOf(context, stringArgument(fields['data_hash'], 'payload.data_hash'))
  stringArgument(fields['title'], 'payload.title')
  stringArgument(fields['signed_url'], 'payload.signed_url')
  if (fields['file_link'] !== object.file_link) throw wrong('payload.file_link', 'the one of the signed-URL answer')
  return object
}

/** @throws Refusal RESOURCE_NOT_FOUND_ERROR when the hash is unknown here, or nothing was PUT to its URL */
export function objectOf(context: DatasetContext, dataHash: string): StoredObject {
  const object = context.state.objects.get(dataHash)
  if (object === undefined || object.dataset_hash !== context.dataset.dataset_hash) {
    throw new Refusal('RESOURCE_NOT_FOUND_ERROR', `no signed URL was given out for ${dataHash} in this dataset`)
  }
  const { put } = object
  if (put === null) throw new Refusal('RESOURCE_NOT_FOUND_ERROR', `nothing was uploaded to the signed URL of ${dataHash}`)
  return { ...object, put }
}

/** A uid that repeats the payload's hash; null is fine where the SDK sends null. @throws Refusal */
export function sameHash(uid: unknown, object: BucketObject, nullAllowed: boolean): void {
  if (uid !== object.data_hash && !(nullAllowed && uid === null)) throw wrong('uid', 'the data_hash of the payload')
}

/** Makes the row of a video or an image, or does what a second registration does. @throws Refusal RESOURCE_EXISTS_ERROR */
export function registerObject(context: DatasetContext, object: StoredObject, type: 'VIDEO' | 'IMAGE', title: string): Row {
  const known = context.state.rowsOf(context.dataset.dataset_hash).get(object.data_hash)
  if (known === undefined) return commitRow(context, object, objectRow(context, object, object.data_hash, type, title))
  const second = actionOf(context.faults, 'secondRegister')?.answer ?? 'error'
  if (second === 'ok' && known.removedAtMs === null) return known
  if (second === 'row') return commitRow(context, object, objectRow(context, object, context.newHash(), type, title))
  throw new Refusal('RESOURCE_EXISTS_ERROR', `${object.data_hash} is registered already`)
}

function commitRow(context: DatasetContext, object: BucketObject, row: Row): Row {
  context.state.commit([{ row }, { object: { ...object, usedBy: [...object.usedBy, row.data_hash] } }])
  return row
}

function objectRow(context: DatasetContext, object: StoredObject, dataHash: string, type: 'VIDEO' | 'IMAGE', title: string): Row {
  const { put } = object
  return {
    ...newRow(context, dataHash, type, title),
    file_link: object.file_link,
    sha256: put.sha256,
    sizeBytes: put.sizeBytes,
    contentType: put.contentType,
    width: put.width,
    height: put.height,
  }
}

/** A row without content. */
export function newRow(context: DatasetContext, dataHash: string, type: Row['type'], title: string): Row {
  const { dataset_hash } = context.dataset
  return {
    data_hash: dataHash,
    dataset_hash,
    title,
    type,
    file_link: `emulator/${dataset_hash}/${dataHash}`,
    sha256: null,
    sizeBytes: null,
    contentType: null,
    width: null,
    height: null,
    sequence: null,
    frames: [],
    client_metadata: null,
    createdAtMs: context.nowMs,
    editedAtMs: context.nowMs,
    removedAtMs: null,
  }
}

/** What a group keeps of one of its images. */
export function frameOf(object: StoredObject): Frame {
  const { data_hash, title, file_link, put } = object
  const { sha256, sizeBytes, contentType, width, height } = put
  return { data_hash, title, file_link, sha256, sizeBytes, contentType, width, height }
}

import { objectArgument, stringArgument, wrong } from '../arguments.ts'
import { actionOf } from '../faults.ts'
import { liveRow } from '../listing.ts'
import type { DatasetContext, DatasetOperation } from '../operation.ts'
import type { Row } from '../records.ts'
import { Refusal } from '../refusal.ts'
import { frameOf, newRow, objectOf, type StoredObject } from '../registration.ts'

/**
 * SDK 0.1.60, `create_dicom_series`: `dicomseries` POST, uid: a list of `{id: data_hash, uri: file_link, title}`, one per file, in order;
 * payload: `{title}` -> `{data_hash, title}` of the one row that holds them. Its hash is born here. An object that is no DICOM file is refused.
 */
export const dicomSeriesPost: DatasetOperation = {
  queryType: 'dicomseries',
  queryMethod: 'POST',
  endpoint: '/public',
  scope: 'dataset.write',
  run(context, uid, payload) {
    if (!Array.isArray(uid) || uid.length === 0) throw wrong('uid', 'a list of {id, uri, title} that is not empty')
    const title = stringArgument(objectArgument(payload, 'payload')['title'], 'payload.title')
    const slices = uid.map((item) => sliceOf(context, item))
    if (new Set(slices.map(({ data_hash }) => data_hash)).size < slices.length) throw wrong('uid', 'a list without one file twice')
    const again = secondAnswer(context, slices)
    const row = again ?? seriesRow(context, slices, title)
    if (again === undefined) {
      const used = slices.map((slice) => ({ object: { ...slice, usedBy: [...slice.usedBy, row.data_hash] } }))
      context.state.commit([{ row }, ...used])
    }
    return { data_hash: row.data_hash, title: row.title }
  },
}

function sliceOf(context: DatasetContext, item: unknown): StoredObject {
  const { id, uri, title } = objectArgument(item, 'uid')
  const object = objectOf(context, stringArgument(id, 'uid.id'))
  stringArgument(title, 'uid.title')
  if (uri !== object.file_link) throw wrong('uid.uri', 'the file_link of the signed-URL answer')
  if (object.put.dicom !== true) throw new Refusal('FILE_TYPE_NOT_SUPPORTED_ERROR', `${object.title} is no DICOM file`)
  const isShared = context.shareFrames || (actionOf(context.faults, 'secondRegister')?.answer ?? 'error') !== 'error'
  if (object.usedBy.length > 0 && !isShared) throw new Refusal('RESOURCE_EXISTS_ERROR', `${object.data_hash} is in another data row`)
  return object
}

/** The live series of exactly these files, when a repeated call is to be answered 'ok'. */
function secondAnswer(context: DatasetContext, slices: readonly StoredObject[]): Row | undefined {
  if (actionOf(context.faults, 'secondRegister')?.answer !== 'ok') return undefined
  const hashes = slices.map(({ data_hash }) => data_hash)
  return slices
    .flatMap((slice) => slice.usedBy)
    .flatMap((hash) => liveRow(context.state, context.dataset.dataset_hash, hash) ?? [])
    .find((row) => row.type === 'DICOM' && row.frames.every((frame) => hashes.includes(frame.data_hash)))
}

function seriesRow(context: DatasetContext, slices: readonly StoredObject[], title: string): Row {
  return {
    ...newRow(context, context.newHash(), 'DICOM', title),
    frames: slices.map(frameOf),
    sizeBytes: slices.reduce((sum, slice) => sum + slice.put.sizeBytes, 0),
    contentType: 'application/dicom',
  }
}

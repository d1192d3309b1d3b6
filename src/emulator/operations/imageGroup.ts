import { optionalObject, optionalString, stringList } from '../arguments.ts'
import { actionOf } from '../faults.ts'
import { liveRow } from '../listing.ts'
import type { DatasetContext, DatasetOperation } from '../operation.ts'
import type { Row } from '../records.ts'
import { Refusal } from '../refusal.ts'
import { frameOf, newRow, objectOf, type StoredObject } from '../registration.ts'

/**
 * Protocol: `imagegroup` POST, uid: data_hashes in frame order, payload: `{}` or `{image_group_title, create_video}` -> a list of
 * `{data_hash, title, file_link}`; with `create_video: true` one row for each resolution. The rows' hashes are born here.
 */
export const imageGroupPost: DatasetOperation = {
  queryType: 'imagegroup',
  queryMethod: 'POST',
  endpoint: '/public',
  scope: 'dataset.write',
  run(context, uid, payload) {
    const options = optionalObject(payload, 'payload')
    const frames = stringList(uid, 'uid').map((hash) => stagedFrame(context, hash))
    if (new Set(frames.map((frame) => frame.data_hash)).size < frames.length) {
      throw new Refusal('INVALID_ARGUMENTS_ERROR', 'one image is in the list twice')
    }
    const again = secondAnswer(context, frames)
    if (again.length > 0) return again.map(groupAnswer)
    const sequence = options['create_video'] === true
    const title = optionalString(options['image_group_title'], 'payload.image_group_title')
    const rows = (sequence ? byResolution(frames) : [frames]).map((part, index) => groupRow(context, part, sequence, title, index))
    context.state.commit([
      ...rows.map((row) => ({ row })),
      ...rows.flatMap((row) => frames.filter((frame) => holds(row, frame)).map((frame) => ({ object: usedBy(frame, row) }))),
    ])
    return rows.map(groupAnswer)
  },
}

function stagedFrame(context: DatasetContext, hash: string): StoredObject {
  const object = objectOf(context, hash)
  if (!object.staged) throw new Refusal('RESOURCE_NOT_FOUND_ERROR', `${hash} was not staged by image or images`)
  const shared = context.shareFrames || (actionOf(context.faults, 'secondRegister')?.answer ?? 'error') !== 'error'
  if (object.usedBy.length > 0 && !shared) throw new Refusal('RESOURCE_EXISTS_ERROR', `${hash} is in another data row`)
  return object
}

/** The live group of exactly these frames, when a repeated call is to be answered 'ok'. */
function secondAnswer(context: DatasetContext, frames: readonly StoredObject[]): Row[] {
  if (actionOf(context.faults, 'secondRegister')?.answer !== 'ok') return []
  const users = new Set(frames.flatMap((frame) => frame.usedBy))
  const rows = [...users].flatMap((hash) => liveRow(context.state, context.dataset.dataset_hash, hash) ?? [])
  return rows.filter(
    (row) => row.type === 'IMG_GROUP' && row.frames.every((each) => frames.some((frame) => frame.data_hash === each.data_hash)),
  )
}

function groupAnswer({ data_hash, title, file_link }: Row) {
  return { data_hash, title, file_link }
}

function byResolution(frames: readonly StoredObject[]): StoredObject[][] {
  const parts = new Map<string, StoredObject[]>()
  for (const frame of frames) {
    const resolution = `${frame.put.width}x${frame.put.height}`
    parts.set(resolution, [...(parts.get(resolution) ?? []), frame])
  }
  return [...parts.values()]
}

function groupRow(
  context: DatasetContext,
  frames: readonly StoredObject[],
  sequence: boolean,
  title: string | undefined,
  index: number,
): Row {
  const hash = context.newHash()
  const name = title ?? `image-group-${hash.slice(0, 5)}`
  const first = frames[0]?.put
  return {
    ...newRow(context, hash, 'IMG_GROUP', index === 0 ? name : `${name}-${index + 1}`),
    sequence,
    frames: frames.map(frameOf),
    sizeBytes: frames.reduce((sum, frame) => sum + frame.put.sizeBytes, 0),
    contentType: sequence ? 'video/mp4' : (first?.contentType ?? null),
    width: sequence ? (first?.width ?? null) : null,
    height: sequence ? (first?.height ?? null) : null,
  }
}

function holds(row: Row, frame: StoredObject): boolean {
  return row.frames.some(({ data_hash }) => data_hash === frame.data_hash)
}

function usedBy(frame: StoredObject, row: Row): StoredObject {
  return { ...frame, usedBy: [...frame.usedBy, row.data_hash] }
}

import { objectArgument, optionalString, stringArgument, stringList } from '../arguments.ts'
import { actionOf } from '../faults.ts'
import { liveRow } from '../listing.ts'
import type { DatasetContext, DatasetOperation } from '../operation.ts'
import type { Row } from '../records.ts'
import { Refusal } from '../refusal.ts'
import { registerObject, sameHash, storedObject } from '../registration.ts'
import type { Change } from '../state.ts'

/** Protocol: `video` PUT, uid: data_hash, payload: the ticket, `video_title` sets another title -> `{data_hash, title, file_link}`. */
export const videoPut: DatasetOperation = {
  queryType: 'video',
  queryMethod: 'PUT',
  endpoint: '/public',
  scope: 'dataset.write',
  run(context, uid, payload) {
    const object = storedObject(context, payload)
    sameHash(uid, object, false)
    const title = optionalString(objectArgument(payload, 'payload')['video_title'], 'payload.video_title') ?? object.title
    const row = registerObject(context, object, 'VIDEO', title)
    return { data_hash: row.data_hash, title: row.title, file_link: row.file_link }
  },
}

/** SDK 0.1.60, `update_data_item`: `video` POST, uid: dataset_hash, payload: `[{video_hash, title}]` -> `{success}`. */
export const videoPost: DatasetOperation = {
  queryType: 'video',
  queryMethod: 'POST',
  endpoint: '/public',
  scope: 'dataset.write',
  run(context, _uid, payload) {
    const changes = (Array.isArray(payload) ? payload : [payload]).map((item): Change => {
      const { video_hash, title } = objectArgument(item, 'payload')
      const row = existing(context, stringArgument(video_hash, 'payload.video_hash'))
      return { row: { ...row, title: stringArgument(title, 'payload.title'), editedAtMs: context.nowMs } }
    })
    context.state.commit(changes)
    return { success: true }
  },
}

/** Protocol: `video` DELETE, uid: a list of data_hash (videos, groups, images). No answer is documented; one unknown hash refuses the whole list. */
export const videoDelete: DatasetOperation = {
  queryType: 'video',
  queryMethod: 'DELETE',
  endpoint: '/public',
  scope: 'dataset.write',
  run(context, uid) {
    const rows = stringList(typeof uid === 'string' ? [uid] : uid, 'uid').map((hash) => existing(context, hash))
    const kept = keptByFault(context, rows)
    const changes = rows.filter((row) => !kept.includes(row)).flatMap((row) => removal(context, row))
    if (changes.length > 0) context.state.commit(changes)
    const word = actionOf(context.faults, 'refuseDelete')?.word
    if (kept.length > 0 && typeof word === 'string') throw new Refusal(word, `not removed: ${kept.map((row) => row.data_hash).join(', ')}`)
    return null
  },
}

function existing(context: DatasetContext, dataHash: string): Row {
  const row = liveRow(context.state, context.dataset.dataset_hash, dataHash)
  if (row === undefined) throw new Refusal('RESOURCE_NOT_FOUND_ERROR', `no data row ${dataHash} in this dataset`)
  return row
}

function keptByFault(context: DatasetContext, rows: readonly Row[]): readonly Row[] {
  const fault = actionOf(context.faults, 'refuseDelete')
  if (fault === undefined) return []
  return rows.filter((row) => fault.hashes.includes(row.data_hash) || fault.titles.includes(row.title))
}

/** A tombstone, and the content's objects forgotten: the same hash can't be registered again. */
function removal(context: DatasetContext, row: Row): Change[] {
  const hashes = [row.data_hash, ...row.frames.map((frame) => frame.data_hash)]
  const forgotten = hashes.filter((hash) => context.state.objects.get(hash)?.usedBy.every((user) => user === row.data_hash) ?? false)
  return [{ row: { ...row, removedAtMs: context.nowMs } }, ...forgotten.map((forgetObject) => ({ forgetObject }))]
}

import { objectArgument, optionalObject, stringArgument } from '../arguments.ts'
import { visibleRows } from '../listing.ts'
import type { DatasetContext, DatasetOperation } from '../operation.ts'
import type { Row } from '../records.ts'
import { Refusal } from '../refusal.ts'
import { rowView } from '../rowView.ts'
import { signedUrl } from '../tickets.ts'

/** Protocol: `datarow` GET, uid: data_hash, payload: `{additional_data: {client_metadata, images_data_fetch_options, signed_url}}` -> the data row. */
export const dataRowGet: DatasetOperation = {
  queryType: 'datarow',
  queryMethod: 'GET',
  endpoint: '/public',
  scope: 'dataset.read',
  run(context, uid, payload) {
    const wanted = optionalObject(optionalObject(payload, 'payload')['additional_data'], 'payload.additional_data')
    const images = wanted['images_data_fetch_options'] ?? wanted['images_data']
    const row = rowOf(context, uid)
    return {
      ...rowView(context.dataset, row, { clientMetadata: wanted['client_metadata'] === true, images: Boolean(images) }),
      ...(wanted['signed_url'] === true ? { signed_url: readUrl(context, row) } : {}),
    }
  },
}

/** Protocol: `datarow` POST, uid: data_hash, payload: `{data_title?, client_metadata?}` -> `{updated_fields, data_row}`. */
export const dataRowPost: DatasetOperation = {
  queryType: 'datarow',
  queryMethod: 'POST',
  endpoint: '/public',
  scope: 'dataset.write',
  run(context, uid, payload) {
    const change = objectArgument(payload, 'payload')
    const unknown = Object.keys(change).find((field) => field !== 'data_title' && field !== 'client_metadata')
    if (unknown !== undefined) throw new Refusal('INVALID_ARGUMENTS_ERROR', `${unknown} of a data row can't be changed`)
    const before = rowOf(context, uid)
    const row: Row = {
      ...before,
      title: 'data_title' in change ? stringArgument(change['data_title'], 'payload.data_title') : before.title,
      client_metadata:
        'client_metadata' in change ? objectArgument(change['client_metadata'], 'payload.client_metadata') : before.client_metadata,
      editedAtMs: context.nowMs,
    }
    context.state.commit([{ row }])
    return { updated_fields: Object.keys(change), data_row: rowView(context.dataset, row, { clientMetadata: true, images: false }) }
  },
}

function rowOf(context: DatasetContext, uid: unknown): Row {
  const hash = stringArgument(uid, 'uid')
  const row = visibleRows(context.state, context.dataset.dataset_hash, context.nowMs, context.faults).find(
    (each) => each.data_hash === hash,
  )
  if (row === undefined) throw new Refusal('RESOURCE_NOT_FOUND_ERROR', `no data row ${hash} in this dataset`)
  return row
}

/** A fresh URL to read the content; null where the bucket has none (a group, or private cloud). */
function readUrl(context: DatasetContext, row: Row): string | null {
  const object = context.state.objects.get(row.data_hash)
  if (object === undefined) return null
  const renewed = { ...object, expiresAtMs: context.nowMs + context.urlLifeMs }
  context.state.commit([{ object: renewed }])
  return signedUrl(context.origin, renewed)
}

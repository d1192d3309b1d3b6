import { optionalObject, optionalString, stringArgument, wrong } from '../arguments.ts'
import { actionOf } from '../faults.ts'
import { visibleRows } from '../listing.ts'
import type { DatasetContext, DatasetOperation, UserOperation } from '../operation.ts'
import { type Row, STORAGE_NAMES, type StorageName } from '../records.ts'
import { rowView } from '../rowView.ts'

/**
 * Protocol: `dataset` GET, payload: null or `{dataset_access_settings: {fetch_client_metadata}}` -> the dataset with its data_rows.
 * `images_data_fetch_options` (or `fetch_images_data`) beside it lists the images of groups too.
 */
export const datasetGet: DatasetOperation = {
  queryType: 'dataset',
  queryMethod: 'GET',
  endpoint: '/public',
  scope: 'dataset.read',
  run(context, _uid, payload) {
    const { dataset } = context
    const settings = optionalObject(optionalObject(payload, 'payload')['dataset_access_settings'], 'payload.dataset_access_settings')
    const ask = {
      clientMetadata: settings['fetch_client_metadata'] === true,
      images: isAsked(settings['images_data_fetch_options']) || settings['fetch_images_data'] === true,
    }
    const shape = actionOf(context.faults, 'listing')?.shape
    return {
      dataset_hash: shape === 'otherDataset' ? context.newHash() : dataset.dataset_hash,
      title: dataset.title,
      description: dataset.description,
      dataset_type: dataset.type,
      data_rows: listed(context, shape).map((row) => rowView(dataset, row, ask)),
    }
  },
}

function listed(context: DatasetContext, shape: 'empty' | 'half' | 'otherDataset' | 'cutShort' | undefined): readonly Row[] {
  const rows = visibleRows(context.state, context.dataset.dataset_hash, context.nowMs, context.faults)
  if (shape === 'empty') return []
  return shape === 'half' ? rows.slice(0, Math.floor(rows.length / 2)) : rows
}

/** Protocol: `dataset` POST (user), payload: `{title, type, description}` -> `{title, type, dataset_hash, user_hash}`. */
export const datasetPost: UserOperation = {
  queryType: 'dataset',
  queryMethod: 'POST',
  endpoint: '/public/user',
  run(context, _uid, payload) {
    const fields = optionalObject(payload, 'payload')
    const title = stringArgument(fields['title'], 'payload.title')
    const type = storageArgument(fields['type'])
    const description = optionalString(fields['description'] === '' ? null : fields['description'], 'payload.description') ?? null
    const dataset_hash = context.newHash()
    const { user_hash } = context.caller.user
    context.state.commit([{ dataset: { dataset_hash, title, description, type, user_hash, createdAtMs: context.nowMs } }])
    return { title, type: STORAGE_NAMES.indexOf(type), dataset_hash, user_hash }
  },
}

/** 0 to 3, as a number or its text (the vendor's example has it quoted). */
function storageArgument(value: unknown): StorageName {
  const name = STORAGE_NAMES[typeof value === 'string' && value !== '' ? Number(value) : typeof value === 'number' ? value : -1]
  if (name === undefined) throw wrong('payload.type', '0 (Encord), 1 (AWS), 2 (GCP) or 3 (Azure)')
  return name
}

function isAsked(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false
}

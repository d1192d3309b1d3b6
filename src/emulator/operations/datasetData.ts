import { objectArgument, optionalObject, optionalString, stringArgument, wrong } from '../arguments.ts'
import type { DatasetContext, DatasetOperation } from '../operation.ts'
import type { Frame, Row } from '../records.ts'
import { Refusal } from '../refusal.ts'
import { newRow } from '../registration.ts'

/**
 * Protocol: `datasetdata` POST, uid: dataset_hash, payload: `{integration_id, ignore_errors, files}` -> `{dataset_data_info: [{data_hash, title}]}`.
 * `files` is the private cloud format: `{videos: [{objectUrl, title?}], images: [{objectUrl, title?}], image_groups: [{title, createVideo,
 * objectUrl_0, objectUrl_1, …}]}`, each with an optional `clientMetadata`. Nothing is fetched: the rows have no content here. An object that is
 * not in the bucket is refused.
 */
export const datasetDataPost: DatasetOperation = {
  queryType: 'datasetdata',
  queryMethod: 'POST',
  endpoint: '/public',
  scope: 'dataset.write',
  run(context, uid, payload) {
    const { integration_id, ignore_errors, files } = objectArgument(payload, 'payload')
    if (uid !== context.dataset.dataset_hash) throw wrong('uid', 'the dataset_hash')
    if (context.dataset.type === 'CORD_STORAGE') {
      throw new Refusal('UPLOAD_OPERATION_NOT_SUPPORTED_ERROR', "a dataset on Encord's storage takes no cloud files")
    }
    const integration = context.state.integrations.get(stringArgument(integration_id, 'payload.integration_id'))
    if (integration === undefined) throw new Refusal('RESOURCE_NOT_FOUND_ERROR', 'no such cloud integration')
    const bucket = integration.objects === undefined ? null : new Set(integration.objects)
    const lenient = ignore_errors === true || ignore_errors === 'true'
    const rows = rowsOf({ ...context, bucket }, objectArgument(files, 'payload.files'), lenient)
    if (rows.length > 0) context.state.commit(rows.map((row) => ({ row })))
    return { dataset_data_info: rows.map((row) => ({ data_hash: row.data_hash, title: row.title })) }
  },
}

/** `bucket`: the URLs of what is there; null: everything. */
type CloudContext = DatasetContext & { readonly bucket: ReadonlySet<string> | null }

type Maker = (context: CloudContext, item: Readonly<Record<string, unknown>>) => Row

const MAKERS: Readonly<Record<string, Maker>> = {
  videos: (context, item) => fileRow(context, item, 'VIDEO'),
  images: (context, item) => fileRow(context, item, 'IMAGE'),
  image_groups: groupRow,
}

function rowsOf(context: CloudContext, files: Readonly<Record<string, unknown>>, lenient: boolean): Row[] {
  const rows: Row[] = []
  for (const [kind, items] of Object.entries(files)) {
    const maker = MAKERS[kind]
    if (maker === undefined || !Array.isArray(items)) throw wrong('payload.files', 'lists named videos, images or image_groups')
    for (const item of items) {
      try {
        rows.push(maker(context, objectArgument(item, kind)))
      } catch (error) {
        if (!lenient || !(error instanceof Refusal)) throw error
      }
    }
  }
  return rows
}

function fileRow(context: CloudContext, item: Readonly<Record<string, unknown>>, type: 'VIDEO' | 'IMAGE'): Row {
  const url = objectUrl(context, item['objectUrl'], 'objectUrl')
  const title = optionalString(item['title'], 'title') ?? url.slice(url.lastIndexOf('/') + 1)
  return { ...newRow(context, context.newHash(), type, title), file_link: url, client_metadata: metadata(item) }
}

function groupRow(context: CloudContext, item: Readonly<Record<string, unknown>>): Row {
  const frames: Frame[] = []
  for (let index = 0; `objectUrl_${index}` in item; index++) frames.push(cloudFrame(context, item[`objectUrl_${index}`], index))
  if (frames.length === 0) throw wrong('objectUrl_0', 'there: a group has images')
  const title = stringArgument(item['title'], 'title')
  return {
    ...newRow(context, context.newHash(), 'IMG_GROUP', title),
    sequence: item['createVideo'] === true,
    frames,
    client_metadata: metadata(item),
  }
}

function cloudFrame(context: CloudContext, value: unknown, index: number): Frame {
  const url = objectUrl(context, value, `objectUrl_${index}`)
  const title = url.slice(url.lastIndexOf('/') + 1)
  return {
    data_hash: context.newHash(),
    title,
    file_link: url,
    sha256: null,
    sizeBytes: null,
    contentType: null,
    width: null,
    height: null,
  }
}

function objectUrl({ bucket }: CloudContext, value: unknown, name: string): string {
  const text = stringArgument(value, name)
  if (!/^(s3|gs|https):\/\/[^/\s]+\/\S/.test(text)) throw wrong(name, 'an s3://, gs:// or https:// URL of an object')
  if (bucket !== null && !bucket.has(text)) throw new Refusal('RESOURCE_NOT_FOUND_ERROR', `${text} is not in the bucket`)
  return text
}

function metadata(item: Readonly<Record<string, unknown>>): Row['client_metadata'] {
  return item['clientMetadata'] === undefined ? null : optionalObject(item['clientMetadata'], 'clientMetadata')
}

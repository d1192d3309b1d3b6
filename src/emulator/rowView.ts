import { type Dataset, type Frame, type Row, STORAGE_NAMES } from './records.ts'

/** What the caller asked to see of a row beyond the plain fields. */
export type RowAsk = { readonly clientMetadata: boolean; readonly images: boolean }

/** A data row as the vendor spells it (protocol: data row). No checksum of the content is in it. */
export function rowView(dataset: Dataset, row: Row, ask: RowAsk): Record<string, unknown> {
  const video = row.type === 'VIDEO'
  return {
    data_hash: row.data_hash,
    data_title: row.title,
    data_type: row.type,
    created_at: timeText(row.createdAtMs),
    last_edited_at: timeText(row.editedAtMs),
    width: row.width,
    height: row.height,
    file_link: row.file_link,
    file_size: row.sizeBytes ?? 0,
    file_type: row.contentType ?? (video ? 'video/mp4' : 'application/octet-stream'),
    storage_location: STORAGE_NAMES.indexOf(dataset.type),
    frames_per_second: video ? 25 : null,
    duration: video ? 1 : null,
    is_optimised_image_group: row.sequence,
    ...(ask.clientMetadata ? { client_metadata: row.client_metadata } : {}),
    ...(ask.images && row.type === 'IMG_GROUP' ? { images_data: row.frames.map((frame) => imageView(dataset, row, frame)) } : {}),
  }
}

/** One image of a group; field names as the SDK's `ImageData` reads them. */
function imageView(dataset: Dataset, row: Row, frame: Frame): Record<string, unknown> {
  return {
    image_hash: frame.data_hash,
    title: frame.title,
    file_link: frame.file_link,
    file_type: frame.contentType ?? 'application/octet-stream',
    file_size: frame.sizeBytes ?? 0,
    storage_location: STORAGE_NAMES.indexOf(dataset.type),
    created_at: timeText(row.createdAtMs),
    last_edited_at: timeText(row.editedAtMs),
    width: frame.width ?? 0,
    height: frame.height ?? 0,
  }
}

/** 'YYYY-MM-DD HH:MM:SS', UTC (the SDK's DATETIME_STRING_FORMAT). */
function timeText(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')
}

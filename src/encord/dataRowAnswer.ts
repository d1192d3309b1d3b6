import { z } from 'zod'
import type { RemoteRow } from '../model/remote.ts'

const image = z.looseObject({ image_hash: z.string().optional(), data_hash: z.string().optional() })

/** One data row as listings and `datarow` answer it. */
export const dataRowAnswer = z
  .looseObject({
    data_hash: z.string().min(1),
    data_title: z.string().nullish(),
    data_type: z.string(),
    created_at: z.string().nullish(),
    file_size: z.number().nullish(),
    file_link: z.string().nullish(),
    client_metadata: z.unknown().optional(),
    images_data: z.array(image).nullish(),
  })
  .transform(
    (row): RemoteRow => ({
      dataHash: row.data_hash,
      title: row.data_title ?? '',
      type: row.data_type,
      createdAtMs: timeMs(row.created_at),
      sizeBytes: row.file_size ?? null,
      fileLink: row.file_link ?? null,
      clientMetadata: row.client_metadata ?? null,
      members: members(row.images_data),
    }),
  )

/** Times without a zone are UTC: `2024-05-01 10:20:30`. */
function timeMs(text: string | null | undefined): number | null {
  if (!text) return null
  const zoned = /[Zz]$|GMT$|[+-]\d\d:?\d\d$/.test(text)
  const ms = Date.parse(zoned ? text : `${text.replace(' ', 'T')}Z`)
  return Number.isNaN(ms) ? null : ms
}

/** The SDK reads a member's hash as `image_hash`; null as soon as one member has none. */
function members(images: readonly z.infer<typeof image>[] | null | undefined): readonly string[] | null {
  if (!images) return null
  const hashes = images.map((entry) => entry.image_hash ?? entry.data_hash)
  return hashes.every((hash) => hash !== undefined) ? hashes : null
}

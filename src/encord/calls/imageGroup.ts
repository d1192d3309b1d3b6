import { z } from 'zod'
import type { Registered } from '../../model/remote.ts'
import { type ApiCall, apiCall } from '../envelope.ts'

/** `imagegroup` POST: makes the row of a group from staged frames, in their order; a sequence may become several rows. */
export function imageGroup(
  frames: readonly string[],
  group: { readonly title: string; readonly createVideo: boolean },
): ApiCall<readonly Registered[]> {
  return apiCall({
    queryType: 'imagegroup',
    queryMethod: 'POST',
    uid: frames,
    payload: { image_group_title: group.title, create_video: group.createVideo },
    answer: z
      .array(z.looseObject({ data_hash: z.string().min(1), title: z.string().nullish() }))
      .min(1)
      .transform((rows) => rows.map((row) => ({ dataHash: row.data_hash, title: row.title ?? group.title }))),
  })
}

import { z } from 'zod'
import type { Registered, Ticket } from '../../model/remote.ts'
import { type ApiCall, apiCall } from '../envelope.ts'

/** `video` PUT: makes the row of a video that was PUT. The signed-URL object goes back whole, with `video_title` for another title. */
export function registerVideo(ticket: Ticket, title: string): ApiCall<Registered> {
  return apiCall({
    queryType: 'video',
    queryMethod: 'PUT',
    uid: ticket.data_hash,
    payload: title === ticket.title ? ticket : { ...ticket, video_title: title },
    answer: z
      .looseObject({ data_hash: z.string().min(1), title: z.string().nullish() })
      .transform((row) => ({ dataHash: row.data_hash, title: row.title ?? title })),
  })
}

import type { Registered, Ticket } from '../../model/remote.ts'
import { type ApiCall, apiCall } from '../envelope.ts'
import { successAnswer } from '../successAnswer.ts'

/** `singleimage` POST: makes the row of an image that was PUT; the `title` in the signed-URL object is the row's. */
export function registerImage(ticket: Ticket, title: string): ApiCall<Registered> {
  return apiCall({
    queryType: 'singleimage',
    queryMethod: 'POST',
    uid: ticket.data_hash,
    payload: { ...ticket, title },
    answer: successAnswer.transform(() => ({ dataHash: ticket.data_hash, title })),
  })
}

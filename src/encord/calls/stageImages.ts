import type { Ticket } from '../../model/remote.ts'
import { type ApiCall, apiCall } from '../envelope.ts'
import { successAnswer } from '../successAnswer.ts'

/** `images` PUT: stages many frames at once; invisible in the dataset, so it may be repeated. */
export function stageImages(tickets: readonly Ticket[]): ApiCall<void> {
  return apiCall({
    queryType: 'images',
    queryMethod: 'PUT',
    uid: null,
    payload: tickets,
    answer: successAnswer.transform(() => undefined),
    repeatable: true,
  })
}

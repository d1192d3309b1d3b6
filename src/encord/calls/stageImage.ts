import type { Ticket } from '../../model/remote.ts'
import { type ApiCall, apiCall } from '../envelope.ts'
import { anyAnswer } from '../successAnswer.ts'

/** `image` PUT: stages one frame for a group; invisible in the dataset, so it may be repeated. */
export function stageImage(ticket: Ticket): ApiCall<void> {
  return apiCall({ queryType: 'image', queryMethod: 'PUT', uid: ticket.data_hash, payload: ticket, answer: anyAnswer, repeatable: true })
}

import type { Ticket } from '../../model/remote.ts'
import { type ApiCall, apiCall } from '../envelope.ts'
import { ticketAnswer } from '../ticket.ts'

/** `signedvideourl` GET: where to PUT one video, and its data hash. Nothing is visible in the dataset yet. */
export function signedVideoUrl(fileName: string): ApiCall<Ticket> {
  return apiCall({
    queryType: 'signedvideourl',
    queryMethod: 'GET',
    uid: fileName,
    payload: null,
    answer: ticketAnswer,
    repeatable: true,
  })
}

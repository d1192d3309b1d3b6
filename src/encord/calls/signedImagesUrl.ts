import { z } from 'zod'
import type { Ticket } from '../../model/remote.ts'
import { type ApiCall, apiCall } from '../envelope.ts'
import { ticketAnswer } from '../ticket.ts'

/** `signedimagesurl` GET: one signed URL for each name, in the order asked; one name goes alone, as in the vendor's document. */
export function signedImagesUrl(fileNames: readonly string[]): ApiCall<readonly Ticket[]> {
  return apiCall({
    queryType: 'signedimagesurl',
    queryMethod: 'GET',
    uid: fileNames.length === 1 ? fileNames[0] : fileNames,
    payload: null,
    answer: z.array(ticketAnswer),
    repeatable: true,
  })
}

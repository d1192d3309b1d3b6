import { z } from 'zod'
import type { Ticket } from '../../model/remote.ts'
import { type ApiCall, apiCall } from '../envelope.ts'
import { ticketAnswer } from '../ticket.ts'

/**
 * `signeddicomsurl` GET: one signed URL for each name, in the order asked. From the vendor's SDK (0.1.60, `upload_dicom_series`); its document
 * has no words on DICOM. `file_link` is what the series names each file by.
 */
export function signedDicomsUrl(fileNames: readonly string[]): ApiCall<readonly Ticket[]> {
  return apiCall({
    queryType: 'signeddicomsurl',
    queryMethod: 'GET',
    uid: fileNames,
    payload: null,
    answer: z.array(ticketAnswer.extend({ file_link: z.string().min(1) })),
    repeatable: true,
  })
}

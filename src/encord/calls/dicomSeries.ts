import { z } from 'zod'
import type { Registered, Ticket } from '../../model/remote.ts'
import { type ApiCall, apiCall } from '../envelope.ts'

/**
 * `dicomseries` POST: makes the one row of a series from files that were PUT, in their order; nothing is staged. From the vendor's SDK
 * (0.1.60, `create_dicom_series`); its document has no words on DICOM.
 */
export function dicomSeries(slices: readonly Ticket[], title: string): ApiCall<Registered> {
  return apiCall({
    queryType: 'dicomseries',
    queryMethod: 'POST',
    uid: slices.map((slice) => ({ id: slice.data_hash, uri: slice['file_link'], title: slice.title })),
    payload: { title },
    answer: z
      .looseObject({ data_hash: z.string().min(1), title: z.string().nullish() })
      .transform((row) => ({ dataHash: row.data_hash, title: row.title ?? title })),
  })
}

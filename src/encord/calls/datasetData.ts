import { z } from 'zod'
import type { Registered } from '../../model/remote.ts'
import { type ApiCall, apiCall } from '../envelope.ts'

/** Files of a private cloud bucket, in the vendor's JSON format, passed on as they are. */
export type CloudData = { readonly integrationId: string; readonly ignoreErrors: boolean; readonly files: unknown }

/** `datasetdata` POST: makes rows of objects in a private cloud bucket; no byte passes through here. */
export function datasetData(datasetHash: string, data: CloudData): ApiCall<readonly Registered[]> {
  return apiCall({
    queryType: 'datasetdata',
    queryMethod: 'POST',
    uid: datasetHash,
    payload: { integration_id: data.integrationId, ignore_errors: data.ignoreErrors, files: data.files },
    answer: z
      .looseObject({ dataset_data_info: z.array(z.looseObject({ data_hash: z.string().min(1), title: z.string().nullish() })) })
      .transform((found) => found.dataset_data_info.map((row) => ({ dataHash: row.data_hash, title: row.title ?? '' }))),
    large: true,
  })
}

import { z } from 'zod'
import type { RemoteListing } from '../../model/remote.ts'
import { dataRowAnswer } from '../dataRowAnswer.ts'
import { type ApiCall, apiCall } from '../envelope.ts'

/** `dataset` GET: the dataset and all its rows. One row that does not parse fails the whole listing: half a listing proves no absence. */
export function dataset(ask: { readonly clientMetadata: boolean }): ApiCall<RemoteListing> {
  return apiCall({
    queryType: 'dataset',
    queryMethod: 'GET',
    uid: null,
    payload: ask.clientMetadata ? { dataset_access_settings: { fetch_client_metadata: true } } : null,
    answer: z
      .looseObject({
        dataset_hash: z.string().min(1),
        title: z.string().nullish(),
        description: z.string().nullish(),
        dataset_type: z.string(),
        data_rows: z.array(dataRowAnswer),
      })
      .transform((found) => ({
        dataset: found.dataset_hash,
        title: found.title ?? '',
        description: found.description ?? '',
        storage: found.dataset_type,
        rows: found.data_rows,
      })),
    repeatable: true,
    large: true,
  })
}

import { z } from 'zod'
import { type ApiCall, apiCall } from '../envelope.ts'

/** Where a dataset's files live, as requests count it. */
const STORAGE_CODES = { CORD_STORAGE: 0, AWS_S3: 1, GCP_STR: 2, AZURE_STR: 3 } as const
type Storage = keyof typeof STORAGE_CODES

export type NewDataset = { readonly title: string; readonly storage: Storage; readonly description: string }

/** `dataset` POST, signed by the user: makes an empty dataset. */
export function createDataset(made: NewDataset): ApiCall<{ readonly datasetHash: string; readonly title: string }> {
  return apiCall({
    queryType: 'dataset',
    queryMethod: 'POST',
    uid: null,
    payload: { title: made.title, type: STORAGE_CODES[made.storage], description: made.description },
    answer: z
      .looseObject({ dataset_hash: z.string().min(1), title: z.string().nullish() })
      .transform((found) => ({ datasetHash: found.dataset_hash, title: found.title ?? made.title })),
  })
}

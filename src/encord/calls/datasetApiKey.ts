import { z } from 'zod'
import { type ApiCall, apiCall } from '../envelope.ts'

export const DATASET_SCOPES = ['dataset.read', 'dataset.write'] as const
export type DatasetScope = (typeof DATASET_SCOPES)[number]

/** A dataset's API key. `apiKey` is a secret. */
export type DatasetApiKey = {
  readonly datasetHash: string
  readonly apiKey: string
  readonly title: string
  readonly keyHash: string | null
  readonly scopes: readonly string[]
}

/** Scopes come as a list or as a JSON string of one. */
const scopesAnswer = z.union([z.array(z.string()), z.string().transform((text, context) => scopeList(text, context))])

const keyAnswer = z
  .looseObject({
    resource_hash: z.string().min(1),
    api_key: z.string().min(1),
    title: z.string().nullish(),
    key_hash: z.string().nullish(),
    scopes: scopesAnswer,
  })
  .transform(
    (key): DatasetApiKey => ({
      datasetHash: key.resource_hash,
      apiKey: key.api_key,
      title: key.title ?? '',
      keyHash: key.key_hash ?? null,
      scopes: key.scopes,
    }),
  )

/** `datasetapikey` POST, signed by the user: makes a new key. */
export function createApiKey(datasetHash: string, title: string, scopes: readonly DatasetScope[]): ApiCall<DatasetApiKey> {
  const payload = { dataset_hash: datasetHash, title, scopes }
  return apiCall({ queryType: 'datasetapikey', queryMethod: 'POST', uid: null, payload, answer: keyAnswer })
}

/** `datasetapikey` GET, signed by the user: the keys there are. */
export function listApiKeys(datasetHash: string): ApiCall<readonly DatasetApiKey[]> {
  const payload = { dataset_hash: datasetHash }
  return apiCall({ queryType: 'datasetapikey', queryMethod: 'GET', uid: null, payload, answer: z.array(keyAnswer), repeatable: true })
}

/** `datasetapikey` PUT, signed by the user: the key there is, else a new one; asking twice gives the same. */
export function getOrCreateApiKey(datasetHash: string): ApiCall<DatasetApiKey> {
  const payload = { dataset_hash: datasetHash }
  return apiCall({ queryType: 'datasetapikey', queryMethod: 'PUT', uid: null, payload, answer: keyAnswer })
}

function scopeList(text: string, context: z.RefinementCtx): string[] {
  try {
    return z.array(z.string()).parse(JSON.parse(text))
  } catch {
    context.addIssue('not a list of scopes')
    return z.NEVER
  }
}

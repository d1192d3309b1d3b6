import type { CallOptions } from '../sync/ports.ts'
import { openEndpoint } from './caller.ts'
import { createDataset, type NewDataset } from './calls/createDataset.ts'
import {
  createApiKey,
  DATASET_SCOPES,
  type DatasetApiKey,
  type DatasetScope,
  getOrCreateApiKey,
  listApiKeys,
} from './calls/datasetApiKey.ts'
import type { ClientOptions } from './options.ts'
import type { Signer } from './signer.ts'

/** What a user may do with the private key: make datasets and their API keys. Every method throws `EncordError`. */
export type UserClient = {
  /** `dataset` POST. Sent once: an unknown outcome may have made a dataset. */
  createDataset(made: NewDataset, options?: CallOptions): Promise<{ readonly datasetHash: string; readonly title: string }>
  /** `datasetapikey` POST; both scopes unless others are given. Sent once. */
  createKey(key: { datasetHash: string; title: string; scopes?: readonly DatasetScope[] }, options?: CallOptions): Promise<DatasetApiKey>
  /** `datasetapikey` GET. */
  listKeys(datasetHash: string, options?: CallOptions): Promise<readonly DatasetApiKey[]>
  /** `datasetapikey` PUT. */
  getOrCreateKey(datasetHash: string, options?: CallOptions): Promise<DatasetApiKey>
  close(): void
}

/** Opens the user's calls. @throws UserError exit 2: `domain` or `caFile` cannot be used */
export function openUserClient(options: ClientOptions & { readonly signer: Signer }): UserClient {
  const { signer } = options
  const endpoint = openEndpoint({
    ...options,
    path: '/public/user',
    authorize: (body) => ({ Authorization: signer.authorization(body) }),
  })
  const { call } = endpoint
  return {
    createDataset: (made, callOptions) => call(createDataset(made), callOptions),
    createKey: (key, callOptions) => call(createApiKey(key.datasetHash, key.title, key.scopes ?? DATASET_SCOPES), callOptions),
    listKeys: (datasetHash, callOptions) => call(listApiKeys(datasetHash), callOptions),
    getOrCreateKey: (datasetHash, callOptions) => call(getOrCreateApiKey(datasetHash), callOptions),
    close: endpoint.close,
  }
}

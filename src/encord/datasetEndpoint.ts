import { cleanApiKey } from './apiKey.ts'
import { type Endpoint, openEndpoint } from './caller.ts'
import type { DatasetOptions } from './options.ts'

/** The calls of one dataset, with its API key. */
export function openDatasetEndpoint(options: DatasetOptions): Endpoint {
  const { dataset, apiKey } = options
  return openEndpoint({
    ...options,
    path: '/public',
    authorize: (_body, call) => ({ ResourceID: dataset, Authorization: cleanApiKey(apiKey, call) }),
  })
}

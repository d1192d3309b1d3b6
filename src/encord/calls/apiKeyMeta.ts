import { z } from 'zod'
import { type ApiCall, apiCall } from '../envelope.ts'

/** `apikeymeta` GET: what the key is for. */
export function apiKeyMeta(): ApiCall<{ readonly title: string; readonly resourceType: string }> {
  return apiCall({
    queryType: 'apikeymeta',
    queryMethod: 'GET',
    uid: null,
    payload: null,
    answer: z
      .looseObject({ title: z.string().nullish(), resource_type: z.string() })
      .transform((meta) => ({ title: meta.title ?? '', resourceType: meta.resource_type })),
    repeatable: true,
  })
}

import { z } from 'zod'
import { type ApiCall, apiCall } from '../envelope.ts'

/** A private cloud bucket that Encord may read. */
export type CloudIntegration = { readonly id: string; readonly title: string }

/** `cloudintegration` GET: the integrations of the dataset's owner. */
export function cloudIntegrations(): ApiCall<readonly CloudIntegration[]> {
  return apiCall({
    queryType: 'cloudintegration',
    queryMethod: 'GET',
    uid: null,
    payload: null,
    answer: z
      .array(z.looseObject({ id: z.string(), title: z.string() }))
      .transform((found) => found.map(({ id, title }) => ({ id, title }))),
    repeatable: true,
  })
}

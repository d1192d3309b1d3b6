import type { DatasetOperation } from '../operation.ts'

/** Protocol: `cloudintegration` GET -> a list of `{id, title}`. */
export const cloudIntegrationGet: DatasetOperation = {
  queryType: 'cloudintegration',
  queryMethod: 'GET',
  endpoint: '/public',
  scope: 'dataset.read',
  run: ({ state }) => [...state.integrations.values()].map(({ id, title }) => ({ id, title })),
}

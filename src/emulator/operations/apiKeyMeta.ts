import type { DatasetOperation } from '../operation.ts'

/** Protocol: `apikeymeta` GET (dataset key) -> `{title, resource_type}`. */
export const apiKeyMetaGet: DatasetOperation = {
  queryType: 'apikeymeta',
  queryMethod: 'GET',
  endpoint: '/public',
  scope: 'dataset.read',
  run: ({ caller }) => ({ title: caller.kind === 'key' ? caller.key.title : 'user key', resource_type: 'dataset' }),
}

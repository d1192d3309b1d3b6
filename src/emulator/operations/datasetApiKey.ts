import { randomBytes } from 'node:crypto'
import { optionalObject, stringArgument, wrong } from '../arguments.ts'
import type { UserContext, UserOperation } from '../operation.ts'
import { type ApiKey, type Dataset, SCOPES, type Scope } from '../records.ts'
import { Refusal } from '../refusal.ts'

/** Protocol: `datasetapikey` POST (user), payload: `{dataset_hash, title, scopes}` -> the new key. */
export const datasetApiKeyPost: UserOperation = {
  queryType: 'datasetapikey',
  queryMethod: 'POST',
  endpoint: '/public/user',
  run(context, _uid, payload) {
    const fields = optionalObject(payload, 'payload')
    const dataset = administered(context, fields['dataset_hash'])
    const key = newKey(context, dataset, stringArgument(fields['title'], 'payload.title'), scopesArgument(fields['scopes']))
    return { ...keyView(key), scopes: key.scopes }
  },
}

/** Protocol: `datasetapikey` GET (user), payload: `{dataset_hash}` -> a list of keys; scopes as a JSON string, the other form a client must read. */
export const datasetApiKeyGet: UserOperation = {
  queryType: 'datasetapikey',
  queryMethod: 'GET',
  endpoint: '/public/user',
  run: (context, _uid, payload) =>
    keysOf(context, administered(context, optionalObject(payload, 'payload')['dataset_hash'])).map((key) => ({
      ...keyView(key),
      scopes: JSON.stringify(key.scopes),
    })),
}

/** Protocol: `datasetapikey` PUT (user), payload: `{dataset_hash}`: gets a key with every scope, or makes one. */
export const datasetApiKeyPut: UserOperation = {
  queryType: 'datasetapikey',
  queryMethod: 'PUT',
  endpoint: '/public/user',
  run(context, _uid, payload) {
    const dataset = administered(context, optionalObject(payload, 'payload')['dataset_hash'])
    const known = keysOf(context, dataset).find((key) => key.scopes.length === SCOPES.length)
    const key = known ?? newKey(context, dataset, 'generated', SCOPES)
    return { ...keyView(key), scopes: JSON.stringify(key.scopes) }
  },
}

function newKey(context: UserContext, dataset: Dataset, title: string, scopes: readonly Scope[]): ApiKey {
  const api_key = randomBytes(32).toString('base64url')
  const apiKey: ApiKey = { key_hash: context.newHash(), api_key, dataset_hash: dataset.dataset_hash, title, scopes, revoked: false }
  context.state.commit([{ apiKey }])
  return apiKey
}

function keysOf(context: UserContext, dataset: Dataset): ApiKey[] {
  return [...context.state.apiKeys.values()].filter((key) => key.dataset_hash === dataset.dataset_hash && !key.revoked)
}

/** The dataset, if the caller may administer it. @throws Refusal */
function administered(context: UserContext, datasetHash: unknown): Dataset {
  const dataset = context.state.datasets.get(stringArgument(datasetHash, 'payload.dataset_hash'))
  if (dataset === undefined) throw new Refusal('RESOURCE_NOT_FOUND_ERROR', 'no such dataset')
  if (dataset.user_hash !== null && dataset.user_hash !== context.caller.user.user_hash) {
    throw new Refusal('AUTHORISATION_ERROR', 'only an admin of the dataset may see or make its keys')
  }
  return dataset
}

/** A list, or a JSON string of one (the vendor's example). */
function scopesArgument(value: unknown): readonly Scope[] {
  const list: unknown = typeof value === 'string' ? parseList(value) : value
  if (!Array.isArray(list) || list.length === 0 || !list.every(isScope)) throw wrong('payload.scopes', `a list of ${SCOPES.join(', ')}`)
  return [...new Set(list)]
}

function parseList(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function isScope(value: unknown): value is Scope {
  return SCOPES.some((scope) => scope === value)
}

function keyView(key: ApiKey) {
  return { resource_hash: key.dataset_hash, api_key: key.api_key, title: key.title, key_hash: key.key_hash }
}

import type { IncomingHttpHeaders } from 'node:http'
import type { Caller } from './operation.ts'
import type { Dataset, Scope } from './records.ts'
import { Refusal } from './refusal.ts'
import { signatureHolds } from './sshKey.ts'
import type { State } from './state.ts'

const SIGNED = /^([0-9a-f]{64}):([0-9a-f]{128})$/i

/** Who sent these bytes (protocol: authorisation). @throws Refusal AUTHENTICATION_ERROR, SSH_KEY_NOT_FOUND_ERROR */
export function callerOf(state: State, headers: IncomingHttpHeaders, body: Uint8Array, endpoint: '/public' | '/public/user'): Caller {
  const authorization = headers.authorization ?? ''
  const [, keyHex, signatureHex] = SIGNED.exec(authorization) ?? []
  if (keyHex !== undefined && signatureHex !== undefined) return signer(state, keyHex.toLowerCase(), signatureHex, body)
  const key = state.apiKeys.get(authorization)
  if (endpoint === '/public/user')
    throw new Refusal('AUTHENTICATION_ERROR', 'user calls are signed: Authorization: <public key>:<signature>')
  if (key === undefined) throw new Refusal('AUTHENTICATION_ERROR', 'no such API key')
  if (key.revoked) throw new Refusal('AUTHENTICATION_ERROR', 'this API key was revoked')
  return { kind: 'key', key }
}

function signer(state: State, keyHex: string, signatureHex: string, body: Uint8Array): Caller {
  const user = state.users.get(keyHex)
  if (user === undefined) throw new Refusal('SSH_KEY_NOT_FOUND_ERROR', 'this public key is not trusted')
  if (!signatureHolds(keyHex, signatureHex, body)) throw new Refusal('AUTHENTICATION_ERROR', 'the signature does not fit the body')
  return { kind: 'user', user }
}

/** The dataset of a `/public` call, and whether the caller may do that there. @throws Refusal AUTHORISATION_ERROR, OPERATION_NOT_ALLOWED */
export function datasetFor(state: State, caller: Caller, resourceId: string | undefined, scope: Scope): Dataset {
  const dataset = state.datasets.get(resourceId ?? '')
  if (caller.kind === 'key') {
    if (caller.key.dataset_hash !== resourceId) throw new Refusal('AUTHORISATION_ERROR', 'ResourceID is not the dataset of this API key')
    if (!caller.key.scopes.includes(scope)) throw new Refusal('OPERATION_NOT_ALLOWED', `this API key lacks ${scope}`)
  }
  if (dataset === undefined) throw new Refusal('AUTHORISATION_ERROR', 'ResourceID names no dataset')
  if (caller.kind === 'user' && dataset.user_hash !== null && dataset.user_hash !== caller.user.user_hash) {
    throw new Refusal('AUTHORISATION_ERROR', 'this dataset belongs to another user')
  }
  return dataset
}

import type { FaultAction } from './faults.ts'
import type { ApiKey, Dataset, Scope, User } from './records.ts'
import type { State } from './state.ts'

/** Who calls: a dataset API key, or a user by signature. */
export type Caller = { readonly kind: 'key'; readonly key: ApiKey } | { readonly kind: 'user'; readonly user: User }

/** What every operation is handed. */
export type OperationContext = {
  readonly state: State
  readonly caller: Caller
  /** The faults that hit this call; an operation looks for those that concern it. */
  readonly faults: readonly FaultAction[]
  readonly nowMs: number
  /** `http://127.0.0.1:<port>`, the start of signed URLs. */
  readonly origin: string
  readonly urlLifeMs: number
  /** Whether a frame may be in several groups. */
  readonly shareFrames: boolean
  newHash(): string
}

type Named = { readonly queryType: string; readonly queryMethod: 'GET' | 'POST' | 'PUT' | 'DELETE' }

/** An operation of `/public`: on the dataset that the API key, or the signed ResourceID, names. @throws Refusal */
export type DatasetOperation = Named & {
  readonly endpoint: '/public'
  readonly scope: Scope
  run(context: OperationContext & { readonly dataset: Dataset }, uid: unknown, payload: unknown): unknown
}

/** An operation of `/public/user`. @throws Refusal */
export type UserOperation = Named & {
  readonly endpoint: '/public/user'
  run(
    context: OperationContext & { readonly caller: { readonly kind: 'user'; readonly user: User } },
    uid: unknown,
    payload: unknown,
  ): unknown
}

export type Operation = DatasetOperation | UserOperation

export type DatasetContext = Parameters<DatasetOperation['run']>[0]
export type UserContext = Parameters<UserOperation['run']>[0]

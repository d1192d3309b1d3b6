import type { UnitKind } from './unit.ts'

/** How the server spells the kinds of rows. */
export const ROW_TYPES: Readonly<Record<UnitKind, string>> = {
  video: 'VIDEO',
  image: 'IMAGE',
  image_group: 'IMG_GROUP',
  dicom_series: 'DICOM',
}

/** The answer to a signed-URL call, kept whole: the register call sends it back. `signed_url` is a bearer secret. */
export type Ticket = {
  readonly data_hash: string
  readonly signed_url: string
  readonly title: string
  readonly [field: string]: unknown
}

/** One data row of a dataset listing. */
export type RemoteRow = {
  readonly dataHash: string
  readonly title: string
  /** 'VIDEO', 'IMAGE', 'IMG_GROUP', 'DICOM', … as the server spells it. */
  readonly type: string
  /** ms since 1970, null where the answer has none or it does not parse. */
  readonly createdAtMs: number | null
  readonly sizeBytes: number | null
  /** Where the content lies, as the server shows it; absent where it was not asked. */
  readonly fileLink?: string | null
  /** The client's own JSON, only when it was asked for and the server sent it. */
  readonly clientMetadata: unknown
  /** data_hash of each member image of a group, null where the server did not say. */
  readonly members: readonly string[] | null
}

/** A dataset listing, parsed whole. */
export type RemoteListing = {
  readonly dataset: string
  readonly title: string
  readonly description: string
  /** 'CORD_STORAGE', 'AWS_S3', 'GCP_STR', 'AZURE_STR'. */
  readonly storage: string
  readonly rows: readonly RemoteRow[]
}

/** What registering made: one row for a video, an image or a group (several for a sequence). */
export type Registered = { readonly dataHash: string; readonly title: string }

/**
 * What happens next after a failed call.
 * - `transient`: try again later; never the file's fault.
 * - `credentials`: the key is wrong or revoked; the folder pauses.
 * - `not-allowed`: this key or dataset can't do this call; the folder pauses and a person is told.
 * - `this-file`: the server refuses this very content or title; set it aside.
 * - `look-first`: RESOURCE_EXISTS, RESOURCE_NOT_FOUND: read before acting again.
 * - `dead-url`: the object store refuses the signed URL; ask for a new one.
 * - `local`: the file could not be read or changed while it was sent; nothing was registered.
 */
export type CallFailure = 'transient' | 'credentials' | 'not-allowed' | 'this-file' | 'look-first' | 'dead-url' | 'local'

/** Whether a failed call took effect: `not-done` is proven, `unknown` is everything else once a byte left. */
export type Outcome = 'not-done' | 'unknown'

/** What the emulator keeps. Records are values: a change replaces a whole record (see `state.ts`). Field names of the wire keep their spelling. */

/** Storage of a dataset, in the order of the integers that stand for them in requests and rows (protocol: dataset_type). */
export const STORAGE_NAMES = ['CORD_STORAGE', 'AWS_S3', 'GCP_STR', 'AZURE_STR'] as const
export type StorageName = (typeof STORAGE_NAMES)[number]

export type Dataset = {
  readonly dataset_hash: string
  readonly title: string
  readonly description: string | null
  readonly type: StorageName
  /** The user who made it; null for a seeded dataset, which every trusted user administers. */
  readonly user_hash: string | null
  readonly createdAtMs: number
}

export const SCOPES = ['dataset.read', 'dataset.write'] as const
export type Scope = (typeof SCOPES)[number]

export type ApiKey = {
  readonly key_hash: string
  readonly api_key: string
  readonly dataset_hash: string
  readonly title: string
  readonly scopes: readonly Scope[]
  readonly revoked: boolean
}

export type User = {
  readonly user_hash: string
  /** The raw ed25519 public key, 64 hex digits. */
  readonly keyHex: string
}

export type Integration = {
  readonly id: string
  readonly title: string
  /** URLs of what lies in the bucket; absent: whatever is asked for is there. */
  readonly objects?: readonly string[]
}

/** Bytes that reached the bucket. */
type PutRecord = {
  /** Lower-case hex over the bytes received. */
  readonly sha256: string
  readonly sizeBytes: number
  readonly contentType: string | null
  /** Whether the request carried Content-Length (false: chunked). */
  readonly sized: boolean
  readonly width: number | null
  readonly height: number | null
  /** Whether it begins as a DICOM file does. States of older versions have none. */
  readonly dicom?: boolean
  readonly atMs: number
}

/** One ticket (answer to a signed-URL call) and what was PUT to it. */
export type BucketObject = {
  readonly data_hash: string
  readonly dataset_hash: string
  readonly kind: 'video' | 'image' | 'dicom'
  /** The file name that was asked for. */
  readonly title: string
  readonly file_link: string
  /** The bearer secret in the signed URL. */
  readonly token: string
  readonly expiresAtMs: number
  readonly put: PutRecord | null
  /** `image` or `images` PUT was done: usable as a frame. */
  readonly staged: boolean
  /** Rows that hold it, by data_hash. */
  readonly usedBy: readonly string[]
}

export type RowType = 'VIDEO' | 'IMAGE' | 'IMG_GROUP' | 'DICOM'

/** One image of a group, or one file of a DICOM series, as it was when the row was made. */
export type Frame = {
  readonly data_hash: string
  readonly title: string
  readonly file_link: string
  readonly sha256: string | null
  readonly sizeBytes: number | null
  readonly contentType: string | null
  readonly width: number | null
  readonly height: number | null
}

/** One data row. A removed row stays as a tombstone, so that a lagging listing can still show it. */
export type Row = {
  readonly data_hash: string
  readonly dataset_hash: string
  readonly title: string
  readonly type: RowType
  readonly file_link: string
  readonly sha256: string | null
  readonly sizeBytes: number | null
  readonly contentType: string | null
  readonly width: number | null
  readonly height: number | null
  /** True for an image sequence (`create_video: true`); null for what is no group. */
  readonly sequence: boolean | null
  readonly frames: readonly Frame[]
  readonly client_metadata: Readonly<Record<string, unknown>> | null
  readonly createdAtMs: number
  readonly editedAtMs: number
  readonly removedAtMs: number | null
}

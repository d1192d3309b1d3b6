import type { BucketObject, Row, RowType, StorageName } from './records.ts'
import type { State } from './state.ts'

/** A data row with what the protocol never shows: the content's checksum. */
export type RowReport = {
  readonly data_hash: string
  readonly title: string
  readonly type: RowType
  /** Of the bytes stored; null for a group, a DICOM series and for private cloud rows. */
  readonly sha256: string | null
  readonly sizeBytes: number | null
  readonly contentType: string | null
  /** The images of a group, or the files of a DICOM series, in order. */
  readonly frames: readonly {
    readonly data_hash: string
    readonly title: string
    readonly sha256: string | null
    readonly contentType: string | null
  }[]
  readonly sequence: boolean | null
  readonly client_metadata: Readonly<Record<string, unknown>> | null
  readonly file_link: string
  readonly createdAtMs: number
}

type ObjectReport = Pick<BucketObject, 'data_hash' | 'title' | 'kind' | 'staged'> & { readonly sha256: string | null }

export type DatasetReport = {
  readonly dataset_hash: string
  readonly title: string
  readonly type: StorageName
  readonly rows: readonly RowReport[]
  /** Tickets that no row came of: asked for, perhaps uploaded, perhaps staged. */
  readonly unused: readonly ObjectReport[]
}

/** The live rows of a dataset, oldest first. */
export function rowReports(state: State, datasetHash: string): RowReport[] {
  return [...state.rowsOf(datasetHash).values()].filter((row) => row.removedAtMs === null).map(rowReport)
}

/** Every dataset, as `/_emulator/state` shows it. */
export function datasetReports(state: State): DatasetReport[] {
  return [...state.datasets.values()].map(({ dataset_hash, title, type }) => ({
    dataset_hash,
    title,
    type,
    rows: rowReports(state, dataset_hash),
    unused: [...state.objects.values()].filter((each) => each.dataset_hash === dataset_hash && each.usedBy.length === 0).map(objectReport),
  }))
}

function rowReport(row: Row): RowReport {
  const { data_hash, title, type, sha256, sizeBytes, contentType, sequence, client_metadata, file_link, createdAtMs } = row
  const frames = row.frames.map((frame) => ({
    data_hash: frame.data_hash,
    title: frame.title,
    sha256: frame.sha256,
    contentType: frame.contentType,
  }))
  return { data_hash, title, type, sha256, sizeBytes, contentType, frames, sequence, client_metadata, file_link, createdAtMs }
}

function objectReport({ data_hash, title, kind, staged, put }: BucketObject): ObjectReport {
  return { data_hash, title, kind, staged, sha256: put?.sha256 ?? null }
}

import { readJournal, rewriteJournal } from './journal.ts'
import type { ApiKey, BucketObject, Dataset, Integration, Row, User } from './records.ts'

/** One change: a record put in the place of its predecessor, or an object forgotten. */
export type Change =
  | { readonly dataset: Dataset }
  | { readonly apiKey: ApiKey }
  | { readonly user: User }
  | { readonly integration: Integration }
  | { readonly object: BucketObject }
  | { readonly row: Row }
  | { readonly forgetObject: string }

/** Everything the emulator knows. Only `commit` changes it. */
export type State = {
  readonly datasets: ReadonlyMap<string, Dataset>
  /** By the key itself. */
  readonly apiKeys: ReadonlyMap<string, ApiKey>
  /** By the public key's 64 hex digits. */
  readonly users: ReadonlyMap<string, User>
  readonly integrations: ReadonlyMap<string, Integration>
  /** By data_hash. */
  readonly objects: ReadonlyMap<string, BucketObject>
  /** Rows of a dataset by data_hash, oldest first, tombstones among them. */
  rowsOf(datasetHash: string): ReadonlyMap<string, Row>
  /** All or nothing, on disk before it returns. @throws when the disk refuses; nothing changed then. */
  commit(changes: readonly Change[]): void
  close(): void
}

type Tables = {
  datasets: Map<string, Dataset>
  apiKeys: Map<string, ApiKey>
  users: Map<string, User>
  integrations: Map<string, Integration>
  objects: Map<string, BucketObject>
  rows: Map<string, Map<string, Row>>
}

/** Opens or creates the state below `dir`. */
export function openState(dir: string): State {
  const tables: Tables = {
    datasets: new Map(),
    apiKeys: new Map(),
    users: new Map(),
    integrations: new Map(),
    objects: new Map(),
    rows: new Map(),
  }
  for (const changes of readJournal<readonly Change[]>(dir)) for (const change of changes) apply(tables, change)
  const journal = rewriteJournal<readonly Change[]>(
    dir,
    snapshot(tables).map((change) => [change]),
  )
  return {
    ...tables,
    rowsOf: (datasetHash) => tables.rows.get(datasetHash) ?? new Map(),
    commit(changes) {
      journal.append(changes)
      for (const change of changes) apply(tables, change)
    },
    close: () => journal.close(),
  }
}

function apply(tables: Tables, change: Change): void {
  if ('dataset' in change) tables.datasets.set(change.dataset.dataset_hash, change.dataset)
  else if ('apiKey' in change) tables.apiKeys.set(change.apiKey.api_key, change.apiKey)
  else if ('user' in change) tables.users.set(change.user.keyHex, change.user)
  else if ('integration' in change) tables.integrations.set(change.integration.id, change.integration)
  else if ('object' in change) tables.objects.set(change.object.data_hash, change.object)
  else if ('forgetObject' in change) tables.objects.delete(change.forgetObject)
  else applyRow(tables, change.row)
}

function applyRow(tables: Tables, row: Row): void {
  const rows = tables.rows.get(row.dataset_hash) ?? new Map<string, Row>()
  rows.set(row.data_hash, row)
  tables.rows.set(row.dataset_hash, rows)
}

function snapshot(tables: Tables): Change[] {
  return [
    ...[...tables.datasets.values()].map((dataset) => ({ dataset })),
    ...[...tables.apiKeys.values()].map((apiKey) => ({ apiKey })),
    ...[...tables.users.values()].map((user) => ({ user })),
    ...[...tables.integrations.values()].map((integration) => ({ integration })),
    ...[...tables.objects.values()].map((object) => ({ object })),
    ...[...tables.rows.values()].flatMap((rows) => [...rows.values()].map((row) => ({ row }))),
  ]
}

import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { SCOPES, STORAGE_NAMES, type StorageName } from './records.ts'
import { keyHexOf } from './sshKey.ts'
import type { Change, State } from './state.ts'

const datasetHash = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'letters, digits, _ and - only')
const storage = z.union([z.enum(STORAGE_NAMES), z.int().min(0).max(3)])

const seedSchema = z.strictObject({
  users: z.array(z.strictObject({ public_key: z.string() })).default([]),
  datasets: z
    .array(
      z.strictObject({
        dataset_hash: datasetHash,
        title: z.string(),
        type: storage.default('CORD_STORAGE'),
        description: z.string().optional(),
        api_keys: z.array(z.string().min(1)).default([]),
      }),
    )
    .default([]),
  integrations: z
    .array(z.strictObject({ id: z.string().min(1), title: z.string(), objects: z.array(z.string()).exactOptional() }))
    .optional(),
})

/** What an emulator starts with: trusted users, datasets with their API keys, cloud integrations (two when not given;
 * their `objects` are the URLs of what lies in the bucket, by default whatever is asked for). */
export type EmulatorSeed = z.input<typeof seedSchema>

const DEFAULT_INTEGRATIONS = [
  { id: '00000000-0000-4000-8000-000000000001', title: 'emulator bucket one' },
  { id: '00000000-0000-4000-8000-000000000002', title: 'emulator bucket two' },
]

/** Checks a parsed seed file. @throws Error that names every wrong place. */
export function parseSeed(json: unknown): EmulatorSeed {
  const parsed = seedSchema.safeParse(json)
  if (!parsed.success) throw new Error(`the seed is not valid:\n${z.prettifyError(parsed.error)}`)
  return parsed.data
}

/** Adds what the seed has and the state lacks. A key that was revoked stays revoked; rows are never touched. */
export function plantSeed(state: State, seed: EmulatorSeed, nowMs: number): void {
  const changes: Change[] = []
  for (const { public_key } of seed.users ?? []) {
    const keyHex = keyHexOf(public_key)
    if (!state.users.has(keyHex)) changes.push({ user: { keyHex, user_hash: randomUUID() } })
  }
  for (const dataset of seed.datasets ?? []) changes.push(...datasetChanges(state, dataset, nowMs))
  for (const integration of seed.integrations ?? DEFAULT_INTEGRATIONS) {
    if (!state.integrations.has(integration.id)) changes.push({ integration })
  }
  if (changes.length > 0) state.commit(changes)
}

function datasetChanges(state: State, dataset: NonNullable<EmulatorSeed['datasets']>[number], nowMs: number): Change[] {
  const { dataset_hash, title, description } = dataset
  const changes: Change[] = []
  if (!state.datasets.has(dataset_hash)) {
    const type = storageName(dataset.type ?? 'CORD_STORAGE')
    changes.push({ dataset: { dataset_hash, title, type, description: description ?? null, user_hash: null, createdAtMs: nowMs } })
  }
  for (const api_key of dataset.api_keys ?? []) {
    const known = state.apiKeys.get(api_key)
    if (known !== undefined && known.dataset_hash !== dataset_hash) throw new Error('the seed gives one API key to two datasets')
    if (known === undefined) {
      changes.push({
        apiKey: { key_hash: randomUUID(), api_key, dataset_hash, title: `key of ${title}`, scopes: [...SCOPES], revoked: false },
      })
    }
  }
  return changes
}

/** A storage by its name, or by the integer that stands for it in requests. */
function storageName(nameOrIndex: StorageName | number): StorageName {
  return typeof nameOrIndex === 'number' ? (STORAGE_NAMES[nameOrIndex] ?? 'CORD_STORAGE') : nameOrIndex
}

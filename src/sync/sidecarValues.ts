import { parseExactly } from '../model/exactJson.ts'

/** Encord takes this much metadata for one item (its documentation, "Custom metadata"), bytes. */
export const MOST_SIDECAR_BYTES = 10_000_000

/** Values within values at most: a text that goes deeper than any use of it can end the process that writes it. */
const MOST_LEVELS = 100

/** The key under which our own note stands on a row. */
const OWN_KEY = 'encord_sync'

/** What a sidecar says: values for the row's client metadata, or why it can't be used. */
export type SidecarValues =
  | { readonly kind: 'values'; readonly values: Readonly<Record<string, unknown>> }
  | { readonly kind: 'invalid'; readonly why: string }

/** Reads the bytes of a sidecar: one JSON object, without our own key. */
export function parseSidecar(bytes: Uint8Array): SidecarValues {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return { kind: 'invalid', why: 'it is not UTF-8 text' }
  }
  let parsed: unknown
  try {
    parsed = parseExactly(text)
  } catch (error) {
    return { kind: 'invalid', why: `it is not JSON${placeIn(text, error)}` }
  }
  if (!isPlainObject(parsed)) return { kind: 'invalid', why: 'it is no JSON object: { "key": "value", … }' }
  if (Object.hasOwn(parsed, OWN_KEY)) return { kind: 'invalid', why: `it uses the key ${OWN_KEY}, which belongs to this program` }
  if (isTooDeep(parsed)) return { kind: 'invalid', why: `it nests values more than ${MOST_LEVELS} deep` }
  return { kind: 'values', values: parsed }
}

/** Are there more values within values than can be compared and written safely? Walks without recursion. */
export function isTooDeep(value: unknown): boolean {
  let level: readonly unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MOST_LEVELS) return true
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []))
  }
  return false
}

/**
 * A row's client metadata with our note and a sidecar's values. Keys that nobody here ever wrote stay; those that an earlier
 * sidecar brought, as the row's own note says, go with it.
 * @param values null keeps what an earlier sidecar brought: this one can't be read now
 */
export function mergeMetadata(
  row: Readonly<Record<string, unknown>>,
  values: Readonly<Record<string, unknown>> | null,
  note: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const before = keysOf(row[OWN_KEY])
  const gone = new Set(values === null ? [OWN_KEY] : [OWN_KEY, ...before])
  const kept = Object.entries(row).filter(([key]) => !gone.has(key))
  const keys = values === null ? before : Object.keys(values)
  const own = keys.length === 0 ? note : { ...note, sidecar: keys }
  return Object.fromEntries([...kept, ...Object.entries(values ?? {}), [OWN_KEY, own]])
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Kept on the row itself, so that a lost ledger still knows which keys were a sidecar's. */
function keysOf(note: unknown): readonly string[] {
  const keys = isPlainObject(note) ? note['sidecar'] : null
  return Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : []
}

/** The message itself quotes the text: only the place is told, where the engine tells it. */
function placeIn(text: string, error: unknown): string {
  const position = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
  if (position === undefined) return ''
  const lines = text.slice(0, Number(position)).split('\n')
  return ` (line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1})`
}

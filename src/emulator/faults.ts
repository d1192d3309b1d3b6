import { z } from 'zod'

const moment = z.enum(['before', 'after']).default('before')

/**
 * What goes wrong. `when: 'after'`: the call took effect, and the answer is the fault.
 * - `latency`: waits; a PUT to the bucket before its body is read, a call before its effect.
 * - `status`, `html`, `error` (the vendor's error word), `cut` (the socket is destroyed; `during`: after some bytes of a PUT), `hang` (no answer).
 * - `listingLag`: `dataset` GET and `datarow` GET show the world as it was so long ago. `listing`: a listing that lies.
 * - `secondRegister`: what registering a known hash does. `refuseDelete`: these rows stay, the others go, the answer is `word` (null: success).
 * - `tickets`: fewer, more or reversed answers. `ticketUrl`: this URL in the place of the bucket's. `urlLife`: 0 makes dead URLs.
 * - `dateSkew`: the `Date` header is off by so much.
 */
const actionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('latency'), ms: z.number().min(0) }),
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(200).max(599),
    retryAfter: z.union([z.number(), z.string()]).optional(),
    headers: z.record(z.string(), z.string()).optional(),
    body: z.string().optional(),
    when: moment,
  }),
  z.strictObject({
    kind: z.literal('cut'),
    when: z.enum(['before', 'during', 'after']).default('before'),
    afterBytes: z.int().min(0).optional(),
  }),
  z.strictObject({ kind: z.literal('html'), body: z.string().optional(), when: moment }),
  z.strictObject({ kind: z.literal('error'), word: z.string(), status: z.int().optional(), payload: z.unknown().optional(), when: moment }),
  z.strictObject({ kind: z.literal('hang'), when: moment }),
  z.strictObject({ kind: z.literal('listingLag'), ms: z.number().min(0) }),
  z.strictObject({ kind: z.literal('listing'), shape: z.enum(['empty', 'half', 'otherDataset', 'cutShort']) }),
  z.strictObject({ kind: z.literal('secondRegister'), answer: z.enum(['ok', 'error', 'row']) }),
  z.strictObject({
    kind: z.literal('refuseDelete'),
    hashes: z.array(z.string()).default([]),
    titles: z.array(z.string()).default([]),
    word: z.string().nullable().default('OPERATION_NOT_ALLOWED'),
  }),
  z.strictObject({ kind: z.literal('tickets'), shape: z.enum(['short', 'long', 'reversed']) }),
  z.strictObject({ kind: z.literal('ticketUrl'), url: z.string() }),
  z.strictObject({ kind: z.literal('urlLife'), ms: z.number().min(0).default(0) }),
  z.strictObject({ kind: z.literal('dateSkew'), ms: z.number() }),
])

const ruleSchema = z.strictObject({
  match: z.strictObject({
    /** 'PUT video', 'GET dataset', 'PUT bucket' (either order of the two words), '*', or a list of those. */
    call: z.union([z.string(), z.array(z.string())]),
    dataset: z.string().optional(),
    /** A data_hash or file name that the call's uid is or holds. */
    uid: z.string().optional(),
    /** A piece of the JSON body, as it was sent. */
    bodyIncludes: z.string().optional(),
    /** The first matching call that is hit, from 1. */
    nth: z.int().min(1).optional(),
    /** How many are hit; 1 when only `nth` is given, else all. */
    times: z.int().min(1).optional(),
    /** Each hit happens with this chance only. */
    probability: z.number().min(0).max(1).optional(),
  }),
  do: actionSchema,
})

export type FaultRule = z.input<typeof ruleSchema>
export type FaultAction = z.output<typeof actionSchema>

/** Faults on request. Rules count from the moment they were set; they are not kept across restarts. */
export type FaultControl = {
  /** In the place of all rules. @throws Error that names every wrong place. */
  set(rules: readonly FaultRule[]): void
  add(rule: FaultRule): void
  clear(): void
  list(): readonly FaultRule[]
}

/** What a rule may look at. `call`: 'PUT video', 'PUT bucket'. */
type FaultableCall = {
  readonly call: string
  readonly dataset: string | null
  readonly uids: readonly string[]
  readonly body: string | null
}

/** The control, and `take`: what happens to this call, in the order of the rules. Counting is its side effect. */
export type FaultBook = FaultControl & { take(call: FaultableCall): readonly FaultAction[] }

type Live = { readonly rule: z.output<typeof ruleSchema>; seen: number; hits: number }

/** @param random in [0, 1), for `probability`. */
export function openFaults(random: () => number): FaultBook {
  let live: Live[] = []
  const liven = (rules: unknown): Live[] => parseRules(rules).map((rule) => ({ rule, seen: 0, hits: 0 }))
  return {
    set: (rules) => {
      live = liven(rules)
    },
    add: (rule) => {
      live.push(...liven([rule]))
    },
    clear: () => {
      live = []
    },
    list: () => live.map(({ rule }) => rule),
    take: (call) => live.filter((candidate) => hits(candidate, call, random)).map(({ rule }) => rule.do),
  }
}

function parseRules(rules: unknown): z.output<typeof ruleSchema>[] {
  const parsed = z.array(ruleSchema).safeParse(rules)
  if (!parsed.success) throw new Error(`a fault rule is not valid:\n${z.prettifyError(parsed.error)}`)
  return parsed.data
}

function hits(live: Live, call: FaultableCall, random: () => number): boolean {
  const { match } = live.rule
  if (!matches(match, call)) return false
  live.seen += 1
  if (live.seen < (match.nth ?? 1)) return false
  const times = match.times ?? (match.nth === undefined ? Number.POSITIVE_INFINITY : 1)
  if (live.hits >= times) return false
  if (match.probability !== undefined && random() >= match.probability) return false
  live.hits += 1
  return true
}

function matches(match: Live['rule']['match'], call: FaultableCall): boolean {
  const calls = typeof match.call === 'string' ? [match.call] : match.call
  const reversed = call.call.split(' ').reverse().join(' ')
  return (
    calls.some((name) => name === '*' || name === call.call || name === reversed) &&
    (match.dataset === undefined || match.dataset === call.dataset) &&
    (match.uid === undefined || call.uids.includes(match.uid)) &&
    (match.bodyIncludes === undefined || (call.body?.includes(match.bodyIncludes) ?? false))
  )
}

/** The first action of that kind. */
export function actionOf<K extends FaultAction['kind']>(
  actions: readonly FaultAction[],
  kind: K,
): Extract<FaultAction, { kind: K }> | undefined {
  return actions.find((action): action is Extract<FaultAction, { kind: K }> => action.kind === kind)
}

/** All waits of this call, ms. */
export function latencyMs(actions: readonly FaultAction[]): number {
  return actions.reduce((sum, action) => sum + (action.kind === 'latency' ? action.ms : 0), 0)
}

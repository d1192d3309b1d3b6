import * as z from 'zod'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import type { LOCAL_CALLS } from './api.ts'

/** Grows when a request or an answer changes its meaning; both sides must have the same. */
export const PROTOCOL = 1

/** The longest request that is read. */
export const MOST_REQUEST_BYTES = 1_000_000

/** A call of the local interface. */
export type LocalCall = (typeof LOCAL_CALLS)[number]

const nothing = z.object({})
const oneFolder = z.object({ folder: z.string().nullable() })

/** What each call takes; what crosses the socket is unknown until one of these has parsed it. */
export const CALL_ARGUMENTS = {
  status: nothing,
  units: z.object({ path: z.string().nullable() }),
  why: z.object({ path: z.string() }),
  retry: z.object({ paths: z.array(z.string()), asIs: z.boolean() }),
  deletes: nothing,
  approve: z.object({ id: z.number().int(), digest: z.string() }),
  reject: z.object({ id: z.number().int() }),
  pause: oneFolder.extend({ forMs: z.number().positive().nullable() }),
  resume: oneFolder,
  reload: nothing,
  folders: nothing,
  acceptFolder: z.object({ folder: z.string() }),
  acceptLedger: nothing,
  history: z.object({ path: z.string().nullable(), sinceMs: z.number().nullable() }),
  verifyHistory: nothing,
  adopt: z.object({ none: z.boolean(), path: z.string().nullable() }),
} as const satisfies Record<LocalCall, z.ZodType>

/** One request. `hello` asks whether this is the service, and whether it speaks our protocol. */
export const requestSchema = z.object({
  v: z.literal(PROTOCOL),
  call: z.enum(['hello', ...(Object.keys(CALL_ARGUMENTS) as [LocalCall, ...LocalCall[]])]),
  args: z.unknown(),
})

/** Only the number, of any version's request. */
export const versionSchema = z.object({ v: z.number().int(), version: z.string().optional() })

const errorSchema = z.object({
  what: z.string(),
  notDone: z.string(),
  next: z.string(),
  exitCode: z.literal(Object.values(EXIT)),
})

/** A UserError on its way through the socket. */
type WireError = z.infer<typeof errorSchema>

/** The one answer to a request. */
export const answerSchema = z.union([z.object({ error: errorSchema }), z.object({ value: z.unknown() })])

/** Takes an error apart for the wire; its cause stays behind. */
export function toWire(error: UserError): WireError {
  return { what: error.message, notDone: error.notDone, next: error.next, exitCode: error.exitCode }
}

/** A request that nobody reads. */
export function tooLong(): UserError {
  return new UserError(EXIT.usage, {
    what: `the request is longer than ${MOST_REQUEST_BYTES} bytes`,
    notDone: 'nothing was changed',
    next: 'name fewer paths at once, or the directory that holds them',
  })
}

/** The same error on the other side. */
export function fromWire({ exitCode, ...story }: WireError): UserError {
  return new UserError(exitCode, story)
}

import type { ExitCode } from './exitCode.ts'
import type { CallFailure, Outcome } from './remote.ts'

/** What is shown of an error: what happened, what was not done, the one next command. */
export type ErrorStory = { readonly what: string; readonly notDone: string; readonly next: string }

/** An error a person can act on; it ends a command with its exit code. */
export class UserError extends Error {
  override readonly name = 'UserError'
  readonly exitCode: ExitCode
  readonly notDone: string
  readonly next: string
  constructor(exitCode: ExitCode, story: ErrorStory, options?: { cause?: unknown }) {
    super(story.what, options)
    this.exitCode = exitCode
    this.notDone = story.notDone
    this.next = story.next
  }
}

/** A call to Encord or its object store that failed; `kind` says what happens next. The message holds no secret. */
export class EncordError extends Error {
  override readonly name = 'EncordError'
  readonly kind: CallFailure
  /** 'video PUT', 'signedimagesurl GET', 'PUT signed URL' … */
  readonly call: string
  readonly outcome: Outcome
  /** The server's error word, when it gave one. */
  readonly word: string | null
  /** Of the JSON answer, else of HTTP; null when nothing was answered. */
  readonly status: number | null
  /** From Retry-After, ms. */
  readonly retryAfterMs: number | null
  constructor(
    kind: CallFailure,
    details: {
      call: string
      outcome: Outcome
      message: string
      word?: string | null
      status?: number | null
      retryAfterMs?: number | null
      cause?: unknown
    },
  ) {
    super(`${details.call}: ${details.message}`, details.cause === undefined ? undefined : { cause: details.cause })
    this.kind = kind
    this.call = details.call
    this.outcome = details.outcome
    this.word = details.word ?? null
    this.status = details.status ?? null
    this.retryAfterMs = details.retryAfterMs ?? null
  }
}

/** A look at a folder that could not be made, by a trouble of the disk or the machine that may pass: nothing was seen. */
export class LookFailed extends Error {
  override readonly name = 'LookFailed'
}

/** A switch that missed a case does not compile. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${String(value)}`)
}

/** The words of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

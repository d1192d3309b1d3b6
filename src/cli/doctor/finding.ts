import { UserError } from '../../model/error.ts'
import { EXIT, type ExitCode } from '../../model/exitCode.ts'
import { storyOf } from '../failure.ts'

/** `warn`: works, and a person should know. `later`: does not work now, and may by itself. `fail`: a person must act. */
export type Verdict = 'ok' | 'warn' | 'later' | 'fail'

/** What one look came to. */
export type Finding = { readonly check: string; readonly verdict: Verdict; readonly what: string; readonly next: string | null }

export const ok = (check: string, what: string): Finding => ({ check, verdict: 'ok', what, next: null })
export const warn = (check: string, what: string, next: string): Finding => ({ check, verdict: 'warn', what, next })
export const fail = (check: string, what: string, next: string): Finding => ({ check, verdict: 'fail', what, next })

/** A look that threw is a finding too: no other look is left out because of it. */
export function failed(check: string, error: unknown): Finding {
  const story = storyOf(error)
  const passes = error instanceof UserError ? error.exitCode === EXIT.failed : false
  return { check, verdict: passes ? 'later' : 'fail', what: story.message, next: story.next }
}

/** 3 when a person must act, else 1 when something does not work now. */
export function exitCodeOf(findings: readonly Finding[]): ExitCode {
  if (findings.some(({ verdict }) => verdict === 'fail')) return EXIT.person
  return findings.some(({ verdict }) => verdict === 'later') ? EXIT.failed : EXIT.ok
}

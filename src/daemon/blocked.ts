import { existsSync, statSync } from 'node:fs'
import type { LocalApi, StatusView } from '../control/api.ts'
import { LOCAL_CALLS } from '../control/api.ts'
import type { Clock } from '../model/clock.ts'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'

/** Between two looks at what the service waits for, ms. */
const LOOK_MS = 5_000
/** A file that is being copied is not taken for a whole one: it has been the same for this long, ms. */
const QUIET_MS = 10_000
/** A ledger that was moved away may get a copy in its place, ms. */
const GONE_QUIET_MS = 60_000
/** An answer is on its way within this time, ms. */
const ANSWER_MS = 250
/** Tried again whatever the look says, ms. */
const LONGEST_MS = 600_000

/** Is this an end that no restart helps, only a person? Then the service stays. */
export function needsPerson(error: unknown): error is UserError {
  return error instanceof UserError && error.exitCode === EXIT.person
}

/** A wait for a person: what the local interface answers meanwhile, and when to try again. */
export type Blocked = {
  readonly api: LocalApi
  /** A person says that the cause is gone; `retry`, `resume` and `reload` say so too. */
  tell(): void
  /** Resolves when the cause may be gone, a person says so, or the signal stops it. */
  over(): Promise<void>
}

/**
 * @param story what a person must do
 * @param view what is known of the config's folders
 */
export function openBlocked(
  story: UserError,
  view: StatusView,
  { ledgerPath, clock, signal }: { readonly ledgerPath: string; readonly clock: Clock; readonly signal: AbortSignal },
): Blocked {
  const told = new AbortController()
  const refuse = (): Promise<never> => Promise.reject(story)
  const goOn = async <T>(answer: T): Promise<T> => {
    // The interface that answers ends with the wait.
    void clock.sleep(ANSWER_MS).then(() => told.abort())
    return answer
  }
  const refusing = Object.fromEntries(LOCAL_CALLS.map((name) => [name, refuse])) as unknown as LocalApi
  return {
    api: {
      ...refusing,
      status: async () => blockedView(story, view),
      retry: () => goOn({ units: [] }),
      resume: () => goOn({ folders: [] }),
      reload: () => goOn(null),
    },
    tell: () => told.abort(),
    over: () => untilChanged(ledgerPath, clock, [signal, told.signal]),
  }
}

/** Nothing is sent, whatever the folders are like. */
function blockedView({ message, next }: UserError, view: StatusView): StatusView {
  const why = 'the service waits for a person'
  return {
    ...view,
    folders: view.folders.map((folder) => ({ ...folder, state: 'paused', why, next: null })),
    // One line of a list.
    attention: [{ what: message.replaceAll(/\s*\n\s*/g, '; '), next }],
    exitCode: EXIT.person,
  }
}

async function untilChanged(ledgerPath: string, clock: Clock, signals: readonly AbortSignal[]): Promise<void> {
  const began = clock.monotonicMs()
  const first = signature(ledgerPath)
  let last = first
  let sinceMs = began
  const stop = AbortSignal.any([...signals])
  while (!stop.aborted) {
    await clock.sleep(LOOK_MS, stop).catch(() => undefined)
    const nowMs = clock.monotonicMs()
    const now = signature(ledgerPath)
    if (now !== last) sinceMs = nowMs
    last = now
    if (nowMs - began >= LONGEST_MS) return
    if (now !== first && nowMs - sinceMs >= (existsSync(ledgerPath) ? QUIET_MS : GONE_QUIET_MS)) return
  }
}

/** Differs when the file was replaced, written or taken away. */
function signature(file: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(file)
    return [ino, size, mtimeMs].join(' ')
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}

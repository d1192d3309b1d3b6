import type { Clock } from '../model/clock.ts'
import type { Expectation, Step } from './scenario.ts'
import type { ServiceEnd, ServiceEvent, ServiceProcess } from './serviceProcess.ts'

/** Why the demo failed: the step by its title, what was still missing, and the reason in words. */
export type Failure = { readonly step: string; readonly missing: readonly string[]; readonly why: string }

/** A step that did not come to its end. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure'
  readonly failure: Failure
  constructor(failure: Failure) {
    super(`${failure.step}: ${failure.why}`)
    this.failure = failure
  }
}

export type StepTools = {
  readonly service: Pick<ServiceProcess, 'onEvent' | 'ended'>
  readonly folder: string
  readonly clock: Clock
  /** A step that takes longer fails, ms. */
  readonly limitMs: number
  /** Aborted when a person wants to stop. */
  readonly signal: AbortSignal
  /** Told what is still missing, at the start and whenever something arrived. */
  onMissing(missing: readonly Expectation[]): void
}

/**
 * Does what the step does, and waits for the events it expects, in whatever order they come.
 * @throws StepFailure at the time limit, when the service ends, or when a person stops the demo
 */
export async function runStep(step: Step, tools: StepTools): Promise<void> {
  const { service, clock, signal, limitMs } = tools
  let missing = step.expects
  const fail = (why: string) => new StepFailure({ step: step.title, missing: missing.map(({ words }) => words), why })
  const over = new AbortController()
  const limit = AbortSignal.any([over.signal, signal])
  let stopListening = () => {}
  const complete = new Promise<void>((resolve) => {
    stopListening = service.onEvent((event) => {
      const before = missing.length
      missing = missing.filter((expected) => !isMet(expected, event))
      if (missing.length !== before) tools.onMissing(missing)
      if (missing.length === 0) resolve()
    })
  })
  try {
    tools.onMissing(missing)
    step.act(tools.folder)
    await Promise.race([
      complete,
      service.ended.then((end) => Promise.reject(fail(wordsOf(end)))),
      clock.sleep(limitMs, limit).then(
        () => Promise.reject(fail(`not done within ${Math.round(limitMs / 1000)} s`)),
        () => (over.signal.aborted ? undefined : Promise.reject(fail('stopped by a signal'))),
      ),
    ])
  } finally {
    stopListening()
    over.abort()
  }
}

/** How a service that should still run ended, in one line. */
export function wordsOf({ code, signal, lastWords }: ServiceEnd): string {
  const last = lastWords.at(-1)
  return `the service ended (${signal ?? `exit code ${code}`})${last === undefined ? '' : `: ${last}`}`
}

function isMet({ event, path }: Expectation, { name, fields }: ServiceEvent): boolean {
  return name === event && (path === null || ('path' in fields && fields.path === path))
}

import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Clock } from '../model/clock.ts'
import { EVENTS, type EventFields, type EventName } from '../model/event.ts'

/** One event of the service's log, as it was written. */
export type ServiceEvent = {
  readonly [Name in EventName]: { readonly name: Name; readonly fields: EventFields[Name] }
}[EventName]

/** The service as a child process. */
export type ServiceProcess = {
  readonly pid: number
  /** Told of each event of the log; the returned function stops it. */
  onEvent(listener: (event: ServiceEvent) => void): () => void
  /** Resolves when the process is gone, with its last words. */
  readonly ended: Promise<ServiceEnd>
  /** Asks it to stop, waits until it is gone, ends it by force when it takes too long. */
  stop(): Promise<ServiceEnd>
  [Symbol.asyncDispose](): Promise<void>
}

/** How the process ended. `lastWords`: lines on stderr that are no events, such as a stack. */
export type ServiceEnd = { readonly code: number | null; readonly signal: string | null; readonly lastWords: readonly string[] }

export type ServiceCommand = {
  /** The program and its arguments; never through npm, which does not hand signals on. */
  readonly argv: readonly [string, ...string[]]
  readonly env: NodeJS.ProcessEnv
  /** A copy of all it writes to stderr. */
  readonly logFile: string
  readonly clock: Clock
}

/** Longer than the service itself gives its steps in hand, ms. */
const STOP_PATIENCE_MS = 20_000
const LAST_WORDS = 20

/**
 * Starts the service; its log must be JSON lines on stderr. It is in a process group of its own, so that Ctrl-C reaches it once, through
 * `stop`, and it ends with this process whatever happens to it, SIGKILL apart. @throws what the system says when it cannot be started
 */
export async function startService({ argv, env, logFile, clock }: ServiceCommand): Promise<ServiceProcess> {
  const [program, ...args] = argv
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  child.stderr.pipe(createWriteStream(logFile, { mode: 0o600 }))
  const listeners = new Set<(event: ServiceEvent) => void>()
  const lastWords: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    const event = eventOf(line)
    if (event === null) lastWords.splice(0, Math.max(0, lastWords.push(line) - LAST_WORDS))
    else for (const listener of listeners) listener(event)
  })
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  const killAtExit = () => void child.kill('SIGKILL')
  process.once('exit', killAtExit)
  const ended = new Promise<ServiceEnd>((resolve) => {
    child.once('close', (code, signal) => {
      process.off('exit', killAtExit)
      resolve({ code, signal, lastWords })
    })
  })
  let stopping: Promise<ServiceEnd> | undefined
  const stop = () => {
    stopping ??= (async () => {
      const gone = new AbortController()
      child.kill('SIGTERM')
      void clock.sleep(STOP_PATIENCE_MS, gone.signal).then(
        () => child.kill('SIGKILL'),
        () => undefined,
      )
      const end = await ended
      gone.abort()
      return end
    })()
    return stopping
  }
  return {
    pid: child.pid ?? 0,
    onEvent(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    ended,
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
    },
  }
}

/** A line of the log as an event; null for anything else that a process may write to stderr. */
function eventOf(line: string): ServiceEvent | null {
  try {
    const { event, time: _time, level: _level, ...fields } = JSON.parse(line) as Record<string, unknown>
    return typeof event === 'string' && event in EVENTS ? ({ name: event, fields } as unknown as ServiceEvent) : null
  } catch {
    return null
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

const PROJECT = new URL('../..', import.meta.url).pathname
export const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname

/** One event of the JSON log. */
type LogLine = { readonly time: string; readonly level: string; readonly event: string; readonly [field: string]: unknown }

/** How a process ended, and all it said. */
export type Finished = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly events: readonly LogLine[]
}

/** A command of encord-sync as a process, its log followed. */
export type CommandProcess = {
  readonly pid: number
  readonly child: ChildProcess
  readonly events: readonly LogLine[]
  readonly stderr: () => string
  /** The first event of that name that fits, past ones included. @throws Error with the end of the log when it ends, or does not come in time. */
  until(event: string, fits?: (line: LogLine) => boolean, withinMs?: number): Promise<LogLine>
  /** The same, only for events to come. */
  next(event: string, fits?: (line: LogLine) => boolean, withinMs?: number): Promise<LogLine>
  isAlive(): boolean
  finished: Promise<Finished>
}

export type CommandOptions = {
  readonly env?: NodeJS.ProcessEnv
  /** Where the tests run as root: the process runs as an ordinary user. */
  readonly asOrdinaryUser?: boolean
  /** The program and its first arguments; `node dist/cli/main.js` by default. */
  readonly program?: readonly string[]
}

export const ORDINARY_UID = 65_534

/** Starts a command; its output is gathered, its JSON log lines become events. */
export function startCommand(args: readonly string[], options: CommandOptions = {}): CommandProcess {
  const [program = process.execPath, ...first] = options.program ?? [process.execPath, MAIN]
  const identity = options.asOrdinaryUser === true && process.getuid?.() === 0 ? { uid: ORDINARY_UID, gid: ORDINARY_UID } : {}
  const child = spawn(program, [...first, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...options.env },
    cwd: PROJECT,
    ...identity,
  })
  const events: LogLine[] = []
  const watchers = new Set<() => void>()
  const tell = () => {
    for (const watcher of watchers) watcher()
  }
  let stdout = ''
  let stderr = ''
  let unfinished = ''
  let ended = false
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    const lines = (unfinished + text).split('\n')
    unfinished = lines.pop() ?? ''
    events.push(...lines.flatMap(eventOf))
    tell()
  })
  const finished = once(child, 'close').then(([code, signal]): Finished => {
    ended = true
    tell()
    return { code: code as number | null, signal: signal as NodeJS.Signals | null, stdout, stderr, events }
  })
  const wait = async (from: number, event: string, fits: (line: LogLine) => boolean, withinMs: number): Promise<LogLine> => {
    const find = () => events.slice(from).find((line) => line.event === event && fits(line))
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer)
        watchers.delete(check)
        settle()
      }
      const missing = (why: string) => () => reject(new Error(`${event}: ${why}; the log ends with\n${tailOf(stderr)}`))
      const check = () => {
        if (find() !== undefined) end(resolve)
        else if (ended) end(missing('the process ended before it'))
      }
      const timer = setTimeout(() => end(missing(`not within ${withinMs} ms`)), withinMs)
      watchers.add(check)
      check()
    })
    return find() as LogLine
  }
  return {
    pid: child.pid ?? 0,
    child,
    events,
    stderr: () => stderr,
    until: (event, fits = () => true, withinMs = 120_000) => wait(0, event, fits, withinMs),
    next: (event, fits = () => true, withinMs = 120_000) => wait(events.length, event, fits, withinMs),
    isAlive: () => !ended && child.exitCode === null && child.signalCode === null,
    finished,
  }
}

/** The last lines of a log, for messages of failed tests. */
export function tailOf(text: string, lines = 25): string {
  return text.split('\n').slice(-lines).join('\n')
}

function eventOf(line: string): LogLine[] {
  if (!line.startsWith('{')) return []
  try {
    const parsed = JSON.parse(line) as LogLine
    return typeof parsed.event === 'string' ? [parsed] : []
  } catch {
    return []
  }
}

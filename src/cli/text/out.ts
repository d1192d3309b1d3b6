import type { Writable } from 'node:stream'
import { outlet } from '../../log/outlet.ts'
import type { UserError } from '../../model/error.ts'
import type { Secrets } from '../../model/secrets.ts'
import { type Style, styleOf, type Terminal, terminalOf } from './terminal.ts'
import { withConfig } from './typedCommand.ts'

/** Where a command prints. Nothing here throws or ends the process when the reader is gone (`encord-sync units | head`). */
export type Out = {
  /** Whether `--json` was asked for. */
  readonly isJson: boolean
  readonly terminal: Terminal
  readonly style: Style
  /** True once the reader of stdout is gone: what is left need not be printed. */
  readonly closed: boolean
  /** A line for people on stdout; nothing with `--json`. */
  print(text: string): void
  /** One value as one line of JSON on stdout, in every mode. */
  json(value: unknown): void
  /** The result of a command: JSON with `--json`, else the text that `render` makes of it. */
  show<Value>(value: Value, render: (value: Value) => string): void
  /** A line for people on stderr, in every mode. */
  note(text: string): void
  /** The same, as a warning. */
  warn(text: string): void
  /** What happened, what was not done, the next command: on stderr for people, as `{"error": …}` on stdout with `--json`. */
  error(error: UserError): void
  /** Resolves when everything printed has been handed on. */
  flushed(): Promise<void>
}

export type OutOptions = {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly env: NodeJS.ProcessEnv
  readonly plain: boolean
  readonly json: boolean
  readonly secrets: Secrets
  /** What `--config` was given; the next commands say it too. */
  readonly configFile?: string | null
}

/** Opens the output of a command. Known secrets are taken out of everything that is printed. Names must be escaped before (`displayName`, `table`). */
export function openOut(options: OutOptions): Out {
  const [stdout, stderr] = [outlet(options.stdout), outlet(options.stderr)]
  const terminal = terminalOf(options.stdout, options.env, options.plain)
  const errorStyle = styleOf(terminalOf(options.stderr, options.env, options.plain))
  const line = (text: string) => `${options.secrets.redact(text)}\n`
  const forPeople = (text: string) => withConfig(text, options.configFile ?? null)
  const json = (value: unknown) => stdout.write(line(JSON.stringify(value ?? null)))
  const print = (text: string) => {
    if (!options.json) stdout.write(line(forPeople(text)))
  }
  return {
    isJson: options.json,
    terminal,
    style: styleOf(terminal),
    get closed() {
      return stdout.closed
    },
    print,
    json,
    show(value, render) {
      if (options.json) json(value)
      else print(render(value))
    },
    note: (text) => stderr.write(line(text)),
    warn: (text) => stderr.write(line(`${errorStyle.yellow('warning:')} ${text}`)),
    error({ message, notDone, next, exitCode }) {
      if (options.json) json({ error: { message, not_done: notDone, next, exit_code: exitCode } })
      else stderr.write(line(`${errorStyle.red('error:')} ${message}\n  not done: ${notDone}\n${forPeople(`  next: ${next}`)}`))
    },
    async flushed() {
      await Promise.all([stdout.flushed(), stderr.flushed()])
    },
  }
}

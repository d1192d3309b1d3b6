import type { InferredOptionTypes, Options, PositionalOptions } from 'yargs'
import type { LoadOptions } from '../config/load.ts'
import type { LoadedConfig } from '../config/loadedConfig.ts'
import type { LocalApi } from '../control/api.ts'
import type { ExitCode } from '../model/exitCode.ts'
import type { Secrets } from '../model/secrets.ts'
import type { Out } from './text/out.ts'

/** What a process gives to the commands: its streams, its surroundings, its clock. */
export type Host = {
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  /** Asking for it is what opens it. */
  stdin(): NodeJS.ReadStream
  readonly env: NodeJS.ProcessEnv
  /** Where relative paths start. */
  readonly directory: string
  readonly home: string
  readonly platform: NodeJS.Platform
  /** Of this machine, as titles may name it. */
  readonly hostName?: string
  /** Of this package. */
  readonly version: string
  /** ms since 1970. */
  nowMs(): number
  /** Aborted by the first SIGINT or SIGTERM; a second one ends the process. Asking for it is what starts listening. */
  stopSignal(): AbortSignal
  /** Calls the listener at each SIGHUP that is no closed terminal; the returned function stops it. */
  onHangup(listener: () => void): () => void
}

/** The local interface for the time of one command. `close` lets go of the ledger and its lock. */
export type LocalAccess = LocalApi & { close(): Promise<void> }

/** What a handler gets besides its arguments. */
export type CommandContext = {
  readonly host: Host
  readonly out: Out
  readonly env: NodeJS.ProcessEnv
  /** Everything printed passes through these. */
  readonly secrets: Secrets
  /** The first SIGINT or SIGTERM; a command that reads it must end by itself then. */
  readonly signal: AbortSignal
  /** The config as `--config` names it, read once. Keys may be out of reach unless `keysNeeded`. @throws UserError (2) */
  config(needs?: Pick<LoadOptions, 'keysNeeded' | 'foldersNeeded'>): LoadedConfig
  /**
   * The service that runs, else the ledger itself: `read` opens it read-only, `write` takes the lock first.
   * @throws UserError (75) when someone holds the lock and does not answer
   */
  local(mode: 'read' | 'write'): Promise<LocalAccess>
}

/** Options that every command has. */
export const COMMON_OPTIONS = {
  config: { type: 'string', requiresArg: true, describe: 'the config file' },
  json: { type: 'boolean', default: false, describe: 'print JSON' },
  plain: { type: 'boolean', default: false, describe: 'no colour, no live display' },
} as const satisfies Record<string, Options>

type Positionals = Readonly<Record<string, PositionalOptions>>
type OptionTable = Readonly<Record<string, Options>>

/** Arguments of a handler. `--json` is already in `context.out.isJson`. */
export type Arguments<P extends Positionals, O extends OptionTable> = InferredOptionTypes<P> & InferredOptionTypes<O>

/** A command: its definition and a thin handler. */
export type Command = {
  readonly kind: 'command'
  /** As yargs wants it: `approve <id>`, `retry [paths..]`. */
  readonly usage: string
  readonly about: string
  readonly positionals: Positionals
  readonly options: OptionTable
  /** What the exit codes mean here, for its help. */
  readonly exits: readonly (readonly [ExitCode, string])[]
  /** Command lines without the name of the program, and what they do; two at least. */
  readonly examples: readonly (readonly [string, string])[]
  run(args: Readonly<Record<string, unknown>>, context: CommandContext): Promise<ExitCode>
}

/** Commands below one word: `deletes list`, `deletes approve`. */
export type CommandGroup = {
  readonly kind: 'group'
  readonly usage: string
  readonly about: string
  readonly commands: readonly Command[]
}

/** Defines a command; the types of its handler's arguments follow from its positionals and options. */
export function command<const P extends Positionals, const O extends OptionTable>(definition: {
  readonly usage: string
  readonly about: string
  readonly positionals?: P
  readonly options?: O
  readonly exits: Command['exits']
  readonly examples: Command['examples']
  run(args: Arguments<P, O>, context: CommandContext): Promise<ExitCode>
}): Command {
  const { positionals, options, run, ...rest } = definition
  return {
    kind: 'command',
    ...rest,
    positionals: positionals ?? {},
    options: options ?? {},
    // yargs has parsed them by this very definition.
    run: (args, context) => run(args as Arguments<P, O>, context),
  }
}

/** Defines a word with commands below it. */
export function commandGroup(usage: string, about: string, commands: readonly Command[]): CommandGroup {
  return { kind: 'group', usage, about, commands }
}

/** The word a command is called by. */
export function wordOf(node: Command | CommandGroup): string {
  return node.usage.split(' ', 1)[0] ?? ''
}

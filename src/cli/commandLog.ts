import type { LoadedConfig } from '../config/loadedConfig.ts'
import { chooseFormat } from '../log/format.ts'
import { type OpenLog, openLog } from '../log/log.ts'
import type { CommandContext } from './command.ts'
import { terminalOf } from './text/terminal.ts'

/** The log of a command, on stderr, in the format the config or the surroundings ask for. */
export function openCommandLog(context: CommandContext, settings: LoadedConfig['log']): OpenLog {
  const { host, env, secrets } = context
  return openLog({
    level: settings.level,
    format: chooseFormat(settings.format, host.stderr, env),
    stream: host.stderr,
    colour: terminalOf(host.stderr, env, false).colour,
    secrets,
    wallMs: host.nowMs,
  })
}

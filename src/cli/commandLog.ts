import { closeSync, openSync } from 'node:fs'
import type { LoadedConfig, LogFile } from '../config/loadedConfig.ts'
import { chooseFormat } from '../log/format.ts'
import { type OpenLog, openLog } from '../log/log.ts'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import type { CommandContext } from './command.ts'
import { terminalOf } from './text/terminal.ts'

/**
 * The log of a command, on stderr or in the config's file, in the format the config or the surroundings ask for.
 * @throws UserError (2) when the file can't be written
 */
export function openCommandLog(context: CommandContext, settings: LoadedConfig['log']): OpenLog {
  const { host, env, secrets } = context
  const { file, level } = settings
  if (file !== null) checkWritable(file)
  return openLog({
    level,
    format: chooseFormat(settings.format, file === null ? host.stderr : {}, file === null ? env : {}),
    stream: host.stderr,
    file,
    colour: file === null && terminalOf(host.stderr, env, false).colour,
    secrets,
    wallMs: host.nowMs,
  })
}

/** What was asked for and can't be had stops the start. */
function checkWritable({ path }: LogFile): void {
  try {
    closeSync(openSync(path, 'a', 0o600))
  } catch (cause) {
    throw new UserError(
      EXIT.usage,
      {
        what: `the log file ${path} (log.file) can't be written (${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'})`,
        notDone: 'nothing was started or sent',
        next: 'make its directory, or name another file',
      },
      { cause },
    )
  }
}

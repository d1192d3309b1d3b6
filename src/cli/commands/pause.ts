import { DURATION_FORM, parseDuration } from '../../config/duration.ts'
import type { LocalApi } from '../../control/api.ts'
import { displayName } from '../../model/displayName.ts'
import { UserError } from '../../model/error.ts'
import { EXIT, type ExitCode } from '../../model/exitCode.ts'
import { localMinute } from '../../model/localTime.ts'
import { type CommandContext, command } from '../command.ts'
import { givenPath } from '../givenPath.ts'

const positionals = { folder: { type: 'string', describe: 'a folder, by its path; all without' } } as const
const exits = [
  [EXIT.ok, 'done, or it was so already'],
  [EXIT.usage, 'usage, config, or no such folder'],
  [EXIT.locked, 'someone holds the ledger and does not answer'],
] as const

/** Stops sending and deleting; the pause survives a restart, and ends by itself when it was given a time. */
export const pause = command({
  usage: 'pause [folder]',
  about: 'stop sending and deleting, also after a restart',
  positionals,
  options: { for: { type: 'string', requiresArg: true, describe: 'go on by itself after this long; else with `resume`' } },
  exits,
  examples: [
    ['pause', 'all folders'],
    ['pause ~/encord/drone --for 2h', 'one folder, for two hours'],
  ],
  async run({ folder, for: given }, context) {
    const forMs = given === undefined ? null : parseDuration(given)
    if (given !== undefined && forMs === null) throw badDuration(given)
    return await change('paused', context, async (local) => {
      const { folders, untilMs } = await local.pause({ folder: named(folder, context), forMs })
      return { folders, until: untilMs === null ? '' : ` until ${localMinute(untilMs)}`, untilMs }
    })
  },
})

/** Ends a pause. */
export const resume = command({
  usage: 'resume [folder]',
  about: 'go on after a pause',
  positionals,
  exits,
  examples: [
    ['resume', 'all folders'],
    ['resume ~/encord/drone', 'one folder'],
  ],
  run: ({ folder }, context) =>
    change('resumed', context, async (local) => ({ ...(await local.resume({ folder: named(folder, context) })), until: '' })),
})

function named(folder: string | undefined, context: CommandContext): string | null {
  return folder === undefined ? null : givenPath(folder, context)
}

type Changed = { readonly folders: readonly string[]; readonly until: string; readonly untilMs?: number | null }

async function change(word: string, context: CommandContext, ask: (local: LocalApi) => Promise<Changed>): Promise<ExitCode> {
  const local = await context.local('write')
  try {
    const { until, ...result } = await ask(local)
    context.out.show(result, ({ folders }) =>
      folders.length === 0 ? `nothing to do: already ${word}` : folders.map((path) => `${word} ${displayName(path)}${until}`).join('\n'),
    )
    return EXIT.ok
  } finally {
    await local.close()
  }
}

function badDuration(given: string): UserError {
  return new UserError(EXIT.usage, {
    what: `--for ${displayName(given)}: expected ${DURATION_FORM}`,
    notDone: 'nothing was paused',
    next: 'encord-sync pause --for 2h',
  })
}

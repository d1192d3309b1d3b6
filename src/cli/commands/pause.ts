import type { LocalApi } from '../../control/api.ts'
import { displayName } from '../../model/displayName.ts'
import { EXIT, type ExitCode } from '../../model/exitCode.ts'
import { type CommandContext, command } from '../command.ts'
import { givenPath } from '../givenPath.ts'

const positionals = { folder: { type: 'string', describe: 'a folder, by its path; all without' } } as const
const exits = [
  [EXIT.ok, 'done, or it was so already'],
  [EXIT.usage, 'usage, config, or no such folder'],
  [EXIT.locked, 'someone holds the ledger and does not answer'],
] as const

/** Stops sending and deleting; the pause survives a restart. */
export const pause = command({
  usage: 'pause [folder]',
  about: 'stop sending and deleting, also after a restart',
  positionals,
  exits,
  examples: [
    ['pause', 'all folders'],
    ['pause ~/encord/drone', 'one folder'],
  ],
  run: ({ folder }, context) => change('pause', 'paused', folder, context),
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
  run: ({ folder }, context) => change('resume', 'resumed', folder, context),
})

async function change(
  call: keyof Pick<LocalApi, 'pause' | 'resume'>,
  word: string,
  folder: string | undefined,
  context: CommandContext,
): Promise<ExitCode> {
  const local = await context.local('write')
  try {
    const result = await local[call]({ folder: folder === undefined ? null : givenPath(folder, context) })
    context.out.show(result, ({ folders }) =>
      folders.length === 0 ? `nothing to do: already ${word}` : folders.map((path) => `${word} ${displayName(path)}`).join('\n'),
    )
    return EXIT.ok
  } finally {
    await local.close()
  }
}

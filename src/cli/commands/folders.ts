import type { FolderIdentityView } from '../../control/api.ts'
import { displayName } from '../../model/displayName.ts'
import { EXIT } from '../../model/exitCode.ts'
import { type CommandContext, command, commandGroup } from '../command.ts'
import { givenPath } from '../givenPath.ts'

const list = command({
  usage: 'list',
  about: 'each folder, and whether it is the one that is known',
  exits: [
    [EXIT.ok, 'listed'],
    [EXIT.usage, 'usage or config'],
  ],
  examples: [
    ['list', 'all folders'],
    ['list --json', 'the same for scripts'],
  ],
  async run(_args, context) {
    const local = await context.local('read')
    try {
      const folders = await local.folders()
      context.out.show(folders, () => foldersText(folders, context))
      return EXIT.ok
    } finally {
      await local.close()
    }
  },
})

const accept = command({
  usage: 'accept <folder>',
  about: 'take a folder as it stands now',
  positionals: { folder: { type: 'string', demandOption: true, describe: 'its path' } },
  exits: [
    [EXIT.ok, 'accepted; whatever is missing is proven anew'],
    [EXIT.usage, 'usage, config, or the folder is not there'],
    [EXIT.person, 'another encord-sync keeps the folder, or the ledger has to be accepted too'],
    [EXIT.locked, 'someone holds the ledger and does not answer'],
  ],
  examples: [
    ['accept ~/encord/drone', 'after a restore, or a move to another disk'],
    ['accept ~/encord/drone --json', 'the same for scripts'],
  ],
  async run({ folder }, context) {
    const local = await context.local('write')
    try {
      const result = await local.acceptFolder({ folder: givenPath(folder, context) })
      context.out.show(result, (one) =>
        [
          `${displayName(one.folder)}  ${one.state}`,
          ...one.settled.map((text) => `  ${displayName(text)}`),
          ...(one.next === null ? [] : [`  next: ${one.next}`]),
        ].join('\n'),
      )
      return result.state === 'frozen' ? EXIT.person : EXIT.ok
    } finally {
      await local.close()
    }
  },
})

/** Who the folders are. */
export const folders = commandGroup('folders', 'which folders are known, and accept changed ones', [list, accept])

function foldersText(views: readonly FolderIdentityView[], { out }: CommandContext): string {
  if (views.length === 0) return 'no folder is known yet'
  return views
    .flatMap(({ path, id, state, why, next, marker, mounts }) => [
      `${out.style.bold(displayName(path))}  ${state}${why === '' ? '' : `: ${displayName(why)}`}`,
      `  id ${id}, marker ${marker}`,
      ...mounts.map((point) => `  mounted: ${displayName(point)}`),
      ...(next === null ? [] : [`  next: ${displayName(next)}`]),
    ])
    .join('\n')
}

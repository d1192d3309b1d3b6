import type { LocalApi } from '../../control/api.ts'
import { displayName } from '../../model/displayName.ts'
import { EXIT } from '../../model/exitCode.ts'
import { command } from '../command.ts'
import { givenPath } from '../givenPath.ts'

/** Links files to rows that the dataset held already. */
export const adopt = command({
  usage: 'adopt [path]',
  about: 'link files to rows the dataset held before',
  positionals: { path: { type: 'string', describe: 'a unit, or a directory; all that waits without' } },
  options: { none: { type: 'boolean', default: false, describe: 'no row is any of them: send them as new rows' } },
  exits: [
    [EXIT.ok, 'every file that waited is decided'],
    [EXIT.usage, 'usage or config'],
    [EXIT.person, 'some fit several rows, or none any more'],
    [EXIT.locked, 'someone holds the ledger and does not answer'],
  ],
  examples: [
    ['adopt', 'by title or name, size and type'],
    ['adopt --none clips/b.mp4', 'send this one as a new row'],
  ],
  async run({ path, none }, context) {
    const local = await context.local('write')
    try {
      const result = await local.adopt({ none, path: path === undefined ? null : givenPath(path, context) })
      context.out.show(result, adoptText)
      return result.ambiguous.length > 0 ? EXIT.person : EXIT.ok
    } finally {
      await local.close()
    }
  },
})

function adoptText({ linked, sent, again, ambiguous }: Awaited<ReturnType<LocalApi['adopt']>>): string {
  const lines = [
    ...linked.map((path) => `linked ${displayName(path)}`),
    ...sent.map((path) => `will be sent ${displayName(path)}`),
    ...again.map((path) => `will be registered again ${displayName(path)}`),
    ...ambiguous.map((path) => `still undecided ${displayName(path)}`),
  ]
  const hints = [
    ...(again.length === 0
      ? []
      : [
          'what Encord holds already it refuses as long as that row is there: encord-sync adopt links it, encord-sync delete HASH removes it',
        ]),
    ...(ambiguous.length === 0
      ? []
      : ['where no row is it, or nothing tells which: encord-sync adopt --none PATH sends it as a new row, or registers it again']),
  ]
  return lines.length === 0 ? 'nothing waits to be adopted' : [...lines, ...hints].join('\n')
}

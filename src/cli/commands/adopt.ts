import type { LocalApi } from '../../control/api.ts'
import { displayName } from '../../model/displayName.ts'
import { EXIT } from '../../model/exitCode.ts'
import { command } from '../command.ts'

/** Links files to rows that the dataset held already. */
export const adopt = command({
  usage: 'adopt',
  about: 'link files to rows the dataset held before',
  options: { none: { type: 'boolean', default: false, describe: 'no row is any of them: send them as new rows' } },
  exits: [
    [EXIT.ok, 'every file that waited is decided'],
    [EXIT.usage, 'usage or config'],
    [EXIT.person, 'some fit several rows, or none any more'],
    [EXIT.locked, 'someone holds the ledger and does not answer'],
  ],
  examples: [
    ['adopt', 'by title or name, size and type'],
    ['adopt --none', 'send all that waits as new rows'],
  ],
  async run({ none }, context) {
    const local = await context.local('write')
    try {
      const result = await local.adopt({ none })
      context.out.show(result, adoptText)
      return result.ambiguous.length > 0 ? EXIT.person : EXIT.ok
    } finally {
      await local.close()
    }
  },
})

function adoptText({ linked, sent, ambiguous }: Awaited<ReturnType<LocalApi['adopt']>>): string {
  const lines = [
    ...linked.map((path) => `linked ${displayName(path)}`),
    ...sent.map((path) => `will be sent ${displayName(path)}`),
    ...ambiguous.map((path) => `still undecided ${displayName(path)}`),
  ]
  return lines.length === 0 ? 'nothing waits to be adopted' : lines.join('\n')
}

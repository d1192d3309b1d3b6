import { displayName } from '../../model/displayName.ts'
import { EXIT } from '../../model/exitCode.ts'
import { command } from '../command.ts'
import { givenPath } from '../givenPath.ts'

/** Tries failed and set-aside units again. */
export const retry = command({
  usage: 'retry [paths..]',
  about: 'try failed and set-aside units again',
  positionals: { paths: { type: 'string', array: true, describe: 'units, or directories; all failed and rejected ones without' } },
  options: { 'as-is': { type: 'boolean', default: false, describe: 'send also what looks cut off' } },
  exits: [
    [EXIT.ok, 'they will be tried again, or there was nothing to retry'],
    [EXIT.usage, 'usage, config, or a path without a unit'],
    [EXIT.locked, 'someone holds the ledger and does not answer'],
  ],
  examples: [
    ['retry', 'all failed and rejected units'],
    ['retry --as-is clips/short.mp4', 'send this one although it looks cut off'],
  ],
  async run({ paths, 'as-is': asIs }, context) {
    const local = await context.local('write')
    try {
      const result = await local.retry({ paths: (paths ?? []).map((path) => givenPath(path, context)), asIs })
      context.out.show(result, () =>
        result.units.length === 0 ? 'nothing to retry' : result.units.map((unit) => `retry ${displayName(unit)}`).join('\n'),
      )
      return EXIT.ok
    } finally {
      await local.close()
    }
  },
})

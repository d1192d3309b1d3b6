import { EXIT } from '../../model/exitCode.ts'
import { COMMON_OPTIONS, command } from '../command.ts'
import { INIT_OPTIONS, missingFlags, readFlags, unusable } from '../init/flags.ts'
import { initPlace } from '../init/place.ts'
import { canAsk } from '../prompt.ts'

/** Asks, tests and writes a config. */
export const init = command({
  usage: 'init',
  about: 'ask, test the answers, write a config; starts nothing',
  options: { config: COMMON_OPTIONS.config, ...INIT_OPTIONS },
  exits: [
    [EXIT.ok, 'the config is written'],
    [EXIT.failed, 'the server could not be reached'],
    [EXIT.usage, 'usage, missing answers, a config that is there already'],
    [EXIT.person, 'the server refuses the key'],
  ],
  examples: [
    ['init', 'asks for everything'],
    ['init --folder ~/drone --deletes hold', 'asks for the rest'],
  ],
  async run({ config, ...options }, context) {
    const place = initPlace(config, context.host)
    const given = readFlags(options, context)
    const isAsking = !context.out.isJson && canAsk(context.host)
    const missing = missingFlags(given)
    if (!isAsking && missing.length > 0) {
      throw unusable(`nobody can be asked here, and these answers are missing: ${missing.join(', ')}`, 'encord-sync init --help')
    }
    const { makeConfig } = await import('../init/makeConfig.ts')
    await makeConfig(place, given, context)
    return EXIT.ok
  },
})

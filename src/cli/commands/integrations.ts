import { EXIT } from '../../model/exitCode.ts'
import { command } from '../command.ts'
import { DATASET_OPTIONS, datasetAccess } from '../datasetAccess.ts'
import { table } from '../text/table.ts'
import { told } from '../told.ts'

/** Cloud integrations, for `cloud add`. */
export const integrations = command({
  usage: 'integrations',
  about: 'the cloud integrations that a dataset can use',
  options: DATASET_OPTIONS,
  exits: [
    [EXIT.ok, 'listed'],
    [EXIT.failed, 'the server could not be reached'],
    [EXIT.usage, 'usage or config'],
    [EXIT.person, 'the API key is refused'],
  ],
  examples: [
    ['integrations', "of the config's only dataset"],
    ['integrations --json', 'for scripts'],
  ],
  async run(options, context) {
    const { config, ...access } = datasetAccess(options, context)
    const { openDatasetCalls } = await import('../../app/datasetCalls.ts')
    const { systemClock } = await import('../../app/systemClock.ts')
    const calls = openDatasetCalls(config, access, { clock: systemClock, random: Math.random, signal: context.signal })
    try {
      const found = await told(calls.integrations(), { notDone: 'nothing was changed', maybe: null, key: 'api' })
      const { out } = context
      out.show(found, () => {
        if (found.length === 0) return 'no cloud integration; make one in the Encord app'
        const rows = found.map(({ id, title }) => [id, title])
        return table([{ head: 'ID' }, { head: 'TITLE' }], rows, out.terminal.width)
      })
      return EXIT.ok
    } finally {
      calls.close()
    }
  },
})

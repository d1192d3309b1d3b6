import { resolve } from 'node:path'
import { displayName } from '../../model/displayName.ts'
import { EXIT } from '../../model/exitCode.ts'
import { readCloudFile } from '../cloudFile.ts'
import { command, commandGroup } from '../command.ts'
import { DATASET_OPTIONS, datasetAccess } from '../datasetAccess.ts'
import { table } from '../text/table.ts'
import { told } from '../told.ts'
import { cloudJsonCommand } from './cloudJson.ts'

const add = command({
  usage: 'add <file>',
  about: 'add files of a cloud bucket, as a JSON file lists them',
  positionals: { file: { type: 'string', demandOption: true, describe: "JSON in Encord's private-cloud format" } },
  options: {
    integration: { type: 'string', requiresArg: true, demandOption: true, describe: 'its id, as `integrations` lists it' },
    'ignore-errors': { type: 'boolean', default: false, describe: 'leave out single files that the server refuses' },
    ...DATASET_OPTIONS,
  },
  exits: [
    [EXIT.ok, 'added; each row is printed'],
    [EXIT.failed, 'no answer: rows may have been made'],
    [EXIT.usage, 'usage, config, or a file that is wrong: nothing was sent'],
    [EXIT.person, 'the API key is refused, or the dataset takes no cloud files'],
  ],
  examples: [
    ['add --integration 3c9f… files.json', "to the config's only dataset"],
    ['add --integration 3c9f… --ignore-errors --json files.json', 'what can be added, for scripts'],
  ],
  async run({ file, integration, 'ignore-errors': ignoreErrors, ...options }, context) {
    // First the file: nothing is sent, and no key is looked for, while it is wrong.
    const { files, counts } = readCloudFile(resolve(context.host.directory, file))
    const { config, ...access } = datasetAccess(options, context)
    const { openDatasetCalls } = await import('../../app/datasetCalls.ts')
    const { systemClock } = await import('../../app/systemClock.ts')
    const calls = openDatasetCalls(config, access, { clock: systemClock, random: Math.random, signal: context.signal })
    try {
      const rows = await told(calls.add({ integrationId: integration, ignoreErrors, files }), {
        notDone: 'no row was added',
        maybe: {
          notDone: 'it is not known whether rows were added; the same call again may add them twice',
          next: `encord-sync dataset info --dataset ${access.dataset}`,
        },
        key: 'api',
      })
      const named = Object.values(counts).reduce((sum, count) => sum + count, 0)
      const { out } = context
      out.show({ dataset: access.dataset, named: counts, rows }, () => {
        const lines = rows.map(({ title, dataHash }) => [dataHash, title])
        const left = rows.length < named ? `; the server left out ${named - rows.length}` : ''
        const head = `${rows.length} ${rows.length === 1 ? 'row' : 'rows'} added for ${named} named${left}`
        return rows.length === 0 ? head : `${table([{ head: 'HASH' }, { head: 'TITLE' }], lines, out.terminal.width)}\n${displayName(head)}`
      })
      return EXIT.ok
    } finally {
      calls.close()
    }
  },
})

/** Files in the owner's own buckets. */
export const cloud = commandGroup('cloud', 'add files that lie in a cloud bucket', [add, cloudJsonCommand])

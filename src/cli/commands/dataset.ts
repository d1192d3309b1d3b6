import type { LoadedConfig } from '../../config/loadedConfig.ts'
import { displayName } from '../../model/displayName.ts'
import { UserError } from '../../model/error.ts'
import { EXIT } from '../../model/exitCode.ts'
import type { RemoteListing } from '../../model/remote.ts'
import { command, commandGroup } from '../command.ts'
import { DATASET_OPTIONS, datasetAccess } from '../datasetAccess.ts'
import { told } from '../told.ts'
import { openUser, USER_OPTIONS } from '../userAccess.ts'

/** Where the files of a dataset live: as it is typed, as the server spells it, as people say it. */
const STORAGES = [
  { word: 'encord', name: 'CORD_STORAGE', about: "Encord's own storage" },
  { word: 'aws', name: 'AWS_S3', about: 'AWS S3' },
  { word: 'gcp', name: 'GCP_STR', about: 'Google Cloud Storage' },
  { word: 'azure', name: 'AZURE_STR', about: 'Azure Blob Storage' },
] as const

const create = command({
  usage: 'create',
  about: 'make a new, empty dataset',
  options: {
    title: { type: 'string', requiresArg: true, demandOption: true, describe: 'its title' },
    description: { type: 'string', requiresArg: true, default: '', describe: 'a few words about it' },
    storage: {
      type: 'string',
      requiresArg: true,
      default: 'encord',
      choices: STORAGES.map(({ word }) => word),
      describe: 'where its files live; uploads need encord',
    },
    ...USER_OPTIONS,
  },
  exits: [
    [EXIT.ok, 'made; its hash is printed'],
    [EXIT.failed, 'no answer: it may have been made'],
    [EXIT.usage, 'usage, config, or a private key that cannot be used'],
    [EXIT.person, 'the server does not know the private key'],
  ],
  examples: [
    ['create --title "Drone flights"', 'with the private key of the config'],
    ['create --title Cold --storage aws --private-key lab --json', 'for scripts'],
  ],
  async run({ title, description, storage, ...user }, context) {
    if (title.trim() === '') throw emptyTitle()
    const kind = STORAGES.find(({ word }) => word === storage) ?? STORAGES[0]
    const calls = await openUser(user, context)
    try {
      const made = await told(calls.createDataset({ title, description, storage: kind.name }), {
        notDone: 'no dataset was made',
        maybe: { notDone: 'it is not known whether the dataset was made', next: 'look in the Encord app before you make it again' },
        key: 'user',
      })
      const view = { dataset: made.datasetHash, title: made.title, storage: kind.name }
      context.out.show(view, () => [view.dataset, `  ${displayName(view.title)}, on ${kind.about}`].join('\n'))
      return EXIT.ok
    } finally {
      calls.close()
    }
  },
})

const info = command({
  usage: 'info',
  about: 'what a dataset holds, and which folders feed it',
  options: DATASET_OPTIONS,
  exits: [
    [EXIT.ok, 'shown'],
    [EXIT.failed, 'the server could not be reached'],
    [EXIT.usage, 'usage, config, or no such dataset'],
    [EXIT.person, 'the API key is refused'],
  ],
  examples: [
    ['info', "the config's only dataset"],
    ['info --dataset aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee --json', 'a certain one, for scripts'],
  ],
  async run(options, context) {
    const { config, ...access } = datasetAccess(options, context)
    const { openDatasetCalls } = await import('../../app/datasetCalls.ts')
    const { systemClock } = await import('../../app/systemClock.ts')
    const calls = openDatasetCalls(config, access, { clock: systemClock, random: Math.random, signal: context.signal })
    try {
      const listing = await told(calls.listing(), { notDone: 'nothing was changed', maybe: null, key: 'api' })
      context.out.show(viewOf(listing, config), infoText)
      return EXIT.ok
    } finally {
      calls.close()
    }
  },
})

/** Datasets of Encord. */
export const dataset = commandGroup('dataset', 'make a dataset, see what it holds', [create, info])

type DatasetView = Pick<RemoteListing, 'dataset' | 'title' | 'description' | 'storage'> & {
  readonly rows: number
  readonly rowsByType: Readonly<Record<string, number>>
  readonly folders: readonly string[]
}

function viewOf({ rows, ...listing }: RemoteListing, { folders }: LoadedConfig): DatasetView {
  const rowsByType: Record<string, number> = {}
  for (const { type } of rows) rowsByType[type] = (rowsByType[type] ?? 0) + 1
  const feeding = folders.filter((folder) => folder.dataset === listing.dataset.toLowerCase()).map((folder) => folder.path)
  return { ...listing, rows: rows.length, rowsByType, folders: feeding }
}

function infoText(view: DatasetView): string {
  const types = Object.entries(view.rowsByType).map(([type, count]) => `${count} ${displayName(type)}`)
  const storage = STORAGES.find(({ name }) => name === view.storage)?.about ?? displayName(view.storage)
  return [
    `${displayName(view.title)}  ${view.dataset}`,
    ...(view.description === '' ? [] : [`  ${displayName(view.description)}`]),
    `  storage  ${storage}`,
    `  rows     ${view.rows}${types.length === 0 ? '' : ` (${types.join(', ')})`}`,
    `  fed by   ${view.folders.length === 0 ? 'no folder of this config' : view.folders.map(displayName).join(', ')}`,
  ].join('\n')
}

function emptyTitle(): UserError {
  return new UserError(EXIT.usage, {
    what: '--title is empty',
    notDone: 'no dataset was made',
    next: 'encord-sync dataset create --help',
  })
}

import { resolve } from 'node:path'
import type { DatasetAccess } from '../app/datasetCalls.ts'
import { readKeyFile } from '../config/apiKey.ts'
import type { LoadedConfig } from '../config/loadedConfig.ts'
import { displayName } from '../model/displayName.ts'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import type { CommandContext } from './command.ts'

/** The option of commands that work on one dataset. */
export const DATASET_OPTION = {
  dataset: { type: 'string', requiresArg: true, describe: "its hash [default: the config's only one]" },
} as const

/** Options of commands that use a dataset's API key. */
export const DATASET_OPTIONS = {
  ...DATASET_OPTION,
  'api-key-file': { type: 'string', requiresArg: true, describe: 'its API key, where the config has none' },
} as const

export type DatasetOptions = { readonly dataset?: string | undefined; readonly 'api-key-file'?: string | undefined }

// Encord's hashes are UUIDs, of whatever version.
const HASH = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A dataset's hash as it was typed, in the form the server knows. @throws UserError (2) when it is none */
export function datasetHash(given: string): string {
  const hash = given.trim().toLowerCase()
  if (HASH.test(hash)) return hash
  throw new UserError(EXIT.usage, {
    what: `--dataset ${displayName(given)}: not a dataset's hash, such as aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee`,
    notDone: 'nothing was sent',
    next: 'copy it from the address of the dataset in the Encord app',
  })
}

/** The dataset that is meant: the one given, else the only one of the config. @throws UserError (2) */
export function chosenDataset(given: string | undefined, context: Pick<CommandContext, 'config'>): string {
  if (given !== undefined) return datasetHash(given)
  const all = [...new Set(context.config().folders.map((folder) => folder.dataset))]
  const [only] = all
  if (only !== undefined && all.length === 1) return only
  throw new UserError(EXIT.usage, {
    what: all.length === 0 ? 'no dataset is named, and the config has none' : `the config has ${all.length} datasets: ${all.join(', ')}`,
    notDone: 'nothing was sent',
    next: 'say which one: --dataset HASH',
  })
}

/** The dataset that is meant, with its key: from `--api-key-file`, else from the config. @throws UserError (2) */
export function datasetAccess(options: DatasetOptions, context: CommandContext): DatasetAccess & { readonly config: LoadedConfig } {
  const config = context.config()
  const dataset = chosenDataset(options.dataset, context)
  const given = options['api-key-file']
  if (given !== undefined) {
    const key = keyIn(resolve(context.host.directory, given), context)
    return { config, dataset, readKey: () => key }
  }
  const entry = config.folders.find((folder) => folder.dataset === dataset)
  if (entry !== undefined) return { config, dataset, readKey: () => entry.readApiKey() }
  throw new UserError(EXIT.usage, {
    what: `the config has no API key for the dataset ${dataset}: no folder feeds it`,
    notDone: 'nothing was sent',
    next: 'name a file that holds the key: --api-key-file FILE',
  })
}

function keyIn(file: string, { env, secrets }: CommandContext): string {
  const reading = readKeyFile(file, env)
  if ('problem' in reading) {
    throw new UserError(EXIT.usage, {
      what: `--api-key-file: ${reading.problem}`,
      notDone: 'nothing was sent',
      next: 'name a file that holds the API key and that only you can read',
    })
  }
  secrets.add(reading.key)
  return reading.key
}

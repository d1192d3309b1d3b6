import { resolve } from 'node:path'
import { displayName } from '../../model/displayName.ts'
import { UserError } from '../../model/error.ts'
import { EXIT } from '../../model/exitCode.ts'
import { type CommandContext, command, commandGroup } from '../command.ts'
import { chosenDataset, DATASET_OPTION } from '../datasetAccess.ts'
import { type KeyFile, newKeyFile } from '../keyFile.ts'
import { table } from '../text/table.ts'
import { told } from '../told.ts'
import { openUser, USER_OPTIONS } from '../userAccess.ts'

const SCOPES = ['dataset.read', 'dataset.write'] as const
type Scope = (typeof SCOPES)[number]

const create = command({
  usage: 'create',
  about: 'make an API key of a dataset',
  options: {
    ...DATASET_OPTION,
    title: { type: 'string', requiresArg: true, demandOption: true, describe: 'its title, to tell it from others' },
    scope: { type: 'string', array: true, requiresArg: true, choices: SCOPES, describe: 'what it may do; both without' },
    out: { type: 'string', requiresArg: true, describe: 'a new file (0600) for it; standard output without' },
    ...USER_OPTIONS,
  },
  exits: [
    [EXIT.ok, 'made; this is the only time it is shown'],
    [EXIT.failed, 'no answer: it may have been made'],
    [EXIT.usage, 'usage, config, a file that exists, an unusable private key'],
    [EXIT.person, 'the private key is unknown, or may not administer the dataset'],
  ],
  examples: [
    ['create --title lab-1 --out ~/.config/encord-sync/drone.key', 'for api_key_file'],
    ['create --title viewer --scope dataset.read --json', 'read only, as JSON on standard output'],
  ],
  async run({ title, dataset, scope, out: file, ...user }, context) {
    if (title.trim() === '') throw unusableTitle()
    const datasetHash = chosenDataset(dataset, context)
    const scopes: readonly Scope[] = scope === undefined || scope.length === 0 ? SCOPES : SCOPES.filter((one) => scope.includes(one))
    const calls = await openUser(user, context)
    const path = file === undefined ? null : resolve(context.host.directory, file)
    const keyFile = path === null ? null : newKeyFile(path)
    try {
      const made = await told(calls.createKey({ datasetHash, title, scopes }), {
        notDone: 'no key was made',
        maybe: { notDone: 'it is not known whether the key was made', next: `encord-sync key list --dataset ${datasetHash}` },
        key: 'user',
      }).catch((error: unknown) => {
        keyFile?.drop()
        throw error
      })
      const view = { dataset: made.datasetHash, title: made.title, key_hash: made.keyHash, scopes: made.scopes }
      if (keyFile === null || path === null) showKey(view, made.apiKey, context)
      else keepKey(view, { path, keyFile, apiKey: made.apiKey }, context)
      return EXIT.ok
    } finally {
      calls.close()
    }
  },
})

type KeyView = {
  readonly dataset: string
  readonly title: string
  readonly key_hash: string | null
  readonly scopes: readonly string[]
}

/** The key alone on standard output, so that it can be piped; known as a secret from then on. */
function showKey(view: KeyView, apiKey: string, { out, secrets }: CommandContext): void {
  out.show({ ...view, api_key: apiKey }, () => apiKey)
  secrets.add(apiKey)
  out.note(`${aboutKey(view)}; it is not shown again`)
}

function keepKey(
  view: KeyView,
  { path, keyFile, apiKey }: { readonly path: string; readonly keyFile: KeyFile; readonly apiKey: string },
  { out, secrets }: CommandContext,
): void {
  secrets.add(apiKey)
  try {
    keyFile.write(apiKey)
  } catch (error) {
    throw notKept(path, view, error)
  }
  out.show(
    { ...view, file: path },
    () => `${aboutKey(view)}, in ${displayName(path)}\n  for the config: api_key_file: ${displayName(path)}`,
  )
}

function aboutKey({ title, scopes, dataset }: KeyView): string {
  return `key ${displayName(title)} (${scopes.map(displayName).join(', ')}) of ${dataset}`
}

const list = command({
  usage: 'list',
  about: 'the API keys of a dataset, without the keys themselves',
  options: { ...DATASET_OPTION, ...USER_OPTIONS },
  exits: [
    [EXIT.ok, 'listed'],
    [EXIT.failed, 'the server could not be reached'],
    [EXIT.usage, 'usage, config, no such dataset, an unusable private key'],
    [EXIT.person, 'the private key is unknown, or may not administer the dataset'],
  ],
  examples: [
    ['list', "of the config's only dataset"],
    ['list --dataset aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee --json', 'of a certain one, for scripts'],
  ],
  async run({ dataset, ...user }, context) {
    const datasetHash = chosenDataset(dataset, context)
    const calls = await openUser(user, context)
    try {
      const keys = await told(calls.listKeys(datasetHash), { notDone: 'nothing was changed', maybe: null, key: 'user' })
      for (const { apiKey } of keys) context.secrets.add(apiKey)
      const view = keys.map(({ title, keyHash, scopes }): Omit<KeyView, 'dataset'> => ({ title, key_hash: keyHash, scopes }))
      const { out } = context
      out.show(view, () => {
        if (view.length === 0) return 'the dataset has no API key'
        const rows = view.map((key) => [key.title, key.scopes.join(', '), key.key_hash ?? ''])
        return table([{ head: 'TITLE' }, { head: 'SCOPES' }, { head: 'KEY HASH' }], rows, out.terminal.width)
      })
      return EXIT.ok
    } finally {
      calls.close()
    }
  },
})

/** API keys of datasets. */
export const key = commandGroup('key', 'make and list API keys of a dataset', [create, list])

function unusableTitle(): UserError {
  return new UserError(EXIT.usage, { what: '--title is empty', notDone: 'no key was made', next: 'encord-sync key create --help' })
}

function notKept(path: string, { title, key_hash: keyHash }: KeyView, cause: unknown): UserError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown reason'
  return new UserError(
    EXIT.failed,
    {
      what: `the key ${displayName(title)} (${keyHash ?? 'no hash'}) was made, and ${displayName(path)} could not be written (${code})`,
      notDone: 'the key was not kept anywhere',
      next: 'revoke it in the Encord app, make room, and make another one',
    },
    { cause },
  )
}

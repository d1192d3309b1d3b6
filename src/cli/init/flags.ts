import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseDomain } from '../../config/address.ts'
import { cleanKey, readKeyFile } from '../../config/apiKey.ts'
import { isWritable } from '../../config/newConfig.ts'
import { absolutePath } from '../../config/place.ts'
import { displayName } from '../../model/displayName.ts'
import { UserError } from '../../model/error.ts'
import { EXIT } from '../../model/exitCode.ts'
import type { CommandContext } from '../command.ts'
import { datasetHash } from '../datasetAccess.ts'

/** What may happen to the rows of removed files, in the words of the config. */
export const DELETE_MODES = ['propagate', 'hold', 'never'] as const
export type DeleteMode = (typeof DELETE_MODES)[number]

/** Said of every failure before something was made. */
export const NOT_DONE = 'nothing was sent, and no config was written'

/** Every answer as an option. */
export const INIT_OPTIONS = {
  domain: { type: 'string', requiresArg: true, describe: 'the API, such as https://api.encord.com or https://api.us.encord.com' },
  dataset: { type: 'string', requiresArg: true, describe: 'hash of a dataset that is there' },
  'new-dataset': { type: 'string', requiresArg: true, describe: 'title of a dataset to make' },
  storage: {
    type: 'string',
    requiresArg: true,
    default: 'encord',
    choices: ['encord', 'aws', 'gcp', 'azure'],
    describe: 'where a new dataset keeps its files; uploads need encord',
  },
  'api-key-file': { type: 'string', requiresArg: true, describe: "file (0600) that holds the dataset's API key" },
  'api-key-env': { type: 'string', requiresArg: true, describe: 'NAME of the environment variable that holds it' },
  'new-key': { type: 'boolean', default: false, describe: 'make an API key' },
  'private-key': { type: 'string', requiresArg: true, describe: 'OpenSSH ed25519 key; makes datasets and keys' },
  folder: { type: 'string', requiresArg: true, describe: 'the directory to keep in step' },
  deletes: { type: 'string', requiresArg: true, choices: DELETE_MODES, describe: 'what happens to the row of a file removed here' },
} as const

export type InitOptions = {
  readonly domain?: string | undefined
  readonly dataset?: string | undefined
  readonly 'new-dataset'?: string | undefined
  readonly storage: string
  readonly 'api-key-file'?: string | undefined
  readonly 'api-key-env'?: string | undefined
  readonly 'new-key': boolean
  readonly 'private-key'?: string | undefined
  readonly folder?: string | undefined
  readonly deletes?: string | undefined
}

export type DatasetChoice = { readonly kind: 'there'; readonly hash: string } | { readonly kind: 'new'; readonly title: string }

/** Where the API key comes from; one in a file stays in that file. */
export type KeyChoice =
  | { readonly kind: 'file'; readonly file: string; readonly key: string }
  | { readonly kind: 'text'; readonly key: string }
  | { readonly kind: 'new' }

/** What the options answer; null is still to be asked. */
export type Given = {
  readonly domain: string | null
  readonly dataset: DatasetChoice | null
  readonly key: KeyChoice | null
  readonly privateKey: string | null
  readonly folder: string | null
  readonly deletes: DeleteMode | null
}

/** Reads the options. @throws UserError (2) for one that cannot be used, or two that exclude each other */
export function readFlags(options: InitOptions, context: CommandContext): Given {
  checkTogether(options)
  const { domain, 'private-key': privateKey, folder, deletes } = options
  return {
    domain: domain === undefined ? null : domainAnswer(domain),
    dataset: datasetFlag(options),
    key: keyFlag(options, context),
    privateKey: privateKey === undefined ? null : pathAnswer(privateKey, context),
    folder: folder === undefined ? null : folderAnswer(folder, context),
    deletes: DELETE_MODES.find((mode) => mode === deletes) ?? null,
  }
}

/** The options that would have to be given where nobody can be asked. */
export function missingFlags({ domain, dataset, key, privateKey, folder, deletes }: Given): readonly string[] {
  return [
    ...(domain === null ? ['--domain URL'] : []),
    ...(dataset === null ? ['--dataset HASH (or --new-dataset TITLE)'] : []),
    ...(key === null ? ['--api-key-file FILE (or --api-key-env NAME, or --new-key)'] : []),
    ...(key?.kind === 'new' && privateKey === null ? ['--private-key FILE'] : []),
    ...(folder === null ? ['--folder DIR'] : []),
    ...(deletes === null ? ['--deletes propagate|hold|never'] : []),
  ]
}

function checkTogether(options: InitOptions): void {
  const isNew = options['new-dataset'] !== undefined
  const keys = (['api-key-file', 'api-key-env'] as const).filter((name) => options[name] !== undefined).map((name) => `--${name}`)
  const problem =
    isNew && options.dataset !== undefined
      ? '--dataset and --new-dataset exclude each other'
      : keys.length + Number(options['new-key']) > 1
        ? `only one of ${[...keys, ...(options['new-key'] ? ['--new-key'] : [])].join(', ')} can hold`
        : isNew && keys.length > 0
          ? `a new dataset has no key yet: --new-dataset makes one, and ${keys.join(', ')} does not go with it`
          : options.storage !== 'encord'
            ? `--storage ${options.storage}: files are uploaded to Encord's own storage only`
            : null
  if (problem === null) return
  const next =
    options.storage === 'encord' ? 'encord-sync init --help' : 'encord-sync dataset create --storage …, then encord-sync cloud add'
  throw unusable(problem, next)
}

function datasetFlag(options: InitOptions): DatasetChoice | null {
  if (options['new-dataset'] !== undefined) return { kind: 'new', title: titleAnswer(options['new-dataset']) }
  return options.dataset === undefined ? null : { kind: 'there', hash: hashAnswer(options.dataset) }
}

function keyFlag(options: InitOptions, context: CommandContext): KeyChoice | null {
  const { 'api-key-file': file, 'api-key-env': name } = options
  if (options['new-key'] || options['new-dataset'] !== undefined) return { kind: 'new' }
  if (file !== undefined) {
    const path = pathAnswer(file, context)
    const reading = readKeyFile(path, context.env)
    if ('problem' in reading)
      throw unusable(`--api-key-file: ${reading.problem}`, 'name a file that holds the API key and that only you can read')
    return { kind: 'file', file: path, key: known(reading.key, context) }
  }
  if (name === undefined) return null
  // What is no name may be the key itself: it is not repeated.
  if (!/^[A-Za-z_]\w*$/.test(name))
    throw unusable('--api-key-env: not the name of a variable', 'give the name of the variable, not what it holds')
  const value = context.env[name]
  if (value === undefined) throw unusable('--api-key-env: there is no such environment variable', 'set the variable, and export it')
  return { kind: 'text', key: keyAnswer(value, context) }
}

/** An API key as it was typed or found, known as a secret from then on. @throws UserError (2) when it is none; it is not repeated */
export function keyAnswer(text: string, context: CommandContext): string {
  const reading = cleanKey(text)
  if ('problem' in reading) throw unusable(reading.problem, "copy the dataset's API key from the Encord app")
  return known(reading.key, context)
}

/** The server's address in its one spelling. @throws UnusableAnswer (2) */
export function domainAnswer(text: string): string {
  const parsed = parseDomain(text.trim())
  if ('problem' in parsed) {
    throw unusable(`--domain ${displayName(text)}: ${parsed.problem}`, 'use https://api.encord.com or https://api.us.encord.com')
  }
  return parsed.domain
}

/** A dataset's hash. @throws UnusableAnswer (2) when it is none */
export function hashAnswer(text: string): string {
  try {
    return datasetHash(text)
  } catch (error) {
    throw error instanceof UserError ? unusable(error.message, error.next) : error
  }
}

/** A title without the white space around it. @throws UnusableAnswer (2) when nothing is left */
export function titleAnswer(text: string): string {
  if (text.trim() === '') throw unusable('the title is empty', 'give the new dataset a title')
  return text.trim()
}

/** A directory that is there, as an absolute path. @throws UnusableAnswer (2), its cause ENOENT when nothing is there */
export function folderAnswer(text: string, context: CommandContext): string {
  const path = pathAnswer(text, context)
  const shown = displayName(path)
  const stats = statOf(path)
  if (stats === null) {
    throw unusable(
      `the folder ${shown} is not there`,
      `mkdir -p ${shown}, then run it again`,
      Object.assign(new Error(), { code: 'ENOENT' }),
    )
  }
  if (!stats.isDirectory()) throw unusable(`${shown} is not a directory`, 'name the directory to keep in step: --folder DIR')
  return path
}

/** A path as a person typed it, `~` included. @throws UnusableAnswer (2) when it cannot stand in a config */
export function pathAnswer(text: string, { host }: Pick<CommandContext, 'host'>): string {
  if (text.trim() === '') throw unusable('a path is missing', 'encord-sync init --help')
  const place = absolutePath(text, { home: host.home, directory: resolve(host.directory) })
  if ('problem' in place) throw unusable(`${displayName(text)}: ${place.problem}`, 'write the path out')
  if (!isWritable(place.path))
    throw unusable(`${displayName(place.path)} holds \${, which a config takes for a variable`, 'use another name')
  return place.path
}

/** An answer that cannot be used; a person at a terminal is asked again. */
export class UnusableAnswer extends UserError {}

/** Such an answer, before anything was sent or written. */
export function unusable(what: string, next: string, cause?: unknown): UnusableAnswer {
  return new UnusableAnswer(EXIT.usage, { what, notDone: NOT_DONE, next }, { cause })
}

function known(key: string, { secrets }: CommandContext): string {
  secrets.add(key)
  return key
}

function statOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null
  } catch (error) {
    throw unusable(
      `${displayName(path)} cannot be looked at (${(error as NodeJS.ErrnoException).code})`,
      'ls -ld it, and name a directory you can read',
    )
  }
}

import type { DatasetLook } from '../../app/initConfig.ts'
import { systemClock } from '../../app/systemClock.ts'
import { displayName } from '../../model/displayName.ts'
import { EncordError, UserError } from '../../model/error.ts'
import { EXIT } from '../../model/exitCode.ts'
import type { CommandContext } from '../command.ts'
import { newKeyFile } from '../keyFile.ts'
import { told } from '../told.ts'
import type { openUser } from '../userAccess.ts'
import { NOT_DONE, UnusableAnswer, unusable } from './flags.ts'

/** A dataset and where it is. */
export type At = { readonly domain: string; readonly dataset: string }

const CLOUD_STORAGES = ['AWS_S3', 'GCP_STR', 'AZURE_STR']

/**
 * Tries an API key: what it is for, and whether it reads the dataset.
 * @throws UnusableAnswer (3) when the key is refused; UserError (2) for a dataset that takes no uploads, (1) when the server is away
 */
export async function testAccess({ domain, dataset }: At, key: string, context: CommandContext): Promise<DatasetLook> {
  const { openDatasetCalls } = await import('../../app/datasetCalls.ts')
  const { lookAtDataset } = await import('../../app/initConfig.ts')
  const encord = { domain, privateKeyFile: null, readPassphrase: () => null, absentGapMs: 0, caFile: null, uploadHosts: [] }
  const tools = { clock: systemClock, random: Math.random, signal: context.signal }
  const calls = openDatasetCalls({ encord }, { dataset, readKey: () => key }, tools)
  try {
    return checked(dataset, await lookAtDataset(calls).catch((error: unknown) => Promise.reject(accessFailure(error, { domain, dataset }))))
  } finally {
    calls.close()
  }
}

function checked(dataset: string, look: DatasetLook): DatasetLook {
  if (look.resourceType.toLowerCase() === 'project') {
    throw new UnusableAnswer(EXIT.person, {
      what: 'this is the API key of a project',
      notDone: NOT_DONE,
      next: "take the dataset's API key",
    })
  }
  if (look.dataset.toLowerCase() !== dataset) {
    throw new UnusableAnswer(EXIT.person, {
      what: `this key opens another dataset: ${displayName(look.dataset)}`,
      notDone: NOT_DONE,
      next: 'name that dataset, or take the key of the other',
    })
  }
  if (CLOUD_STORAGES.includes(look.storage)) {
    throw new UserError(EXIT.usage, {
      what: `${displayName(look.title)} keeps its files in a cloud bucket (${look.storage}): nothing can be uploaded to it`,
      notDone: NOT_DONE,
      next: "name a dataset on Encord's own storage, or use encord-sync cloud add",
    })
  }
  return look
}

function accessFailure(error: unknown, { domain, dataset }: At): unknown {
  if (!(error instanceof EncordError)) return error
  const what = error.message
  if (error.kind === 'credentials' || error.kind === 'not-allowed') {
    const next = `take an API key of ${dataset} at ${domain}, with both scopes: --new-key makes one`
    return new UnusableAnswer(EXIT.person, { what: `the API key is refused (${what})`, notDone: NOT_DONE, next }, { cause: error })
  }
  const isThere = error.kind === 'look-first' || error.kind === 'this-file'
  const next = isThere ? `check the hash and the server: is ${dataset} at ${domain}?` : `check the address ${domain}, then run it again`
  return new UserError(isThere ? EXIT.usage : EXIT.failed, { what, notDone: NOT_DONE, next }, { cause: error })
}

type UserCalls = Awaited<ReturnType<typeof openUser>>

/** Makes a dataset on Encord's own storage. @returns its hash, lower case. @throws UserError */
export async function makeDataset(calls: UserCalls, title: string): Promise<string> {
  const made = await told(calls.createDataset({ title, description: '', storage: 'CORD_STORAGE' }), {
    notDone: 'no dataset was made, and no config was written',
    maybe: { notDone: 'it is not known whether the dataset was made', next: 'look in the Encord app before you run it again' },
    key: 'user',
  })
  return made.datasetHash.toLowerCase()
}

/** Makes an API key with both scopes and keeps it in a new file (0600). @throws UserError */
export async function makeKey(calls: UserCalls, datasetHash: string, file: string, { secrets }: CommandContext): Promise<string> {
  const keyFile = newKeyFile(file, KEY_FILE_NEXT)
  const { apiKey } = await told(calls.createKey({ datasetHash, title: 'encord-sync' }), {
    notDone: 'no key was made, and no config was written',
    maybe: { notDone: 'it is not known whether the key was made', next: `encord-sync key list --dataset ${datasetHash}` },
    key: 'user',
  }).catch((error: unknown) => {
    keyFile.drop()
    throw error
  })
  secrets.add(apiKey)
  try {
    keyFile.write(apiKey)
  } catch (error) {
    const what = `the key was made, and ${displayName(file)} could not be written (${(error as NodeJS.ErrnoException).code})`
    const next = 'revoke the key encord-sync in the Encord app, make room, and run it again'
    throw new UserError(EXIT.failed, { what, notDone: 'the key was not kept anywhere, and no config was written', next }, { cause: error })
  }
  return apiKey
}

/** Keeps a key that was typed, or came from the environment, in a new file (0600). @throws UserError (2) */
export function keepKey(file: string, key: string): void {
  try {
    newKeyFile(file, KEY_FILE_NEXT).write(key)
  } catch (error) {
    if (error instanceof UserError) throw unusable(error.message, KEY_FILE_NEXT, error)
    throw error
  }
}

const KEY_FILE_NEXT = 'name it with --api-key-file, or name another config with --config'

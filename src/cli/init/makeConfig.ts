import { unlinkSync } from 'node:fs'
import { type DatasetLook, type FirstPlan, planFirst, prepareConfigPlace, writeNewConfig } from '../../app/initConfig.ts'
import { systemClock } from '../../app/systemClock.ts'
import { loadConfig, loadConfigText } from '../../config/load.ts'
import { type NewConfig, newConfigText } from '../../config/newConfig.ts'
import { displayName } from '../../model/displayName.ts'
import { UserError } from '../../model/error.ts'
import { EXIT } from '../../model/exitCode.ts'
import { pathArgument } from '../../model/nextCommand.ts'
import type { CommandContext } from '../command.ts'
import { storyOf } from '../failure.ts'
import { openUser } from '../userAccess.ts'
import { keepKey, makeDataset, makeKey, testAccess } from './access.ts'
import type { DatasetChoice, Given, KeyChoice } from './flags.ts'
import { checkFolder, checkKeyFile, configOption, type InitPlace } from './place.ts'
import { askApiKey, askDataset, askDeletes, askDomain, askFolder, askKeyKind, askPrivateKey } from './questions.ts'
import { planLines, showWritten } from './text.ts'

/** What stands once everything but the deletes is answered, made and tested. */
type Settled = {
  readonly domain: string
  readonly dataset: string
  readonly look: DatasetLook
  readonly key: string
  /** The file the config will name. */
  readonly keyFile: string
  /** The key is not in its file yet. */
  readonly isKeyLoose: boolean
  readonly privateKey: string | null
  readonly folder: string
}

/**
 * Asks what the options leave open, tests each answer, shows the plan, writes the config and the key file.
 * @throws UserError; once a dataset or key was made, it names them and the command that goes on from there
 */
export async function makeConfig(place: InitPlace, given: Given, context: CommandContext): Promise<void> {
  const made: Made = { dataset: null, keyFile: null }
  try {
    const settled = await settle(place, given, made, context)
    const plan = await firstPlan(place, settled, context)
    if (!context.out.isJson) context.out.note(planLines(plan, settled.folder))
    const deletes = given.deletes ?? (await askDeletes(context))
    write(place, settled, deletes, context)
    const keyFile = settled.keyFile
    showWritten(
      { ...settled, ...place, keyFile, deletes, plan, datasetTitle: settled.look.title, madeDataset: made.dataset !== null },
      context.out,
    )
  } catch (error) {
    throw withMade(storyOf(error), made, place)
  }
}

/** What the server holds since, whatever comes of the config. */
type Made = { dataset: string | null; keyFile: string | null }

function withMade(error: UserError, { dataset, keyFile }: Made, place: InitPlace): UserError {
  const made = [
    ...(dataset === null ? [] : [`the dataset ${dataset} was made`]),
    ...(keyFile === null ? [] : [`its new key is in ${displayName(keyFile)}`]),
  ]
  if (made.length === 0) return error
  const options = [
    ...(dataset === null ? [] : [`--dataset ${dataset}`]),
    ...(keyFile === null ? [] : [`--api-key-file ${pathArgument(keyFile)}`]),
  ]
  const story = {
    what: error.message,
    notDone: `no config was written; ${made.join(', and ')}`,
    next: `encord-sync init ${options.join(' ')}${configOption(place)}`,
  }
  return new UserError(error.exitCode, story, { cause: error })
}

async function settle(place: InitPlace, given: Given, made: Made, context: CommandContext): Promise<Settled> {
  if (given.folder !== null) checkFolder(given.folder, place)
  const domain = given.domain ?? (await askDomain(context))
  const choice = given.dataset ?? (await askDataset(context))
  const key = await keyOf(place, { domain, choice }, given, context)
  const isMaking = choice.kind === 'new' || key.kind === 'new'
  const privateKey = given.privateKey ?? (isMaking ? await askPrivateKey(context) : null)
  const folder = given.folder ?? (await askFolder(context, (path) => checkFolder(path, place)))
  const common = { domain, privateKey, folder }
  if (key.kind !== 'new' && choice.kind === 'there') {
    const at = { domain, dataset: choice.hash }
    const keyFile = key.kind === 'file' ? key.file : place.keyFile
    const look = key.look ?? (await testAccess(at, key.key, context))
    return { ...common, dataset: choice.hash, look, key: key.key, keyFile, isKeyLoose: key.kind === 'text' }
  }
  prepare(place)
  const calls = await openUser({ 'private-key': privateKey ?? undefined, domain }, context)
  try {
    if (choice.kind === 'new') made.dataset = await makeDataset(calls, choice.title)
    const dataset = choice.kind === 'new' ? (made.dataset ?? '') : choice.hash
    const apiKey = await makeKey(calls, dataset, place.keyFile, context)
    made.keyFile = place.keyFile
    const look = await testAccess({ domain, dataset }, apiKey, context)
    return { ...common, dataset, look, key: apiKey, keyFile: place.keyFile, isKeyLoose: false }
  } finally {
    calls.close()
  }
}

type TriedKey = KeyChoice & { readonly look?: DatasetLook }

/** The key: the one given, else asked for and tried at once. */
async function keyOf(
  place: InitPlace,
  { domain, choice }: { readonly domain: string; readonly choice: DatasetChoice },
  given: Given,
  context: CommandContext,
): Promise<TriedKey> {
  if (given.key?.kind === 'file') return given.key
  // Before a key is asked for, or made: it needs a place.
  checkKeyFile(place)
  if (choice.kind === 'new') return { kind: 'new' }
  if (given.key !== null) return given.key
  if ((await askKeyKind(context)) === 'new') return { kind: 'new' }
  return await askApiKey(context, async (key): Promise<TriedKey> => {
    return { kind: 'text', key, look: await testAccess({ domain, dataset: choice.hash }, key, context) }
  })
}

/** The variable through which the plan finds the key: it is in no file yet. */
const PLAN_KEY = 'ENCORD_SYNC_INIT_KEY'

async function firstPlan(place: InitPlace, settled: Settled, context: CommandContext): Promise<FirstPlan> {
  const { host, env, secrets, signal, out } = context
  if (!out.isJson) out.note(`looking at ${displayName(settled.folder)} …`)
  const text = newConfigText({ ...answersOf(place, settled, 'hold'), key: { variable: PLAN_KEY } })
  const source = { text, ownerOnly: true, file: place.configFile, shown: place.configFile }
  const config = loadConfigText(source, { env: { ...env, [PLAN_KEY]: settled.key }, home: host.home, platform: host.platform, secrets })
  return await planFirst(config, { clock: systemClock, random: Math.random, signal })
}

function answersOf(place: InitPlace, settled: Settled, deletes: NewConfig['deletes']): NewConfig {
  return {
    domain: settled.domain,
    privateKeyFile: settled.privateKey,
    ledger: place.isDefault ? null : place.ledger,
    folder: settled.folder,
    dataset: settled.dataset,
    datasetTitle: settled.look.title,
    key: { file: settled.keyFile },
    deletes,
  }
}

/** The key first: a crash in between leaves a key without a config, never a config without its key. */
function write(place: InitPlace, settled: Settled, deletes: NewConfig['deletes'], { host, env, secrets }: CommandContext): void {
  prepare(place)
  if (settled.isKeyLoose) keepKey(place.keyFile, settled.key)
  try {
    writeNewConfig(place.configFile, newConfigText(answersOf(place, settled, deletes)))
  } catch (error) {
    if (settled.isKeyLoose) unlinkSync(place.keyFile)
    throw unwritable(place, error)
  }
  // Read back as every command will: what was written is a config.
  loadConfig({ file: place.configFile, directory: host.directory, env, home: host.home, platform: host.platform, secrets })
}

function prepare(place: InitPlace): void {
  try {
    prepareConfigPlace(place.configFile)
  } catch (error) {
    throw unwritable(place, error)
  }
}

function unwritable({ configFile }: InitPlace, cause: unknown): UserError {
  const { code } = cause as NodeJS.ErrnoException
  const what = code === 'EEXIST' ? 'is there already, and is not written over' : `cannot be written (${code ?? 'unknown reason'})`
  const next = 'name another file: encord-sync init --config FILE'
  return new UserError(EXIT.usage, { what: `${displayName(configFile)} ${what}`, notDone: 'no config was written', next }, { cause })
}

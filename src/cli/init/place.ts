import { lstatSync } from 'node:fs'
import { dirname, join, parse, resolve } from 'node:path'
import { defaultConfigFile, defaultLedgerFile } from '../../config/defaultPath.ts'
import { isWritable } from '../../config/newConfig.ts'
import { realPlace, relation } from '../../config/place.ts'
import { displayName } from '../../model/displayName.ts'
import { UserError } from '../../model/error.ts'
import { EXIT } from '../../model/exitCode.ts'
import { pathArgument } from '../../model/nextCommand.ts'
import type { Host } from '../command.ts'
import { unusable } from './flags.ts'

/** Where everything goes. Paths are absolute. */
export type InitPlace = {
  readonly configFile: string
  /** Beside the config, for a key that is not in a file yet. */
  readonly keyFile: string
  readonly ledger: string
  /** The config is where commands look for it; the ledger too. */
  readonly isDefault: boolean
}

/** The places, which are all still free. @throws UserError (2) with the path of a config that is there: none is ever written over */
export function initPlace(given: string | undefined, host: Host): InitPlace {
  const usual = defaultConfigFile(host)
  const configFile = given === undefined ? usual : resolve(host.directory, given)
  if (!isWritable(configFile))
    throw unusable(`${displayName(configFile)} holds \${, which a config takes for a variable`, 'use another name')
  const isDefault = configFile === usual
  const { dir, name } = parse(configFile)
  const place: InitPlace = {
    configFile,
    keyFile: join(dir, `${name}.key`),
    // A ledger of two configs would take the folders of the one as having left the other.
    ledger: isDefault ? defaultLedgerFile(host) : join(dir, `${name}.ledger.db`),
    isDefault,
  }
  if (isTaken(configFile)) {
    throw new UserError(EXIT.usage, {
      what: `${displayName(configFile)} is there already, and is not written over`,
      notDone: 'nothing was sent or written',
      next: `encord-sync plan${configOption(place)}, or name another file: encord-sync init --config FILE`,
    })
  }
  return place
}

/** Refuses a key file that is there: it may hold the only copy of a key. @throws UserError (2) */
export function checkKeyFile({ keyFile }: InitPlace): void {
  if (!isTaken(keyFile)) return
  const shown = displayName(keyFile)
  throw unusable(
    `${shown} is there already, and no key is written over another file`,
    `encord-sync init --api-key-file ${pathArgument(keyFile)}`,
  )
}

/** Refuses a folder that would hold its own config, key or ledger. @throws UnusableAnswer (2) */
export function checkFolder(folder: string, { configFile, ledger }: InitPlace): void {
  const real = realPlace(folder)
  for (const file of [configFile, ledger]) {
    const how = relation(realPlace(dirname(file)), real)
    if (how !== 'same' && how !== 'inside') continue
    throw unusable(
      `${displayName(file)} would lie inside the folder ${displayName(folder)}`,
      'name another folder, or another place with --config FILE',
    )
  }
}

/** ` --config FILE` for commands that are to find the config; nothing where they look by themselves. */
export function configOption({ configFile, isDefault }: Pick<InitPlace, 'configFile' | 'isDefault'>): string {
  return isDefault ? '' : ` --config ${pathArgument(configFile)}`
}

function isTaken(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined
  } catch {
    // What cannot be looked at is found out when the file is made.
    return false
  }
}

import { realpathSync } from 'node:fs'
import type { LoadedConfig } from '../config/loadedConfig.ts'
import type { Scope, UnitSpec } from './unitSpec.ts'

/** A key that systemd hands over: `NAME:FILE`. */
export type Credential = UnitSpec['credentials'][number]

/** What the command line adds to a config. */
export type SpecOptions = {
  readonly scope: Scope
  readonly launch: Omit<UnitSpec['launch'], 'configFile'>
  readonly environment: Readonly<Record<string, string>>
  /** The file of a credential the config names, by its name; null when nobody said it. */
  fileOfCredential(name: string): string | null
}

/** Stands for `$CREDENTIALS_DIRECTORY` while the config is read, so that what lies below it is known by name. */
export const CREDENTIALS_PLACE = '/run/credentials/encord-sync.service'

/** What a unit needs to know of a config; `unknown` are credentials that the config names and nobody said the file of. */
export function specOf(config: LoadedConfig, options: SpecOptions): { readonly spec: UnitSpec; readonly unknown: readonly string[] } {
  const names = [...new Set(config.folders.flatMap(({ keyFile }) => credentialName(keyFile) ?? []))]
  const known = names.map((name) => ({ name, file: options.fileOfCredential(name) }))
  return {
    spec: {
      scope: options.scope,
      launch: { ...options.launch, configFile: config.file },
      ledgerPath: config.ledgerPath,
      folders: [...new Set(config.folders.flatMap(({ path }) => [path, realPath(path)]))],
      credentials: known.flatMap(({ name, file }) => (file === null ? [] : [{ name, file }])),
      environment: options.environment,
    },
    unknown: known.filter(({ file }) => file === null).map(({ name }) => name),
  }
}

/** The name of the credential that a key file is; null for another file. */
export function credentialName(keyFile: string | null): string | null {
  if (keyFile === null || !keyFile.startsWith(`${CREDENTIALS_PLACE}/`)) return null
  const name = keyFile.slice(CREDENTIALS_PLACE.length + 1)
  return name.includes('/') ? null : name
}

/** What an installed unit says of itself, so that installing again needs no option twice. */
export function saidBefore(unitText: string): { readonly user: string | null; readonly credentials: readonly Credential[] } {
  const credentials = [...unitText.matchAll(/^LoadCredential=([^:\n]+):(.+)$/gm)].map(([, name = '', file = '']) => ({
    name: name.replaceAll('%%', '%'),
    file: file.replaceAll('%%', '%'),
  }))
  const user = /^User=(.+)$/m.exec(unitText)?.[1] ?? /<key>UserName<\/key>\s*<string>([^<]+)</.exec(unitText)?.[1] ?? null
  return { user, credentials }
}

function realPath(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    return path
  }
}

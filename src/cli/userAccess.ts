import { resolve } from 'node:path'
import { systemClock } from '../app/systemClock.ts'
import type { UserIdentity } from '../app/userCalls.ts'
import { parseDomain } from '../config/address.ts'
import { PASSPHRASE_CREDENTIAL, readPassphraseCredential, readPrivateKeyFile } from '../config/privateKey.ts'
import { displayName } from '../model/displayName.ts'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import type { CommandContext } from './command.ts'
import { askSecret, canAsk } from './prompt.ts'

/** Options of commands that are signed with the user's private key. */
export const USER_OPTIONS = {
  'private-key': { type: 'string', requiresArg: true, describe: 'OpenSSH ed25519 key [default: encord.private_key_file]' },
  domain: { type: 'string', requiresArg: true, describe: 'the API; with --private-key, no config is needed' },
} as const

export type UserOptions = { readonly 'private-key'?: string | undefined; readonly domain?: string | undefined }

/** Opens the user's calls; asks for the passphrase where none is written down. @throws UserError (2) */
export async function openUser(options: UserOptions, context: CommandContext) {
  const { openUserCalls, hasPassphrase } = await import('../app/userCalls.ts')
  const { file, domain, caFile, configured } = settingsOf(options, context)
  const reading = readPrivateKeyFile(file, context.env)
  if ('problem' in reading) throw noKey(`the private key ${displayName(file)}: ${reading.problem}`)
  const passphrase = hasPassphrase(reading.text) ? await passphraseOf(file, configured, context) : null
  const identity: UserIdentity = { domain, caFile, privateKey: reading.text, passphrase }
  return openUserCalls(identity, { clock: systemClock, random: Math.random, signal: context.signal })
}

type Settings = Pick<UserIdentity, 'domain' | 'caFile'> & { readonly file: string; readonly configured: string | null }

function settingsOf({ 'private-key': given, domain: givenDomain }: UserOptions, context: CommandContext): Settings {
  const file = given === undefined ? null : resolve(context.host.directory, given)
  const domain = givenDomain === undefined ? null : domainOf(givenDomain)
  if (file !== null && domain !== null) return { file, domain, caFile: null, configured: null }
  const { encord } = context.config()
  const chosen = file ?? encord.privateKeyFile
  if (chosen === null) throw noKey('no private key is named')
  return { file: chosen, domain: domain ?? encord.domain, caFile: encord.caFile, configured: encord.readPassphrase() }
}

async function passphraseOf(file: string, configured: string | null, { host, env, secrets }: CommandContext): Promise<string> {
  const written = configured ?? readPassphraseCredential(env)
  if (written === null && !canAsk(host)) {
    throw new UserError(EXIT.usage, {
      what: `the private key ${displayName(file)} has a passphrase, and nobody can be asked for it here`,
      notDone: 'nothing was sent',
      next: `set encord.private_key_passphrase, or the systemd credential ${PASSPHRASE_CREDENTIAL}`,
    })
  }
  const passphrase = written ?? (await askSecret(host, `passphrase of ${displayName(file)}: `))
  secrets.add(passphrase)
  return passphrase
}

function domainOf(given: string): string {
  const parsed = parseDomain(given)
  if ('problem' in parsed) {
    throw new UserError(EXIT.usage, {
      what: `--domain ${displayName(given)}: ${parsed.problem}`,
      notDone: 'nothing was sent',
      next: 'use https://api.encord.com or https://api.us.encord.com',
    })
  }
  return parsed.domain
}

function noKey(what: string): UserError {
  return new UserError(EXIT.usage, {
    what,
    notDone: 'nothing was sent',
    next: 'name the key that Encord knows you by: --private-key FILE, or encord.private_key_file in the config',
  })
}

import { existsSync, realpathSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadConfig } from '../config/load.ts'
import type { LoadedConfig } from '../config/loadedConfig.ts'
import { messageOf, UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import { openLaunchd } from '../service/launchd.ts'
import type { Advice, ServiceManager } from '../service/manager.ts'
import { CREDENTIALS_PLACE, type Credential, credentialName, saidBefore, specOf } from '../service/specOf.ts'
import { openSystemd } from '../service/systemd.ts'
import { type RunTool, toolRunner } from '../service/tool.ts'
import { readUnit } from '../service/unitFile.ts'
import type { Scope, UnitSpec } from '../service/unitSpec.ts'
import type { CommandContext } from './command.ts'

/** Options of the commands below `service`. */
export const SCOPE_OPTIONS = {
  system: { type: 'boolean', default: false, describe: 'a service of the machine' },
  user: { type: 'string', requiresArg: true, describe: '--system: runs as this user' },
} as const

export type ScopeArguments = { readonly system: boolean; readonly user: string | undefined }

const ENCORD_CREDSTORE = '/etc/credstore'

/** The service manager of this machine. */
export function managerOf({ system }: Pick<ScopeArguments, 'system'>, { host }: Pick<CommandContext, 'host'>): ServiceManager {
  const scope = system ? 'system' : 'user'
  const { home, env, platform } = host
  const runTool = toolRunner(env)
  if (platform === 'darwin') return openLaunchd({ scope, home, uid: process.getuid?.() ?? 0, runTool })
  return openSystemd({ scope, home, env, userName: ownName(), runTool })
}

export type ServiceSetup = { readonly spec: UnitSpec; readonly config: LoadedConfig; readonly advice: readonly Advice[] }

/**
 * What the unit of a config is made of. The config is read as the service will read it: without the shell's variables, in the home
 * of its user. @throws UserError (2) for a config, user or credential that the service could not use
 */
export async function serviceSetup(
  args: ScopeArguments & { readonly configFile: string | undefined; readonly credentials: readonly string[] },
  context: CommandContext,
  manager: ServiceManager,
): Promise<ServiceSetup> {
  const { host } = context
  const before = saidBefore(readUnit(manager.file) ?? '')
  const scope = scopeOf(args, host.env, before.user)
  const owner = scope.kind === 'system' ? await ownerOf(scope.user, host.platform, toolRunner(host.env)) : { home: host.home, uid: null }
  const environment = scope.kind === 'user' ? passedOn(host.env, ['XDG_STATE_HOME', 'XDG_CONFIG_HOME']) : {}
  const env = { ...environment, CREDENTIALS_DIRECTORY: CREDENTIALS_PLACE }
  const config = loadConfig({
    ...host,
    file: args.configFile,
    home: owner.home,
    env,
    secrets: context.secrets,
    keysNeeded: false,
    foldersNeeded: true,
  })
  const given = args.credentials.map(credentialOf)
  const { spec, unknown } = specOf(config, {
    scope,
    launch: { nodeDirectory: dirname(process.execPath), script: scriptFile() },
    environment,
    fileOfCredential: (name) => fileOf(name, given, before.credentials),
  })
  if (unknown.length > 0) throw unknownCredential(unknown, config.file)
  return {
    spec,
    config,
    advice: [...keyAdvice(config, owner.uid), ...launchAdvice(spec.launch.script), ...proxyAdvice(host.env, manager.name, scope)],
  }
}

/** The name of the user who runs this; the number where it has none, as in containers. systemd takes both. */
function ownName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? '')
  }
}

function scopeOf({ system, user }: ScopeArguments, env: NodeJS.ProcessEnv, before: string | null): Scope {
  if (!system) {
    if (user === undefined) return { kind: 'user' }
    throw usage('--user is for --system: a user service runs as the user who installs it', 'encord-sync service install --help')
  }
  const name = user ?? before ?? env['SUDO_USER'] ?? ownName()
  if (name === 'root')
    throw usage('the service needs no privilege and never runs as root', 'name the user whose files these are: --user NAME')
  if (!/^[A-Za-z0-9_][\w.-]*$/.test(name)) throw usage(`${name} is no name of a user`, 'encord-sync service install --help')
  return { kind: 'system', user: name }
}

/** The home and the number of a user (getent(1), id(1)). @throws UserError (2) when there is no such user */
async function ownerOf(
  user: string,
  platform: NodeJS.Platform,
  runTool: RunTool,
): Promise<{ readonly home: string; readonly uid: number }> {
  const id = await runTool('id', ['-u', user])
  if (id.code !== 0) throw usage(`there is no user ${user}`, 'name the user whose files these are: --user NAME')
  const home = platform === 'darwin' ? `/Users/${user}` : (await runTool('getent', ['passwd', user])).stdout.split(':')[5]
  return { home: home?.startsWith('/') === true ? home : '/', uid: Number(id.stdout) }
}

/** `dist/cli/main.js`, or its source where the sources run. */
function scriptFile(): string {
  const here = fileURLToPath(import.meta.url)
  return join(realpathSync(dirname(here)), here.endsWith('.ts') ? 'main.ts' : 'main.js')
}

function credentialOf(text: string): Credential {
  const at = text.indexOf(':')
  const [name, file] = [text.slice(0, at), text.slice(at + 1)]
  if (at > 0 && file.startsWith('/') && /^[\w.-]+$/.test(name)) return { name, file }
  throw usage(`${text} is no credential: NAME:FILE, with the whole path of the file`, 'encord-sync service install --help')
}

function fileOf(name: string, given: readonly Credential[], before: readonly Credential[]): string | null {
  const said = [...given, ...before].find((one) => one.name === name)?.file
  const stored = join(ENCORD_CREDSTORE, name)
  return said ?? (existsSync(stored) ? stored : null)
}

function unknownCredential(names: readonly string[], configFile: string): UserError {
  return usage(
    `${configFile} takes ${names.join(', ')} from the credentials of systemd, and nobody said which file that is`,
    names.map((name) => `--credential ${name}:FILE`).join(' '),
  )
}

/** Keys that the service could not read: it would end with 2 as soon as it starts. */
function keyAdvice({ folders }: LoadedConfig, uid: number | null): readonly Advice[] {
  return folders.flatMap(({ path, keyFile, readApiKey }) => {
    if (credentialName(keyFile) !== null) return []
    if (uid !== null && keyFile !== null && ownerUid(keyFile) !== uid) {
      return [{ what: `the user of the service can't read the API key of ${path}`, next: `chown that user's: ${keyFile}` }]
    }
    try {
      readApiKey()
      return []
    } catch (error) {
      const what = `the service has no API key for ${path}: ${messageOf(error)}`
      const next =
        keyFile === null ? 'a service has no shell: put the key into a file (chmod 600), api_key_file: FILE' : 'encord-sync config check'
      return [{ what, next }]
    }
  })
}

function ownerUid(file: string): number | null {
  try {
    return statSync(file).uid
  } catch {
    return null
  }
}

/** A program below a version manager's Node goes away with that version, and no search path helps. */
function launchAdvice(script: string): readonly Advice[] {
  if (!/\/(?:\.nvm|\.fnm|fnm|\.volta|\.asdf|mise|\.nodenv|n)\/.*\/node_modules\//.test(script)) return []
  return [
    {
      what: `the program lies inside one version of a version manager: ${script}`,
      next: 'after that version is removed: npm install -g encord-sync, then encord-sync service install',
    },
  ]
}

function proxyAdvice(env: NodeJS.ProcessEnv, manager: ServiceManager['name'], scope: Scope): readonly Advice[] {
  const names = ['HTTPS_PROXY', 'https_proxy', 'NODE_EXTRA_CA_CERTS'].filter((name) => (env[name] ?? '') !== '')
  if (names.length === 0) return []
  const next =
    manager === 'systemd'
      ? `systemctl ${scope.kind === 'user' ? '--user ' : ''}edit encord-sync (Environment=…), where it is needed`
      : 'where it is needed: EnvironmentVariables of the plist'
  return [
    {
      what: `the service does not have ${names.join(', ')} of this shell`,
      next,
    },
  ]
}

function passedOn(env: NodeJS.ProcessEnv, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.flatMap((name) => (env[name]?.startsWith('/') === true ? [[name, env[name]]] : [])))
}

function usage(what: string, next: string): UserError {
  return new UserError(EXIT.usage, { what, notDone: 'nothing was written', next })
}

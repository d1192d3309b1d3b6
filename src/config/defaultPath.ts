import { join } from 'node:path'

/** What default paths and titles depend on. */
export type Surroundings = {
  readonly env: NodeJS.ProcessEnv
  readonly home: string
  readonly platform: NodeJS.Platform
  /** Of this machine, for `{host}` in titles; nothing stands there without it. */
  readonly hostName?: string
}

/** Where the config is when `--config` is not given: XDG on Linux, Library on macOS. */
export function defaultConfigFile(around: Surroundings): string {
  return join(base(around, 'XDG_CONFIG_HOME', '.config'), 'encord-sync', 'config.yaml')
}

/**
 * Where the ledger is when the config does not say. systemd's STATE_DIRECTORY is left out on purpose: the commands a person types do not have
 * it, and must find the ledger of the service.
 */
export function defaultLedgerFile(around: Surroundings): string {
  return join(base(around, 'XDG_STATE_HOME', '.local/state'), 'encord-sync', 'ledger.db')
}

function base({ env, home, platform }: Surroundings, variable: string, below: string): string {
  const set = env[variable]
  if (set?.startsWith('/') === true) return set
  return join(home, platform === 'darwin' ? 'Library/Application Support' : below)
}

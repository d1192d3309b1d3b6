import type { WrittenUnit } from './unitFile.ts'
import type { UnitSpec } from './unitSpec.ts'

/** Something a person should know or do. */
export type Advice = { readonly what: string; readonly next: string }

/** `no`: written and enabled only; `start`: unless it runs; `restart`: also when it runs, so that a changed unit counts at once. */
export type StartMode = 'no' | 'start' | 'restart'

export type Installed = WrittenUnit & {
  readonly file: string
  /** `starting`: the first scan of the folders is under way. */
  readonly state: 'running' | 'starting' | 'started' | 'restarted' | 'not-started'
  /** The commands that were run, as a person would type them. */
  readonly commands: readonly string[]
  readonly advice: readonly Advice[]
}

export type Uninstalled = { readonly file: string; readonly outcome: 'removed' | 'not-installed'; readonly commands: readonly string[] }

/** The service as its manager sees it. */
export type ServiceState = {
  readonly manager: 'systemd' | 'launchd'
  readonly file: string
  /** `other`: a unit of another hand, or of another version of this one. */
  readonly unit: 'ours' | 'other' | 'none'
  /** Starts by itself, at boot or at the login of its user. */
  readonly enabled: boolean
  /** In the manager's own word: `active`, `activating`, `failed`, `inactive` … */
  readonly active: string
  readonly pid: number | null
  /** What it said of itself last. */
  readonly says: string | null
  /** Why it ended last, when that was no clean stop. */
  readonly ended: string | null
  /** How often the manager started it anew by itself; null where that is not counted. */
  readonly restarts: number | null
  /** The program that the unit starts and that is gone. */
  readonly missing: readonly string[]
  readonly advice: readonly Advice[]
}

/** The service manager of the machine, or of the user. */
export type ServiceManager = {
  readonly name: 'systemd' | 'launchd'
  readonly file: string
  text(spec: UnitSpec): string
  /** Idempotent. @throws UserError (2) when the manager is not there or refuses; (1) when the service does not start */
  install(text: string, start: StartMode): Promise<Installed>
  /** Idempotent; leaves config, keys, ledger and log. @throws UserError (2) */
  uninstall(): Promise<Uninstalled>
  /** @param wanted what `install` would write now; null when the config does not say */
  status(wanted: string | null): Promise<ServiceState>
}

import { join } from 'node:path'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import { type Lingering, lingeringAdvice, lingeringOf } from './lingering.ts'
import type { Advice, Installed, ServiceManager, ServiceState, StartMode, Uninstalled } from './manager.ts'
import { missingPrograms } from './missingPrograms.ts'
import { systemdUnit } from './systemdUnit.ts'
import { type Ran, type RunTool, reasonOf } from './tool.ts'
import { isSigned, readUnit, removeUnit, writeUnit } from './unitFile.ts'
import { SERVICE_NAME } from './unitSpec.ts'

export type SystemdOptions = {
  readonly scope: 'user' | 'system'
  readonly home: string
  readonly env: NodeJS.ProcessEnv
  /** Of the caller, for lingering. */
  readonly userName: string
  readonly runTool: RunTool
}

const UNIT = `${SERVICE_NAME}.service`
/** How long a start is watched, ms: READY comes after the first whole scan, which may take much longer. */
const START_PATIENCE_MS = 8_000

export function openSystemd(options: SystemdOptions): ServiceManager {
  const file = unitFileOf(options)
  return {
    name: 'systemd',
    file,
    text: systemdUnit,
    install: (text, start) => new Systemd(file, options).install(text, start),
    uninstall: () => new Systemd(file, options).uninstall(),
    status: (wanted) => new Systemd(file, options).status(wanted),
  }
}

/** The directories that `systemctl edit` uses. */
function unitFileOf({ scope, home, env }: SystemdOptions): string {
  if (scope === 'system') return join('/etc/systemd/system', UNIT)
  const base = env['XDG_CONFIG_HOME']
  return join(base?.startsWith('/') === true ? base : join(home, '.config'), 'systemd/user', UNIT)
}

class Systemd {
  readonly #file: string
  readonly #options: SystemdOptions
  readonly #commands: string[] = []

  constructor(file: string, options: SystemdOptions) {
    this.#file = file
    this.#options = options
  }

  async install(text: string, start: StartMode): Promise<Installed> {
    await this.#demandSystemd()
    const written = writeUnit(this.#file, text)
    await this.#demand('daemon-reload')
    await this.#demand('enable', UNIT)
    const state = await this.#start(start)
    const advice: Advice[] = []
    if (state === 'running' && written.outcome !== 'unchanged') {
      advice.push({ what: 'it runs with the unit it was started with', next: `encord-sync service install${this.#flag()} --now` })
    }
    if (start === 'no' && state === 'not-started') advice.push({ what: 'it was not started', next: this.#line('start', UNIT) })
    return {
      ...written,
      file: this.#file,
      state,
      commands: this.#commands,
      advice: [...advice, ...lingeringAdvice(await this.#lingering())],
    }
  }

  async uninstall(): Promise<Uninstalled> {
    const text = readUnit(this.#file)
    if (text === null) return { file: this.#file, outcome: 'not-installed', commands: [] }
    if (!isSigned(text)) {
      throw new UserError(EXIT.usage, {
        what: `${this.#file} was not written by encord-sync service install`,
        notDone: 'nothing was stopped or removed',
        next: `${this.#line('disable', '--now', UNIT)}; then remove that file`,
      })
    }
    await this.#demandSystemd()
    await this.#demand('disable', '--now', UNIT)
    removeUnit(this.#file)
    await this.#demand('daemon-reload')
    // A service that had failed would stay in the manager's memory.
    await this.#run('reset-failed', UNIT)
    return { file: this.#file, outcome: 'removed', commands: this.#commands }
  }

  async status(wanted: string | null): Promise<ServiceState> {
    const text = readUnit(this.#file)
    const shown = propertiesOf(
      await this.#run('show', UNIT, '--property=LoadState,UnitFileState,ActiveState,StatusText,MainPID,NRestarts,Result,ExecMainStatus'),
    )
    const active = shown.get('ActiveState') ?? 'unknown'
    const enabled = shown.get('UnitFileState') === 'enabled'
    const unit = text === null && shown.get('LoadState') !== 'loaded' ? 'none' : text !== null && isSigned(text) ? 'ours' : 'other'
    const missing = text === null ? [] : missingPrograms(text)
    const restarts = Number(shown.get('NRestarts') ?? Number.NaN)
    const advice = [
      ...this.#standing({ active, unit, enabled, missing }),
      ...(unit === 'ours' && wanted !== null && text !== wanted
        ? [{ what: 'the unit is not what would be written now', next: `encord-sync service install${this.#flag()} --now` }]
        : []),
      ...(unit === 'none' ? [] : lingeringAdvice(await this.#lingering())),
    ]
    return {
      manager: 'systemd',
      file: this.#file,
      unit,
      enabled,
      active,
      pid: Number(shown.get('MainPID') ?? 0) || null,
      says: shown.get('StatusText') || null,
      ended: endOf(shown),
      restarts: Number.isNaN(restarts) ? null : restarts,
      missing,
      advice,
    }
  }

  #standing({ active, unit, enabled, missing }: Pick<ServiceState, 'active' | 'unit' | 'enabled' | 'missing'>): readonly Advice[] {
    const install = `encord-sync service install${this.#flag()}`
    if (unit === 'none') return [{ what: 'no service is installed', next: install }]
    if (missing.length > 0) return [{ what: `the unit starts what is gone: ${missing.join(', ')}`, next: install }]
    if (active === 'failed') return [{ what: 'it failed, and was not started again', next: this.#journal() }]
    if (active === 'inactive') return [{ what: 'it does not run', next: this.#line('start', UNIT) }]
    return enabled ? [] : [{ what: 'it does not start by itself', next: this.#line('enable', UNIT) }]
  }

  async #start(mode: StartMode): Promise<Installed['state']> {
    const { stdout } = await this.#run('is-active', UNIT)
    const runs = ['active', 'activating', 'reloading'].includes(stdout.trim())
    if (mode === 'no') return runs ? 'running' : 'not-started'
    if (mode === 'start' && runs) return 'running'
    const verb = runs ? 'restart' : 'start'
    this.#commands.push(this.#line(verb, UNIT))
    const ran = await this.#run(verb, UNIT, { timeoutMs: START_PATIENCE_MS })
    if (ran.code === null) return 'starting'
    if (ran.code === 0) return runs ? 'restarted' : 'started'
    throw new UserError(EXIT.failed, {
      what: `the service was installed and does not start: ${reasonOf(ran)}`,
      notDone: 'nothing is kept in step',
      next: this.#journal(),
    })
  }

  async #lingering(): Promise<Lingering> {
    const { scope, runTool, userName } = this.#options
    return scope === 'system' ? 'not-needed' : await lingeringOf(runTool, userName)
  }

  /** Asked before anything is written. */
  async #demandSystemd(): Promise<void> {
    const ran = await this.#run('show', '--property=Version')
    if (ran.code === 0) return
    const isUser = this.#options.scope === 'user'
    throw new UserError(EXIT.usage, {
      what: `systemd does not answer: ${reasonOf(ran)}`,
      notDone: 'nothing was written',
      next: isUser
        ? 'log in as this user itself, not by su or sudo; or: sudo encord-sync service install --system --user NAME'
        : 'encord-sync service print --system (for another service manager)',
    })
  }

  async #demand(...args: string[]): Promise<void> {
    this.#commands.push(this.#line(...args))
    const ran = await this.#run(...args)
    if (ran.code === 0) return
    throw new UserError(EXIT.usage, {
      what: `${this.#line(...args)}: ${reasonOf(ran)}`,
      notDone: 'the steps after it were not made',
      next: `${this.#options.scope === 'system' ? 'the same command with sudo' : this.#line('status', UNIT)}`,
    })
  }

  #run(...args: (string | { readonly timeoutMs: number })[]): Promise<Ran> {
    const words = args.filter((one): one is string => typeof one === 'string')
    const options = args.find((one): one is { readonly timeoutMs: number } => typeof one !== 'string')
    return this.#options.runTool('systemctl', this.#options.scope === 'user' ? ['--user', ...words] : words, options)
  }

  #line(...args: readonly string[]): string {
    return ['systemctl', ...(this.#options.scope === 'user' ? ['--user'] : []), ...args].join(' ')
  }

  #journal(): string {
    return `journalctl ${this.#options.scope === 'user' ? '--user ' : ''}-u ${SERVICE_NAME} -n 50`
  }

  #flag(): string {
    return this.#options.scope === 'system' ? ' --system' : ''
  }
}

function propertiesOf({ stdout }: Ran): ReadonlyMap<string, string> {
  return new Map(
    stdout.split('\n').flatMap((line) => {
      const at = line.indexOf('=')
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const]
    }),
  )
}

function endOf(shown: ReadonlyMap<string, string>): string | null {
  const result = shown.get('Result') ?? 'success'
  if (result === 'success' || result === '') return null
  const status = shown.get('ExecMainStatus') ?? '0'
  return result === 'exit-code' ? `it ended with ${status}` : result
}

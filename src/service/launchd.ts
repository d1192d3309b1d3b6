import { join } from 'node:path'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import { launchdPlist } from './launchdPlist.ts'
import type { Advice, Installed, ServiceManager, ServiceState, StartMode, Uninstalled } from './manager.ts'
import { missingPrograms } from './missingPrograms.ts'
import { type Ran, type RunTool, reasonOf } from './tool.ts'
import { isSigned, readUnit, removeUnit, writeUnit } from './unitFile.ts'
import { LAUNCHD_LABEL } from './unitSpec.ts'

export type LaunchdOptions = {
  readonly scope: 'user' | 'system'
  readonly home: string
  readonly uid: number
  readonly runTool: RunTool
}

const NOT_TRIED: Advice = { what: 'this has not been tried on a Mac yet', next: 'encord-sync service status' }

/** launchd, by launchctl(1). Its calls follow Apple's manual pages; nobody has tried them on a Mac yet. */
export function openLaunchd(options: LaunchdOptions): ServiceManager {
  const { scope, home, uid } = options
  const file = join(scope === 'user' ? join(home, 'Library/LaunchAgents') : '/Library/LaunchDaemons', `${LAUNCHD_LABEL}.plist`)
  const log = scope === 'user' ? join(home, 'Library/Logs/encord-sync.log') : '/Library/Logs/encord-sync.log'
  const domain = scope === 'user' ? `gui/${uid}` : 'system'
  return {
    name: 'launchd',
    file,
    text: (spec) => launchdPlist(spec, log),
    install: (text, start) => install(text, start, file, domain, options.runTool),
    uninstall: () => uninstall(file, domain, options.runTool),
    status: (wanted) => status(wanted, file, domain, options.runTool),
  }
}

async function install(text: string, start: StartMode, file: string, domain: string, runTool: RunTool): Promise<Installed> {
  const written = writeUnit(file, text)
  const loaded = (await runTool('launchctl', ['print', `${domain}/${LAUNCHD_LABEL}`])).code === 0
  const commands: string[] = []
  const advice: Advice[] = [NOT_TRIED]
  if (start === 'no' || (loaded && start === 'start' && written.outcome === 'unchanged')) {
    return { ...written, file, state: loaded ? 'running' : 'not-started', commands, advice }
  }
  // A loaded plist is not read again: out and in.
  if (loaded) await demand(['bootout', `${domain}/${LAUNCHD_LABEL}`], commands, runTool)
  await demand(['enable', `${domain}/${LAUNCHD_LABEL}`], commands, runTool)
  await demand(['bootstrap', domain, file], commands, runTool)
  return { ...written, file, state: loaded ? 'restarted' : 'started', commands, advice }
}

async function uninstall(file: string, domain: string, runTool: RunTool): Promise<Uninstalled> {
  const text = readUnit(file)
  if (text === null) return { file, outcome: 'not-installed', commands: [] }
  const commands: string[] = []
  if (!isSigned(text)) {
    throw new UserError(EXIT.usage, {
      what: `${file} was not written by encord-sync service install`,
      notDone: 'nothing was stopped or removed',
      next: `launchctl bootout ${domain}/${LAUNCHD_LABEL}; then remove that file`,
    })
  }
  const loaded = (await runTool('launchctl', ['print', `${domain}/${LAUNCHD_LABEL}`])).code === 0
  if (loaded) await demand(['bootout', `${domain}/${LAUNCHD_LABEL}`], commands, runTool)
  removeUnit(file)
  return { file, outcome: 'removed', commands }
}

async function status(wanted: string | null, file: string, domain: string, runTool: RunTool): Promise<ServiceState> {
  const text = readUnit(file)
  const shown = await runTool('launchctl', ['print', `${domain}/${LAUNCHD_LABEL}`])
  const pid = Number(/^\s*pid = (\d+)/m.exec(shown.stdout)?.[1] ?? 0) || null
  const lastExit = /^\s*last exit code = (\d+)/m.exec(shown.stdout)?.[1] ?? null
  const unit = text === null ? 'none' : isSigned(text) ? 'ours' : 'other'
  const missing = text === null ? [] : missingPrograms(text)
  const advice: Advice[] = []
  if (unit === 'none') advice.push({ what: 'no service is installed', next: 'encord-sync service install' })
  else if (missing.length > 0) {
    advice.push({ what: `the unit starts what is gone: ${missing.join(', ')}`, next: 'encord-sync service install' })
  } else if (shown.code !== 0) advice.push({ what: 'it is not loaded', next: `launchctl bootstrap ${domain} ${file}` })
  if (unit === 'ours' && wanted !== null && text !== wanted) {
    advice.push({ what: 'the unit is not what would be written now', next: 'encord-sync service install --now' })
  }
  return {
    manager: 'launchd',
    file,
    unit,
    enabled: unit !== 'none',
    active: pid !== null ? 'active' : shown.code === 0 ? 'waiting' : 'inactive',
    pid,
    says: null,
    ended: lastExit === null || lastExit === '0' ? null : `it ended with ${lastExit}`,
    restarts: null,
    missing,
    advice,
  }
}

async function demand(args: readonly string[], commands: string[], runTool: RunTool): Promise<Ran> {
  const line = ['launchctl', ...args].join(' ')
  commands.push(line)
  const ran = await runTool('launchctl', args)
  if (ran.code === 0) return ran
  throw new UserError(EXIT.usage, {
    what: `${line}: ${reasonOf(ran)}`,
    notDone: 'the steps after it were not made',
    next: 'encord-sync service status',
  })
}

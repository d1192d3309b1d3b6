import type { ServiceState } from '../../service/manager.ts'
import type { CommandContext } from '../command.ts'
import { managerOf } from '../serviceSetup.ts'
import { type Finding, fail, failed, ok, warn } from './finding.ts'

/** What is installed for this user and for the machine: is its program still there, does it run, does it run at night? */
export async function serviceFindings(context: CommandContext): Promise<readonly Finding[]> {
  const states: ServiceState[] = []
  try {
    for (const system of [false, true]) states.push(await managerOf({ system }, context).status(null))
  } catch (error) {
    return [failed('service', error)]
  }
  const installed = states.filter(({ unit }) => unit !== 'none')
  if (installed.length === 0) return [ok('service', 'none is installed (encord-sync service install)')]
  const findings = installed.flatMap(findingsOf)
  const both = installed.length > 1 && installed.every(({ enabled }) => enabled)
  return both
    ? [...findings, warn('service', 'one of this user and one of the machine are installed', 'encord-sync service uninstall')]
    : findings
}

function findingsOf({ file, active, pid, missing, advice, ended }: ServiceState): readonly Finding[] {
  const text = `${file}: ${active}${pid === null ? '' : ` (pid ${pid})`}${ended === null ? '' : `, last end: ${ended}`}`
  const [first, ...more] = advice
  const isWell = missing.length === 0 && active !== 'failed'
  if (first === undefined) return [ok('service', text)]
  const main = isWell ? warn('service', `${text}; ${first.what}`, first.next) : fail('service', `${text}; ${first.what}`, first.next)
  return [main, ...more.map(({ what, next }) => warn('service', what, next))]
}

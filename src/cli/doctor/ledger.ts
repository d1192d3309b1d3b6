import { existsSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { LoadedConfig } from '../../config/loadedConfig.ts'
import { connectLocal } from '../../control/client.ts'
import { fsTypeAt } from '../../disk/fileSystem.ts'
import { pathArgument } from '../../model/nextCommand.ts'
import type { CommandContext } from '../command.ts'
import { formatBytes } from '../text/bytes.ts'
import { type Finding, fail, failed, ok, warn } from './finding.ts'

/** A ledger with its copies needs a few times its size; below this much free space nothing is safe, bytes. */
const LEAST_FREE_BYTES = 200_000_000

/** The ledger: sound, private, on a local disk with room. `directories`: how many it knows; null without one. */
export async function ledgerFindings(
  { ledgerPath }: LoadedConfig,
  { host }: CommandContext,
): Promise<{ readonly findings: readonly Finding[]; readonly directories: number | null }> {
  if (!existsSync(ledgerPath)) {
    return { findings: [ok('ledger', `none yet at ${ledgerPath}: the first run makes it`)], directories: null }
  }
  try {
    return {
      findings: [...(await soundness(ledgerPath, host.nowMs())), ...(await place(ledgerPath))],
      directories: await countDirectories(ledgerPath),
    }
  } catch (error) {
    return { findings: [failed('ledger', error)], directories: null }
  }
}

async function soundness(ledgerPath: string, nowMs: number): Promise<readonly Finding[]> {
  const { checkLedger } = await import('../../store/checkLedger.ts')
  const bad = checkLedger(ledgerPath, nowMs).filter(({ problems }) => problems.length > 0)
  const size = formatBytes(statSync(ledgerPath).size)
  if (bad.length === 0) return [ok('ledger', `${ledgerPath}: sound, ${size}`)]
  return bad.map(({ about, problems }) => fail('ledger', `not so: ${about} (${problems[0]})`, 'encord-sync ledger check'))
}

async function place(ledgerPath: string): Promise<readonly Finding[]> {
  const directory = dirname(ledgerPath)
  const findings: Finding[] = []
  const { kind } = await fsTypeAt(directory)
  if (kind === 'network' || kind === 'fuse') {
    findings.push(fail('ledger disk', `${directory} is a ${kind} file system: SQLite is not safe there`, 'set `ledger:` to a local disk'))
  }
  if ((statSync(directory).mode & 0o077) !== 0) {
    findings.push(warn('ledger disk', `others can look into ${directory}`, `chmod 700 ${pathArgument(directory)}`))
  }
  const { bavail, bsize } = statfsSync(directory)
  const free = bavail * bsize
  const text = `${formatBytes(free)} free`
  findings.push(free < LEAST_FREE_BYTES ? fail('ledger disk', text, `make room on the disk of ${directory}`) : ok('ledger disk', text))
  return findings
}

async function countDirectories(ledgerPath: string): Promise<number | null> {
  const { openLedgerReadOnly } = await import('../../store/openLedger.ts')
  const ledger = openLedgerReadOnly(ledgerPath)
  if (ledger === null) return null
  try {
    return ledger.folders.all().reduce((sum, folder) => sum + ledger.tree.allDirs(folder.id).length, 0)
  } finally {
    ledger.close()
  }
}

/** Does a service run, and does it answer? */
export async function socketFindings({ ledgerPath }: LoadedConfig, { env, host }: CommandContext): Promise<readonly Finding[]> {
  try {
    const service = await connectLocal(ledgerPath, env, { version: host.version })
    if (service === null) return [ok('running', 'no service runs on this ledger')]
    const { service: itself, exitCode, version } = await service.status()
    const text = `the service answers (pid ${itself.pid}, version ${version})`
    if (version !== host.version) return [warn('running', `${text}, and this command is ${host.version}`, 'restart the service')]
    return [exitCode === 3 ? fail('running', `${text}, and a person must act`, 'encord-sync status') : ok('running', text)]
  } catch (error) {
    return [failed('running', error)]
  }
}

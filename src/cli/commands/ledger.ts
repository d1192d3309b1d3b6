import { resolve } from 'node:path'
import type { LocalApi } from '../../control/api.ts'
import { displayName } from '../../model/displayName.ts'
import { UserError } from '../../model/error.ts'
import { EXIT } from '../../model/exitCode.ts'
import type { LedgerCheck } from '../../store/checkLedger.ts'
import { type CommandContext, command, commandGroup } from '../command.ts'
import { formatBytes } from '../text/bytes.ts'

const check = command({
  usage: 'check',
  about: 'is the ledger sound, from its pages to its rows?',
  exits: [
    [EXIT.ok, 'sound'],
    [EXIT.usage, 'usage, config, or a ledger of a newer version'],
    [EXIT.person, 'something is wrong; it is listed'],
  ],
  examples: [
    ['check', 'reads all of it; the service may run'],
    ['check --json', 'the same for scripts'],
  ],
  async run(_args, context) {
    const { checkLedger } = await import('../../store/checkLedger.ts')
    const { ledgerPath } = context.config()
    const checks = checkLedger(ledgerPath, context.host.nowMs())
    const isSound = checks.every((one) => one.problems.length === 0)
    context.out.show({ ledger: ledgerPath, sound: isSound, checks }, () => checkText(ledgerPath, checks, isSound, context))
    return isSound ? EXIT.ok : EXIT.person
  },
})

const backup = command({
  usage: 'backup [file]',
  about: 'copy the ledger while it is used',
  positionals: { file: { type: 'string', describe: 'where to; `backups` beside the ledger by default' } },
  exits: [
    [EXIT.ok, 'copied, checked and on disk'],
    [EXIT.usage, 'usage, config, no ledger, or the file is there already'],
    [EXIT.person, 'the ledger is damaged'],
  ],
  examples: [
    ['backup', 'the service makes one each day by itself, and keeps 7'],
    ['backup /mnt/safe/ledger.db', 'to another disk; it may hold signed URLs, so keep it private'],
  ],
  async run({ file }, context) {
    const { existsSync } = await import('node:fs')
    const { backUpFile, backupPath } = await import('../../store/backups.ts')
    const { damageOf } = await import('../../store/damage.ts')
    const { ledgerPath } = context.config()
    if (!existsSync(ledgerPath)) throw noLedger(ledgerPath)
    const target = file === undefined ? backupPath(ledgerPath, 'command', context.host.nowMs()) : resolve(context.host.directory, file)
    try {
      const made = await backUpFile(ledgerPath, target)
      context.out.show(made, (one) => `${displayName(one.file)}  ${formatBytes(one.sizeBytes)}`)
    } catch (error) {
      throw damageOf(error, ledgerPath) ?? error
    }
    return EXIT.ok
  },
})

const accept = command({
  usage: 'accept',
  about: 'go on with a ledger that was rolled back or copied',
  exits: [
    [EXIT.ok, 'accepted; datasets are read anew, whatever is missing is proven anew'],
    [EXIT.usage, 'usage, config, or no ledger'],
    [EXIT.person, 'the machine it was copied from still keeps a folder'],
    [EXIT.locked, 'someone holds the ledger and does not answer'],
  ],
  examples: [
    ['accept', 'after a backup was restored, or a machine was cloned'],
    ['accept --json', 'the same for scripts'],
  ],
  async run(_args, context) {
    const local = await context.local('write')
    try {
      context.out.show(await local.acceptLedger(), acceptText)
      return EXIT.ok
    } finally {
      await local.close()
    }
  },
})

/** The ledger itself. */
export const ledger = commandGroup('ledger', 'check, copy or accept the ledger', [check, accept, backup])

function checkText(path: string, checks: readonly LedgerCheck[], isSound: boolean, { out }: CommandContext): string {
  return [
    `${out.style.bold(displayName(path))}  ${isSound ? 'sound' : 'not sound'}`,
    ...checks.flatMap(({ about, problems }) => [
      `  ${problems.length === 0 ? 'yes' : 'no '}  ${about}`,
      ...problems.map((problem) => `         ${displayName(problem)}`),
    ]),
    ...(isSound
      ? []
      : ['  next: make a copy (encord-sync ledger backup FILE) before anything else; `encord-sync verify` compares with the dataset']),
  ].join('\n')
}

function acceptText({ folders, settled }: Awaited<ReturnType<LocalApi['acceptLedger']>>): string {
  if (folders.length === 0 && settled.length === 0) return 'nothing was frozen'
  return [...folders.map((path) => `${displayName(path)}  accepted`), ...settled.map((text) => `  ${displayName(text)}`)].join('\n')
}

function noLedger(path: string): UserError {
  return new UserError(EXIT.usage, {
    what: `there is no ledger at ${path} yet: no run was made with this config`,
    notDone: 'no copy was made',
    next: 'encord-sync once',
  })
}

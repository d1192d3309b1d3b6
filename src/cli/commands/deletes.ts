import type { HeldBatch } from '../../control/api.ts'
import { displayName } from '../../model/displayName.ts'
import { EXIT } from '../../model/exitCode.ts'
import { type CommandContext, command, commandGroup } from '../command.ts'
import { shownHash } from '../text/hash.ts'
import { table } from '../text/table.ts'
import { formatAgo } from '../text/time.ts'
import { usageError } from '../usage.ts'

const list = command({
  usage: 'list',
  about: 'what waits for a decision, and what may come to it',
  exits: [
    [EXIT.ok, 'nothing waits for a decision but older versions'],
    [EXIT.usage, 'usage or config'],
    [EXIT.person, 'deletes wait for a decision'],
  ],
  examples: [
    ['list', 'each batch with its digest'],
    ['list --json', 'the same for scripts'],
  ],
  async run(_args, context) {
    const local = await context.local('read')
    try {
      const batches = await local.deletes()
      context.out.show(batches, () => batchesText(batches, context))
      return batches.some(needsPerson) ? EXIT.person : EXIT.ok
    } finally {
      await local.close()
    }
  },
})

const approve = command({
  usage: 'approve <id>',
  about: 'delete the rows of a batch, if it still is what was shown',
  positionals: { id: { type: 'string', demandOption: true, describe: 'the number of the batch' } },
  options: { digest: { type: 'string', requiresArg: true, demandOption: true, describe: 'the digest that `deletes list` shows' } },
  exits: [
    [EXIT.ok, 'approved for 24 h; each row is proven again before it goes'],
    [EXIT.usage, 'usage, config, an unknown batch or another digest'],
    [EXIT.locked, 'someone holds the ledger and does not answer'],
  ],
  examples: [
    ['approve 3 --digest 0f3a9c0011223344', 'delete the rows of batch 3'],
    ['approve 3 --digest 0f3a9c0011223344 --json', 'the same for scripts'],
  ],
  async run({ id, digest }, context) {
    const batch = batchNumber(id, 'deletes approve')
    const local = await context.local('write')
    try {
      const result = await local.approve({ id: batch, digest })
      context.out.show(result, ({ approved, returned }) => {
        const left = returned === 0 ? '' : `; ${returned} came back and left the batch`
        return `${approved} approved${left}; each is proven again before it goes`
      })
      return EXIT.ok
    } finally {
      await local.close()
    }
  },
})

const reject = command({
  usage: 'reject <id>',
  about: 'keep the rows of a batch, and stop following them',
  positionals: { id: { type: 'string', demandOption: true, describe: 'the number of the batch' } },
  exits: [
    [EXIT.ok, 'the rows are kept'],
    [EXIT.usage, 'usage, config, an unknown batch, or one already decided'],
    [EXIT.locked, 'someone holds the ledger and does not answer'],
  ],
  examples: [
    ['reject 3', 'keep the rows of batch 3'],
    ['reject 3 --json', 'the same for scripts'],
  ],
  async run({ id }, context) {
    const batch = batchNumber(id, 'deletes reject')
    const local = await context.local('write')
    try {
      const result = await local.reject({ id: batch })
      context.out.show(result, ({ kept }) => `${kept} ${kept === 1 ? 'row is' : 'rows are'} kept`)
      return EXIT.ok
    } finally {
      await local.close()
    }
  },
})

/** Deletes that wait for a person. */
export const deletes = commandGroup('deletes', 'see and decide about held deletes', [list, approve, reject])

function batchNumber(text: string, commandPath: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw usageError(`${displayName(text)} is no batch: a number is expected`, [], commandPath)
  return Number(text)
}

/** Older versions beside their newer ones may wait for ever (design, section 9). */
function needsPerson({ id, decision, units }: HeldBatch): boolean {
  return id !== null && decision === null && units.some((unit) => unit.why !== 'superseded')
}

function batchesText(batches: readonly HeldBatch[], context: CommandContext): string {
  if (batches.length === 0) return 'no deletes are held, and nothing is missing'
  return batches.map((batch) => batchText(batch, context)).join('\n\n')
}

function batchText(batch: HeldBatch, { out, host }: CommandContext): string {
  const { id, digest, decision, folder, units } = batch
  const what = `${units.length} ${units.length === 1 ? 'row' : 'rows'} of ${displayName(folder)}`
  const head = id === null ? `nothing to decide: ${what}` : `batch ${id}: ${what}, ${formatAgo(batch.madeMs, host.nowMs())}`
  const width = out.terminal.width === null ? null : out.terminal.width - 2
  const rows = units.map((unit) => [unit.path, shownHash(unit.dataHash, width), String(unit.files), unit.why, unit.missing ?? ''])
  const columns = [{ head: 'PATH' }, { head: 'HASH' }, { head: 'FILES', align: 'right' as const }, { head: 'GONE AS' }, { head: 'NOW' }]
  const decide = [`  encord-sync deletes approve ${id} --digest ${digest}`, `  encord-sync deletes reject ${id}`]
  return [
    out.style.bold(head),
    `  ${displayName(batch.why)}`,
    ...table(columns, rows, width)
      .split('\n')
      .map((line) => `  ${line}`),
    ...(id === null ? [] : decision === 'approved' ? ['  approved: they go once each is proven again'] : decide),
  ].join('\n')
}

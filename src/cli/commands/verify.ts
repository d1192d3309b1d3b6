import type { Drift, DriftClass } from '../../app/drift.ts'
import type { VerifyView } from '../../app/verifyRun.ts'
import { connectLocal } from '../../control/client.ts'
import { displayName } from '../../model/displayName.ts'
import { EXIT } from '../../model/exitCode.ts'
import { type CommandContext, command } from '../command.ts'

/** Ledger, dataset and disk, compared whole. */
export const verify = command({
  usage: 'verify',
  about: 'compare ledger, dataset and disk; changes nothing',
  options: { content: { type: 'boolean', default: false, describe: 'hash every file again, also those that look unchanged' } },
  exits: [
    [EXIT.ok, 'no difference, or only what ends by itself'],
    [EXIT.failed, 'a dataset could not be read'],
    [EXIT.usage, 'usage or config'],
    [EXIT.person, 'a difference that a person must look at'],
  ],
  examples: [
    ['verify', 'each difference with the next command; the service may run'],
    ['verify --content --json', 'finds faults of the disk too; for scripts'],
  ],
  async run({ content }, context) {
    const config = context.config({ keysNeeded: true, foldersNeeded: true })
    const { host, env, signal } = context
    const { verifyRun } = await import('../../app/verifyRun.ts')
    const { systemClock } = await import('../../app/systemClock.ts')
    const serviceRuns = (await connectLocal(config.ledgerPath, env, { version: host.version })) !== null
    const view = await verifyRun(config, { clock: systemClock, random: Math.random, signal, content, serviceRuns })
    context.out.show(view, () => verifyText(view, context))
    return view.exitCode
  },
})

const HEADINGS: Readonly<Record<DriftClass, string>> = {
  'remote-missing': 'in the ledger, and not in the dataset',
  'unknown-row': 'in the dataset, and not in the ledger',
  'not-in-dataset': 'on the disk, and not in the dataset',
  'file-gone': 'in the dataset, and not on the disk',
}

function verifyText({ datasets, folders, drift, troubles }: VerifyView, { out }: CommandContext): string {
  return [
    ...datasets.map(({ dataset, rows }) => `dataset ${dataset}: ${rows === null ? 'not read' : `${rows} ${rows === 1 ? 'row' : 'rows'}`}`),
    ...folders.map(
      ({ folder, state, synced, onTheWay }) =>
        `${out.style.bold(displayName(folder))}  ${state}: ${synced} in sync${onTheWay === 0 ? '' : `, ${onTheWay} on the way`}`,
    ),
    ...Object.entries(HEADINGS).flatMap(([one, heading]) =>
      classText(
        heading,
        drift.filter((found) => found.class === one),
        out.style.bold,
      ),
    ),
    ...troubles.flatMap(({ what, why, next }) => ['', displayName(what), `  ${displayName(why)}`, `  next: ${displayName(next)}`]),
    ...(drift.length + troubles.length === 0 ? ['no difference'] : []),
  ].join('\n')
}

function classText(heading: string, found: readonly Drift[], bold: (text: string) => string): readonly string[] {
  if (found.length === 0) return []
  const lines = found.flatMap(({ path, title, dataHash, why, next }) => [
    `  ${displayName(path ?? title)}${dataHash === null ? '' : `  ${dataHash}`}`,
    `    ${displayName(why)}`,
    `    next: ${displayName(next)}`,
  ])
  return ['', bold(`${heading}: ${found.length}`), ...lines]
}

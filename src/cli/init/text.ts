import type { FirstPlan } from '../../app/initConfig.ts'
import { displayName } from '../../model/displayName.ts'
import { amount } from '../text/amount.ts'
import { formatBytes } from '../text/bytes.ts'
import type { Out } from '../text/out.ts'
import type { DeleteMode } from './flags.ts'
import { configOption } from './place.ts'

/** As many refused files are named as fit beside the rest. */
const SHOWN_REFUSALS = 5

/** A first plan: its numbers in one line, then what is left out. */
export function planLines(plan: FirstPlan, folder: string): string {
  const { refused, trouble } = plan
  const left = refused.length - SHOWN_REFUSALS
  return [
    `${displayName(folder)}: ${numbersOf(plan)}`,
    ...(trouble === null ? [] : [`  ${displayName(trouble)}`]),
    ...refused.slice(0, SHOWN_REFUSALS).map(({ path, why }) => `  not sent: ${displayName(path)}: ${displayName(why)}`),
    ...(left > 0 ? [`  and ${left} more: encord-sync plan lists them`] : []),
  ].join('\n')
}

function numbersOf({ files, sizeBytes, groups, ignored, waiting, synced, refused }: FirstPlan): string {
  return [
    amount(files, 'file'),
    formatBytes(sizeBytes),
    amount(groups, 'group'),
    `${ignored} ignored`,
    ...(waiting === 0 ? [] : [`${waiting} waiting`]),
    ...(refused.length === 0 ? [] : [`${refused.length} not sent`]),
    ...(synced === 0 ? [] : [`${synced} in sync`]),
  ].join(', ')
}

/** What `init` has written and found. */
export type Written = {
  readonly configFile: string
  readonly isDefault: boolean
  readonly keyFile: string
  readonly domain: string
  readonly dataset: string
  readonly datasetTitle: string
  readonly madeDataset: boolean
  readonly folder: string
  readonly deletes: DeleteMode
  readonly plan: FirstPlan
}

/** Shows what was written, and the two commands that come next. */
export function showWritten(written: Written, out: Out): void {
  const option = configOption(written)
  const next = [`encord-sync once${option}`, `encord-sync run${option}`] as const
  const view = {
    config: written.configFile,
    key_file: written.keyFile,
    domain: written.domain,
    dataset: written.dataset,
    title: written.datasetTitle,
    made_dataset: written.madeDataset,
    folder: written.folder,
    deletes: written.deletes,
    plan: written.plan,
    next,
  }
  out.show(view, () =>
    [
      `wrote ${displayName(written.configFile)}; the API key is in ${displayName(written.keyFile)}`,
      `  ${displayName(written.folder)} -> ${displayName(written.datasetTitle)} (${written.dataset}), deletes: ${written.deletes}`,
      'nothing was started. Next:',
      `  ${next[0]}    one pass, then exit`,
      `  ${next[1]}     the service, until Ctrl-C`,
    ].join('\n'),
  )
}

import type { FolderPlan, PlanView } from '../../app/planRun.ts'
import { displayName } from '../../model/displayName.ts'
import { EXIT } from '../../model/exitCode.ts'
import { command } from '../command.ts'
import { amount } from '../text/amount.ts'
import { formatBytes } from '../text/bytes.ts'

/** What `once` would do. */
export const plan = command({
  usage: 'plan',
  about: 'what `once` would do; writes nothing anywhere',
  exits: [
    [EXIT.ok, 'the plan was made, whatever is in it'],
    [EXIT.usage, 'usage or config'],
  ],
  examples: [
    ['plan', 'deletes first, then uploads, then what is refused'],
    ['plan --json', 'the same for scripts'],
  ],
  async run(_args, context) {
    const config = context.config({ keysNeeded: true, foldersNeeded: true })
    const { planRun } = await import('../../app/planRun.ts')
    const { systemClock } = await import('../../app/systemClock.ts')
    const view = await planRun(config, { clock: systemClock, random: Math.random, signal: context.signal })
    context.out.show(view, planText)
    return EXIT.ok
  },
})

function planText(view: PlanView): string {
  return view.folders.flatMap(folderText).join('\n')
}

function folderText(plan: FolderPlan): readonly string[] {
  const bytes = plan.uploads.reduce((sum, upload) => sum + upload.sizeBytes, 0)
  const files = plan.uploads.reduce((sum, upload) => sum + upload.files, 0)
  const groups = plan.uploads.filter((upload) => upload.kind === 'image_group').length
  const series = plan.uploads.filter((upload) => upload.kind === 'dicom_series').length
  const deletes = plan.deletes.filter((one) => one.verdict === 'delete').length
  const line = (word: string, path: string, rest: string): string => `  ${word.padEnd(8)} ${displayName(path)}${rest}`
  return [
    `${displayName(plan.folder)} (${plan.state}${plan.why === '' ? '' : `: ${displayName(plan.why)}`})`,
    ...plan.deletes.map((one) => line(one.verdict === 'delete' ? 'DELETE' : one.verdict, one.path, `: ${displayName(one.why)}`)),
    ...plan.unresolved.map((one) => line('resolve', one.path, `: ${one.because}`)),
    ...plan.renames.map((one) => line('retitle', one.path, `: "${displayName(one.from)}" to "${displayName(one.to)}"`)),
    ...plan.metadata.map((one) => line('metadata', one.path, `: ${displayName(one.because)}`)),
    ...plan.uploads.map((one) => line('upload', one.path, ` (${kindText(one)}, ${formatBytes(one.sizeBytes)}): ${one.because}`)),
    ...plan.waiting.map((one) => line('wait', one.path, `: ${displayName(one.why)}`)),
    ...plan.refused.map((one) => line('refused', one.path, `: ${displayName(one.why)}`)),
    ...warningLines(plan.warnings),
    ...clashLines(plan.clashes),
    `  ${amount(plan.uploads.length, 'upload')} (${amount(files, 'file')}, ${amount(groups, 'group')}, ${series === 0 ? '' : `${series} series, `}${formatBytes(bytes)}), ${amount(deletes, 'delete')}, ${plan.synced} in sync, ${plan.refused.length} refused, ${plan.ignored} ignored`,
  ]
}

function kindText({ kind, files }: FolderPlan['uploads'][number]): string {
  if (kind === 'image_group') return `${kind}, ${amount(files, 'frame')}`
  return kind === 'dicom_series' ? `series of ${files}` : kind
}

/** A folder of many equal names, or of many large files, would hide the rest of its plan. */
const MOST_SHOWN = 10

function warningLines(warnings: FolderPlan['warnings']): readonly string[] {
  const lines = warnings
    .slice(0, MOST_SHOWN)
    .map(({ path, text }) => `  warning  ${path === '' ? '' : `${displayName(path)}: `}${displayName(text)}`)
  return warnings.length <= MOST_SHOWN ? lines : [...lines, `  warning  ${warnings.length - MOST_SHOWN} more (--json has all)`]
}

function clashLines(clashes: FolderPlan['clashes']): readonly string[] {
  const lines = clashes.slice(0, MOST_SHOWN).map(({ title, paths }) => {
    const [first = '', second = '', ...more] = paths.map(displayName)
    const others = more.length === 0 ? `${first} and ${second}` : `${first}, ${second} and ${more.length} more`
    return `  clash    title "${displayName(title)}": ${others}`
  })
  return clashes.length <= MOST_SHOWN ? lines : [...lines, `  clash    ${clashes.length - MOST_SHOWN} more titles (--json has all)`]
}

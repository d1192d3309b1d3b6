import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { displayName } from '../../model/displayName.ts'
import { UserError } from '../../model/error.ts'
import { EXIT } from '../../model/exitCode.ts'
import { type CommandContext, command } from '../command.ts'
import { exitCodeOf, type Finding, type Verdict } from '../doctor/finding.ts'

/** Looks at everything around the service, and says of each thing how it is and what helps. */
export const doctor = command({
  usage: 'doctor',
  about: 'look at everything around it, and say what helps',
  options: {
    bundle: { type: 'string', requiresArg: true, describe: 'write a file for support' },
    names: { type: 'boolean', default: false, describe: '--bundle: with names of files' },
  },
  exits: [
    [EXIT.ok, 'nothing is wrong; there may be warnings'],
    [EXIT.failed, 'something does not work now, and may by itself'],
    [EXIT.usage, 'usage, or the bundle can not be written'],
    [EXIT.person, 'a person must act'],
  ],
  examples: [
    ['doctor', 'Node, config, keys, datasets, folders, ledger, service'],
    ['doctor --bundle support.txt', 'for somebody else: no keys, names as codes'],
  ],
  async run({ bundle, names }, context) {
    const { config, findings } = await allFindings(context)
    const exitCode = exitCodeOf(findings)
    const written = bundle === undefined ? null : await writeBundle(bundle, names, config, findings, context)
    context.out.show({ exitCode, findings, bundle: written }, () =>
      [...findings.map((finding) => findingText(finding, context)), '', summary(findings), ...bundleLines(written)].join('\n'),
    )
    return exitCode
  },
})

async function allFindings(context: CommandContext) {
  const { programFindings, configFindings } = await import('../doctor/program.ts')
  const { serviceFindings } = await import('../doctor/service.ts')
  const program = await programFindings()
  const { config, findings } = configFindings(context)
  const first = [...program, ...findings]
  if (config === null) return { config, findings: [...first, ...(await serviceFindings(context))] }
  const { datasetFindings } = await import('../doctor/datasets.ts')
  const { folderFindings, watchFindings } = await import('../doctor/folders.ts')
  const { ledgerFindings, socketFindings } = await import('../doctor/ledger.ts')
  const ledger = await ledgerFindings(config, context)
  const rest = [
    ...(await datasetFindings(config, context)),
    ...(await folderFindings(config)),
    ...watchFindings(ledger.directories),
    ...ledger.findings,
    ...(await serviceFindings(context)),
    ...(await socketFindings(config, context)),
  ]
  return { config, findings: [...first, ...rest] }
}

type Written = { readonly file: string; readonly contents: readonly string[] }

async function writeBundle(
  file: string,
  names: boolean,
  config: Awaited<ReturnType<typeof allFindings>>['config'],
  findings: readonly Finding[],
  context: CommandContext,
): Promise<Written> {
  const { bundleSections, bundleText, hiderFor } = await import('../doctor/bundle.ts')
  const { host, secrets } = context
  const sections = await bundleSections(config, findings, context)
  const hider = names ? null : hiderFor(sections, config, context)
  const path = resolve(host.directory, file)
  try {
    // Whoever reads it decides who else may.
    const text = secrets.redact(bundleText(sections, hider, new Date(host.nowMs()).toISOString()))
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UserError(EXIT.usage, {
      what: code === 'EEXIST' ? `something stands at ${path} already` : `${path} can't be written (${code})`,
      notDone: 'no bundle was written',
      next: 'name another file: encord-sync doctor --bundle FILE',
    })
  }
  return { file: path, contents: sections.map(({ title }) => title) }
}

const WORDS: Readonly<Record<Verdict, string>> = { ok: 'ok  ', warn: 'warn', later: 'fail', fail: 'fail' }

function findingText({ check, verdict, what, next }: Finding, { out }: CommandContext): string {
  const { style } = out
  const colour = verdict === 'ok' ? style.green : verdict === 'warn' ? style.yellow : style.red
  const lines = what.split('\n').map(displayName).join('\n      ')
  return `${colour(WORDS[verdict])}  ${check}: ${lines}${next === null ? '' : `\n      next: ${displayName(next)}`}`
}

function summary(findings: readonly Finding[]): string {
  const count = (...verdicts: readonly Verdict[]) => findings.filter(({ verdict }) => verdicts.includes(verdict)).length
  const [bad, warned] = [count('fail', 'later'), count('warn')]
  if (bad + warned === 0) return `all ${findings.length} looks are well`
  return `${findings.length} looks: ${bad} failed, ${warned} ${warned === 1 ? 'warning' : 'warnings'}`
}

function bundleLines(written: Written | null): readonly string[] {
  if (written === null) return []
  return [
    '',
    'The bundle holds:',
    ...written.contents.map((title, i) => `  ${i + 1}  ${title}`),
    `Written to ${displayName(written.file)}; look through it before you send it.`,
  ]
}

import type { WhyView } from '../../control/api.ts'
import { displayName } from '../../model/displayName.ts'
import { EXIT } from '../../model/exitCode.ts'
import { type CommandContext, command } from '../command.ts'
import { givenPath } from '../givenPath.ts'
import { formatBytes } from '../text/bytes.ts'
import { formatAgo } from '../text/time.ts'

/** Everything that is known of one path. */
export const why = command({
  usage: 'why <path>',
  about: 'why a file is, or is not, in the dataset',
  positionals: { path: { type: 'string', demandOption: true, describe: 'a file or a group of images' } },
  exits: [
    [EXIT.ok, 'explained'],
    [EXIT.usage, 'usage, config, or nothing is known of the path'],
  ],
  examples: [
    ['why site-a/run-3', 'a group of images'],
    ['why -- -a.jpg', 'a name that starts with a dash'],
  ],
  async run({ path }, context) {
    const local = await context.local('read')
    try {
      const view = await local.why({ path: givenPath(path, context) })
      context.out.show(view, () => whyText(view, context))
      return EXIT.ok
    } finally {
      await local.close()
    }
  },
})

function whyText(view: WhyView, { out, host }: CommandContext): string {
  const { unit, nextTryAtMs, next, files, warnings, metadata, versions, proof, ignored } = view
  const now = host.nowMs()
  const about = [unit.kind ?? 'file', formatBytes(unit.sizeBytes), ...(unit.files > 1 ? [`${unit.files} files`] : [])].join(', ')
  return [
    `${out.style.bold(displayName(unit.path))}  ${unit.state}: ${displayName(unit.why)}`,
    `  in ${displayName(unit.folder)} (${about}), since ${formatAgo(unit.sinceMs, now)}`,
    ...(unit.sha256 === null ? [] : [`  sha256 ${unit.sha256}`]),
    ...(ignored === null ? [] : [`  ignored by ${displayName(ignored.rule)} (${displayName(ignored.where)})`]),
    ...(nextTryAtMs === null ? [] : [`  next try ${nextTryAtMs <= now ? 'now' : formatAgo(nextTryAtMs, now)}`]),
    ...(next === null ? [] : [`  next: ${displayName(next)}`]),
    ...warnings.map((text) => `  warning: ${displayName(text)}`),
    ...heading('files', files.map(fileText)),
    ...heading('metadata', metadata === null ? [] : [`${displayName(metadata.path)}  ${metadata.state}: ${displayName(metadata.why)}`]),
    ...heading(
      'rows',
      versions.map((row) => `${row.dataHash ?? 'no hash yet'}  ${row.role}, ${row.remote}  ${displayName(row.title)}`),
    ),
    ...heading(
      'may it be deleted?',
      proof.map(({ rule, ok, text }) => `${ok ? 'yes' : 'no '}  ${rule}: ${displayName(text)}`),
    ),
  ].join('\n')
}

function heading(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`  ${title}:`, ...lines.map((line) => `    ${line}`)]
}

function fileText({ path, local, problem, sha256 }: WhyView['files'][number]): string {
  const said = [
    local,
    ...(problem === null ? [] : [displayName(problem)]),
    sha256 === null ? 'not hashed' : `sha256 ${sha256.slice(0, 16)}…`,
  ]
  return `${displayName(path)}  ${said.join(', ')}`
}

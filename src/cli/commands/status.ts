import type { FolderStatus, StatusView } from '../../control/api.ts'
import { displayName } from '../../model/displayName.ts'
import { EXIT } from '../../model/exitCode.ts'
import { type CommandContext, command } from '../command.ts'
import { formatBytes } from '../text/bytes.ts'
import { countsLine } from '../text/countsLine.ts'
import { formatAgo, formatDuration } from '../text/time.ts'

const WEEK_MS = 7 * 86_400_000

/** One screen: the service, each folder with its counts, what a person has to do. */
export const status = command({
  usage: 'status',
  about: 'how everything stands',
  exits: [
    [EXIT.ok, 'in sync or on the way'],
    [EXIT.failed, 'something failed and will be retried'],
    [EXIT.usage, 'usage or config'],
    [EXIT.person, 'a person must act'],
  ],
  examples: [
    ['status', 'one screen'],
    ['status --json', 'the same for scripts'],
  ],
  async run(_args, context) {
    const local = await context.local('read')
    try {
      const view = await local.status()
      context.out.show(view, () => statusText(view, context))
      return view.exitCode
    } finally {
      await local.close()
    }
  },
})

function statusText(view: StatusView, context: CommandContext): string {
  const { out, host } = context
  const { running, pid, startedAtMs } = view.service
  const since = startedAtMs === null ? '' : `, started ${formatAgo(startedAtMs, host.nowMs())}`
  return [
    `encord-sync ${view.version}: ${running ? `the service runs (pid ${pid}${since})` : 'no service runs'}`,
    `ledger ${displayName(view.ledger)}`,
    ...configText(view.config, host.nowMs()),
    ...view.folders.flatMap((folder) => folderText(folder, context)),
    ...verifiedText(view.verified, host.nowMs()),
    ...(view.folders.length === 0 ? ['', 'no folder is configured'] : []),
    ...(view.uploads.length === 0 ? [] : ['', 'uploading:']),
    ...view.uploads.map((one) => `  ${displayName(one.path)}  ${formatBytes(one.sentBytes)} of ${formatBytes(one.sizeBytes)}`),
    ...(view.attention.length === 0 ? [] : ['', out.style.bold('to do:')]),
    ...view.attention.flatMap(({ what, next }) => [
      ...what.split('\n').map((line) => `  ${displayName(line)}`),
      `    ${displayName(next)}`,
    ]),
  ].join('\n')
}

function configText(config: StatusView['config'], nowMs: number): readonly string[] {
  if (config === null) return []
  const { file, state, sinceMs, restartNeeded } = config
  const since = formatAgo(sinceMs, nowMs)
  const how =
    state === 'invalid'
      ? `invalid (${since}); the one before it is in force`
      : state === 'applying'
        ? `being carried over (${since}): what is in hand ends first`
        : `in force (${since})`
  return [`config ${displayName(file)}: ${how}${restartNeeded.length === 0 ? '' : `; restart needed for ${restartNeeded.join(', ')}`}`]
}

function verifiedText(verified: StatusView['verified'], nowMs: number): readonly string[] {
  if (verified === null) return []
  const { atMs, drift, failed } = verified
  const found = failed === null ? (drift === 0 ? 'no difference' : `${drift} for a person`) : `not possible: ${displayName(failed)}`
  return [`compared with the dataset ${formatAgo(atMs, nowMs)}: ${found}`]
}

function folderText(folder: FolderStatus, { out, host }: CommandContext): readonly string[] {
  const now = host.nowMs()
  const isWell = folder.state === 'ok'
  const state = isWell ? out.style.green(folder.state) : out.style.yellow(folder.state)
  const why = folder.why === '' ? '' : `: ${displayName(folder.why)}`
  const { missing, held } = folder.counts
  return [
    '',
    `${out.style.bold(displayName(folder.path))}  ${state}${why}${isWell ? '' : ` (${formatAgo(folder.sinceMs, now)})`}`,
    `  dataset ${folder.dataset} at ${folder.domain}`,
    `  ${countsLine(folder.counts)}`,
    ...(missing + held === 0 ? [] : [`  ${missing} missing from the disk, ${held} ${held === 1 ? 'delete' : 'deletes'} held`]),
    `  last whole scan ${folder.scannedAtMs === null ? 'never' : formatAgo(folder.scannedAtMs, now)}`,
    ...incidentText(folder.incident, now),
  ]
}

/** What was deleted while the folder was not well: the first question after an incident, for a week. */
function incidentText(incident: FolderStatus['incident'], nowMs: number): readonly string[] {
  if (incident === null) return []
  const { state, fromMs, toMs, deletesSent } = incident
  const sent = `${deletesSent} ${deletesSent === 1 ? 'DELETE was' : 'DELETEs were'} sent`
  if (toMs === null) return [`  not well since ${formatAgo(fromMs, nowMs)}; ${sent} since then`]
  if (nowMs - toMs > WEEK_MS) return []
  return [`  last incident: ${state}, for ${formatDuration(toMs - fromMs)}, over ${formatAgo(toMs, nowMs)}; ${sent} during it`]
}

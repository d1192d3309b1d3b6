import type { OnceResult } from '../../app/once.ts'
import { parseDuration } from '../../config/duration.ts'
import type { LoadedConfig } from '../../config/loadedConfig.ts'
import type { FolderStatus } from '../../control/api.ts'
import { displayName } from '../../model/displayName.ts'
import { UserError } from '../../model/error.ts'
import type { Log } from '../../model/event.ts'
import { EXIT } from '../../model/exitCode.ts'
import type { Progress } from '../../sync/engine.ts'
import { type CommandContext, command } from '../command.ts'
import { openCommandLog } from '../commandLog.ts'
import { openLiveRegion } from '../liveRegion.ts'
import { formatBytes } from '../text/bytes.ts'
import { countsLine } from '../text/countsLine.ts'

/** One pass, then exit: for cron, and for seeing what happens. */
export const once = command({
  usage: 'once',
  about: 'one pass over all folders, then exit',
  options: { wait: { type: 'string', default: '2m', requiresArg: true, describe: 'wait this long at most for what ends by itself' } },
  exits: [
    [EXIT.ok, 'in sync; what is set aside, waiting or held as superseded is listed'],
    [EXIT.failed, 'something failed; the next pass tries it again'],
    [EXIT.usage, 'usage or config'],
    [EXIT.person, 'a person must act: held deletes, a refused key, another folder'],
    [EXIT.locked, 'the service or another pass holds the ledger'],
  ],
  examples: [
    ['once', 'send what is new, confirm what is gone'],
    ['once --wait 10s --json', 'wait less; the summary as JSON'],
  ],
  async run({ wait }, context) {
    const waitMs = parseDuration(wait)
    if (waitMs === null) throw badWait(wait)
    const config = context.config({ keysNeeded: true, foldersNeeded: true })
    return await pass(config, waitMs, context)
  },
})

type Summary = OnceResult & { readonly sentUnits: number; readonly sentBytes: number; readonly folders: readonly FolderStatus[] }

async function pass(config: LoadedConfig, waitMs: number, context: CommandContext): Promise<OnceResult['exitCode']> {
  const { runOnce } = await import('../../app/once.ts')
  const { queries } = await import('../../app/queries.ts')
  const { guardOf } = await import('../../app/guard.ts')
  const { systemClock } = await import('../../app/systemClock.ts')
  const region = openLiveRegion(context)
  const log = openCommandLog(context, config.log)
  // A region that is redrawn and log lines do not mix: on a terminal only what a person must know is logged, above it.
  const quiet: Log = context.out.terminal.live ? { emit: () => undefined } : log
  let folders: readonly FolderStatus[] = []
  let last: Progress | null = null
  for (const warning of config.warnings) context.out.warn(warning)
  try {
    const result = await runOnce(
      config,
      {
        clock: systemClock,
        random: Math.random,
        log: quiet,
        signal: context.signal,
        crashPoint: () => undefined,
        onProgress: (progress) => {
          last = progress
          region.show(progress)
        },
        onEnd: async ({ ledger }) => {
          const parts = {
            ledger,
            config,
            version: context.host.version,
            wallMs: context.host.nowMs,
            service: null,
            uploads: () => [],
            unread: () => null,
            reloaded: () => null,
            guard: guardOf,
          }
          folders = (await queries(parts).status()).folders
        },
      },
      waitMs,
    )
    region.end()
    const progress = last as Progress | null
    const summary: Summary = { ...result, sentUnits: progress?.sentUnits ?? 0, sentBytes: progress?.sentBytes ?? 0, folders }
    context.out.show(summary, summaryText)
    return result.exitCode
  } finally {
    region.end()
    await log.close()
  }
}

function summaryText(summary: Summary): string {
  return [
    `sent ${summary.sentUnits} (${formatBytes(summary.sentBytes)})`,
    ...summary.folders.flatMap((folder) => [
      `${displayName(folder.path)}: ${folder.state}${folder.why === '' ? '' : `: ${displayName(folder.why)}`}`,
      `  ${countsLine(folder.counts)}`,
      ...(folder.next === null ? [] : [`  next: ${folder.next}`]),
    ]),
    ...summary.unread.map(displayName),
    ...(summary.unread.length === 0 ? [] : ['  next: encord-sync doctor']),
    ...summary.attention.map((line) => `to do: ${displayName(line)}`),
  ].join('\n')
}

function badWait(given: string): UserError {
  return new UserError(EXIT.usage, {
    what: `--wait ${displayName(given)}: not a duration`,
    notDone: 'nothing was started',
    next: 'encord-sync once --wait 2m',
  })
}

import { parseDuration } from '../../config/duration.ts'
import type { HistoryLine, HistoryProof } from '../../control/api.ts'
import { displayName } from '../../model/displayName.ts'
import { UserError } from '../../model/error.ts'
import { EXIT, type ExitCode } from '../../model/exitCode.ts'
import { type CommandContext, command } from '../command.ts'
import { givenPath } from '../givenPath.ts'
import { shownHash } from '../text/hash.ts'
import { table } from '../text/table.ts'
import { formatDateTime } from '../text/time.ts'

/** What was done to the datasets, with the evidence; and whether that record is as it was written. */
export const history = command({
  usage: 'history [path]',
  about: 'what was changed in the datasets, and the proof',
  positionals: { path: { type: 'string', describe: 'a file, or a directory and all below it' } },
  options: {
    since: { type: 'string', requiresArg: true, describe: 'only the last of it, such as 24h' },
    verify: { type: 'boolean', default: false, describe: 'is the record as it was written?' },
  },
  exits: [
    [EXIT.ok, 'listed, or as it was written'],
    [EXIT.usage, 'usage, config, or no watched folder holds the path'],
    [EXIT.person, '--verify: an entry was changed, removed or put elsewhere'],
  ],
  examples: [
    ['history site-a --since 24h', 'what happened below a directory today'],
    ['history clip.mp4 | cat', 'the whole hashes, also where the terminal is narrow'],
    ['history --verify', 'walks the chain of hashes, oldest entry first'],
  ],
  async run({ path, since, verify }, context) {
    const sinceMs = since === undefined ? null : startOf(since, context)
    const local = await context.local('read')
    try {
      if (verify) return show(await local.verifyHistory(), context)
      const lines = await local.history({ path: path === undefined ? null : givenPath(path, context), sinceMs })
      context.out.show(lines, () => historyText(lines, context.out.terminal.width))
      return EXIT.ok
    } finally {
      await local.close()
    }
  },
})

function show(proof: HistoryProof, { out }: CommandContext): ExitCode {
  out.show(proof, () => proofText(proof))
  return proof.problems.length > 0 ? EXIT.person : EXIT.ok
}

function proofText({ entries, unchained, problems }: HistoryProof): string {
  const older = unchained === 0 ? '' : ` (${unchained} are older than the chain, and only their number is known)`
  if (problems.length === 0) return `${entries} ${entries === 1 ? 'entry' : 'entries'}, as written${older}`
  return [
    `the history was tampered with, or damaged${older}:`,
    ...problems.map((problem) => `  ${displayName(problem)}`),
    '  next: compare it with the copies in `backups` beside the ledger; encord-sync ledger check',
  ].join('\n')
}

function historyText(lines: readonly HistoryLine[], width: number | null): string {
  if (lines.length === 0) return 'no change was made'
  const folders = new Set(lines.map((line) => line.folder))
  const nameOf = ({ folder, path }: HistoryLine) => (folders.size === 1 || folder === null ? (path ?? '') : `${folder}/${path ?? ''}`)
  return table(
    [{ head: 'TIME' }, { head: 'WHAT' }, { head: 'PATH' }, { head: 'HASH' }, { head: 'WHY' }],
    lines.map((line) => [formatDateTime(line.atMs), line.verb, nameOf(line), shownHash(line.dataHash ?? '', width), line.why]),
    width,
  )
}

function startOf(since: string, { host }: CommandContext): number {
  const ms = parseDuration(since)
  if (ms !== null) return host.nowMs() - ms
  throw new UserError(EXIT.usage, {
    what: `--since ${displayName(since)}: not a duration of at most 24 days`,
    notDone: 'nothing was listed',
    next: 'encord-sync history --since 24h',
  })
}

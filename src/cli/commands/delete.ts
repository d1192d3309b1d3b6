import type { DeletedRow, NamedRow } from '../../app/deleteRows.ts'
import { displayName } from '../../model/displayName.ts'
import { UserError } from '../../model/error.ts'
import { EXIT, type ExitCode } from '../../model/exitCode.ts'
import { pathArgument } from '../../model/nextCommand.ts'
import { type CommandContext, command } from '../command.ts'
import { DATASET_OPTIONS, datasetAccess } from '../datasetAccess.ts'
import { askLine, canAsk } from '../prompt.ts'
import { table } from '../text/table.ts'
import { formatDuration } from '../text/time.ts'
import { told } from '../told.ts'

/** Deletes rows that a person names. */
export const deleteRowsCommand = command({
  usage: 'delete <hashes..>',
  about: 'delete rows by their hash, with their annotations',
  positionals: { hashes: { type: 'string', array: true, demandOption: true, describe: 'videos, images, groups, DICOM series' } },
  options: {
    yes: { type: 'boolean', default: false, describe: 'do not ask; needed where nobody can be asked' },
    ...DATASET_OPTIONS,
  },
  exits: [
    [EXIT.ok, 'they are gone; or the answer was no, and nothing was sent'],
    [EXIT.failed, 'not sent, or the answer was lost and nothing more can be learned'],
    [EXIT.usage, 'usage, config, an unknown hash: nothing was sent'],
    [EXIT.person, 'the server refuses'],
    [EXIT.locked, 'the service holds the ledger'],
  ],
  examples: [
    ['delete 2a7c… 9be1…', 'shows both rows, and asks'],
    ['delete 2a7c… --yes --json', 'for scripts'],
  ],
  async run({ hashes, yes, ...options }, context) {
    const named = [...new Set(hashes)]
    const { config, ...access } = datasetAccess(options, context)
    const { deleteRows } = await import('../../app/deleteRows.ts')
    const { systemClock } = await import('../../app/systemClock.ts')
    const { out, signal } = context
    const rows = await deleteRows(config, access, named, {
      clock: systemClock,
      random: Math.random,
      signal,
      read: (listing) => told(listing, { notDone: 'nothing was deleted', maybe: null, key: 'api' }),
      confirm: (shown, dataset) => confirm(shown, dataset.title, yes, context),
      onWait: (forMs) => out.note(`the answer was lost; the dataset is read again in ${formatDuration(forMs)}`),
    })
    out.show({ dataset: access.dataset, rows: rows ?? [] }, () => (rows === null ? 'nothing was deleted' : rows.map(rowText).join('\n')))
    return rows === null ? EXIT.ok : exitOf(rows)
  },
})

/** Shows what will go, on stderr, and asks. @throws UserError (2) where nobody can be asked and nobody said yes */
async function confirm(rows: readonly NamedRow[], dataset: string, yes: boolean, context: CommandContext): Promise<boolean> {
  const { out, host, signal } = context
  const count = rows.length === 1 ? 'this row' : `these ${rows.length} rows`
  const cells = rows.map(({ type, title, createdAtMs, dataHash, path }) => [type, dayOf(createdAtMs), dataHash, title, path ?? ''])
  const columns = [{ head: 'TYPE' }, { head: 'CREATED' }, { head: 'HASH' }, { head: 'TITLE' }, { head: 'FILE' }]
  if (!out.isJson || canAsk(host)) out.note(table(columns, cells, out.terminal.width))
  if (yes) return true
  if (!canAsk(host)) {
    throw new UserError(EXIT.usage, {
      what: `${count} of ${displayName(dataset)} would be deleted with their annotations, and nobody can be asked here`,
      notDone: 'nothing was deleted',
      next: 'add --yes when that is what you want',
    })
  }
  const question = `Delete ${count} of ${displayName(dataset)}, with all annotations? There is no way back. Type yes: `
  return (await askLine(host, question, signal)).trim().toLowerCase() === 'yes'
}

function dayOf(ms: number | null): string {
  return ms === null ? '' : new Date(ms).toISOString().slice(0, 10)
}

function rowText({ dataHash, title, path, isFileLeft, outcome }: DeletedRow): string {
  const name = `${dataHash}  ${displayName(title)}`
  if (outcome.kind !== 'deleted') return `${WORDS[outcome.kind]}  ${name}: ${displayName(outcome.why)}`
  if (path === null || !isFileLeft) return `deleted  ${name}`
  return `deleted  ${name}\n  its file stays, and is sent again only by: encord-sync retry ${pathArgument(path)}`
}

const WORDS = { deleted: 'deleted', kept: 'kept', unknown: 'unknown', 'not-sent': 'not sent' } as const

/** The server's no comes before what may be tried again. */
function exitOf(rows: readonly DeletedRow[]): ExitCode {
  if (rows.some(({ outcome }) => outcome.kind === 'kept' && outcome.refused)) return EXIT.person
  return rows.every(({ outcome }) => outcome.kind === 'deleted') ? EXIT.ok : EXIT.failed
}

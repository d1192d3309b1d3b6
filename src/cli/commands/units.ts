import type { UnitLine } from '../../control/api.ts'
import { EXIT } from '../../model/exitCode.ts'
import { command } from '../command.ts'
import { givenPath } from '../givenPath.ts'
import { formatBytes } from '../text/bytes.ts'
import { table } from '../text/table.ts'

/** Every unit with its state and reason, and the files that are no unit. */
export const units = command({
  usage: 'units [path]',
  about: 'every unit, its state and why',
  positionals: { path: { type: 'string', describe: 'a file, or a directory and all below it' } },
  exits: [
    [EXIT.ok, 'listed, also when nothing is there'],
    [EXIT.usage, 'usage, config, or no watched folder holds the path'],
  ],
  examples: [
    ['units', 'all of them'],
    ['units site-a --json', 'those below a directory, for scripts'],
  ],
  async run({ path }, context) {
    const local = await context.local('read')
    try {
      const lines = await local.units({ path: path === undefined ? null : givenPath(path, context) })
      context.out.show(lines, () => unitsText(lines, context.out.terminal.width))
      return EXIT.ok
    } finally {
      await local.close()
    }
  },
})

function unitsText(lines: readonly UnitLine[], width: number | null): string {
  if (lines.length === 0) return 'no units'
  const folders = new Set(lines.map((line) => line.folder))
  const nameOf = (line: UnitLine) => (folders.size === 1 ? line.path : `${line.folder}/${line.path}`)
  return table(
    [{ head: 'STATE' }, { head: 'KIND' }, { head: 'SIZE', align: 'right' }, { head: 'PATH' }, { head: 'WHY' }],
    lines.map((line) => [line.state, kindOf(line), formatBytes(line.sizeBytes), nameOf(line), line.why]),
    width,
  )
}

function kindOf({ kind, files }: UnitLine): string {
  if (kind === null) return 'file'
  if (kind === 'image_group') return `group of ${files}`
  return kind === 'dicom_series' ? `series of ${files}` : kind
}

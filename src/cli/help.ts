import type { Argv } from 'yargs'
import { type Command, type CommandGroup, wordOf } from './command.ts'

/** A heading of the first help page and the commands below it; `isBrief`: only their names, so that the page fits a small terminal. */
export type HelpSection = {
  readonly heading: string
  readonly commands: readonly (Command | CommandGroup)[]
  readonly isBrief?: boolean
}

/** Columns of the smallest terminal that help is written for. */
export const HELP_WIDTH = 80

/** The first help page: all commands, by what people want to do. */
export function overview(sections: readonly HelpSection[]): string {
  const all = sections.flatMap((section) => (section.isBrief === true ? [] : section.commands))
  const width = Math.max(...all.map((one) => wordOf(one).length))
  const lines = sections.flatMap(({ heading, commands, isBrief }) =>
    isBrief === true
      ? [`${heading}: ${commands.map(wordOf).join(', ')}`]
      : [`${heading}:`, ...commands.map((one) => `  ${wordOf(one).padEnd(width)}  ${one.about}`)],
  )
  return [
    'encord-sync COMMAND [--config FILE] [--json] [--plain]',
    'Keeps local folders of videos and images in step with Encord datasets.',
    ...lines,
    'More: encord-sync COMMAND --help · encord-sync --version',
  ].join('\n')
}

/** Writes a command's exit codes and examples below its options. */
export function describe<T>(parser: Argv<T>, prefix: string, { exits, examples }: Command): Argv<T> {
  const name = `encord-sync ${prefix}`
  const shown = examples.map(([line, about]) => `  ${`${name}${line}`.trimEnd()}\n      ${about}`)
  const codes = exits.map(([code, about]) => `  ${String(code).padStart(2)}  ${about}`)
  return parser.epilogue(['Examples:', ...shown, '', 'Exit codes:', ...codes].join('\n'))
}

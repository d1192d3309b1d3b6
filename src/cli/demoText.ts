import { join, relative } from 'node:path'
import { shellWord } from '../config/place.ts'
import type { ComparedLine } from '../demo/comparison.ts'
import type { DemoResult, DemoStart } from '../demo/demo.ts'
import { DEMO_SETTINGS, type Place } from '../demo/place.ts'
import { displayName } from '../model/displayName.ts'
import { table } from './text/table.ts'
import type { Style } from './text/terminal.ts'
import { formatDuration } from './text/time.ts'

/** How the demo was started, and how it may print. */
export type DemoLook = {
  /** The program's file, for commands to go on with. */
  readonly main: string
  /** Whether it was started by `npm run demo`. */
  readonly isNpm: boolean
  /** The current directory. */
  readonly directory: string
  readonly style: Style
  readonly width: number | null
}

/** Shown before the first step. */
export function startText({ place, emulatorUrl, servicePid }: DemoStart, { style }: DemoLook): string {
  return [
    style.bold('encord-sync demo: a folder, the service, and the built-in emulator in place of Encord'),
    `  folder    ${displayName(place.folder)}`,
    `  service   process ${servicePid}, as \`encord-sync run\` starts it`,
    `  emulator  ${emulatorUrl}; nothing leaves this machine`,
    '',
    'So that you need not wait, this demo shortens what guards your data (usual values in brackets):',
    ...settingsLines(),
    '',
  ].join('\n')
}

function settingsLines(): readonly string[] {
  const parts = DEMO_SETTINGS.map(({ key, here, usual }) => `${key} ${here} (${usual})`)
  const half = Math.ceil(parts.length / 2)
  return [parts.slice(0, half), parts.slice(half)].map((some) => `  ${some.join(' · ')}`)
}

/** Shown at the end: the dataset beside the folder, what failed, where everything lies, how to go on. */
export function resultText(result: DemoResult, look: DemoLook): string {
  return [
    ...(result.failure === null ? comparisonText(result, look) : failureText(result.failure)),
    '',
    whereText(result.place),
    '',
    goOnText(result, look),
  ].join('\n')
}

/** Shown when a signal stopped it. */
export function interruptedText({ failure, place }: DemoResult): string {
  return [`stopped during: ${failure?.step ?? 'the comparison'}`, whereText(place)].join('\n')
}

/** Shown when it stays up. */
export function keepRunningText({ place, emulatorUrl }: DemoResult, look: DemoLook): string {
  return [
    '',
    look.style.bold('Still running. Drop, change, rename and delete files in the folder; Ctrl-C ends it.'),
    'From another terminal:',
    `  cp FILE ${shellWord(place.folder)}`,
    `  ${program(look)} status --config ${shellWord(place.config)}`,
    `  ${program(look)} why ${shellWord(join(place.folder, 'harbour.png'))} --config ${shellWord(place.config)}`,
    `  curl ${emulatorUrl}/_emulator/state`,
    '',
  ].join('\n')
}

// Enough to see at a glance; all 64 digits are compared, and `--json` has them.
const DIGITS = 16

function comparisonText({ lines, ok, tookMs, steps }: DemoResult, { style, width }: DemoLook): readonly string[] {
  const units = lines.filter((line) => line.kind !== 'frame')
  const unequal = units.filter((line) => !line.equal)
  const verdict = ok
    ? style.green(`equal: all ${units.length} rows hold exactly what the folder holds`)
    : style.red(`not equal: ${unequal.map((line) => line.title).join(', ')}`)
  return [
    '',
    style.bold('The folder beside the dataset'),
    table(
      [{ head: 'TITLE' }, { head: 'KIND' }, { head: 'FOLDER SHA256' }, { head: 'DATASET SHA256' }, { head: 'EQUAL' }],
      lines.map((line) => cells(line, lines)),
      width,
    ),
    '',
    `${verdict} (${steps.length} steps, ${formatDuration(tookMs)})`,
  ]
}

function cells(line: ComparedLine, lines: readonly ComparedLine[]): readonly string[] {
  const frames = lines.filter((one) => one.kind === 'frame' && one.title.startsWith(`${line.title}/`)).length
  const sum = (sha256: string | null) => (line.kind === 'image_group' ? '' : (sha256?.slice(0, DIGITS) ?? 'not there'))
  return [
    line.kind === 'frame' ? `  ${line.title}` : line.title,
    line.kind === 'image_group' ? `group of ${frames}` : line.kind,
    sum(line.localSha256),
    sum(line.datasetSha256),
    line.equal ? 'yes' : 'NO',
  ]
}

function failureText({ step, missing, why }: NonNullable<DemoResult['failure']>): readonly string[] {
  return [
    '',
    `the demo failed at: ${displayName(step)}`,
    `  ${displayName(why)}`,
    ...missing.map((words) => `  missing: ${displayName(words)}`),
  ]
}

function whereText({ directory, folder, config, ledger, log, emulatorData }: Place): string {
  return [
    'Where everything lies (it stays; remove it when you are done):',
    `  ${displayName(directory)}`,
    `    folder    ${displayName(relative(directory, folder))}`,
    `    config    ${displayName(relative(directory, config))}`,
    `    ledger    ${displayName(relative(directory, ledger))}`,
    `    log       ${displayName(relative(directory, log))}`,
    `    emulator  ${displayName(relative(directory, emulatorData))}`,
  ].join('\n')
}

function goOnText({ place }: DemoResult, look: DemoLook): string {
  const again = look.isNpm ? 'npm run demo -- --keep-running' : `${program(look)} demo --keep-running`
  return [
    look.style.bold('To go on:'),
    `  ${program(look)} units --config ${shellWord(place.config)}`,
    '      what the ledger knows of each file',
    `  ${again}`,
    '      the same, and it stays up for files of your own',
    `  ${program(look)} plan --config FILE`,
    '      with your dataset in FILE (see config.example.yaml): what would be sent; changes nothing',
  ].join('\n')
}

/** How this program is called from where the person is. */
function program({ main, directory }: DemoLook): string {
  const path = relative(directory, main)
  return `node ${shellWord(path.startsWith('..') ? main : path)}`
}

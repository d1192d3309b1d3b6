import { fstatSync } from 'node:fs'
import { styleText } from 'node:util'
import { displayName } from '../model/displayName.ts'
import type { FieldValue, LogLevel } from '../model/event.ts'

/** `human` for a terminal, `journald` for systemd's journal, `json` for everything else. */
export type LogFormat = 'human' | 'journald' | 'json'

/** One event on its way to the log. `atMs`: wall time, ms since 1970. Text fields hold no secret any more. */
export type LogRecord = {
  readonly atMs: number
  readonly level: LogLevel
  readonly name: string
  readonly fields: Readonly<Record<string, FieldValue>>
}

// sd-daemon(3): syslog's numbers in front of a line give its priority.
const JOURNAL_PRIORITY: Readonly<Record<LogLevel, number>> = { error: 3, warn: 4, info: 6, debug: 7 }
const COLOUR = { error: 'red', warn: 'yellow', info: 'green', debug: 'gray' } as const

/** What `log.format` means for a stream: `auto` looks at the terminal, then at the journal. `fd` is the stream's descriptor. */
export function chooseFormat(
  setting: LogFormat | 'auto',
  stream: { readonly isTTY?: boolean; readonly fd?: number },
  env: NodeJS.ProcessEnv,
): LogFormat {
  if (setting !== 'auto') return setting
  if (stream.isTTY === true) return 'human'
  return env['JOURNAL_STREAM'] !== undefined && !isPlainFile(stream.fd) ? 'journald' : 'json'
}

/** One line, without its end. Names that come from file systems can't end it, nor steer the terminal. */
export function formatRecord(format: LogFormat, record: LogRecord, colour: boolean): string {
  if (format === 'json') return jsonLine(record)
  if (format === 'journald') return `<${JOURNAL_PRIORITY[record.level]}>${record.name}${pairs(record)}`
  const level = record.level.padEnd(5)
  const shown = colour ? styleText(COLOUR[record.level], level, { validateStream: false }) : level
  return `${localTime(record.atMs)} ${shown} ${record.name}${pairs(record)}`
}

function jsonLine({ atMs, level, name, fields }: LogRecord): string {
  return JSON.stringify({ time: new Date(atMs).toISOString(), level, event: name, ...fields })
}

function pairs({ fields }: LogRecord): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => ` ${key}=${shownValue(value)}`)
    .join('')
}

function shownValue(value: FieldValue): string {
  if (typeof value === 'object') return value === null ? '' : `[${value.map(shownText).join(',')}]`
  return typeof value === 'string' ? shownText(value) : String(value)
}

function shownText(text: string): string {
  const safe = displayName(text)
  return safe !== '' && !/[\s"=,[\]]/u.test(safe) ? safe : `"${safe.replaceAll('"', '\\"')}"`
}

function localTime(ms: number): string {
  const date = new Date(ms)
  const two = (n: number) => String(n).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

// Terminals started by a systemd user service hand JOURNAL_STREAM on: a redirection into a file is no journal.
function isPlainFile(fd: number | undefined): boolean {
  try {
    return fd !== undefined && fstatSync(fd).isFile()
  } catch {
    return false
  }
}

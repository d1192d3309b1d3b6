import { Writable } from 'node:stream'
import winston from 'winston'
import { type FieldValue, LOG_LEVELS, type Log, type LogLevel, levelOf } from '../model/event.ts'
import type { Secrets } from '../model/secrets.ts'
import { formatRecord, type LogFormat, type LogRecord } from './format.ts'
import { type LogFileOptions, openLogFile } from './logFile.ts'
import { type Outlet, outlet } from './outlet.ts'

export type LogOptions = {
  /** The least urgent level that is written. */
  readonly level: LogLevel
  readonly format: LogFormat
  /** stderr, as a rule. Its reader may go away. */
  readonly stream: Writable
  /** Instead of the stream. */
  readonly file?: LogFileOptions | null
  /** Whether the human format may use colour. */
  readonly colour: boolean
  readonly secrets: Secrets
  /** ms since 1970. */
  wallMs(): number
}

/** A log that writes, until it is closed. */
export type OpenLog = Log & {
  /** Opens its file anew, after something else moved it away; nothing is lost. Does nothing for a stream. */
  reopen(): void
  /** Another least urgent level, from the next event on. */
  setLevel(level: LogLevel): void
  /** Resolves when every line was handed on, or the reader is gone. Later events are dropped. */
  close(): Promise<void>
}

// A reader that never reads must not fill our memory.
const MOST_WAITING_BYTES = 4 << 20

/** Opens the log of a process: every event becomes one line, at the level the catalogue gives it. Never throws, never ends the process. */
export function openLog(options: LogOptions): OpenLog {
  const file = options.file == null ? null : openLogFile(options.file)
  const out = file ?? outlet(options.stream, MOST_WAITING_BYTES)
  const logger = winston.createLogger({
    levels: Object.fromEntries(LOG_LEVELS.map((level, rank) => [level, rank])),
    level: options.level,
    exitOnError: false,
    format: winston.format.printf((info) => formatRecord(options.format, info['record'] as LogRecord, options.colour)),
    transports: [new winston.transports.Stream({ stream: intoOutlet(out), eol: '\n' })],
  })
  let least = options.level
  let closing: Promise<void> | undefined
  return {
    emit(name, fields) {
      const level = levelOf(name, fields)
      if (closing !== undefined || out.closed || LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(least)) return
      const record: LogRecord = { atMs: options.wallMs(), level, name, fields: redacted(fields, options.secrets) }
      logger.log({ level, message: name, record })
    },
    reopen: () => file?.reopen(),
    setLevel(level) {
      least = level
      logger.level = level
    },
    close() {
      closing ??= new Promise<void>((resolve) => logger.once('finish', resolve).end()).then(async () => {
        await out.flushed()
        file?.close()
      })
      return closing
    },
  }
}

function intoOutlet(outlet: Outlet): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      outlet.write(String(chunk))
      done()
    },
  })
}

function redacted(fields: Readonly<Record<string, FieldValue>>, secrets: Secrets): Record<string, FieldValue> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, redactedValue(value, secrets)]))
}

function redactedValue(value: FieldValue, secrets: Secrets): FieldValue {
  if (typeof value === 'string') return secrets.redact(value)
  return typeof value === 'object' && value !== null ? value.map((item) => secrets.redact(item)) : value
}

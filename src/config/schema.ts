import * as z from 'zod'
import { LOG_LEVELS } from '../model/event.ts'
import { NOTICE_CAUSES } from '../model/notice.ts'
import { parseDomain, parseListen } from './address.ts'
import { hoursProblems, parseTimeOfDay, TIME_FORM, TIME_PATTERN, type WrittenHours } from './bandwidth.ts'
import { BYTE_RATE_FORM, BYTE_SIZE_FORM, BYTE_SIZE_PATTERN, OFF_OR_RATE, parseByteRate, parseByteSize } from './byteRate.ts'
import { DURATION_FORM, DURATION_PATTERN, parseDuration } from './duration.ts'
import { FILE_SIZE_FORM, FILE_SIZE_PATTERN, LIMIT_PRESETS, limitsOf } from './limits.ts'
import { parseTitle, TITLE_FORM } from './title.ts'
import { URL_PREFIX_FORM, URL_PREFIX_PATTERN } from './via.ts'

/*
 * The config as people write it (design, section 8); the one truth behind the loader, the example and the editor schema. What comes out has
 * durations in ms, rates in bytes a second. Defaults are `prefault`: they are written as people would write them, and go through the parser.
 */

/** Adds a problem to a value and gives it up. */
function refuse(context: z.core.$RefinementCtx, message: string): never {
  context.issues.push({ code: 'custom', message, input: context.value })
  return z.NEVER
}

const text = (about: string) => z.string({ error: 'expected text; put it in quotes' }).min(1, 'must not be empty').describe(about)

const duration = (about: string) =>
  z
    .string({ error: `expected ${DURATION_FORM}` })
    .regex(DURATION_PATTERN, `expected ${DURATION_FORM}`)
    .transform((value, context) => parseDuration(value) ?? refuse(context, 'a duration must be longer than 0 and at most 24d'))
    .describe(about)

const encord = z
  .strictObject({
    domain: z
      .string({ error: 'expected an address such as https://api.encord.com' })
      .transform((value, context) => {
        const parsed = parseDomain(value)
        return 'problem' in parsed ? refuse(context, parsed.problem) : parsed.domain
      })
      .prefault('https://api.encord.com')
      .describe('Address of the Encord API. https; plain http only to this machine, for the emulator.'),
    private_key_file: text('OpenSSH ed25519 private key. Only for creating datasets and API keys; the service never reads it.').optional(),
    private_key_passphrase: text(
      `Passphrase of the private key. Best as \${NAME}; written out, the config file itself must have mode 0600.`,
    ).optional(),
    absent_gap: duration(
      'How long a listing of the dataset may lag behind. A row counts as absent after two listings this far apart.',
    ).prefault('60s'),
    ca_file: text("PEM file with a company's certificate authority, trusted in addition to the usual ones.").optional(),
    upload_hosts: z
      .array(
        text('Host name or address, without a scheme.').regex(/^(?:[^/\s:]+(?::\d+)?|[0-9a-fA-F:]+|\[[0-9a-fA-F:]+\](?::\d+)?)$/, {
          error: 'expected a host name or an address, without https:// and without a path',
        }),
        { error: 'expected a list of host names' },
      )
      .prefault([])
      .describe('Object stores at private addresses that signed URLs may name. Private and link-local addresses are refused otherwise.'),
  })
  .prefault({})
  .describe('The server, and how to talk to it.')

const limit = z
  .strictObject({
    count: z
      .int({ error: 'expected a whole number' })
      .min(0, 'must not be negative')
      .prefault(50)
      .describe('More deletes than this within the window are held for a person.'),
    percent: z
      .number({ error: 'expected a number from 0 to 100' })
      .min(0, 'expected a number from 0 to 100')
      .max(100, 'expected a number from 0 to 100')
      .prefault(10)
      .describe("So are deletes of more than this share of the folder's units, from the sixth on."),
    per: duration('The window.').prefault('24h'),
  })
  .prefault({})
  .describe('How many deletes may be sent without a person.')

const deletes = z
  .strictObject({
    mode: z
      .enum(['propagate', 'hold', 'never'])
      .prefault('propagate')
      .describe('propagate: guarded deletes. hold: every delete waits for a person. never: nothing is deleted.'),
    grace: duration(
      'How long a file must be gone, proven by two complete scans this far apart. At least 10m on network and read-only file systems.',
    ).prefault('2m'),
    limit,
  })
  .prefault({})
  .describe('What happens to a row whose file was removed. A removed row takes its annotations with it.')

const folder = z
  .strictObject({
    path: text('The local directory. ~ is your home; a relative path starts at the config file. Folders must not lie inside each other.'),
    dataset: z
      .guid({ error: "expected a dataset's hash, such as aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee" })
      .transform((value) => value.toLowerCase())
      .describe('The hash of the Encord dataset that this folder feeds.'),
    api_key: text(`The dataset's API key. Best as \${NAME}; written out, the config file itself must have mode 0600.`).optional(),
    api_key_file: text(
      `File that holds the dataset's API key: mode 0600, or a systemd credential (\${CREDENTIALS_DIRECTORY}/NAME). Read again when the key is refused.`,
    ).optional(),
    title: z
      .string({ error: `expected ${TITLE_FORM}` })
      .transform((value, context) => {
        const parsed = parseTitle(value)
        return 'problem' in parsed ? refuse(context, parsed.problem) : parsed
      })
      .prefault('path')
      .describe('Title of a row: path (site-a/run-3.mp4), name (run-3.mp4), or a template such as "{dir}/{stem}".'),
    subdirectories: z
      .enum(['group', 'sequence', 'individual'])
      .prefault('group')
      .describe('What the images of a sub-directory become: one image group, an image sequence, or single images.'),
    dicomseries: z
      .boolean({ error: 'expected true or false' })
      .prefault(false)
      .describe(
        'Send the DICOM files of each directory, one row for each SeriesInstanceUID. They hold patient data, and nothing is removed.',
      ),
    ignore: z
      .array(text('A gitignore pattern.'), { error: 'expected a list of gitignore patterns' })
      .prefault([])
      .describe(
        'Patterns in gitignore syntax, case-sensitive, of what to leave alone; in addition to .encordignore files and the built-in list.',
      ),
    via: z
      .enum(['upload', 'cloud'])
      .prefault('upload')
      .describe('upload: files are sent. cloud: nothing is sent; what a sync tool has put into a bucket of your own is registered.'),
    integration: text("With `via: cloud`: the id of the bucket's integration, as `integrations` lists it.").optional(),
    url_prefix: text('With `via: cloud`: where the folder lies in the bucket, such as s3://bucket/p/.')
      .regex(URL_PREFIX_PATTERN, `expected ${URL_PREFIX_FORM}`)
      .optional(),
    settle: duration('A file is sent when it has not changed for this long. 60s on network file systems unless set.').prefault('5s'),
    group_settle: duration('A directory of images is sent as a group when nothing in it has changed for this long.').prefault('60s'),
    regroup_settle: duration('The same for a group that was sent already: it is then registered anew as a whole.').prefault('10m'),
    group_incomplete: z
      .enum(['block', 'skip'])
      .prefault('block')
      .describe('A damaged or refused image: block its group, or skip the image.'),
    on_change: z
      .enum(['hold', 'replace', 'keep'])
      .prefault('hold')
      .describe('The old row of a file whose content changed: hold it for a person, replace it (guarded), or keep both.'),
    watch: z
      .enum(['auto', 'events', 'poll'])
      .prefault('auto')
      .describe('How changes are noticed: events of the file system, polling, or whichever the file system allows.'),
    deletes,
  })
  .describe('One watched local directory, bound to one dataset.')

const rate = z
  .string({ error: `expected ${BYTE_RATE_FORM}` })
  .regex(OFF_OR_RATE, `expected ${BYTE_RATE_FORM}, or off`)
  .transform((value, context) => (value === 'off' ? null : (parseByteRate(value) ?? refuse(context, 'must be at least 1kB/s'))))
  .describe('A rate such as 50MB/s, or off for no limit.')

const timeOfDay = (about: string) =>
  z
    .string({ error: `expected ${TIME_FORM}` })
    .regex(TIME_PATTERN, `expected ${TIME_FORM}`)
    .transform((value, context) => parseTimeOfDay(value) ?? refuse(context, `expected ${TIME_FORM}`))
    .optional()
    .describe(about)

const hours = z.strictObject({
  from: timeOfDay('First minute, in the time of this machine.'),
  to: timeOfDay('End; an end before the start is on the next day.'),
  rate,
})

function checkHours(entries: readonly WrittenHours[], context: z.core.$RefinementCtx): void {
  for (const { index, message } of hoursProblems(entries)) {
    context.issues.push({ code: 'custom', message, input: entries[index], path: [index] })
  }
}

const upload = z
  .strictObject({
    concurrency: z
      .union([z.literal('auto'), z.int().min(1).max(64)], { error: 'expected auto, or a whole number from 1 to 64' })
      .prefault('auto')
      .describe('How many files are sent at the same time.'),
    bandwidth: z
      .union([rate, z.array(hours).superRefine(checkHours)], { error: `expected ${BYTE_RATE_FORM}, off, or a list of hours` })
      .optional()
      .describe('The most that all uploads together may send: one rate, or a list of hours with a rate each. No limit when absent.'),
  })
  .prefault({})
  .describe('Limits on what is sent.')

/** The whole config file. */
export const configSchema = z
  .strictObject({
    encord,
    ledger: text(
      'The SQLite database that knows which file is which row. On a local disk, outside every folder. By default ~/.local/state/encord-sync/ledger.db.',
    ).optional(),
    folders: z.array(folder, { error: 'expected a list of folders' }).prefault([]).describe('The watched directories.'),
    upload,
    limits: z
      .union(
        [
          z.enum(LIMIT_PRESETS),
          z.strictObject({
            preset: z.enum(LIMIT_PRESETS).prefault('enterprise').describe('What the limits below are when they are left out.'),
            file_size: z
              .string({ error: `expected ${FILE_SIZE_FORM}` })
              .regex(FILE_SIZE_PATTERN, `expected ${FILE_SIZE_FORM}`)
              .optional()
              .describe('Of one file.'),
            side: z.int().min(1).optional().describe('Longest side of an image, pixels.'),
            frames: z.int().min(1).optional().describe('Images of one group or sequence.'),
            units: z.int().min(1).optional().describe('Units sent at one time.'),
          }),
        ],
        { error: 'expected enterprise, team, free or off, or a map of preset, file_size, side, frames and units' },
      )
      .transform(limitsOf)
      .prefault('enterprise')
      .describe("What Encord recommends at most, by plan: `plan` and `why` warn beyond it; nothing is held up. Or limits of one's own."),
    rescan: duration('How often every folder is walked as a whole, whatever the events said.').prefault('15m'),
    status: z
      .strictObject({
        listen: z
          .string({ error: 'expected host:port, such as 127.0.0.1:8765' })
          .transform((value, context) => parseListen(value) ?? refuse(context, 'expected host:port, such as 127.0.0.1:8765 or [::1]:8765'))
          .describe('Where the page, /healthz and /metrics are served, as host:port.'),
      })
      .optional()
      .describe('The local status page, health and metrics. Off when absent.'),
    notify: z
      .strictObject({
        command: z
          .array(text('A word of the command.'), { error: 'expected a list: the program and its arguments' })
          .min(1, 'expected a list: the program and its arguments')
          .optional()
          .describe('A program and its arguments, run without a shell for each notice, with its JSON on standard input.'),
        webhook: text(
          `An http or https address that each notice is posted to as JSON. Best as \${NAME}; written out, the config file itself must have mode 0600.`,
        )
          .refine((value) => /^https?:\/\//i.test(value) && URL.canParse(value), 'expected an address such as https://hooks.example.org/…')
          .optional(),
        webhook_file: text(
          'File that holds the address of the webhook: mode 0600, or a systemd credential. Read again each time.',
        ).optional(),
        on: z
          .array(z.enum(NOTICE_CAUSES), { error: `expected a list of ${NOTICE_CAUSES.join(', ')}` })
          .optional()
          .describe('Causes that are told. All of them when absent.'),
      })
      .optional()
      .describe('Whom to tell what needs a person: one notice when it begins, one when it is over.'),
    log: z
      .strictObject({
        level: z.enum(LOG_LEVELS).prefault('info').describe('The least urgent level that is logged.'),
        format: z
          .enum(['auto', 'human', 'journald', 'json'])
          .prefault('auto')
          .describe('auto: human on a terminal, journald prefixes under systemd, JSON lines otherwise.'),
        file: text('Where the log goes instead of stderr: a file of its own (0600), which is rotated.').optional(),
        max_size: z
          .string({ error: `expected ${BYTE_SIZE_FORM}` })
          .regex(BYTE_SIZE_PATTERN, `expected ${BYTE_SIZE_FORM}`)
          .transform((value, context) => parseByteSize(value) ?? refuse(context, 'must be at least 1kB'))
          .prefault('10MB')
          .describe('A log file that is larger is set aside, and a new one begun.'),
        keep: z
          .int({ error: 'expected a whole number from 0 to 1000' })
          .min(0, 'expected a whole number from 0 to 1000')
          .max(1000, 'expected a whole number from 0 to 1000')
          .prefault(5)
          .describe('How many log files that were set aside are kept.'),
      })
      .prefault({})
      .describe('The log, on stderr unless `file` says otherwise.'),
  })
  .describe('Config of encord-sync.')

export type ParsedConfig = z.output<typeof configSchema>
export type ParsedFolder = ParsedConfig['folders'][number]

/** What a person is told of, one notice each when it begins and one when it is over (config `notify.on`). */
export const NOTICE_CAUSES = [
  'deletes-held',
  'credentials',
  'folder',
  'rejected',
  'ledger',
  'disk-full',
  'offline',
  'clock',
  'config',
] as const
export type NoticeCause = (typeof NOTICE_CAUSES)[number]

/** Something that needs a person, for as long as it lasts. */
export type Trouble = {
  /** Tells it from others: the same cause of another folder is another trouble. */
  readonly key: string
  readonly cause: NoticeCause
  /** The folder's path; null where all are meant. */
  readonly folder: string | null
  /** In one sentence, without names of files. */
  readonly what: string
  /** The one next command. */
  readonly next: string
}

/** What is delivered. Times are ms since 1970. */
export type Notice = Omit<Trouble, 'cause'> & {
  readonly cause: NoticeCause | 'test'
  readonly event: 'begin' | 'over' | 'test'
  readonly sinceMs: number
  readonly atMs: number
}

/** The JSON that a command reads and a webhook is sent: fields are added in time, and never change their meaning. `host`: this machine's name. */
export function noticeJson({ event, key, cause, folder, what, next, sinceMs, atMs }: Notice, host: string): string {
  const [since, at] = [sinceMs, atMs].map((ms) => new Date(ms).toISOString())
  const text = event === 'over' ? `over: ${what}` : what
  return JSON.stringify({ version: 1, event, cause, id: key, folder, what, next, since, at, host, text: `encord-sync on ${host}: ${text}` })
}

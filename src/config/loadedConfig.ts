import type { BandwidthPlan } from '../model/bandwidthPlan.ts'
import type { LogLevel } from '../model/event.ts'
import type { FolderPolicy } from '../model/folder.ts'
import type { Limits } from '../model/limits.ts'
import type { NoticeCause } from '../model/notice.ts'

/** A pattern of `ignore:` and where it stands, `file:line:column`. */
export type IgnoreRule = { readonly pattern: string; readonly where: string }

/** One watched directory. */
export type FolderConfig = {
  /** Absolute; links in it are not followed yet. */
  readonly path: string
  /** Lower case. */
  readonly dataset: string
  /** The file that `api_key_file` names, absolute; null where the key stands in the config or in a variable. */
  readonly keyFile: string | null
  /** The dataset's API key, from the key file as it is now. @throws UserError (exit 3) when there is none; the message holds no secret. */
  readApiKey(): string
  readonly policy: FolderPolicy
  /** What the config says itself: defaults may be raised on network and read-only file systems, explicit values may not be forgotten. */
  readonly explicit: { readonly settle: boolean; readonly grace: boolean }
  readonly ignore: readonly IgnoreRule[]
  readonly watch: 'auto' | 'events' | 'poll'
  /** Beyond which `plan` and `why` warn; null: never. The same for all folders. */
  readonly limits: Limits | null
}

/** A log in a file of its own: rotated at this size, and how many older ones are kept. */
export type LogFile = { readonly path: string; readonly maxSizeBytes: number; readonly keep: number }

export type NotifyConfig = {
  readonly command: readonly string[] | null
  /** The address of the webhook, from its file as it is now; `url` is null where none is configured. No message holds it. */
  readWebhook(): { readonly url: string | null } | { readonly problem: string }
  readonly on: readonly NoticeCause[]
}

/** A valid config. Paths are absolute, durations ms. Printing it shows no secret. */
export type LoadedConfig = {
  readonly file: string
  readonly encord: {
    /** Without a slash at its end. */
    readonly domain: string
    readonly privateKeyFile: string | null
    /** A function, so that printing the config does not print it. */
    readPassphrase(): string | null
    readonly absentGapMs: number
    readonly caFile: string | null
    readonly uploadHosts: readonly string[]
  }
  readonly ledgerPath: string
  readonly folders: readonly FolderConfig[]
  readonly upload: { readonly concurrency: 'auto' | number; readonly bandwidth: BandwidthPlan }
  readonly rescanMs: number
  readonly status: { readonly host: string; readonly port: number } | null
  /** Whom to tell what needs a person; null: nobody. */
  readonly notify: NotifyConfig | null
  readonly log: {
    readonly level: LogLevel
    readonly format: 'auto' | 'human' | 'journald' | 'json'
    /** Instead of stderr. */
    readonly file: LogFile | null
  }
  /** `file:line:column: text`, of things that are allowed and perhaps not meant. */
  readonly warnings: readonly string[]
}

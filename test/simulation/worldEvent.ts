import type { Mishap } from './virtualServer.ts'

/** Something that happens in a world; plain data, so that a failing world can be written down and made smaller. */
export type WorldEvent = { readonly atMs: number } & (
  | { readonly do: 'write'; readonly at: string; readonly content: string }
  /** New bytes into the same file; `hidden` sets its mtime back afterwards. */
  | { readonly do: 'rewrite'; readonly at: string; readonly content: string; readonly hidden: boolean }
  /** The first part at once, the rest after `forMs`. */
  | { readonly do: 'grow'; readonly at: string; readonly content: string; readonly forMs: number }
  | { readonly do: 'touch'; readonly at: string }
  /** Written beside it under a temporary name, then renamed over it. */
  | { readonly do: 'save'; readonly at: string; readonly content: string }
  | { readonly do: 'rename'; readonly at: string; readonly to: string }
  /** New bytes into the same file, before any look sees it at its new place. */
  | { readonly do: 'renameEdited'; readonly at: string; readonly to: string; readonly content: string }
  | { readonly do: 'swap'; readonly at: string; readonly to: string }
  | { readonly do: 'copy'; readonly at: string; readonly to: string }
  /** A second name for the same file. */
  | { readonly do: 'hardLink'; readonly at: string; readonly to: string }
  /** Copied first, removed after `forMs`. */
  | { readonly do: 'slowMove'; readonly at: string; readonly to: string; readonly forMs: number }
  /** To and fro between two places, every `everyMs`. */
  | { readonly do: 'shuttle'; readonly at: string; readonly to: string; readonly everyMs: number; readonly times: number }
  | { readonly do: 'remove'; readonly at: string }
  /** Everything in a directory of a folder, file by file. */
  | { readonly do: 'empty'; readonly at: string; readonly everyMs: number }
  | { readonly do: 'vanish'; readonly at: string; readonly forMs: number }
  /** Taken out of all folders, and put down somewhere else after `forMs`. */
  | { readonly do: 'carry'; readonly at: string; readonly to: string; readonly forMs: number }
  | { readonly do: 'link'; readonly at: string; readonly forMs: number; readonly dangling: boolean }
  | { readonly do: 'close'; readonly at: string; readonly forMs: number }
  /** A file is moved into a directory, and nobody can look into that any more: it is closed, or its disk goes. */
  | { readonly do: 'stash'; readonly at: string; readonly to: string; readonly forMs: number }
  | { readonly do: 'unmount'; readonly at: string; readonly forMs: number }
  | { readonly do: 'rootAway'; readonly at: string; readonly forMs: number; readonly how: 'gone' | 'empty' | 'closed' }
  /** The whole folder was copied back from a backup: new inodes, the marker with it. */
  | { readonly do: 'restoreFolder'; readonly at: string }
  | { readonly do: 'loseMarker'; readonly at: string }
  /** A snapshot that the folder is put back to after `forMs`, its marker with it: the same inodes, and times that went back. */
  | { readonly do: 'rollBack'; readonly at: string; readonly forMs: number }
  /** The ignore file of a directory is written anew; `null`: removed. */
  | { readonly do: 'ignoreFile'; readonly at: string; readonly text: string | null }
  | { readonly do: 'jump'; readonly ms: number; readonly forMs: number }
  | { readonly do: 'serverDate'; readonly ms: number; readonly forMs: number }
  | { readonly do: 'fault'; readonly call: string; readonly mishap: Mishap; readonly times: number; readonly retryAfterMs: number | null }
  | { readonly do: 'listing'; readonly how: 'half' | 'empty' | 'other-dataset' | 'html'; readonly times: number }
  | { readonly do: 'down'; readonly forMs: number }
  | { readonly do: 'badKey'; readonly forMs: number }
  | { readonly do: 'badTitles' }
  | { readonly do: 'otherAdds'; readonly at: string; readonly content: string }
  | { readonly do: 'otherRemoves'; readonly nth: number }
  /** The process dies, at once or further on its way, and is started again after `forMs`. */
  | { readonly do: 'crash'; readonly step: number; readonly forMs: number }
  | { readonly do: 'crashAt'; readonly point: string; readonly times: number; readonly forMs: number }
  /** The config is edited while the service runs, which reads it anew. */
  | { readonly do: 'edit'; readonly edit: ConfigEdit }
  | { readonly do: 'stop'; readonly forMs: number; readonly edit: ConfigEdit | null }
  | { readonly do: 'rememberLedger' }
  | { readonly do: 'oldLedger'; readonly forMs: number }
  /** `ledger accept`: a person goes on with a ledger that was put back. */
  | { readonly do: 'acceptLedger' }
  | { readonly do: 'deaf'; readonly forMs: number }
  | { readonly do: 'decide'; readonly how: 'approve' | 'reject' }
  | { readonly do: 'accept'; readonly at: string }
)

/** What a person changed in the config. */
export type ConfigEdit =
  | { readonly set: 'mode'; readonly folder: number; readonly mode: 'propagate' | 'hold' | 'never' }
  | { readonly set: 'onChange'; readonly folder: number; readonly onChange: 'hold' | 'replace' | 'keep' }
  | { readonly set: 'groupIncomplete'; readonly folder: number; readonly groupIncomplete: 'block' | 'skip' }
  | { readonly set: 'grace'; readonly folder: number; readonly graceMs: number }
  | { readonly set: 'ignore'; readonly folder: number; readonly ignore: readonly string[] }
  | { readonly set: 'subdirectories'; readonly folder: number; readonly subdirectories: 'group' | 'individual' }
  | { readonly set: 'configured'; readonly folder: number; readonly configured: boolean }

export type FolderTruth = {
  readonly path: string
  readonly dataset: string
  readonly birth: boolean
  readonly tickMs: number
  readonly settleMs: number
  readonly groupSettleMs: number
  readonly regroupSettleMs: number
  readonly graceMs: number
  readonly limit: { readonly count: number; readonly percent: number }
  readonly mode: 'propagate' | 'hold' | 'never'
  readonly onChange: 'hold' | 'replace' | 'keep'
  /** `block` where it is left out. */
  readonly groupIncomplete?: 'block' | 'skip'
  readonly subdirectories: 'group' | 'individual'
  readonly ignore: readonly string[]
  /** A directory on which another file system is mounted from the beginning. */
  readonly mount: string | null
}

/** A whole world: everything that a run depends on. The same world runs the same way. */
export type World = {
  readonly seed: number
  readonly folders: readonly FolderTruth[]
  readonly server: { readonly second: 'error' | 'ok' | 'row'; readonly lagMs: number; readonly members: boolean; readonly datarow: boolean }
  readonly absentGapMs: number
  readonly rescanMs: number
  readonly concurrency: number
  /** Share of steps that take time. */
  readonly slowness: number
  /** Share of hints that get lost; as many come twice. */
  readonly hintLoss: number
  readonly events: readonly WorldEvent[]
}

/** How long an event goes on, ms. */
export function spanOf(event: WorldEvent): number {
  if ('forMs' in event) return event.forMs
  if (event.do === 'shuttle') return event.everyMs * event.times
  return event.do === 'empty' ? event.everyMs * 30 : 0
}

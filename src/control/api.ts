import type { ExitCode } from '../model/exitCode.ts'
import type { FolderState } from '../model/folder.ts'
import type { UnitKind, UnitState } from '../model/unit.ts'

/** Counts add up: seen = synced + on the way + waiting + failed + set aside + ignored (design, section 7). */
export type Counts = {
  readonly seen: number
  readonly synced: number
  readonly onTheWay: number
  readonly waiting: number
  readonly failed: number
  readonly setAside: number
  readonly ignored: number
  /** Not part of `seen`: units that are gone from the disk while their row is still there. */
  readonly missing: number
  /** Rows whose delete waits for a person; those of missing units count in both. */
  readonly held: number
}

export type FolderStatus = {
  readonly path: string
  readonly id: string
  readonly dataset: string
  readonly domain: string
  readonly state: FolderState
  readonly why: string
  /** ms since 1970. */
  readonly sinceMs: number
  /** The one command that helps; null when none is needed. */
  readonly next: string | null
  /** When its pause ends by itself; null when it is not paused, or a person ends it. */
  readonly pausedUntilMs: number | null
  readonly counts: Counts
  /** When the last complete whole scan ended, ms since 1970; null before the first. */
  readonly scannedAtMs: number | null
  /** The last time it was not well, and for how many rows a DELETE was sent meanwhile; `toMs` is null while it lasts. Null: it always was. */
  readonly incident: {
    readonly state: FolderState
    readonly fromMs: number
    readonly toMs: number | null
    readonly deletesSent: number
  } | null
}

/** The config that a running service follows. */
export type ReloadView = {
  readonly file: string
  /** `applying`: what is in hand ends first. `invalid`: the file can't be used, and the config before it stays in force. */
  readonly state: 'in-force' | 'applying' | 'invalid'
  /** Since when it is so, ms since 1970. */
  readonly sinceMs: number
  /** What is wrong with the file, each with its line and column; null when nothing is. */
  readonly problem: string | null
  /** Keys whose new value takes effect with the next start. */
  readonly restartNeeded: readonly string[]
}

export type StatusView = {
  /** Does a service hold the ledger, and which process is it? */
  readonly service: { readonly running: boolean; readonly pid: number | null; readonly startedAtMs: number | null }
  readonly version: string
  readonly ledger: string
  /** Null when no service follows it. */
  readonly config: ReloadView | null
  readonly folders: readonly FolderStatus[]
  /** Uploads in hand. */
  readonly uploads: readonly { readonly folder: string; readonly path: string; readonly sentBytes: number; readonly sizeBytes: number }[]
  /** What the service's last daily comparison of ledger, dataset and disk came to; null before the first. `drift`: differences for a person. */
  readonly verified: { readonly atMs: number; readonly drift: number; readonly failed: string | null } | null
  /** What needs a person, with the next command for each. */
  readonly attention: readonly { readonly what: string; readonly next: string }[]
  /** 0 in sync or on the way, 1 something failed and will be retried, 3 a person must act. */
  readonly exitCode: ExitCode
}

/** One unit, or one thing that is no unit and why. */
export type UnitLine = {
  readonly folder: string
  readonly path: string
  /** `set-aside`: a file that is no unit (sidecar, unknown type, symlink …). */
  readonly state: UnitState | 'set-aside'
  readonly kind: UnitKind | null
  readonly why: string
  readonly sinceMs: number
  readonly dataHash: string | null
  readonly title: string | null
  readonly sizeBytes: number
  readonly files: number
  /** sha256 of the file, or over the frames; null while unknown. */
  readonly sha256: string | null
}

export type WhyView = {
  readonly unit: UnitLine
  /** What will be tried next, and when; null when nothing will. */
  readonly nextTryAtMs: number | null
  readonly next: string | null
  readonly files: readonly {
    readonly path: string
    readonly local: string
    readonly problem: string | null
    readonly sha256: string | null
  }[]
  /** What Encord recommends and the unit passes; nothing is held up by it. */
  readonly warnings: readonly string[]
  /** The metadata file beside the unit, and what became of it; null when there is none. */
  readonly metadata: { readonly path: string; readonly state: 'sent' | 'due' | 'not-used'; readonly why: string } | null
  readonly versions: readonly { readonly dataHash: string | null; readonly title: string; readonly remote: string; readonly role: string }[]
  /** For a candidate: each rule's proof at hand, or what is missing. */
  readonly proof: readonly { readonly rule: string; readonly ok: boolean; readonly text: string }[]
  /** The ignore rule that covers the path, with where it stands; null when none does. */
  readonly ignored: { readonly rule: string; readonly where: string } | null
}

export type HeldBatch = {
  /** Null: candidates that still collect their proof, shown but not to be approved. */
  readonly id: number | null
  /** `approved`: a person decided, and what is left of it is being deleted. */
  readonly decision: 'approved' | null
  readonly digest: string | null
  readonly folder: string
  readonly why: string
  readonly madeMs: number
  readonly units: readonly {
    readonly path: string
    readonly dataHash: string
    readonly title: string
    readonly files: number
    readonly why: string
    readonly missing: string | null
  }[]
}

export type FolderIdentityView = {
  readonly path: string
  readonly id: string
  readonly state: FolderState
  readonly why: string
  readonly next: string | null
  readonly marker: string
  readonly mounts: readonly string[]
}

/** A change that was made in a dataset, or a decision about one. */
export type HistoryLine = {
  readonly seq: number
  readonly atMs: number
  readonly verb: string
  readonly folder: string | null
  readonly path: string | null
  readonly dataHash: string | null
  readonly files: number
  readonly approved: boolean
  /** In one sentence; for a deletion with the scans that proved it. */
  readonly why: string
  /** All that was written down; `call` of a deletion holds its evidence. */
  readonly detail: Readonly<Record<string, unknown>>
}

/** What a walk along the history's chain found; `unchained` entries are older than the chain. */
export type HistoryProof = { readonly entries: number; readonly unchained: number; readonly problems: readonly string[] }

/** The local interface: what commands ask of a running service, or do on the ledger themselves when none runs. */
export type LocalApi = {
  status(): Promise<StatusView>
  units(ask: { readonly path: string | null }): Promise<readonly UnitLine[]>
  /** @throws UserError (2) when no folder holds the path. */
  why(ask: { readonly path: string }): Promise<WhyView>
  /** All failed and set-aside units when `paths` is empty. `asIs`: send what looks cut off. */
  retry(ask: { readonly paths: readonly string[]; readonly asIs: boolean }): Promise<{ readonly units: readonly string[] }>
  deletes(): Promise<readonly HeldBatch[]>
  /** @throws UserError (2) for an unknown batch, another digest, or a batch already decided. */
  approve(ask: { readonly id: number; readonly digest: string }): Promise<{ readonly approved: number; readonly returned: number }>
  reject(ask: { readonly id: number }): Promise<{ readonly kept: number }>
  /** `folder: null` is all of them. `forMs`: it ends by itself; null: a person ends it. */
  pause(ask: {
    readonly folder: string | null
    readonly forMs: number | null
  }): Promise<{ readonly folders: readonly string[]; readonly untilMs: number | null }>
  resume(ask: { readonly folder: string | null }): Promise<{ readonly folders: readonly string[] }>
  /** Reads the config file now. Null: no service runs, and the next start reads it. */
  reload(): Promise<ReloadView | null>
  folders(): Promise<readonly FolderIdentityView[]>
  /** Takes a folder as it stands: its identity, its mounts and what they hid. */
  acceptFolder(ask: { readonly folder: string }): Promise<{
    readonly folder: string
    readonly state: FolderState
    readonly settled: readonly string[]
    /** What is left to do; null: nothing. */
    readonly next: string | null
  }>
  /** Takes a rolled-back or copied ledger for what it knows. @returns the folders that were frozen. @throws UserError (3) while its twin is at work */
  acceptLedger(): Promise<{ readonly folders: readonly string[]; readonly settled: readonly string[] }>
  /** Oldest first. `path` covers what lies below it. @throws UserError (2) when no folder holds the path */
  history(ask: { readonly path: string | null; readonly sinceMs: number | null }): Promise<readonly HistoryLine[]>
  verifyHistory(): Promise<HistoryProof>
  /**
   * Links unlinked units to the rows they match by title and size; `none`: sends them as new rows. `path: null` is all of them. @returns `again`:
   * those that lie in a bucket, and are registered again: Encord may refuse what it holds already
   */
  adopt(ask: { readonly none: boolean; readonly path: string | null }): Promise<{
    readonly linked: readonly string[]
    readonly sent: readonly string[]
    readonly again: readonly string[]
    readonly ambiguous: readonly string[]
  }>
}

export const LOCAL_CALLS = [
  'status',
  'units',
  'why',
  'retry',
  'deletes',
  'approve',
  'reject',
  'pause',
  'resume',
  'reload',
  'folders',
  'acceptFolder',
  'acceptLedger',
  'history',
  'verifyHistory',
  'adopt',
] as const satisfies readonly (keyof LocalApi)[]

import type { Clock } from '../model/clock.ts'
import type { Log } from '../model/event.ts'
import type { RelPath } from '../model/file.ts'
import type { FolderPolicy } from '../model/folder.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { Listed } from './listing.ts'
import type { Effect } from './plan/action.ts'
import type { Disk, Remote } from './ports.ts'
import type { FolderRecord } from './records.ts'

/** What an effect came to; the executor writes it down and says when the unit is looked at again. */
export type EffectResult =
  /** Something changed in the ledger: plan the unit anew. */
  | { readonly kind: 'again' }
  /** The file is not what was scanned any more: look at its directory. */
  | { readonly kind: 'look'; readonly dir: string }
  /** An unknown outcome waits for its next listing. */
  | { readonly kind: 'later'; readonly forMs: number; readonly patience?: 'once-leaves' }

/** What the effects of one folder work with. */
export type EffectTools = {
  readonly ledger: LedgerPort
  readonly disk: Disk
  readonly remote: Remote
  readonly folder: FolderRecord
  readonly policy: FolderPolicy
  /** Of any folder of the dataset. */
  policyOf(folderId: number): FolderPolicy
  readonly log: Log
  readonly clock: Clock
  readonly signal: AbortSignal
  /** ms that a listing may lag (config `absent_gap`). */
  readonly absentGapMs: number
  /** Is this still what has to be done? What waited for a slot, or took long, may be about files that changed meanwhile. */
  stillPlanned(effect: Effect): boolean
  /** Something in this directory, of this or another folder of the dataset, is not as the ledger knows it. */
  lookInto(folderId: number, dir: RelPath): void
  /** Runs one PUT or call when a slot is free; small bodies never wait behind large ones. */
  inSlot<T>(sizeBytes: number, work: () => Promise<T>): Promise<T>
  /** Versions registered by this process whose row nobody else can have touched yet. */
  readonly fresh: Set<number>
  /** Further bytes of a unit's bodies that left, for progress; negative when a body starts anew. */
  onBytes(unitId: number, moreBytes: number): void
  /** Reads and applies a listing; those who ask while one is under way share it. Null: it is not to be trusted. */
  listing(): Promise<Listed | null>
  /** A point of the crash matrix: tests die here. */
  readonly crashPoint: (name: CrashPoint) => void
}

/** Named points between durable writes and calls (analysis, section 4.2), at which a crash must lose nothing. */
export type CrashPoint =
  | 'ticket.kept'
  | 'put.done'
  | 'register.intended'
  | 'register.answered'
  | 'register.kept'
  | 'stage.intended'
  | 'stage.answered'
  | 'group.intended'
  | 'group.answered'
  | 'group.kept'
  | 'delete.intended'
  | 'delete.answered'
  | 'delete.kept'
  | 'title.intended'
  | 'title.answered'

/** Tickets older than this are not used for a new PUT, ms: how long a signed URL lives is not documented. */
export const TICKET_AGE_MS = 240_000

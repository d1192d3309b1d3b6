import type { FileStamp, RelPath } from '../../model/file.ts'
import type { UnitKind, WorkFact } from '../../model/unit.ts'
import type { ForeignRow } from '../records.ts'

/** Does a single pass wait for it, or leave it for a later one? */
export type Patience = 'once-waits' | 'once-leaves'

/** Questions. Each is answered with a fact or an errno in the ledger, and never asked twice for the same stamp. */
export type Inquiry =
  | { readonly kind: 'inspect'; readonly unitId: number; readonly fileId: number; readonly because: string }
  | { readonly kind: 'hash'; readonly unitId: number; readonly fileId: number; readonly because: string }
  /** Is the unit's metadata file of use? */
  | { readonly kind: 'inspect-sidecar'; readonly unitId: number; readonly fileId: number; readonly because: string }
  | { readonly kind: 'list-remote'; readonly unitId: number; readonly remoteId: number; readonly because: string }

/** Changes of the ledger alone. */
export type Note =
  | {
      readonly kind: 'wait'
      readonly unitId: number
      readonly work: WorkFact
      readonly why: string
      /** ms until it is looked at again; null: not before something changes. */
      readonly forMs: number | null
      readonly patience: Patience
    }
  /** The unit is in step with its row. `asIs`: it would not be sent by itself, and its row holds it all the same, by a person's word. */
  | { readonly kind: 'in-step'; readonly unitId: number; readonly asIs?: true; readonly because: string }
  /** The bytes say another kind than the name did. */
  | { readonly kind: 'remap'; readonly unitId: number; readonly fileIds: readonly number[]; readonly because: string }
  | { readonly kind: 'retype'; readonly unitId: number; readonly unitKind: UnitKind; readonly because: string }
  /** The unit is a moved one: the row of `fromUnitId` is its row. */
  | { readonly kind: 'take-over'; readonly unitId: number; readonly fromUnitId: number; readonly because: string }
  /** A row of the dataset that the ledger did not make is this unit's; `more` are the further rows of a sequence. */
  | {
      readonly kind: 'link'
      readonly unitId: number
      readonly row: ForeignRow
      readonly more: readonly ForeignRow[]
      readonly content: string
      /** `person`: its own file may stand where our note on it says all the same. */
      readonly goesBy: 'rule' | 'person'
      readonly because: string
    }
  /** A lost call made the row of this content, as a listing showed meanwhile. */
  | { readonly kind: 'take-lost'; readonly unitId: number; readonly versionId: number; readonly because: string }
  /** A coming version that will not be registered: its hash is kept as a stray. */
  | { readonly kind: 'abandon'; readonly unitId: number; readonly versionId: number; readonly because: string }
  /** Nothing is left of the unit, here or there. */
  | { readonly kind: 'forget'; readonly unitId: number; readonly because: string }

/** Changes of the dataset. */
export type Effect =
  /** Sends a unit, or goes on with sending it, up to its registration. */
  | {
      readonly kind: 'upload'
      readonly unitId: number
      readonly folderId: number
      readonly key: RelPath
      readonly unitKind: UnitKind
      readonly title: string
      readonly sizeBytes: number
      readonly fileIds: readonly number[]
      /** What these very files were when they were found whole and at rest: no others are sent. */
      readonly stamps: readonly FileStamp[]
      readonly mime: string
      readonly because: string
    }
  /** Finds out what became of a call whose answer was lost, and only then goes on. */
  | {
      readonly kind: 'resolve'
      readonly unitId: number
      readonly versionId: number
      readonly operationId: number
      readonly because: string
    }
  | { readonly kind: 'retitle'; readonly unitId: number; readonly versionId: number; readonly title: string; readonly because: string }
  | {
      readonly kind: 'write-metadata'
      readonly unitId: number
      readonly versionId: number
      /** The metadata file beside the unit, if it has, or had, one. */
      readonly sidecar: RelPath | null
      readonly because: string
    }

/** What a plan is made of: data, each with its reason. */
export type Action = Inquiry | Note | Effect

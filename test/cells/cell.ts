import type { EventName } from './cellEvents.ts'
import type { State } from './cellStates.ts'
import type { Landing } from './cellView.ts'

/**
 * One cell of the transition table of the analysis, section 2. `says` is the analysis' own word. Where the design decided otherwise,
 * `differs` says what and why; a cell that cannot be reached says why not.
 */
export type Cell =
  | {
      readonly kind: 'lands'
      readonly says: string
      /** For an unknown outcome (R, X): the call took effect. */
      readonly on: Landing
      /** For an unknown outcome: it did not. Else null. */
      readonly onLost: Landing | null
      readonly differs: string | null
    }
  | { readonly kind: 'never'; readonly says: string; readonly why: string }

/** One way in which a row of the table comes about, and where each state lands. */
export type Row = { readonly row: string; readonly event: EventName } & Readonly<Record<State, Cell>>

export function lands(says: string, on: Landing, onLost: Landing | null = null): Cell {
  return { kind: 'lands', says, on, onLost, differs: null }
}

/** The design wins where the two differ. */
export function differs(why: string, says: string, on: Landing, onLost: Landing | null = null): Cell {
  return { kind: 'lands', says, on, onLost, differs: why }
}

export function never(says: string, why: string): Cell {
  return { kind: 'never', says, why }
}

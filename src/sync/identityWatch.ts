import { type FolderState, isShut } from '../model/folder.ts'
import { editCount } from './editCount.ts'
import { type FolderStateTools, renewAlive, reviewState } from './folderState.ts'

/** Looks again and again whether the folder is still itself, and keeps its sign of life: each minute, and once the ledger was told of an edit. */
export type IdentityWatch = {
  /** As the last look found it; `ok` before the first. */
  readonly state: FolderState
  /** When the next look is due, by the monotonic clock, ms; minus infinity: at once. */
  readonly dueMs: number
  /** The next look is due at once. */
  soon(): void
  look(): Promise<void>
}

export type IdentityWatchTools = FolderStateTools & {
  /** What the disk does not explain: a refused key, a wrong clock, a watch that polls. Null when there is nothing. */
  trouble(): Parameters<typeof reviewState>[2]
  onChange(): void
  /** It may be another one than before, or can be looked into again: what was seen of it is worth nothing now. */
  onAnother(): void
  /** A disk was mounted under it, or unmounted: no watch tells of that. */
  onOtherMounts(): void
}

const IDENTITY_MS = 10_000
const ALIVE_MS = 60_000

export function openIdentityWatch(tools: IdentityWatchTools, folderId: number): IdentityWatch {
  const { clock } = tools
  let state: FolderState = 'ok'
  let dueMs = Number.NEGATIVE_INFINITY
  let aliveDueMs = Number.NEGATIVE_INFINITY
  let aliveEdits = -1
  let mounted: string | null = null
  return {
    get state() {
      return state
    },
    get dueMs() {
      return dueMs
    },
    soon() {
      dueMs = Number.NEGATIVE_INFINITY
    },
    async look() {
      dueMs = clock.monotonicMs() + IDENTITY_MS
      const review = await reviewState(tools, folderId, tools.trouble())
      const { was } = review
      if (review.state !== was && (isShut(was) || was === 'restored' || review.state === 'restored') && !isShut(review.state))
        tools.onAnother()
      if (review.state !== was) tools.onChange()
      state = review.state
      const mountedNow = review.mounted === null ? mounted : review.mounted.join('\n')
      if (mounted !== null && mountedNow !== mounted) tools.onOtherMounts()
      mounted = mountedNow
      const edits = editCount(tools.ledger.meta)
      if (clock.monotonicMs() < aliveDueMs && edits === aliveEdits) return
      aliveDueMs = clock.monotonicMs() + ALIVE_MS
      aliveEdits = edits
      await renewAlive(tools, folderId, false)
    },
  }
}

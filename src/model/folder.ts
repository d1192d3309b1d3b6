/** What people see of a folder (design, section 7). Only `ok` and `degraded` allow deletes. */
export const FOLDER_STATES = [
  'ok',
  'absent',
  'foreign',
  'restored',
  'unreadable',
  'credentials',
  'clock',
  'frozen',
  'paused',
  'degraded',
] as const
export type FolderState = (typeof FOLDER_STATES)[number]

/** A mount as people are shown it: its type and place, without what identifies it. The folder may be one itself. */
export function shownMount(key: string): string {
  const [, type = key, dir = ''] = /^([^ #]*)(?:#[^ ]*)?(?: (.*))?$/s.exec(key) ?? []
  return dir === '' ? `${type}, the folder itself` : `${type} at ${dir}`
}

/** States in which nothing of a folder is looked at, sent or deleted. */
export function isShut(state: FolderState): boolean {
  return state === 'absent' || state === 'foreign' || state === 'unreadable'
}

/** How the reason begins of a folder that is shut because another entry of the config leads to its directory: only an edit of the config helps. */
const DOUBLED = 'it is the same directory as '

/** @param other the entry that keeps the directory, as the config has it */
export function doubledBy(other: string): string {
  return `${DOUBLED}${other}, which the config names too: as this folder nothing of it is sent or deleted; take one of the two out of the config`
}

export function isDoubled(why: string): boolean {
  return why.startsWith(DOUBLED)
}

const LEFT = 'it is the folder that was at '

/** What is said of a folder that came to a place which the config had named before it was there. @param before its path until then */
export function leftBefore(before: string): string {
  return `${LEFT}${before}, and left the config before it was seen here: nothing of it is sent or deleted until a start takes it up again, with its rows`
}

export function isLeftBefore(why: string): boolean {
  return why.startsWith(LEFT)
}

/** How a folder's changes are carried to its dataset. Durations in ms; built from the config. */
export type FolderPolicy = {
  readonly title:
    | { readonly kind: 'path' }
    | { readonly kind: 'name' }
    | { readonly kind: 'template'; readonly template: string; readonly host: string }
  readonly subdirectories: 'group' | 'sequence' | 'individual'
  /** What becomes of DICOM files: they are set aside, or sent as series, one for each SeriesInstanceUID of a directory. */
  readonly dicom: 'set-aside' | 'series'
  /** `cloud`: rows are made of what lies in the owner's bucket below `urlPrefix` (ends with a slash); no byte is sent. */
  readonly via: { readonly kind: 'upload' } | { readonly kind: 'cloud'; readonly integration: string; readonly urlPrefix: string }
  readonly settleMs: number
  readonly groupSettleMs: number
  readonly regroupSettleMs: number
  readonly groupIncomplete: 'block' | 'skip'
  readonly onChange: 'hold' | 'replace' | 'keep'
  readonly deletes: {
    readonly mode: 'propagate' | 'hold' | 'never'
    readonly graceMs: number
    readonly limit: { readonly count: number; readonly percent: number; readonly perMs: number }
  }
}

import type { HistoryLine, LocalApi } from '../control/api.ts'
import { shownKey } from '../model/unit.ts'
import type { PastEntry } from '../store/history.ts'
import type { LocalParts } from './localParts.ts'
import { placesOf } from './place.ts'

type Ask = Parameters<LocalApi['history']>[0]

/** Every change that was made in the datasets, oldest first. @throws UserError (2) when no folder holds the path */
export function historyLines({ ledger }: Pick<LocalParts, 'ledger'>, { path, sinceMs }: Ask): readonly HistoryLine[] {
  const places = path === null ? [null] : placesOf(ledger, path)
  const entries = places.flatMap((place) =>
    ledger.history.entries({ folderId: place?.folder.id ?? null, key: place?.path ?? null, sinceMs }),
  )
  const folders = new Map<number, string>()
  const pathOf = (id: number | null): string | null => {
    if (id === null) return null
    if (!folders.has(id)) folders.set(id, ledger.folders.get(id).path)
    return folders.get(id) ?? null
  }
  return entries.sort((a, b) => a.seq - b.seq).map((entry) => historyLine(entry, pathOf(entry.folderId)))
}

function historyLine(entry: PastEntry, folder: string | null): HistoryLine {
  const { seq, atMs, verb, key, dataHash, files, approved, detail } = entry
  const path = key === null ? null : shownKey(key)
  return { seq, atMs, verb, folder, path, dataHash, files, approved, why: reasonOf(entry), detail }
}

/** One sentence of why; all that is known is in the detail. */
function reasonOf({ verb, approved, detail }: PastEntry): string {
  const text = (name: string): string => (typeof detail[name] === 'string' ? detail[name] : '')
  switch (verb) {
    case 'deleted':
      return `${REASONS[text('why')] ?? text('why')}${approved ? ', approved by a person' : ''}${proofText(detail['call'])}`
    case 'renamed':
      return `title "${text('was')}" became "${text('title')}"`
    case 'registered':
      return text('because') === '' ? `as "${text('title')}"` : `as "${text('title')}": ${text('because')}`
    default:
      return text('because') === '' ? text('why') : text('because')
  }
}

const REASONS: Readonly<Record<string, string>> = {
  absent: 'its file was gone',
  superseded: 'a newer version took its place',
  copy: 'its file was gone, and a copy stands elsewhere',
  stray: 'its upload was given up',
  command: 'by command',
}

/** The scans that proved it; `call` is what the ledger wrote down of the DELETE. */
function proofText(call: unknown): string {
  const scans = typeof call === 'object' && call !== null && 'scans' in call && Array.isArray(call.scans) ? call.scans : []
  const shown = scans.flatMap((scan: unknown) => {
    const { id, endedMs } = (scan ?? {}) as { id?: unknown; endedMs?: unknown }
    return typeof id === 'number' && typeof endedMs === 'number' ? [`scan ${id} at ${new Date(endedMs).toISOString()}`] : []
  })
  return shown.length === 0 ? '' : `; proven by ${shown.join(' and ')}`
}

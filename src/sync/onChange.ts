import type { FolderPolicy } from '../model/folder.ts'
import type { LedgerPort } from './ledgerPort.ts'

type Noted = { readonly onChange: FolderPolicy['onChange']; readonly sinceMs: number }

/** Remembers a folder's `on_change`, and since when it is another one than before. Called inside a transaction. */
export function noteOnChange(ledger: Pick<LedgerPort, 'meta'>, folderId: number, onChange: FolderPolicy['onChange'], atMs: number): void {
  const known = noted(ledger, folderId)
  if (known?.onChange === onChange) return
  const now: Noted = { onChange, sinceMs: known === null ? 0 : atMs }
  ledger.meta.write(keyOf(folderId), JSON.stringify(now))
}

/** Since when `on_change` is what it is, ms since 1970; 0 where it never was anything else. */
export function onChangeSinceMs(ledger: Pick<LedgerPort, 'meta'>, folderId: number): number {
  return noted(ledger, folderId)?.sinceMs ?? 0
}

function noted(ledger: Pick<LedgerPort, 'meta'>, folderId: number): Noted | null {
  const text = ledger.meta.read(keyOf(folderId))
  return text === null ? null : (JSON.parse(text) as Noted)
}

function keyOf(folderId: number): string {
  return `on_change:${folderId}`
}

import type { LedgerPort } from './ledgerPort.ts'

type Meta = Pick<LedgerPort, 'meta'>['meta']

/** How many edits of rules the ledger was told of. */
export function editCount(meta: Meta): number {
  return Number(meta.read(KEY) ?? 0)
}

/** The ledger was told of one more: a copy of it from before does not know what that edit holds back. Called inside a transaction. */
export function countEdit(meta: Meta): void {
  meta.write(KEY, String(editCount(meta) + 1))
}

const KEY = 'edits'

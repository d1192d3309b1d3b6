import type { FolderPolicy } from '../model/folder.ts'
import { countEdit } from './editCount.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { RuleSince } from './plan/ruleEdits.ts'
import type { FolderRecord } from './records.ts'

type Tools = Pick<LedgerPort, 'meta' | 'scans'>
type Value = FolderPolicy['onChange'] | FolderPolicy['groupIncomplete'] | FolderRecord['deleteMode'] | number
type Rule = 'on_change' | 'group_incomplete' | 'mode' | 'grace'

type Noted = { readonly value: Value; readonly sinceMs: number; readonly sinceScan: number }

/**
 * Remembers a rule of a folder, and since when it is another one than before. Called inside a transaction.
 * @param former what was in force until now, where the rule was never noted and the ledger tells; else nobody knows what it was
 * @returns whether it is another one, as far as is known
 */
export function noteRule(ledger: Tools, folderId: number, rule: Rule, value: Value, atMs: number, former: Value | null = null): boolean {
  const before = noted(ledger, folderId, rule)?.value ?? former
  const isNoted = ledger.meta.read(keyOf(folderId, rule)) !== null
  if (isNoted && before === value) return false
  // Of a folder that was never looked at nothing was there before.
  const isEdit = before === null ? ledger.scans.lastWhole(folderId) !== null : before !== value
  const now: Noted = isEdit ? { value, sinceMs: atMs, sinceScan: ledger.scans.newest() } : { value, sinceMs: 0, sinceScan: 0 }
  ledger.meta.write(keyOf(folderId, rule), JSON.stringify(now))
  if (isEdit) countEdit(ledger.meta)
  return isEdit
}

/**
 * Remembers the grace of a folder, and since when it is a shorter one: what is gone by then waits for a person, who may have meant it to wait for
 * the longer one. What is gone has to wait for a longer one by itself. Called inside a transaction.
 * @param graceMs in force: where the config asks for less than holds at this place, a change of it changes nothing
 */
export function noteGrace(ledger: Tools, folderId: number, graceMs: number, atMs: number): void {
  const before = noted(ledger, folderId, 'grace')
  if (before?.value === graceMs) return
  // Where it was never noted nobody knows which one it was, and of a folder that was never looked at nothing was there before.
  const isShorter = before === null ? ledger.scans.lastWhole(folderId) !== null : graceMs < Number(before.value)
  const since = isShorter
    ? { sinceMs: atMs, sinceScan: ledger.scans.newest() }
    : { sinceMs: before?.sinceMs ?? 0, sinceScan: before?.sinceScan ?? 0 }
  ledger.meta.write(keyOf(folderId, 'grace'), JSON.stringify({ value: graceMs, ...since } satisfies Noted))
  countEdit(ledger.meta)
}

export function ruleSince(ledger: Tools, folderId: number, rule: Rule): RuleSince {
  const known = noted(ledger, folderId, rule)
  const since = { ms: known?.sinceMs ?? 0, scan: known?.sinceScan ?? 0 }
  return { ...since, look: ledger.scans.firstCompleteSince(folderId, since) }
}

/** The rule in force, as the config said it last; `hold` where it was never noted. */
export function ruleNoted(ledger: Pick<LedgerPort, 'meta'>, folderId: number, rule: Rule): Value {
  return noted(ledger, folderId, rule)?.value ?? 'hold'
}

function noted(ledger: Pick<LedgerPort, 'meta'>, folderId: number, rule: Rule): Noted | null {
  const text = ledger.meta.read(keyOf(folderId, rule))
  if (text === null) return null
  const { value, onChange, sinceMs, sinceScan } = JSON.parse(text) as Partial<Noted> & { readonly onChange?: Value }
  // Before there were scans in it, only on_change was noted, by its own name.
  return { value: value ?? onChange ?? 'hold', sinceMs: sinceMs ?? 0, sinceScan: sinceScan ?? 0 }
}

/** The rules that say which files are units are others than before. Called inside a transaction. */
export function noteRules(ledger: Tools, folderId: number): void {
  ledger.meta.write(rulesKey(folderId), String(ledger.scans.newest()))
  countEdit(ledger.meta)
}

/** Is this scan, just written down, the first whole one with the rules that are in force, or one before it? */
export function isRulesLook(ledger: Tools, folderId: number, scanId: number): boolean {
  const since = ledger.meta.read(rulesKey(folderId))
  const first = since === null ? 0 : ledger.scans.firstCompleteSince(folderId, { ms: 0, scan: Number(since) })
  return first === null || first === scanId
}

function rulesKey(folderId: number): string {
  return `rules:${folderId}`
}

function keyOf(folderId: number, rule: Rule): string {
  return `${rule}:${folderId}`
}

import { statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { ServiceBox } from '../support/serviceBox.ts'
import { diskUnits, quietly } from './diskUnits.ts'

/** What a service has to keep in mind at one moment: memory that grows along with it is no leak of the process. */
export type Backlog = {
  /** On the disk, as the writers left them. */
  readonly units: number
  /** In the dataset. */
  readonly rows: number
  /** Deletes that wait for a person, and in how many batches. */
  readonly held: number
  readonly batches: number
  /** Second rows of one file that are on their way out. */
  readonly strays: number
  readonly ledgerMb: number
  /** Rows of each table of the ledger. */
  readonly tables: Readonly<Record<string, number>>
}

const TABLES = ['files', 'units', 'versions', 'operations', 'candidates', 'batches', 'scans', 'history']

/** Reads the disk, the emulator and the ledger; the service is not asked. */
export function backlogOf(box: ServiceBox): Backlog {
  const file = join(box.ledgerDir, 'ledger.db')
  const db = new Database(file, { readonly: true })
  try {
    const count = (what: string): number => db.prepare<[], number>(`SELECT count(*) FROM ${what}`).pluck().get() ?? 0
    const open = 'batches WHERE decision IS NULL AND id IN (SELECT batch_id FROM candidates)'
    return {
      units: quietly(() => diskUnits(box.folder)).length,
      rows: box.rows().length,
      held: count(`candidates WHERE batch_id IN (SELECT id FROM ${open})`),
      batches: count(open),
      strays: count("candidates WHERE why = 'stray'"),
      ledgerMb: statSync(file).size / 1e6,
      tables: Object.fromEntries(TABLES.map((table) => [table, count(table)])),
    }
  } finally {
    db.close()
  }
}

/** One line of the report. */
export function backlogText(when: string, { units, rows, held, batches, strays, ledgerMb, tables }: Backlog): string {
  const inLedger = Object.entries(tables).map(([table, n]) => `${table} ${n}`)
  return `${when}: ${units} units on the disk, ${rows} rows, ${held} held deletes in ${batches} batches, ${strays} strays; ledger ${ledgerMb.toFixed(1)} MB: ${inLedger.join(', ')}`
}

import { appendFileSync, cpSync, renameSync } from 'node:fs'
import { expect, vi } from 'vitest'
import type { DeletesBox } from './deletesBox.ts'

/** A service that follows the box's folders. */
export type Sync = Awaited<ReturnType<DeletesBox['open']>>

export type BirthTimes = 'kept' | 'none'
export const EITHER: readonly BirthTimes[] = ['kept', 'none']

/** A look that sees all there is in a directory, and is over long before that is at rest. */
export async function glance(sync: Sync, dir = ''): Promise<void> {
  const before = sync.ledger.scans.newest()
  void sync.hint(dir)
  await vi.waitFor(() => expect(sync.ledger.scans.newest()).toBeGreaterThan(before), { timeout: 20_000 })
}

export async function looks(sync: Sync, times: number): Promise<void> {
  for (let look = 0; look < times; look++) await sync.confirm()
}

/** In place. */
export function edit(box: DeletesBox, ...names: readonly string[]): void {
  for (const name of names) appendFileSync(box.at(name), 'the rest of it')
}

/** As by most programs: under another name first. */
export function save(box: DeletesBox, name: string): void {
  box.put('saved.tmp', `${name}, saved`)
  renameSync(box.at('saved.tmp'), box.at(name))
}

/** A file, or a directory with all that is in it. */
export function copy(box: DeletesBox, from: string, to: string): void {
  cpSync(box.at(from), box.at(to), { recursive: true })
}

/** The hash of the row with this title. */
export function rowOf(box: DeletesBox, title: string): string | undefined {
  return box.emulator.rows().find((row) => row.title === title)?.data_hash
}

export function hashes(box: DeletesBox): readonly string[] {
  return box.emulator.rows().map(({ data_hash }) => data_hash)
}

import { isSameInode } from '../model/file.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { contentsOf } from './plan/standsSince.ts'
import type { FileRecord, VersionRecord } from './records.ts'
import type { Difference } from './survey.ts'

/*
 * What inodes tell where the file system keeps no birth times, and gives the inode of one file to the next: whether what a row went to is what it was
 * made of, renamed, or a copy of that. Nothing more.
 */

/** By the id of its path: the inode of a file that the row was made of, and that another one took the place of. */
type Aside = readonly [fileId: number, ino: string]

/**
 * Files left their places. What had been written there anew with the same content is what the row is made of by then; what was edited in place has
 * not left. Called inside a transaction.
 */
export function noteHoldersAside(
  ledger: LedgerPort,
  version: VersionRecord,
  left: readonly (Difference | { readonly kind: 'lost' })[],
): void {
  const changed = left.filter((one) => one.kind === 'changed')
  if (changed.length === 0) return
  const held = heldBy(ledger, version)
  const before = holdersAside(ledger, version)
  const noted = new Map(before)
  for (const { known, stamp } of changed) {
    const isHolder = known.sha256 === null ? !noted.has(known.id) : held.has(known.sha256)
    if (!isSameInode(known.stamp, stamp)) {
      if (isHolder) noted.set(known.id, known.stamp.ino)
    } else if (known.sha256 !== null && isHolder) noted.delete(known.id)
  }
  const text = JSON.stringify([...noted])
  if (text !== JSON.stringify(before)) ledger.meta.write(keyOf(version), text)
}

/**
 * Did the row go to a copy, while something that its files may have become stands, or stood, in their places?
 * @param before the files that it was made of, by their paths
 * @param arrived what it went to
 */
export function isGoneToCopy(
  ledger: LedgerPort,
  version: VersionRecord,
  before: readonly FileRecord[],
  arrived: readonly FileRecord[],
): boolean {
  const held = heldBy(ledger, version)
  const wentAsIs = before.filter(({ local, sha256 }) => local === 'absent' && sha256 !== null && held.has(sha256))
  if (wentAsIs.length === before.length) return false
  const own = new Set([...holdersAside(ledger, version).map(([, ino]) => ino), ...wentAsIs.map(({ stamp }) => stamp.ino)])
  return !arrived.every(({ stamp }) => stamp.birthNs === null && own.has(stamp.ino))
}

function holdersAside(ledger: Pick<LedgerPort, 'meta'>, version: Pick<VersionRecord, 'id'>): readonly Aside[] {
  const text = ledger.meta.read(keyOf(version))
  return text === null ? [] : (JSON.parse(text) as Aside[])
}

function heldBy(ledger: LedgerPort, version: VersionRecord): ReadonlySet<string | null> {
  return new Set(contentsOf(version, ledger.versions.frames(version.id)))
}

function keyOf({ id }: Pick<VersionRecord, 'id'>): string {
  return `held-aside:${id}`
}

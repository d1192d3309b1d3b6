import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import type { Clock } from '../model/clock.ts'
import { dirOf, type RelPath } from '../model/file.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { Inquiry } from './plan/action.ts'
import type { Disk } from './ports.ts'
import type { FileRecord, FolderRecord } from './records.ts'
import { keepSha } from './stillComing.ts'

export type InquireTools = { readonly ledger: LedgerPort; readonly disk: Disk; readonly clock: Clock; readonly signal: AbortSignal }

/** An inquiry's answer is in the ledger; or the file is not what was scanned, and its directory has to be looked at. */
export type Answer = { readonly kind: 'known' } | { readonly kind: 'look'; readonly dir: RelPath }

/** Answers a question about one file; the answer holds for the stamp the file had. */
export async function inquire(
  tools: InquireTools,
  folder: FolderRecord,
  inquiry: Extract<Inquiry, { kind: 'inspect' | 'hash' }>,
): Promise<Answer> {
  const { ledger, disk, clock } = tools
  const file = ledger.tree.file(inquiry.fileId)
  if (file === null || file.local !== 'present') return { kind: 'known' }
  const opened = await disk.openRegular(folder.path, file.path, file.stamp)
  if ('kind' in opened) {
    if (opened.kind !== 'unreadable') return { kind: 'look', dir: dirOf(file.path) }
    await ledger.commit(() => ledger.tree.setLook(file.id, { kind: 'unreadable', why: opened.errno }))
    return { kind: 'known' }
  }
  try {
    if (inquiry.kind === 'inspect') {
      const look = await disk.inspect(opened)
      if (!(await opened.unchanged())) return { kind: 'look', dir: dirOf(file.path) }
      await ledger.commit(() => ifSame(ledger, file, () => ledger.tree.setLook(file.id, look)))
      return { kind: 'known' }
    }
    const hashedAtMs = clock.wallMs()
    const hash = createHash('sha256')
    await pipeline(opened.open(), hash, { signal: tools.signal })
    if (!(await opened.unchanged())) return { kind: 'look', dir: dirOf(file.path) }
    const sha256 = hash.digest('hex')
    await ledger.commit(() => keepSha(ledger, file, sha256, hashedAtMs))
    return { kind: 'known' }
  } finally {
    await opened.close()
  }
}

/** A survey may have written a newer stamp meanwhile: the answer is then about bytes that are gone. */
function ifSame(ledger: LedgerPort, file: FileRecord, write: () => void): void {
  const now = ledger.tree.file(file.id)
  if (now !== null && JSON.stringify(now.stamp) === JSON.stringify(file.stamp)) write()
}

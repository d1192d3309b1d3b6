import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import type { Clock } from '../model/clock.ts'
import { dirOf, type RelPath } from '../model/file.ts'
import { troubleOf } from './diskTrouble.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { Inquiry } from './plan/action.ts'
import type { Disk } from './ports.ts'
import type { FileRecord, FolderRecord } from './records.ts'
import { keepSidecar, readSidecar } from './sidecarFile.ts'
import { keepSha } from './stillComing.ts'

export type InquireTools = { readonly ledger: LedgerPort; readonly disk: Disk; readonly clock: Clock; readonly signal: AbortSignal }

/** What became of an inquiry. */
export type Answer =
  /** Its answer is in the ledger. */
  | { readonly kind: 'known' }
  /** The file is not what was scanned: its directory has to be looked at. */
  | { readonly kind: 'look'; readonly dir: RelPath }
  /** The disk does not give the file now, and may do so later: it has to be asked again, ever more seldom. */
  | { readonly kind: 'later'; readonly why: string }

/** What is not given after so many attempts can't be read: a frame by the rules for groups, a metadata file goes unused. */
const LONG = 12

/** Questions about one file. */
export type FileInquiry = Extract<Inquiry, { kind: 'inspect' | 'hash' | 'inspect-sidecar' }>

/** Answers a question about one file; the answer holds for the stamp the file had. */
export async function inquire(tools: InquireTools, folder: FolderRecord, inquiry: FileInquiry): Promise<Answer> {
  const { ledger, disk, clock } = tools
  const file = ledger.tree.file(inquiry.fileId)
  // One that moved to another folder meanwhile is asked about there: what stands at that path here says nothing about it.
  if (file === null || file.local !== 'present' || file.folderId !== folder.id) return { kind: 'known' }
  if (inquiry.kind === 'inspect-sidecar') return await inspectSidecar(tools, folder, inquiry, file)
  const opened = await disk.openRegular(folder.path, file.path, file.stamp)
  if ('kind' in opened) {
    return opened.kind === 'unreadable' ? await unreadable(ledger, inquiry, file, opened.errno) : { kind: 'look', dir: dirOf(file.path) }
  }
  try {
    if (inquiry.kind === 'inspect') {
      const look = await disk.inspect(opened)
      if (look.kind === 'unreadable') return await unreadable(ledger, inquiry, file, look.why)
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
  } catch (error) {
    // Cut shorter while it was hashed, or on a bad disk: this file's trouble, not the process's.
    const errno = readErrno(error)
    if (errno === null || tools.signal.aborted) throw error
    return await unreadable(ledger, inquiry, file, errno)
  } finally {
    await opened.close()
  }
}

async function inspectSidecar(
  { ledger, disk }: InquireTools,
  folder: FolderRecord,
  { unitId }: FileInquiry,
  file: FileRecord,
): Promise<Answer> {
  const found = await readSidecar(disk, folder, file)
  if (found.kind === 'look') return found
  const attempts = ledger.units.get(unitId)?.attempts ?? 0
  if (found.kind === 'later' && attempts < LONG) return found
  const known = found.kind === 'later' ? ({ kind: 'invalid', why: found.why, sha256: null } as const) : found
  await ledger.commit(() => keepSidecar(ledger, file, known))
  return { kind: 'known' }
}

async function unreadable(ledger: LedgerPort, { unitId }: FileInquiry, file: FileRecord, errno: string): Promise<Answer> {
  const trouble = troubleOf(errno)
  if (trouble === 'passing') return { kind: 'look', dir: dirOf(file.path) }
  const unit = ledger.units.get(unitId)
  const isPatient = unit === null || unit.shape === 'file' || unit.attempts < LONG
  if (trouble === 'disk' && isPatient) return { kind: 'later', why: `${file.path} could not be read (${errno})` }
  await ledger.commit(() => ifSame(ledger, file, () => ledger.tree.setLook(file.id, { kind: 'unreadable', why: errno })))
  return { kind: 'known' }
}

/** The errno of a failed read; null for any other error, the ledger's own above all. */
function readErrno(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : null
}

/** A survey may have written a newer stamp meanwhile: the answer is then about bytes that are gone. */
function ifSame(ledger: LedgerPort, file: FileRecord, write: () => void): void {
  const now = ledger.tree.file(file.id)
  if (now !== null && JSON.stringify(now.stamp) === JSON.stringify(file.stamp)) write()
}

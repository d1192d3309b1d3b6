import { unitArgument } from '../model/nextCommand.ts'
import type { Ledger } from '../store/openLedger.ts'
import { type InquireTools, inquire } from '../sync/inquire.ts'
import type { FolderRecord } from '../sync/records.ts'
import type { Drift } from './drift.ts'

/**
 * Hashes every file of a folder's synced units again, on a private ledger: content that changed without a trace in size, times and
 * inode, which no scan can see.
 */
export async function changedContent(
  tools: Omit<InquireTools, 'ledger'> & { readonly ledger: Ledger },
  folder: FolderRecord,
): Promise<readonly Drift[]> {
  const { ledger, signal } = tools
  const found: Drift[] = []
  for (const unit of ledger.units.list(folder.id)) {
    if (unit.local !== 'present' || unit.work !== 'none') continue
    for (const file of ledger.tree.filesOfUnit(unit.id)) {
      if (signal.aborted) return found
      if (file.local !== 'present' || file.sha256 === null) continue
      const because = 'a person asked for it'
      const answer = await inquire(tools, folder, { kind: 'hash', unitId: unit.id, fileId: file.id, because })
      const now = ledger.tree.file(file.id)?.sha256 ?? null
      if (answer.kind === 'known' && now === file.sha256) continue
      found.push({
        class: 'not-in-dataset',
        folder: folder.path,
        path: file.path,
        dataHash: null,
        title: '',
        why:
          answer.kind === 'known'
            ? 'its content is not what was sent, though size and times are: a fault of the disk?'
            : answer.kind === 'later'
              ? answer.why
              : 'it changes while it is read',
        next: answer.kind === 'known' ? `touch ${unitArgument(folder.path, file.path)}` : 'encord-sync verify',
        needsPerson: answer.kind === 'known',
      })
    }
  }
  return found
}

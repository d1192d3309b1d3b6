import type { LedgerPort } from './ledgerPort.ts'

/**
 * A file went from where it was before its content was known. It may be what a candidate of its size was moved to, on its way to a
 * place that nobody looked at yet: the proofs of these candidates start anew (design, section 6, rule 6). Called inside a transaction.
 */
export function renewProofs(ledger: LedgerPort, remoteId: number, sizesBytes: ReadonlySet<number>): void {
  if (sizesBytes.size === 0) return
  for (const folder of ledger.folders.all()) {
    if (folder.remoteId !== remoteId) continue
    for (const candidate of ledger.candidates.ofFolder(folder.id)) {
      if (candidate.firstScan === null || candidate.why === 'command') continue
      const version = ledger.versions.get(candidate.versionId)
      if (version === null) continue
      const sizes = [version.sizeBytes, ...ledger.versions.frames(version.id).map((frame) => frame.sizeBytes)]
      if (sizes.some((size) => sizesBytes.has(size))) ledger.candidates.setFirst(version.id, null)
    }
  }
}

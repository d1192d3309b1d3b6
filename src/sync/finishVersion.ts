import type { EffectTools } from './effectTools.ts'
import type { VersionRecord } from './records.ts'

/**
 * The outcome of a registration, in one transaction: the coming version is live and current, the old one is superseded and may
 * have to go. Called inside a commit.
 * @param rows what the server made; more than one only for a sequence
 * @param operationId the journal's row, closed here
 */
export function finishVersion(
  tools: Pick<EffectTools, 'ledger' | 'folder' | 'policy' | 'log' | 'clock' | 'fresh'>,
  version: VersionRecord,
  rows: readonly { readonly dataHash: string; readonly title: string }[],
  operationId: number | null,
): void {
  const { ledger, folder, policy, log, clock } = tools
  const at = clock.wallMs()
  const [first, ...more] = rows
  if (first === undefined || version.unitId === null) throw new Error('a registration without a row')
  const unit = ledger.units.get(version.unitId)
  for (const old of ledger.versions.ofUnit(version.unitId)) {
    if (old.role !== 'current' || old.id === version.id) continue
    if (old.remote !== 'live') {
      ledger.versions.setRole(old.id, 'closed')
      continue
    }
    ledger.versions.setRole(old.id, 'superseded')
    ledger.candidates.add(old.id, 'superseded', null, at)
    if (unit !== null) ledger.units.setChanges(unit.id, [...unit.changes.slice(-9), at])
    log.emit('version.superseded', {
      folder: folder.path,
      path: unit?.key ?? '',
      dataHash: old.dataHash ?? '',
      replacedBy: first.dataHash,
      onChange: policy.onChange,
    })
  }
  ledger.versions.setLive(version.id, first.dataHash, first.title, true, at)
  more.forEach((row, index) => {
    ledger.versions.addLive(
      {
        unitId: version.unitId ?? 0,
        remoteId: version.remoteId,
        kind: version.kind,
        title: row.title,
        sizeBytes: 0,
        dataHash: row.dataHash,
        part: index + 1,
        content: version.content,
        metadataDue: true,
      },
      at,
    )
  })
  if (operationId !== null) ledger.operations.end(operationId, 'done', at)
  ledger.units.setWork(version.unitId, 'waiting', '', at)
  ledger.history.add({
    atMs: at,
    folderId: folder.id,
    verb: 'registered',
    dataHash: first.dataHash,
    key: unit?.key ?? null,
    files: Math.max(1, ledger.versions.frames(version.id).length),
    approved: false,
    detail: { title: first.title, sha256: version.content },
  })
  tools.fresh.add(version.id)
  log.emit('unit.synced', { folder: folder.path, path: unit?.key ?? '', dataHash: first.dataHash, kind: version.kind, title: first.title })
}

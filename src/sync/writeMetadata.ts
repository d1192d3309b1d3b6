import { isDeepStrictEqual } from 'node:util'
import type { EncordError } from '../model/error.ts'
import { sameStamp } from '../model/file.ts'
import { isFollowed } from './configured.ts'
import { refuseDatarow } from './datarowRefusal.ts'
import type { EffectResult, EffectTools } from './effectTools.ts'
import { isRefusal } from './isRefusal.ts'
import { madeBy } from './keptRows.ts'
import { NOBODY_KNOWN } from './plan/deletePlan.ts'
import { SIDECAR } from './plan/sidecar.ts'
import type { FileRecord, UnitRecord, VersionRecord } from './records.ts'
import { ownNote } from './rowNote.ts'
import { keepSidecar, readSidecar, sidecarOf } from './sidecarFile.ts'
import { isPlainObject, isTooDeep, mergeMetadata } from './sidecarValues.ts'

/** A sidecar that its disk does not give is asked for again after this time, ms; so is a row that is not shown yet. */
const UNREAD_MS = 60_000

type Row = VersionRecord & { readonly dataHash: string }
type Metadata = Readonly<Record<string, unknown>>

/**
 * Keeps our own note on the row, under the key `encord_sync`, and the values of the unit's sidecar beside it: read, merge, write, so
 * that a person's keys stay. A row that this process registered a moment ago has no other keys yet and is written without the read.
 */
export async function writeMetadata(tools: EffectTools, versionId: number): Promise<EffectResult> {
  const { ledger, folder, fresh, remote } = tools
  const version = ledger.versions.get(versionId)
  const unit = version?.unitId == null ? null : ledger.units.get(version.unitId)
  if (version?.dataHash == null || unit === null) return { kind: 'again' }
  const row: Row = { ...version, dataHash: version.dataHash }
  const file = sidecarOf(ledger, unit)
  const found = await sidecarValues(tools, file)
  if (found.kind !== 'values') return found
  const { values } = found
  try {
    const before = fresh.has(versionId) ? {} : await metadataOf(tools, row)
    // A server that lags shows no row to read yet: the note that stands on it is of before.
    if (before === 'none' && row.listedAtMs === null) return { kind: 'later', forMs: UNREAD_MS, patience: 'once-leaves' }
    if (before !== 'none' && before !== 'too-deep') {
      const after = mergeMetadata(before, values, noteFor(tools, row, unit, before))
      if (!isDeepStrictEqual(before, after)) {
        await tools.inSlot(0, () => remote.updateRow(row.dataHash, { clientMetadata: after }, { signal: tools.signal }))
      }
    }
  } catch (error) {
    if (!isRefusal(error)) throw error
    if (error.kind === 'not-allowed') {
      await ledger.commit(() => refuseDatarow(tools, folder, tools.clock.wallMs()))
      return { kind: 'again' }
    }
    if (file !== null && values !== null && Object.keys(values).length > 0) return await refused(tools, file, error)
  }
  fresh.delete(versionId)
  return await written(tools, versionId, unit, file)
}

/**
 * Whose row it is says the one who made it, where that is another machine's folder, or one of before. One that this ledger follows too may have
 * another file at the same path by now: of such a row, which goes by no rule, is said where it is. Where nobody knows who made it, it is followed for
 * this folder, by whose id a ledger that was lost finds it after a rename; that nothing but its name told whose it is stays said, whoever follows it.
 */
function noteFor({ ledger, folder }: EffectTools, { id, content, sizeBytes }: Row, unit: UnitRecord, before: Metadata) {
  const maker = madeBy(ledger, id)
  const isOfOurs = maker !== folder.uid && isFollowed(ledger, maker, folder.remoteId)
  const isByName = maker === NOBODY_KNOWN || isOfOurs || ownNote(before)?.linked === 'by-name'
  const uid = maker === null || maker === NOBODY_KNOWN || isOfOurs ? folder.uid : maker
  return { folder: uid, path: unit.key, sha256: content, size: sizeBytes, ...(isByName ? { linked: 'by-name' } : {}) }
}

/** Of the sidecar that is there; {} without one; null: what an earlier one brought stays, as this one can't be used or seen. */
type Values = { readonly kind: 'values'; readonly values: Metadata | null } | Exclude<EffectResult, { readonly kind: 'again' }>

async function sidecarValues({ ledger, disk, folder }: EffectTools, file: FileRecord | null): Promise<Values> {
  if (file === null || file.local === 'absent') return { kind: 'values', values: {} }
  if (file.local !== 'present' || file.problem !== SIDECAR) return { kind: 'values', values: null }
  const found = await readSidecar(disk, folder, file)
  if (found.kind === 'look') return found
  if (found.kind === 'later') return { kind: 'later', forMs: UNREAD_MS, patience: 'once-leaves' }
  await ledger.commit(() => keepSidecar(ledger, file, found))
  return { kind: 'values', values: found.kind === 'values' ? found.values : null }
}

/** `too-deep`: what stands on the row can't be given back as it is. */
async function metadataOf({ remote, inSlot, signal }: EffectTools, { dataHash }: Row): Promise<Metadata | 'none' | 'too-deep'> {
  const row = await inSlot(0, () => remote.row(dataHash, { signal }))
  if (row === null) return 'none'
  if (isTooDeep(row.clientMetadata)) return 'too-deep'
  return isPlainObject(row.clientMetadata) ? row.clientMetadata : {}
}

/** Our note alone is written then, the next time. */
async function refused({ ledger }: EffectTools, file: FileRecord, error: EncordError): Promise<EffectResult> {
  await ledger.commit(() => keepSidecar(ledger, file, { kind: 'invalid', why: `Encord refused it (${error.word ?? ''})`, sha256: null }))
  return { kind: 'again' }
}

/** Done, unless the unit or its sidecar became another one while the call was made. */
async function written({ ledger }: EffectTools, versionId: number, unit: UnitRecord, file: FileRecord | null): Promise<EffectResult> {
  await ledger.commit(() => {
    const now = ledger.units.get(unit.id)
    const sidecar = now === null ? null : sidecarOf(ledger, now)
    const isSame =
      sidecar === null || file === null ? sidecar === file : sidecar.local === file.local && sameStamp(sidecar.stamp, file.stamp)
    if (now === null || now.key !== unit.key || now.folderId !== unit.folderId || !isSame) return
    ledger.versions.setMetadataDue(versionId, false)
    const isLeft = ledger.versions.ofUnit(unit.id).some((version) => version.role === 'current' && version.metadataDue)
    if (file?.local === 'absent' && !isLeft) ledger.tree.removeFile(file.id)
  })
  return { kind: 'again' }
}

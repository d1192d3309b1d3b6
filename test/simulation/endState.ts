import { dirOf, type RelPath } from '../../src/model/file.ts'
import type { Ledger } from '../../src/store/openLedger.ts'
import { mayHaveMade } from '../../src/sync/lostCalls.ts'
import { unitContent } from '../../src/sync/plan/unitContent.ts'
import type { FolderRecord, RemoteRecord, UnitRecord, VersionRecord } from '../../src/sync/records.ts'
import type { Content } from './content.ts'
import { fileKey, groupKey, type MappingTruth, type UnitTruth, unitsOf } from './truth.ts'
import type { VirtualFolder } from './virtualFolder.ts'
import type { Row, VirtualServer } from './virtualServer.ts'
import type { FolderTruth, World } from './worldEvent.ts'

export type EndScene = {
  readonly ledger: Ledger
  readonly server: VirtualServer
  readonly folders: readonly VirtualFolder[]
  readonly setups: readonly { readonly truth: FolderTruth; readonly configured: boolean }[]
  readonly mapping: (folder: FolderTruth, files: ReadonlyMap<RelPath, Content>) => MappingTruth
  readonly world: World
  readonly ledgerWasOld: boolean
}

/** Do two files hold the same? Then nobody sees whose row is whose. */
export function hasTwins(folders: readonly VirtualFolder[]): boolean {
  const contents = folders.flatMap((folder) => [...folder.trueFiles().values()].map((content) => content.sha256))
  return new Set(contents).size < contents.length
}

/** What is not in its place: each unit needs its one row, each row its reason, and nothing may be under way. Empty: in step. */
export function complaintsOf(scene: EndScene): readonly string[] {
  const complaints: string[] = []
  const matched = new Set<string>()
  for (const [i, { truth, configured }] of scene.setups.entries()) {
    const record = scene.ledger.folders.byPath(truth.path)
    if (!configured) continue
    if (record === null) {
      complaints.push(`${truth.path} is not known`)
      continue
    }
    if (record.state !== 'ok') complaints.push(`${truth.path} is ${record.state}: ${record.why}`)
    if (scene.ledger.remotes.get(record.remoteId).firstContact !== 'done')
      complaints.push(`the dataset of ${truth.path} is still to be read`)
    const files = (scene.folders[i] as VirtualFolder).trueFiles()
    for (const unit of unitsOf(files, scene.mapping(truth, files))) {
      const complaint = complainOfUnit(scene, truth, record, unit, matched)
      if (complaint !== null) complaints.push(`${truth.path}/${unit.key}: ${complaint}`)
    }
  }
  for (const row of scene.server.rows.values()) {
    if (row.goneMs !== null || row.by !== 'us' || matched.has(row.hash)) continue
    const complaint = complainOfRow(scene, row)
    if (complaint !== null) complaints.push(`row ${row.hash} "${row.title}": ${complaint}`)
  }
  for (const operation of scene.ledger.operations.open()) {
    // Whom could one ask? Its dataset's key left the config with its folder.
    const version = scene.ledger.versions.get(operation.versionId)
    const dataset = version === null ? null : scene.ledger.remotes.get(version.remoteId).dataset
    if (!scene.setups.some(({ truth, configured }) => configured && truth.dataset === dataset)) continue
    if (isEmptied(scene, dataset)) continue
    complaints.push(`a ${operation.verb} call of version ${operation.versionId} is still ${operation.phase}`)
  }
  return complaints
}

function complainOfUnit(scene: EndScene, truth: FolderTruth, record: FolderRecord, unit: UnitTruth, matched: Set<string>): string | null {
  const { ledger, server } = scene
  const known = ledger.units.byKey(record.id, unit.shape, unit.key)
  if (known === null) return unit.isWhole ? 'it is no unit yet' : null
  const current = ledger.versions.ofUnit(known.id).find((version) => version.role === 'current')
  if (current?.dataHash != null) matched.add(current.dataHash)
  if (known.local === 'unseen') return 'its place was not seen again yet'
  if (!unit.isWhole) return null
  const held = unitContent(ledger.tree.filesOfUnit(known.id), known)
  const calls = [...ledger.versions.ofUnit(known.id), ...(held === null ? [] : ledger.versions.callingWithContent(record.remoteId, held))]
  // What it holds may have moved here from where its call was made, and waits for that answer too.
  const isAsked = calls.some((version) => ledger.operations.openOf(version.id).length > 0)
  if (isAsked && isEmptied(scene, truth.dataset)) return null
  if (current?.remote === 'missing' || hasReason(known)) return null
  // An edit that hides itself, before a rename that is seen together with it: already not promised.
  if (known.work === 'rejected' && hidesBesideRename(scene.world)) return null
  if (current === undefined || current.remote !== 'live') return `no current row (${known.local}, ${known.work}: ${known.why})`
  if (server.removedByOthers.has(current.dataHash ?? '')) return null
  const row = server.rows.get(current.dataHash ?? '')
  const isGone = row === undefined || row.goneMs !== null
  // To a ledger that was put back to before the call it went like one that others removed: `verify` tells, each day.
  if (isGone) return scene.ledgerWasOld ? null : `its row ${current.dataHash} is not in the dataset`
  const content = row.type === 'IMG_GROUP' ? groupKey(row.contents) : fileKey(row.contents[0] ?? '')
  if (content !== unit.content && held === current.content && hidesBesideRename(scene.world)) return null
  if (content !== unit.content) return `its row ${row.hash} holds something else (${known.local}, ${known.work}: ${known.why})`
  if (row.dataset !== truth.dataset) return `its row ${row.hash} is in ${row.dataset}`
  if (known.work !== 'none') return `it is ${known.work}: ${known.why}`
  if ((current.titleDue || current.metadataDue) && ledger.remotes.get(record.remoteId).datarow)
    return 'its title or note is still to be written'
  return null
}

/** One may be seen together with the other, whichever came first. */
function hidesBesideRename({ events }: World): boolean {
  return events.some((event) => event.do === 'rewrite' && event.hidden) && events.some((event) => event.do === 'rename')
}

/** Waits that a person, or an hour, has to end. */
function hasReason(unit: UnitRecord): boolean {
  return unit.work === 'unlinked' || unit.why.startsWith('changes too often') || unit.why.includes('by someone else')
}

/** A row that no unit has: held, detached, or on its way out. */
function complainOfRow(scene: EndScene, row: Row): string | null {
  const { ledger, world } = scene
  if (row.isDouble) return null
  const remote = ledger.remotes.find('sim', row.dataset)
  const version = remote === null ? null : ledger.versions.byHash(remote.id, row.hash)
  if (version === null) {
    const isExplained =
      scene.ledgerWasOld ||
      (remote !== null && isLeftToPerson(scene, remote, row)) ||
      (row.type === 'IMG_GROUP' && (isEmptied(scene, row.dataset) || awaitsItsFolder(scene, row)))
    return isExplained ? null : 'the ledger does not know it'
  }
  if (version.role === 'detached') return null
  const half = world.events.some((event) => event.do === 'listing' && event.how === 'half')
  // A dataset that none of the config's folders has is not read: what a ledger that was put back forgot is found once one has it again.
  const isUnread = scene.ledgerWasOld && !scene.setups.some(({ configured, truth }) => configured && truth.dataset === row.dataset)
  if (version.role === 'closed') return half || isUnread || isOfNoFile(scene, version, row) ? null : `it was given up (${version.remote})`
  if (version.remote === 'missing') return half ? null : 'it counts as removed'
  const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
  const record = unit === null ? null : ledger.folders.get(unit.folderId)
  const setup = scene.setups.find((one) => one.truth.path === record?.path)
  if (setup === undefined || !setup.configured) return null
  // A file that was set aside keeps the row it had, while it is there.
  if (unit?.work === 'rejected' && isTrulyThere(scene, unit, setup.truth.path)) return null
  const candidate = ledger.candidates.get(version.id)
  if (candidate === null) return `nobody asks for its end (${version.role}, ${version.remote}, ${unit?.key} is ${unit?.local})`
  const current = unit === null ? undefined : ledger.versions.ofUnit(unit.id).find((one) => one.role === 'current')
  // Once its newer row has gone with the file, an older one has to go like any other.
  if (candidate.why === 'superseded' && unit?.local !== 'present' && (unit?.local !== 'absent' || current !== undefined)) return null
  // A file whose content cannot be known may be where it went: that is said, and nothing is deleted.
  const [blocker] = /^(\S+) has the same size and is not hashed yet/.exec(candidate.note)?.slice(1) ?? []
  if (blocker !== undefined && isUnknowable(scene, blocker)) return null
  // What was approved before waits too, for its day at most.
  if (setup.truth.mode === 'never') return null
  // Until the next daily listing a row that a listing lacked counts as removed.
  if (candidate.why === 'superseded' && (current?.remote === 'missing' || scene.server.removedByOthers.has(current?.dataHash ?? '')))
    return null
  // What stands there now waits for a person, or an hour, and with it what it would replace.
  if (candidate.why === 'superseded' && unit !== null && hasReason(unit)) return null
  const [other] = /^(\S+) has the same content and no row of its own yet/.exec(candidate.note)?.slice(1) ?? []
  if (other !== undefined && (half || scene.server.removedByOthers.size > 0) && countsAsRemoved(scene, other)) return null
  const batch = candidate.batchId === null ? null : ledger.candidates.batch(candidate.batchId)
  if (batch?.decision === 'approved') return `approved, and still there: ${candidate.note}`
  if (batch !== null) return null
  if (setup.truth.onChange === 'keep' && candidate.note.startsWith('kept beside')) return null
  if (other !== undefined && (isHeldUp(scene, other) || isUnknowable(scene, other))) return null
  // A file that waits for a person is not read before one decides.
  const [unread] = /^(\S+) has the same size and is not hashed yet/.exec(candidate.note)?.slice(1) ?? []
  if (unread !== undefined && isHeldUp(scene, unread)) return null
  const isLost = half || scene.ledgerWasOld || scene.server.removedByOthers.size > 0
  if (isLost && candidate.note.includes('has the same content and no row of its own yet')) return null
  return `it should be gone or held: ${candidate.why}, ${candidate.note}`
}

/**
 * Others removed all rows that the ledger knows: a listing without any of them marks nothing, and proves nothing, until the next
 * row is registered.
 */
function isEmptied({ ledger, server }: EndScene, dataset: string | null): boolean {
  const remote = dataset === null ? null : ledger.remotes.find('sim', dataset)
  const live = remote === null ? [] : ledger.versions.liveOf(remote.id)
  return live.length > 0 && live.every(({ dataHash }) => server.rows.get(dataHash ?? '')?.goneMs !== null)
}

/** A call of which nobody knows what it made may have made it: a person is asked, and once no file holds what it sent `verify` names its row. */
function isLeftToPerson({ ledger }: EndScene, remote: RemoteRecord, { hash, type, title }: Row): boolean {
  return ledger.versions.lostOf(remote.id).some((call) => mayHaveMade(call, { dataHash: hash, type, title }))
}

/** Its call was lost, and its file is gone: `verify` names it until its content is somewhere again. */
function isOfNoFile({ folders }: EndScene, { remote, unitId }: VersionRecord, { contents }: Row): boolean {
  const isThere = folders.some((folder) => [...folder.trueFiles().values()].some(({ sha256 }) => contents.includes(sha256)))
  return remote === 'registering' && unitId === null && !isThere
}

/** The answer of a group's call was lost, and then its dataset left the config: it is asked for once its folder is back. */
function awaitsItsFolder({ ledger, setups }: EndScene, row: Row): boolean {
  if (setups.some(({ truth, configured }) => configured && truth.dataset === row.dataset)) return false
  return ledger.operations.open().some(({ verb, versionId }) => {
    const version = ledger.versions.get(versionId)
    return verb === 'group' && version?.title === row.title && ledger.remotes.get(version.remoteId).dataset === row.dataset
  })
}

function isTrulyThere({ folders, setups, ledger }: EndScene, unit: UnitRecord, root: string): boolean {
  const folder = folders[setups.findIndex(({ truth }) => truth.path === root)]
  const known = new Set(ledger.tree.filesOfUnit(unit.id).map(({ path }) => path))
  // A video beside its frames is none of the group, unless it is a frame under that name.
  const isFrame = (path: string): boolean => dirOf(path) === unit.key && (known.has(path) || !path.endsWith('.mp4'))
  return [...(folder?.trueFiles().keys() ?? [])].some((path) => (unit.shape === 'dir' ? isFrame(path) : path === unit.key))
}

/** A listing lacked its row, or that of its group: until the next daily one it has none, and what has its content waits for it, also once it was approved. */
function countsAsRemoved({ ledger }: EndScene, path: string): boolean {
  const isMissed = ({ role, remote }: VersionRecord): boolean => role === 'current' && remote === 'missing'
  return unitsAt(ledger, path).some(({ id }) => ledger.versions.ofUnit(id).some(isMissed))
}

/** Does this file, or the group that it is a frame of, wait for a person, or an hour? */
function isHeldUp({ ledger }: EndScene, path: string): boolean {
  return unitsAt(ledger, path).some(hasReason)
}

/** The file's own, and the group's that it is a frame of, in any folder. */
function unitsAt({ folders, units }: Ledger, path: string): readonly UnitRecord[] {
  return folders.all().flatMap(({ id }) => [units.byKey(id, 'file', path) ?? [], units.byKey(id, 'dir', dirOf(path)) ?? []].flat())
}

/** A file that is cut, or no media, or one of a group with such a file. */
function isUnknowable(scene: EndScene, path: string): boolean {
  return scene.setups.some(({ truth }, i) => {
    const files = (scene.folders[i] as VirtualFolder).trueFiles()
    return unitsOf(files, scene.mapping(truth, files)).some(
      (unit) => (!unit.isWhole || unit.isPartial) && (unit.key === path || (unit.shape === 'dir' && dirOf(path) === unit.key)),
    )
  })
}

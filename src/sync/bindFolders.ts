import type { Log } from '../model/event.ts'
import type { FolderPolicy } from '../model/folder.ts'
import { noteEdit } from './datasetEdits.ts'
import { detachUnit } from './detachUnit.ts'
import { followAgain } from './followAgain.ts'
import { keeperOf } from './keeperOf.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { isMarkerOfAnother, isSameRoot, type SeenIdentity } from './plan/folderIdentity.ts'
import { mapFile } from './plan/mapping.ts'
import { isLeftOut } from './plan/unitContent.ts'
import type { Disk } from './ports.ts'
import type { FolderRecord } from './records.ts'
import { remapDicom } from './remapDicom.ts'
import { noteGrace, noteRule, noteRules } from './ruleSince.ts'

/** A folder as the config asks for it. `path` has its links resolved, `writtenAs` is what the config says. */
export type FolderRequest = {
  readonly path: string
  readonly writtenAs: string
  readonly domain: string
  readonly dataset: string
  readonly policy: FolderPolicy
  /** A digest of what decides which files are units: ignore rules, subdirectories, dicomseries. */
  readonly rules: string
}

export type BindTools = {
  readonly ledger: LedgerPort
  readonly disk: Disk
  readonly log: Log
  wallMs(): number
  newId(): string
  /** The grace in force for a folder with this policy, ms. */
  graceOf(folder: FolderRecord, policy: FolderPolicy): number
}

/**
 * Finds each configured folder in the ledger by its marker, else by its path, or makes it known. A folder is its marker's id: a
 * folder that moved is the same one. Entries that left the config are detached: their rows are never deleted by themselves.
 */
export async function bindFolders(tools: BindTools, requests: readonly FolderRequest[]): Promise<readonly FolderRecord[]> {
  const { ledger } = tools
  // All at once: each of several shares that are dead would take its time.
  const looked = await Promise.all(requests.map(async (request) => ({ request, seen: await tools.disk.identity(request.path) })))
  const bound: FolderRecord[] = []
  for (const { request, seen } of looked) {
    const taken = new Set(bound.map((folder) => folder.id))
    bound.push(
      await bindFolder(tools, request, seen, (folder) => {
        const isElsewhere = folder.path === request.path ? hasMoved(folder, looked) : isHome(folder, looked)
        return taken.has(folder.id) || isElsewhere
      }),
    )
  }
  const kept = new Set(bound.map((folder) => folder.id))
  for (const folder of ledger.folders.all()) if (!kept.has(folder.id)) detach(tools, folder, 'it left the config')
  return bound.map((folder) => ledger.folders.get(folder.id))
}

type Looked = { readonly request: FolderRequest; readonly seen: SeenIdentity }

/** Another entry has the folder's place, and nothing there says that it is another folder: a marker elsewhere is a copy, or the same directory. */
function isHome(folder: FolderRecord, looked: readonly Looked[]): boolean {
  return looked.some(({ request, seen }) => {
    const named = markerOf(seen)?.folderId
    const isLikely = seen.kind !== 'there' || folder.root === null || isSameRoot(folder.root, seen.root)
    return request.path === folder.path && (named === undefined ? isLikely : named === folder.uid)
  })
}

/** Datasets that have to be read anew at each start. A contact that another process began goes on. */
function stayDue({ remotes }: LedgerPort, folders: readonly FolderRecord[]): void {
  for (const { remoteId } of folders) if (remotes.get(remoteId).firstContact !== 'again') remotes.markDue(remoteId)
}

/** Another directory stands at the folder's place, and its own is another entry's by now. */
function hasMoved(folder: FolderRecord, looked: readonly Looked[]): boolean {
  return !isHome(folder, looked) && looked.some(({ seen }) => markerOf(seen)?.folderId === folder.uid)
}

function markerOf(seen: SeenIdentity) {
  return seen.kind === 'there' && typeof seen.marker === 'object' ? seen.marker : null
}

/** @param isTaken the folder is another entry's */
async function bindFolder(
  tools: BindTools,
  request: FolderRequest,
  seen: SeenIdentity,
  isTaken: (folder: FolderRecord) => boolean,
): Promise<FolderRecord> {
  const { ledger, wallMs } = tools
  const found = markerOf(seen)
  const remote = ledger.remotes.ensure(request.domain, request.dataset)
  const byMarker = found === null ? null : ledger.folders.byUid(found.folderId)
  // The rows that a copied folder's marker stands for are those of another directory, whose files may stand: none of them are this one's.
  const marker = byMarker === null && seen.kind === 'there' && isMarkerOfAnother(seen) ? null : found
  const usable = byMarker !== null && !isTaken(byMarker) ? byMarker : null
  // As a whole: a folder that was let go of and not taken up again would be looked for by a name that it has no more.
  const known = ledger.now(() => {
    const before = usable ?? byPath(ledger, request.path, isTaken)
    const kept = before === null || before.remoteId === remote.id ? before : exchange(tools, before, remote.id, marker === null)
    if (kept !== null) return kept
    const free = marker !== null && ledger.folders.byUid(marker.folderId) === null
    const uid = free ? marker.folderId : tools.newId()
    const added = ledger.folders.add({ uid, path: request.path, remoteId: remote.id, deleteMode: request.policy.deletes.mode }, wallMs())
    if (before !== null) keepPause(tools, before, added.id)
    // A ledger kept it that was lost, or put back to before it knew this folder: what was sent from there is not known here.
    if (found !== null && found.folderId !== before?.uid) ledger.remotes.markDue(remote.id)
    return added
  })
  const { id } = known
  ledger.now(() => {
    // What a folder without its own memory can't tell, the dataset can: this ledger may have been put back since it was restored. A frozen
    // one is not told how far the ledger is either, and speaks for every folder.
    if (known.state === 'restored') stayDue(ledger, [known])
    if (known.state === 'frozen') stayDue(ledger, ledger.folders.all())
    if (leadsElsewhere(known, request, seen)) noteEdit(ledger, remote.id, 'path', wallMs())
    ledger.folders.setPath(id, request.path, request.writtenAs)
    if (known.deleteMode !== request.policy.deletes.mode) ledger.folders.setDeleteMode(id, request.policy.deletes.mode, wallMs())
    noteRule(ledger, id, 'mode', request.policy.deletes.mode, wallMs(), known.deleteMode)
    noteRule(ledger, id, 'on_change', request.policy.onChange, wallMs())
    if (noteRule(ledger, id, 'group_incomplete', request.policy.groupIncomplete, wallMs())) reopenGroups(tools, id)
    if (ledger.folders.rules(id) !== request.rules) {
      // Of a folder that was never looked at no rule covered anything.
      if (ledger.folders.rules(id) !== '') {
        noteRules(ledger, id)
        noteEdit(ledger, remote.id, 'rules', wallMs())
      }
      ledger.folders.setRules(id, request.rules)
      ledger.tree.dropDigests(id)
      remapUnits(tools, known, request.policy)
      remapDicom(tools, known, request.policy)
    }
  })
  await rememberRoot(tools, id, request.path)
  // Where it lies tells which grace is in force.
  ledger.now(() => noteGrace(ledger, id, tools.graceOf(ledger.folders.get(id), request.policy), wallMs()))
  return ledger.folders.get(id)
}

/** Its path was changed, and what stands there is a copy: the directory of before may still be where it was, with all that came to it since. */
function leadsElsewhere({ path, root }: FolderRecord, request: FolderRequest, seen: SeenIdentity): boolean {
  return path !== request.path && root !== null && seen.kind === 'there' && !isSameRoot(root, seen.root)
}

/**
 * The folder is given another dataset. If it sent to that one before, its rows are known there, and its files are no news.
 * @param isUnmarked nothing on its disk tells which folder it is, so that its path does
 */
function exchange(tools: BindTools, folder: FolderRecord, remoteId: number, isUnmarked: boolean): FolderRecord | null {
  const { folders } = tools.ledger
  detach(tools, folder, 'its dataset was changed in the config')
  folders.release(folder.id, `${folder.uid}#${folder.id}`)
  const before = folders.released(folder.uid, remoteId) ?? (isUnmarked ? folders.left(folder.path, remoteId) : null)
  if (before !== null) {
    folders.release(before.id, folder.uid)
    keepPause(tools, folder, before.id)
  }
  return before
}

/** A pause is one of the place that people see, whatever dataset it feeds. */
function keepPause({ ledger, wallMs }: BindTools, { paused, pausedUntilMs }: FolderRecord, folderId: number): void {
  if (ledger.folders.get(folderId).paused !== paused)
    ledger.folders.setPaused(folderId, paused ? { untilMs: pausedUntilMs } : null, wallMs())
}

function byPath(ledger: LedgerPort, path: string, isTaken: (folder: FolderRecord) => boolean): FolderRecord | null {
  // Of two entries that lead to one path each has its own, also where no marker tells.
  const found = ledger.folders.all().find((folder) => folder.path === path && !isTaken(folder)) ?? ledger.folders.byPath(path)
  return found === null || isTaken(found) ? null : found
}

/** The first sight of a folder: its root, its mounts, and its marker, which is written once and never made anew. */
export async function rememberRoot(tools: Pick<BindTools, 'ledger' | 'disk'>, folderId: number, path: string): Promise<void> {
  const { ledger, disk } = tools
  const folder = ledger.folders.get(folderId)
  if (folder.root !== null) return
  const seen = await disk.identity(path)
  if (seen.kind !== 'there') return
  const mounts = await disk.mounts(path)
  // A first sight without what is mounted there would be none; the next look takes it.
  if (mounts === null) return
  const ledgerId = ledger.meta.ledgerId()
  const theirs = typeof seen.marker === 'object'
  // One that came with a copy from elsewhere is no other folder's of this ledger: the directory is known by its root until a person accepts it.
  const isFromElsewhere = isMarkerOfAnother(seen) && theirs && seen.marker.ledgerId !== ledgerId
  if (theirs && seen.marker.folderId !== folder.uid && !isFromElsewhere) return
  if ((await keeperOf(tools, folderId, seen)) !== null) return
  const written = theirs ? 'written' : await disk.writeMarker(path, { folderId: folder.uid, ledgerId, root: seen.root }, 'never')
  ledger.now(() => {
    // A person accepted what stands there meanwhile: that is a later look than this one.
    if (ledger.folders.get(folderId).root !== null) return
    ledger.folders.setIdentity(folderId, seen.root, written)
    ledger.folders.setMounts(folderId, mounts)
  })
}

/**
 * Another mapping of sub-directories makes other units of the same files. Rows of the old ones are detached: a change of policy
 * deletes nothing.
 */
function remapUnits(tools: BindTools, folder: FolderRecord, policy: FolderPolicy): void {
  const { ledger, wallMs } = tools
  for (const unit of ledger.units.list(folder.id)) {
    const strangers = ledger.tree.filesOfUnit(unit.id).filter((file) => {
      const mapping = mapFile(file.path, file.look, policy)
      return mapping.kind === 'unit' && (mapping.shape !== unit.shape || mapping.key !== unit.key) && !file.path.includes('\u0000')
    })
    if (strangers.length === 0) continue
    for (const file of strangers) {
      const mapping = mapFile(file.path, file.look, policy)
      if (mapping.kind !== 'unit') continue
      const target = ledger.units.ensure(folder.id, mapping.shape, mapping.key, mapping.unitKind, wallMs())
      ledger.tree.setFileUnit(file.id, target)
      // A unit of that place may be known as gone: what its file holds now has to be compared with its row.
      if (file.local !== 'present') continue
      ledger.units.setLocal(target, 'present')
      const unit = ledger.units.get(target)
      if (unit?.work === 'none') ledger.units.setWork(target, 'waiting', '`subdirectories` was changed', wallMs())
      // What it was sent as before the setting was another one is its row again, and is not sent a second time.
      if (unit !== null) followAgain(ledger, unit)
    }
    if (ledger.tree.filesOfUnit(unit.id).some((file) => !file.path.includes('\u0000'))) continue
    detachUnit(tools, folder, unit, '`subdirectories` was changed')
  }
}

/** What was set aside for a frame that cannot be sent was so by a rule that is another one now; no change of its files would tell. */
function reopenGroups({ ledger, wallMs }: BindTools, folderId: number): void {
  for (const unit of ledger.units.list(folderId)) {
    if (unit.work !== 'rejected' || !ledger.tree.filesOfUnit(unit.id).some((file) => isLeftOut(file, unit))) continue
    ledger.units.setWork(unit.id, 'waiting', '`group_incomplete` was changed', wallMs())
  }
}

/** Its rows stay, listed and removable only by command; its files are new if the entry comes back for another dataset. */
function detach(tools: BindTools, folder: FolderRecord, why: string): void {
  const { ledger } = tools
  ledger.now(() => {
    noteEdit(ledger, folder.remoteId, 'entry', tools.wallMs())
    for (const unit of ledger.units.list(folder.id)) {
      detachUnit(tools, folder, unit, why)
      for (const file of ledger.tree.filesOfUnit(unit.id)) {
        if (file.local !== 'absent') ledger.tree.setFileLocal(file.id, 'excluded', null, null)
      }
    }
    ledger.tree.dropDigests(folder.id)
    ledger.folders.unconfigure(folder.id)
  })
}

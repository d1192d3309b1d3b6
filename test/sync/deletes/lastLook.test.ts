import { expect, test } from 'vitest'
import { nameOf } from '../../../src/model/file.ts'
import { type FolderDeleteTools, openFolderDeletes } from '../../../src/sync/folderDeletes.ts'
import { LedgerBox, PLANTED_MS } from '../../support/ledgerBox.ts'
import { NOW_MS } from '../../support/localParts.ts'
import { policyOf } from '../../support/planWorld.ts'

const GRACE_MS = 120_000
const POLICY = policyOf({ onChange: 'replace' }, { limit: { count: 50, percent: 100, perMs: 86_400_000 } })

/** What happens as this path is looked at for the last time; nothing does at most of them. */
type Moment = (path: string) => 'it is back' | 'it changes' | 'the folder leaves' | null

/** A folder in which one row may go, by its proof: its file or all frames are gone, or a newer file stands at its path. @returns the hashes that DELETE calls named */
async function sent(what: 'file' | 'group' | 'replaced', happens: Moment = () => null): Promise<readonly string[]> {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  // Deletes were wanted before anything was gone.
  box.scan(folder, PLANTED_MS + 2_000)
  for (let other = 0; other < 5; other++) box.unit(folder, `other-${other}.jpg`)
  const why = what === 'replaced' ? 'superseded' : 'absent'
  const recipe = { kind: what === 'group' ? 'image_group' : 'image', local: why === 'absent' ? 'absent' : 'present' } as const
  const { unitId, versionId, fileIds } = box.unit(folder, what === 'group' ? 'run' : 'a.jpg', recipe)
  if (versionId === null) throw new Error('no row')
  if (what === 'group') {
    ledger.versions.setFrames(
      versionId,
      fileIds.map((fileId, i) => ({ fileId, name: `f${i + 1}.jpg`, sizeBytes: 10 })),
    )
    for (const ord of fileIds.keys()) ledger.versions.setFrameSent(versionId, ord, `frame-${ord}`)
  }
  const first = { id: box.scan(folder, NOW_MS - 2 * GRACE_MS), atMs: NOW_MS - 2 * GRACE_MS }
  if (why === 'absent') {
    const absence = { ancestor: '', ctimeBeforeNs: '1', ctimeAfterNs: '2', unchanged: 0 }
    for (const id of fileIds) ledger.tree.setFileLocal(id, 'absent', first.id, absence)
  } else {
    ledger.versions.setRole(versionId, 'superseded')
    for (const id of fileIds) ledger.tree.setSha(id, 'newer', false)
    const newer = { unitId, remoteId: folder.remoteId, kind: 'image', title: 'a.jpg', sizeBytes: 10, part: 0, metadataDue: false } as const
    ledger.versions.addLive({ ...newer, dataHash: 'newer', content: 'newer' }, PLANTED_MS)
    ledger.versions.markListed(folder.remoteId, 'newer', PLANTED_MS + 1)
  }
  ledger.candidates.add(versionId, why, first, first.atMs)
  ledger.candidates.setSecond(versionId, box.scan(folder, NOW_MS))

  const calls: string[] = []
  const work: Promise<void>[] = []
  let isLeaving = false
  const look = (path: string): ReturnType<Moment> => {
    const happened = happens(path)
    isLeaving ||= happened === 'the folder leaves'
    return happened
  }
  const clock = { wallMs: () => NOW_MS, monotonicMs: () => 0, sleep: () => Promise.reject(new Error('nobody sleeps')) }
  const marker = { folderId: folder.uid, ledgerId: ledger.meta.ledgerId() }
  const listing = async () => ({ has: () => true })
  const remote = { serverTime: () => ({ dateMs: NOW_MS, atMonotonicMs: 0 }) }
  const disk = {
    identity: async () => ({ kind: 'there', root: folder.root, marker, alive: null }),
    mounts: async () => [],
    proveAbsent: async (_root: string, path: string) => {
      return look(path) === 'it is back'
        ? { kind: 'present' }
        : { kind: 'absent', ancestor: '', missingName: 'a.jpg', ancestorStamp: { ctimeNs: '2' } }
    },
    filesIn: () => {
      const isTouched = look('a.jpg') === 'it changes'
      const files = fileIds.flatMap((id) => ledger.tree.file(id) ?? [])
      return new Map(files.map(({ path, stamp }) => [nameOf(path), isTouched ? { ...stamp, mtimeNs: '9' } : stamp]))
    },
  }
  const deleteCall = async (hashes: readonly string[]) => void calls.push(...hashes)
  const log = { emit: () => undefined }
  const effects = {
    ledger,
    disk,
    log,
    clock,
    remote,
    folder,
    listing,
    crashPoint: () => undefined,
    inSlot: (_: number, now: () => unknown) => now(),
  }
  const tools = {
    ledger,
    log,
    clock,
    signal: new AbortController().signal,
    link: { id: folder.remoteId, remote, deleteCall, listing, key: () => ({ kind: 'good' }), closedUntilMs: () => 0 },
    setup: { policy: POLICY, fileSystem: 'local', graceMs: GRACE_MS },
    begin: (begun: () => Promise<void>) => void work.push(begun()),
    isLeaving: () => isLeaving,
    record: () => ledger.folders.get(folder.id),
    now: () => ({ wallMs: NOW_MS, monotonicMs: 0, serverMs: NOW_MS }),
    effectTools: () => effects,
    wholeBy: () => undefined,
    scanForProof: () => undefined,
    unlookedSinceMs: () => Number.POSITIVE_INFINITY,
    onStopped: () => undefined,
    onDeleted: () => undefined,
  } as unknown as FolderDeleteTools
  const deletes = openFolderDeletes(tools)
  deletes.soon()
  deletes.judgeDue()
  await Promise.all(work)
  return calls
}

test('a row whose proof is whole goes: its file or its frames are gone, or a newer file stands there', async () => {
  for (const what of ['file', 'group', 'replaced'] as const) expect(await sent(what)).toEqual(['hash-6'])
})

test('an older row stays when the newer file is not the one that was sent any more, a moment before the call', async () => {
  expect(await sent('replaced', () => 'it changes')).toEqual([])
})

test('a group stays when any of its frames is there again, a moment before the call', async () => {
  for (const frame of ['run/f1.jpg', 'run/f2.jpg'])
    expect(await sent('group', (path) => (path === frame ? 'it is back' : null))).toEqual([])
})

test('a folder that leaves the config deletes nothing more, also what was just being looked at', async () => {
  for (const what of ['file', 'group', 'replaced'] as const) expect(await sent(what, () => 'the folder leaves')).toEqual([])
})

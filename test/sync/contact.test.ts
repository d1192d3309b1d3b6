import { expect, test } from 'vitest'
import { noteAccepted } from '../../src/sync/acceptedLedger.ts'
import { bindFolders } from '../../src/sync/bindFolders.ts'
import { noteKept } from '../../src/sync/keptRows.ts'
import type { DeleteCall, Disk, Remote } from '../../src/sync/ports.ts'
import { openRemoteLink } from '../../src/sync/remoteLink.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { policyOf } from '../support/planWorld.ts'
import { stepClock } from '../support/stepClock.ts'

const GAP_MS = 1_000
const DATASETS = ['aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee', 'bbbbbbbb-bbbb-cccc-dddd-eeeeeeeeeeee'] as const

const ROW = { title: 'a.jpg', type: 'IMAGE', createdAtMs: null, sizeBytes: 1, clientMetadata: null, members: null }

type Clock = ReturnType<typeof stepClock>

/** A process that reads a dataset with these rows. */
function linkOf(
  box: LedgerBox,
  remoteId: number,
  clock: Clock,
  hashes: readonly string[] = [],
  own: object | null = null,
  onTouched: (unitIds: readonly number[]) => void = () => undefined,
) {
  const { dataset } = box.ledger.remotes.get(remoteId)
  const remote = {
    serverTime: () => null,
    listing: async () => ({ dataset, rows: hashes.map((dataHash) => ({ ...ROW, dataHash, clientMetadata: own && { encord_sync: own } })) }),
  } as unknown as Remote
  const log = { emit: () => undefined }
  const tools = { ledger: box.ledger, clock, random: () => 1, log, signal: new AbortController().signal, absentGapMs: GAP_MS }
  return openRemoteLink(tools, remoteId, remote, {} as DeleteCall, onTouched)
}

const contactOf = (box: LedgerBox, remoteId: number) => box.ledger.remotes.get(remoteId).firstContact

test('a dataset that this ledger never read takes one listing, one whose rows it may have forgotten two that are absent_gap apart', async () => {
  using box = new LedgerBox()
  const { remoteId } = box.folder('IN')
  const clock = stepClock()
  const link = linkOf(box, remoteId, clock)
  await link.listing()
  expect(contactOf(box, remoteId)).toBe('done')
  box.ledger.remotes.markDue(remoteId)
  await link.listing()
  await clock.sleep(GAP_MS - 1)
  await link.listing()
  expect(contactOf(box, remoteId)).toBe('again')
  expect(link.needsListing()).toBe(true)
  await clock.sleep(1)
  await link.listing()
  expect(contactOf(box, remoteId)).toBe('done')
})

test('the second of the two may be another process’s: passes that end before absent_gap is over come to send', async () => {
  using box = new LedgerBox()
  const { remoteId } = box.folder('IN')
  const clock = stepClock()
  box.ledger.remotes.markDue(remoteId)
  await linkOf(box, remoteId, clock).listing()
  expect(contactOf(box, remoteId)).toBe('again')
  await clock.sleep(GAP_MS)
  await linkOf(box, remoteId, clock).listing()
  expect(contactOf(box, remoteId)).toBe('done')
})

test('what makes it due once more between the two starts it anew', async () => {
  using box = new LedgerBox()
  const { remoteId } = box.folder('IN')
  const clock = stepClock()
  const link = linkOf(box, remoteId, clock)
  box.ledger.remotes.markDue(remoteId)
  await link.listing()
  await clock.sleep(GAP_MS)
  box.ledger.remotes.markDue(remoteId)
  await link.listing()
  expect(contactOf(box, remoteId)).toBe('again')
})

test.each([
  ['was about to send', false],
  ['was about to send, and gave up as its folder left the config,', true],
])('the row of what the ledger %s when it was put back is one of those that it forgot', async (_, isGivenUp) => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const { unitId } = box.unit(folder, 'a.jpg', { coming: 'ticket' })
  const [coming] = ledger.versions.ofUnit(unitId).filter(({ role }) => role === 'coming')
  ledger.versions.setTicket(coming?.id ?? 0, 'sent', 'ticket', PLANTED_MS)
  if (isGivenUp) ledger.versions.retire(coming?.id ?? 0, 'stray', 'closed')
  await linkOf(box, folder.remoteId, stepClock(), ['sent']).listing()
  expect(ledger.remotes.foreignRows(folder.remoteId)).toMatchObject([{ dataHash: 'sent', title: 'a.jpg' }])
  expect(ledger.versions.get(coming?.id ?? 0)).toMatchObject({ role: 'closed', remote: 'stray', dataHash: null })
})

test('the row of what was sent as a whole when the ledger was put back is known by its hash, whatever else bears its name', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const { unitId } = box.unit(folder, 'a.jpg', { current: null, coming: 'sent' })
  const [coming] = ledger.versions.ofUnit(unitId)
  ledger.versions.setTicket(coming?.id ?? 0, 'sent', 'ticket', PLANTED_MS)
  ledger.versions.setContent(coming?.id ?? 0, 'sha-a.jpg')
  ledger.versions.setRemote(coming?.id ?? 0, 'sent')
  await linkOf(box, folder.remoteId, stepClock(), ['another', 'sent']).listing()
  expect(ledger.remotes.foreignRows(folder.remoteId)).toMatchObject([{ dataHash: 'another', title: 'a.jpg' }])
  expect(ledger.versions.get(coming?.id ?? 0)).toMatchObject({ unitId, role: 'current', remote: 'live', dataHash: 'sent' })
})

/** A folder without a sign of life, whose marker is the one that was written last, or this one. */
function binder(box: LedgerBox, known: { readonly folderId: string; readonly ledgerId: string } | 'none' = 'none') {
  let marker = known
  let ids = 0
  const disk = {
    identity: async () => ({ kind: 'there', root: { ino: '7', birthNs: null, fsType: 'ext4' }, place: '1:7', marker, alive: null }),
    mounts: async () => [],
    writeMarker: async (_root: string, given: Exclude<typeof known, 'none'>) => {
      if (marker === 'none') marker = given
      return 'written'
    },
  } as unknown as Disk
  const tools = {
    ledger: box.ledger,
    disk,
    log: { emit: () => undefined },
    wallMs: () => PLANTED_MS,
    newId: () => `made-${++ids}`,
    graceOf: () => 0,
  }
  return async (dataset: string): Promise<string> => {
    const path = `${box.base}/IN`
    const [folder] = await bindFolders(tools, [
      { path, writtenAs: path, domain: 'http://127.0.0.1:9', dataset, policy: policyOf(), rules: 'r' },
    ])
    return contactOf(box, folder?.remoteId ?? 0)
  }
}

test('a folder that is given another dataset has forgotten nothing; one that comes with the marker of a ledger that is not there may have', async () => {
  using box = new LedgerBox()
  const bind = binder(box)
  expect(await bind(DATASETS[0])).toBe('due')
  expect(await bind(DATASETS[1])).toBe('due')
  using other = new LedgerBox()
  expect(await binder(other, { folderId: 'known', ledgerId: 'lost' })(DATASETS[0])).toBe('again')
  using older = new LedgerBox()
  expect(await binder(older, { folderId: 'known', ledgerId: older.ledger.meta.ledgerId() })(DATASETS[0])).toBe('again')
})

test('a start with a frozen folder has every dataset read anew: a folder that cannot be written remembers nothing', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const bind = binder(box)
  await bind(DATASETS[0])
  const [folder] = ledger.folders.all()
  const other = ledger.remotes.ensure('http://127.0.0.1:9', DATASETS[1])
  ledger.folders.add({ uid: 'other', path: `${box.base}/OTHER`, remoteId: other.id, deleteMode: 'propagate' }, PLANTED_MS)
  for (const { id } of ledger.remotes.all()) ledger.remotes.markContacted(id)
  ledger.folders.setState(folder?.id ?? 0, 'frozen', 'it was rolled back', PLANTED_MS)
  expect(await bind(DATASETS[0])).toBe('again')
  expect(contactOf(box, other.id)).toBe('again')
  ledger.remotes.markFirstLook(other.id, PLANTED_MS)
  await bind(DATASETS[0])
  expect(ledger.remotes.get(other.id).firstLookMs).toBe(PLANTED_MS)
})

test.each([
  { what: 'names the place that the ledger knows', path: 'a.jpg', role: 'current' },
  { what: 'names another place', path: 'b.jpg', role: 'closed' },
  { what: 'names another place, and is due anew', path: 'b.jpg', role: 'current', isDue: true },
  { what: 'names another place, of a kept row', path: 'b.jpg', role: 'closed', isKept: true },
])(
  'of a ledger that may have forgotten something a row whose note $what is $role',
  async ({ path, role, isDue = false, isKept = false }) => {
    using box = new LedgerBox()
    const { ledger } = box
    const folder = box.folder('IN')
    const { unitId, versionId, dataHash } = box.unit(folder, 'a.jpg', { sha256: 'sha' })
    const id = versionId ?? 0
    const touched: number[] = []
    ledger.now(() => {
      ledger.versions.setMetadataDue(id, isDue)
      if (isKept) noteKept(ledger, id, PLANTED_MS)
    })
    const clock = stepClock()
    const own = { folder: folder.uid, path, sha256: ledger.versions.get(id)?.content }
    const link = linkOf(box, folder.remoteId, clock, [dataHash ?? ''], own, (unitIds) => touched.push(...unitIds))
    for (const contact of ['done', 'again']) {
      if (contact === 'again') ledger.now(() => noteAccepted(ledger, [folder], PLANTED_MS))
      if (contact === 'again') ledger.remotes.markDue(folder.remoteId)
      await link.listing()
      expect(ledger.versions.get(id)?.role).toBe('current')
    }
    await clock.sleep(GAP_MS)
    await link.listing()
    expect(contactOf(box, folder.remoteId)).toBe('done')
    expect(ledger.versions.get(id)?.role).toBe(role)
    // Its file has no row now, and nothing else plans it before it changes.
    expect(touched).toEqual(role === 'closed' ? [unitId] : [])
    const isForeign = () =>
      expect(ledger.remotes.foreignRows(folder.remoteId)).toMatchObject(role === 'closed' ? [{ own: { path, linked: 'by-name' } }] : [])
    isForeign()
    // Also where a person accepts a folder before its file is found.
    ledger.remotes.markDue(folder.remoteId)
    await link.listing()
    await clock.sleep(GAP_MS)
    await link.listing()
    isForeign()
  },
)

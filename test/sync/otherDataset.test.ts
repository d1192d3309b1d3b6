import { expect, test } from 'vitest'
import { bindFolders } from '../../src/sync/bindFolders.ts'
import type { LedgerPort } from '../../src/sync/ledgerPort.ts'
import type { Disk } from '../../src/sync/ports.ts'
import type { FolderRecord } from '../../src/sync/records.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { policyOf } from '../support/planWorld.ts'

const ROOT = { ino: '7', birthNs: null, fsType: 'ext4' }
const FIRST = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'
const SECOND = 'bbbbbbbb-bbbb-cccc-dddd-eeeeeeeeeeee'

/** A folder on a disk of which only its identity is asked; `unwritable`: it keeps no marker. */
function placeOf(kind: 'writable' | 'unwritable') {
  let marker: { folderId: string; ledgerId: string } | 'none' = 'none'
  let ids = 0
  const disk = {
    identity: async () => ({ kind: 'there', root: ROOT, marker, alive: null }),
    mounts: async () => [],
    writeMarker: async (_root: string, given: { folderId: string; ledgerId: string }) => {
      if (kind === 'unwritable') return 'unwritable'
      if (marker === 'none') marker = given
      return 'written'
    },
  } as unknown as Disk
  return async (ledger: LedgerPort, path: string, dataset: string): Promise<FolderRecord> => {
    const tools = { ledger, disk, log: { emit: () => undefined }, wallMs: () => PLANTED_MS, newId: () => `made-${++ids}`, graceOf: () => 0 }
    const request = { path, writtenAs: path, domain: 'http://127.0.0.1:9', dataset, policy: policyOf(), rules: 'r' }
    const [folder] = await bindFolders(tools, [request])
    if (folder === undefined) throw new Error('no folder')
    return folder
  }
}

test.each(['writable', 'unwritable'] as const)(
  'a %s folder that is given its former dataset again takes up its rows there',
  async (kind) => {
    using box = new LedgerBox()
    const bind = placeOf(kind)
    const path = `${box.base}/IN`
    const first = await bind(box.ledger, path, FIRST)
    const second = await bind(box.ledger, path, SECOND)
    expect(second.id).not.toBe(first.id)
    expect((await bind(box.ledger, path, FIRST)).id).toBe(first.id)
    expect((await bind(box.ledger, path, SECOND)).id).toBe(second.id)
    expect((await bind(box.ledger, path, FIRST)).id).toBe(first.id)
    expect(box.ledger.folders.all().map(({ id }) => id)).toEqual([first.id])
  },
)

test('a folder that is given another dataset stays paused, and is so no more there once a person resumed it here', async () => {
  using box = new LedgerBox()
  const bind = placeOf('writable')
  const path = `${box.base}/IN`
  const first = await bind(box.ledger, path, FIRST)
  box.ledger.folders.setPaused(first.id, { untilMs: PLANTED_MS + 60_000 }, PLANTED_MS)
  const second = await bind(box.ledger, path, SECOND)
  expect(second).toMatchObject({ paused: true, pausedUntilMs: PLANTED_MS + 60_000 })
  box.ledger.folders.setPaused(second.id, null, PLANTED_MS)
  expect(await bind(box.ledger, path, FIRST)).toMatchObject({ id: first.id, paused: false })
})

test.each(['before', 'after'] as const)(
  'a process that dies %s the folder was let go of for another dataset leaves it to the next one whole',
  async (when) => {
    using box = new LedgerBox()
    const bind = placeOf('writable')
    const path = `${box.base}/IN`
    const first = await bind(box.ledger, path, FIRST)
    const { ledger } = box
    const release = (id: number, uid: string): void => {
      if (when === 'after') ledger.folders.release(id, uid)
      throw new Error('the process dies')
    }
    await expect(bind({ ...ledger, folders: { ...ledger.folders, release } }, path, SECOND)).rejects.toThrow('the process dies')
    const second = await bind(ledger, path, SECOND)
    expect(second.id).not.toBe(first.id)
    expect((await bind(ledger, path, FIRST)).id).toBe(first.id)
    expect((await bind(ledger, path, SECOND)).id).toBe(second.id)
  },
)

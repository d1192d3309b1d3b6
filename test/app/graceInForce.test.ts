import { expect, test } from 'vitest'
import { guardOf } from '../../src/app/guard.ts'
import { bindFolders } from '../../src/sync/bindFolders.ts'
import type { Disk } from '../../src/sync/ports.ts'
import { ruleSince } from '../../src/sync/ruleSince.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { policyOf } from '../support/planWorld.ts'

const MINUTE_MS = 60_000

/** Since when is the grace a shorter one, once the config asks for another? */
async function sinceEdit(place: 'network' | 'unwritable' | 'local', beforeMin: number, afterMin: number): Promise<number> {
  using box = new LedgerBox()
  const root = { ino: '7', birthNs: null, fsType: place === 'network' ? '6969 nfs' : 'ef53 ext4' }
  let marker: { folderId: string; ledgerId: string } | 'none' = 'none'
  const disk = {
    identity: async () => ({ kind: 'there', root, marker, alive: null }),
    mounts: async () => [],
    writeMarker: async (_root: string, given: { folderId: string; ledgerId: string }) => {
      if (place === 'unwritable') return 'unwritable'
      marker = given
      return 'written'
    },
  } as unknown as Disk
  const path = `${box.base}/IN`
  const bind = async (minutes: number): Promise<number> => {
    const { deletes, ...rest } = policyOf()
    const policy = { ...rest, deletes: { ...deletes, graceMs: minutes * MINUTE_MS } }
    const request = { path, writtenAs: path, domain: 'http://d', dataset: 'a', policy, rules: 'r' }
    const log = { emit: () => undefined }
    const graceOf = (...of: Parameters<typeof guardOf>): number => guardOf(...of).graceMs
    const [folder] = await bindFolders({ ledger: box.ledger, disk, log, wallMs: () => PLANTED_MS, newId: () => 'made', graceOf }, [request])
    return folder === undefined ? Number.NaN : ruleSince(box.ledger, folder.id, 'grace').ms
  }
  expect(await bind(beforeMin)).toBe(0)
  return await bind(afterMin)
}

test.each([
  ['network', 5, 2, 0],
  ['unwritable', 5, 2, 0],
  ['network', 20, 2, PLANTED_MS],
  ['unwritable', 20, 2, PLANTED_MS],
  ['local', 5, 2, PLANTED_MS],
] as const)('a shorter grace is one only where less is in force: %s, %i to %i minutes', async (place, before, after, sinceMs) => {
  expect(await sinceEdit(place, before, after)).toBe(sinceMs)
})

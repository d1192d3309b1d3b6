import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDisk } from '../../src/app/disk.ts'
import { bindFolders } from '../../src/sync/bindFolders.ts'
import { renewAlive, reviewState } from '../../src/sync/folderState.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { policyOf } from '../support/planWorld.ts'
import { realClock } from '../support/realClock.ts'

const FIRST = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'
const SECOND = 'bbbbbbbb-bbbb-cccc-dddd-eeeeeeeeeeee'

test('a folder that is given its former dataset again is not frozen by what it was told meanwhile', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const path = join(box.base, 'IN')
  mkdirSync(path)
  let ids = 0
  const disk = openDisk(() => Promise.reject(new Error('no walk')))
  const tools = { ledger, disk, log: { emit: () => undefined }, wallMs: () => PLANTED_MS, newId: () => `made-${++ids}`, graceOf: () => 0 }
  const watch = { ledger, disk, log: tools.log, clock: { ...realClock, wallMs: () => PLANTED_MS } }
  const states: string[] = []
  for (const dataset of [FIRST, SECOND, FIRST, SECOND]) {
    const request = { path, writtenAs: path, domain: 'http://127.0.0.1:9', dataset, policy: policyOf(), rules: 'r' }
    const [folder] = await bindFolders(tools, [request])
    if (folder === undefined) throw new Error('no folder')
    states.push((await reviewState(watch, folder.id, null)).state)
    await renewAlive(watch, folder.id, false)
    await renewAlive(watch, folder.id, true)
  }
  expect(states).toEqual(['ok', 'ok', 'ok', 'ok'])
})

import { expect, test } from 'vitest'
import { awaitMovedTwin } from '../../src/sync/movedTwin.ts'
import { LedgerBox } from '../support/ledgerBox.ts'
import { manualClock } from '../support/manualClock.ts'

test('a folder that is known not to be readable is not looked into before a file of its content is sent elsewhere: that one waits', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const [away, here] = [box.folder('AWAY'), box.folder('IN')]
  box.unit(away, 'a.jpg', { sha256: 'sha' })
  const { unitId } = box.unit(here, 'b.jpg', { sha256: 'sha', current: null, work: 'queued' })
  ledger.folders.setState(away.id, 'unreadable', 'it does not answer', 0)
  const asked = (): never => {
    throw new Error('its disk was asked')
  }
  const disk = { filesIn: asked, proveAbsent: asked } as unknown as Parameters<typeof awaitMovedTwin>[0]['disk']
  const tools = { ledger, disk, folder: here, clock: manualClock(), lookInto: () => undefined }
  const result = await awaitMovedTwin(tools, unitId, ledger.tree.filesOfUnit(unitId))
  expect(result).toMatchObject({ kind: 'later', patience: 'once-leaves' })
  expect(ledger.units.get(unitId)?.why).toContain(`same content as ${away.path}/a.jpg, and that folder is unreadable`)
})

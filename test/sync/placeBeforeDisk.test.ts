import { mkdirSync, renameSync } from 'node:fs'
import { expect, test } from 'vitest'
import { acceptFolder } from '../../src/app/acceptFolder.ts'
import { deletesBox } from '../support/deletesBox.ts'
import { localParts } from '../support/localParts.ts'

test.concurrent('a folder whose new place the config named before its disk was there is not sent a second time, and the next start takes it up', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  {
    await using _sync = await box.open()
  }
  renameSync(box.at(), box.beside('unmounted'))
  {
    await using sync = await box.open({ folders: ['DISK/IN'] })
    expect(sync.ledger.folders.all()).toMatchObject([{ state: 'absent' }])
    mkdirSync(box.beside('DISK'))
    renameSync(box.beside('unmounted'), box.beside('DISK/IN'))
    await sync.look()
    await expect
      .poll(() => sync.ledger.folders.all(), { timeout: 20_000 })
      .toMatchObject([{ state: 'foreign', why: expect.stringContaining(`it is the folder that was at ${box.at()}`.replace(/\/$/, '')) }])
    expect(box.events.findLast(({ name }) => name === 'folder.state')?.fields).toMatchObject({ next: 'restart the service' })
    const accepted = acceptFolder(localParts(sync, sync.ledger.folders.all(), { nowMs: Date.now() }), box.beside('DISK/IN'))
    await expect(accepted).rejects.toThrow('all of it would be sent a second time')
  }
  await using sync = await box.open({ folders: ['DISK/IN'] })
  box.put('n.jpg', 'n', 'DISK/IN')
  await sync.look()
  expect(sync.ledger.folders.all()).toMatchObject([{ id: 1, state: 'ok' }])
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'c.jpg', 'n.jpg'])
})

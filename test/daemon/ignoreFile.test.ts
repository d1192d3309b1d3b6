import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { liveConfig, liveService } from '../support/liveService.ts'
import { jpeg } from '../support/mediaVariants.ts'
import { syncBox } from '../support/syncBox.ts'

vi.setConfig({ testTimeout: 120_000 })

test('an ignore file that is edited holds at once, also for what lies below and did not change', async () => {
  await using box = await syncBox()
  const titles = (): readonly string[] => box.emulator.rows().map((row) => row.title)
  for (const name of ['a.jpg', 'sub/deep/b.jpg', 'sub/deep/c.jpg']) box.write(name, jpeg(name))
  box.write('.encordignore', 'b.jpg\nc.jpg\n')
  // No other whole look is due for as long as the test takes.
  await using service = await liveService(box, liveConfig(box, { IN: ', subdirectories: individual' }, 'rescan: 1h'))
  await service.until('unit.synced')
  const ofB = service.next('unit.synced')
  box.write('.encordignore', 'c.jpg\n')
  expect(await ofB).toMatchObject({ path: 'sub/deep/b.jpg' })
  const ofC = service.next('unit.synced')
  rmSync(join(box.folder, '.encordignore'))
  expect(await ofC).toMatchObject({ path: 'sub/deep/c.jpg' })
  const isLetGo = service.next('unit.detached')
  box.write('.encordignore', 'b.jpg\n')
  expect(await isLetGo).toMatchObject({ path: 'sub/deep/b.jpg' })
  // What comes with its own ignore file is read as a whole, and asks for no look at all the rest.
  const whole = (): number => box.events.filter(({ name, fields }) => name === 'folder.scanned' && fields['whole'] === true).length
  const before = whole()
  const ofNew = service.next('unit.synced')
  box.write('new/.encordignore', 'y.jpg\n')
  for (const name of ['new/deep/x.jpg', 'new/deep/y.jpg']) box.write(name, jpeg(name))
  expect(await ofNew).toMatchObject({ path: 'new/deep/x.jpg' })
  expect(titles()).not.toContain('new/deep/y.jpg')
  expect(whole()).toBe(before)
})

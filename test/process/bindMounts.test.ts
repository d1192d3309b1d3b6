import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { MAIN } from '../support/commandProcess.ts'
import { jpeg } from '../support/mediaVariants.ts'
import { MountNamespace, whyNoMounts } from '../support/mountNamespace.ts'
import { serviceBox } from '../support/serviceBox.ts'

vi.setConfig({ testTimeout: 120_000 })

const noMounts = whyNoMounts()
const SENT_ONCE =
  'a directory that two entries name by a bind mount is sent once, by the one that had it, and cannot be accepted as the other'

test.skipIf(noMounts)(noMounts === null ? SENT_ONCE : `${SENT_ONCE} (skipped: ${noMounts})`, async () => {
  await using box = await serviceBox()
  await using namespace = await MountNamespace.open()
  const program = [...namespace.enter, process.execPath, MAIN]
  const again = join(box.base, 'AGAIN')
  mkdirSync(again)
  namespace.mount('--bind', box.folder, again)
  const entry = (path: string) => ({
    path,
    dataset: box.emulator.dataset,
    api_key: `\${ENCORD_API_KEY}`,
    settle: '300ms',
    deletes: { grace: '1s' },
  })
  const entries = [box.folder, again].map(entry)
  box.configure({ top: { folders: entries } })
  box.put('a.jpg', jpeg('a'))
  await box.once({ program })
  const list = await box.command(['folders', 'list', '--json'], { program })
  expect(JSON.parse(list.stdout)).toMatchObject([
    { path: box.folder, state: 'ok' },
    {
      path: again,
      state: 'foreign',
      why: expect.stringContaining(`the same directory as ${box.folder}`),
      next: 'encord-sync config check',
    },
  ])
  const accepted = await box.command(['folders', 'accept', again], { program })
  expect([accepted.code, accepted.stderr]).toEqual([3, expect.stringContaining(`is the same directory as ${box.folder}`)])
  // The one that has it keeps it, also where the other one comes first.
  box.configure({ top: { folders: entries.toReversed() } })
  box.rename('a.jpg', 'b.jpg')
  box.put('c.jpg', jpeg('c'))
  await box.once({ program })
  expect([box.titles(), box.registrations(), box.deletes()]).toEqual([['b.jpg', 'c.jpg'], 2, 0])
  // With one of the two out of the config, all is as it was before.
  box.configure({ top: { folders: [entry(again)] } })
  box.put('d.jpg', jpeg('d'))
  await box.once({ program })
  expect([box.titles(), box.registrations(), box.deletes()]).toEqual([['b.jpg', 'c.jpg', 'd.jpg'], 3, 0])
})

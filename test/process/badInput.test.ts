import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { jpeg } from '../support/mediaVariants.ts'
import { serviceBox, stop } from '../support/serviceBox.ts'

vi.setConfig({ testTimeout: 300_000 })

test.concurrent('a config that is not there: exit 2, its path, and what to do', async () => {
  await using box = await serviceBox()
  rmSync(box.configFile)
  for (const args of [['once'], ['run']]) {
    const { code, stdout, stderr } = await box.command(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(box.configFile)
    expect(stderr).toContain('next: ')
  }
})

test.concurrent('a malformed config: exit 2, every mistake at its line, the nearest key named, no key printed', async () => {
  await using box = await serviceBox()
  box.writeConfig(`rescann: 5s
folders:
  - path: ${box.folder}
    dataset: not-a-hash
    api_key: literal-key-5e7a1c
    settle: five
  - path: ${box.folder}
    dataset: ${box.emulator.dataset}
    api_key: \${NOT_SET}
`)
  const { code, stderr } = await box.once()
  expect(code).toBe(2)
  for (const place of ['1:1', '4:14', '6:13', '7:11', '9:14']) expect(stderr).toContain(`${box.configFile}:${place}`)
  expect(stderr).toContain('rescan')
  expect(stderr).toContain('NOT_SET')
  expect(stderr).not.toContain('literal-key-5e7a1c')
})

test.concurrent('a config that is no YAML: exit 2 with the place', async () => {
  await using box = await serviceBox()
  box.writeConfig('folders: [\n  - {\n')
  const { code, stderr } = await box.once()
  expect(code).toBe(2)
  expect(stderr).toMatch(new RegExp(`${box.configFile}:\\d+:\\d+`))
  expect(stderr).not.toMatch(/\n\s+at .*\.js/)
})

test.concurrent('folders inside each other: exit 2', async () => {
  await using box = await serviceBox()
  mkdirSync(box.path('below'))
  const folder = (path: string) => ({ path, dataset: box.emulator.dataset, api_key: `\${ENCORD_API_KEY}` })
  box.configure({ top: { folders: [folder(box.folder), folder(box.path('below'))] } })
  const { code, stderr } = await box.once()
  expect(code).toBe(2)
  expect(stderr).toContain('lies inside folders[0]')
})

test.concurrent('a wrong dataset hash: nothing is sent, exit 3, the dataset is named', async () => {
  await using box = await serviceBox()
  const wrong = '99999999-bbbb-4ccc-8ddd-eeeeeeeeeeee'
  box.configure({ folder: { dataset: wrong } })
  box.put('a.jpg', jpeg('a'))
  const { code, stdout } = await box.once()
  expect(code).toBe(3)
  expect(stdout).toContain('credentials')
  expect(stdout).toContain('next: ')
  expect([box.calls('PUT bucket'), box.registrations()]).toEqual([0, 0])
})

test.concurrent('a wrong key: nothing is sent, exit 3, and the key is never printed', async () => {
  await using box = await serviceBox()
  box.put('a.jpg', jpeg('a'))
  const env = { ENCORD_API_KEY: 'wrong-key-77c1d2e3' }
  const { code, stdout, stderr } = await box.once({ env })
  expect(code).toBe(3)
  expect(stdout).toContain(`${box.folder}: credentials`)
  expect(stdout + stderr).not.toContain('wrong-key-77c1d2e3')
  expect(box.calls('PUT bucket')).toBe(0)
  // Nothing is lost: with the right key the file goes.
  expect((await box.once()).code).toBe(0)
  expect(box.titles()).toEqual(['a.jpg'])
})

test.concurrent('a revoked key pauses its folder, which goes on without a restart once the key works again', async () => {
  await using box = await serviceBox()
  const service = await box.run()
  box.put('a.jpg', jpeg('a'))
  await box.untilTitles('a.jpg')
  box.emulator.emulator.revokeKey(box.emulator.key)
  box.put('b.jpg', jpeg('b'))
  const paused = await service.next('folder.state', (line) => line['state'] === 'credentials')
  expect([paused['why'], paused['next']]).toEqual([expect.stringContaining('AUTHENTICATION'), expect.stringMatching(/.+/)])
  expect(JSON.parse((await box.command(['status', '--json'])).stdout)).toMatchObject({
    exitCode: 3,
    folders: [{ state: 'credentials' }],
  })
  box.emulator.emulator.restoreKey(box.emulator.key)
  await service.next('folder.state', (line) => line['state'] === 'ok')
  await box.untilTitles('a.jpg', 'b.jpg')
  expect((await stop(service)).code).toBe(0)
  expect(box.registrations()).toBe(2)
})

test.concurrent('a new key in the key file is taken up without a restart', async () => {
  await using box = await serviceBox()
  const keyFile = join(box.base, 'key')
  writeFileSync(keyFile, 'an-old-key-000000\n', { mode: 0o600 })
  box.configure({ folder: { api_key_file: keyFile } })
  box.put('a.jpg', jpeg('a'))
  const service = box.start(['run'], { env: { ENCORD_API_KEY: undefined } })
  await service.until('folder.state', (line) => line['state'] === 'credentials')
  writeFileSync(keyFile, `${box.emulator.key}\n`, { mode: 0o600 })
  await box.until(() => box.titles().length === 1, 'the file goes with the new key')
})

test.concurrent('a folder that cannot be read deletes nothing, says so, and goes on when it can', async () => {
  await using box = await serviceBox()
  box.put('a.jpg', jpeg('a'))
  box.put('b.jpg', jpeg('b'))
  expect((await box.once({ asOrdinaryUser: true })).code).toBe(0)
  chmodSync(box.folder, 0o000)
  const { code, stdout } = await box.once({ asOrdinaryUser: true })
  expect(code).toBe(3)
  expect(stdout).toContain(`${box.folder}: unreadable`)
  chmodSync(box.folder, 0o700)
  box.emulator.calls.reset()
  expect((await box.once({ asOrdinaryUser: true })).code).toBe(0)
  expect(box.emulator.calls.counts()).toEqual({ 'GET dataset': 1 })
})

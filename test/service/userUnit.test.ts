import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { bootSystemd, whyNoSystemd } from '../support/bootedSystemd.ts'
import { emulatorBox } from '../support/emulatorBox.ts'
import { jpeg } from '../support/mediaVariants.ts'

vi.setConfig({ testTimeout: 300_000 })

const UID = 1
const RUNTIME = '/run/user/1'

const whyNot = whyNoSystemd()
if (whyNot !== null) process.stderr.write(`skipped: the service of a user on a booted systemd: ${whyNot}\n`)

test.skipIf(whyNot !== null)('a user installs the service without root, and their own systemd runs, shows and ends it', async () => {
  const box = mkdtempSync(join(tmpdir(), 'encord-sync-user-'))
  const emulator = await emulatorBox()
  for (const name of ['IN', 'home']) mkdirSync(join(box, name))
  writeFileSync(join(box, 'IN', 'a.jpg'), jpeg('a.jpg'))
  writeFileSync(join(box, 'key'), emulator.key, { mode: 0o600 })
  const folder = { path: '/run/box/IN', dataset: emulator.dataset, api_key_file: '/run/box/key', settle: '300ms' }
  const config = { encord: { domain: emulator.url }, folders: [folder] }
  writeFileSync(join(box, 'config.yaml'), JSON.stringify(config), { mode: 0o600 })
  for (const place of ['.', 'IN', 'IN/a.jpg', 'home', 'key', 'config.yaml']) chownSync(join(box, place), UID, UID)
  const systemd = await bootSystemd(box)
  const environment = [`XDG_RUNTIME_DIR=${RUNTIME}`, 'HOME=/run/box/home', 'USER=daemon', 'PATH=/usr/local/bin:/usr/bin:/bin']
  const asUser = (...command: readonly string[]) =>
    systemd.ask('setpriv', `--reuid=${UID}`, `--regid=${UID}`, '--clear-groups', 'env', '-i', ...environment, ...command)
  const command = (...words: readonly string[]) => asUser('node', '/run/app/dist/cli/main.js', ...words, '--config', '/run/box/config.yaml')
  async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
    const deadlineMs = performance.now() + 90_000
    while (!(await holds())) {
      if (performance.now() > deadlineMs) throw new Error(`not within 90 s: ${what}`)
      await delay(100)
    }
  }
  try {
    // As logind does it: a manager of the user's own, with a part of the cgroup tree that it may divide.
    const manager = ['--unit=manager', '-p', `User=${UID}`, '-p', 'Delegate=yes', '-p', 'RuntimeDirectory=user/1', '-p', 'Type=notify']
    await systemd.ask('systemd-run', ...manager, ...environment.flatMap((one) => ['-E', one]), '/lib/systemd/systemd', '--user')
    expect(JSON.parse(await command('service', 'install', '--json'))).toMatchObject({
      outcome: 'written',
      file: '/run/box/home/.config/systemd/user/encord-sync.service',
    })
    await until('a row', () => emulator.rows().length === 1)
    expect(await command('service', 'status')).toMatch(/^systemd: active \(pid \d+\)\n {2}it says: \d+ synced/)
    await command('service', 'uninstall')
    const { stdout } = await systemd.run('pgrep', '-f', 'main.js run')
    expect(stdout).toBe('')
  } finally {
    await systemd[Symbol.asyncDispose]()
    await emulator.stop()
    rmSync(box, { recursive: true, force: true })
  }
})

import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type BootedSystemd, bootSystemd, whyNoSystemd } from '../support/bootedSystemd.ts'
import { type EmulatorBox, emulatorBox } from '../support/emulatorBox.ts'
import { jpeg } from '../support/mediaVariants.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

const UNIT = 'encord-sync.service'
/** A user that every system has, and that is not root. */
const USER = 'daemon'
const USER_UID = 1
const COMMAND = ['node', '/run/app/dist/cli/main.js']

const whyNot = whyNoSystemd()
if (whyNot !== null) process.stderr.write(`skipped: the service on a booted systemd: ${whyNot}\n`)

/** One boot for all: each test finds the service as the one before it left it. */
describe.skipIf(whyNot !== null)('on a booted systemd', () => {
  const box = mkdtempSync(join(tmpdir(), 'encord-sync-booted-'))
  let emulator: EmulatorBox
  let systemd: BootedSystemd

  beforeAll(async () => {
    emulator = await emulatorBox()
    for (const name of ['IN', 'state']) mkdirSync(join(box, name))
    writeFileSync(join(box, 'key'), emulator.key, { mode: 0o600 })
    configure()
    for (const name of ['a.jpg', 'b.jpg']) writeFileSync(join(box, 'IN', name), jpeg(name))
    for (const place of ['.', 'IN', 'state', 'config.yaml']) chownSync(join(box, place), USER_UID, USER_UID)
    systemd = await bootSystemd(box)
  })
  afterAll(async () => {
    await systemd?.[Symbol.asyncDispose]()
    await emulator?.stop()
    rmSync(box, { recursive: true, force: true })
  })

  function configure(more: Readonly<Record<string, unknown>> = {}): void {
    const folder = {
      path: '/run/box/IN',
      dataset: emulator.dataset,
      api_key_file: `\${CREDENTIALS_DIRECTORY}/box.key`,
      settle: '300ms',
      deletes: { grace: '1s' },
    }
    const config = {
      encord: { domain: emulator.url, absent_gap: '500ms' },
      ledger: '/run/box/state/ledger.db',
      rescan: '2s',
      folders: [folder],
      ...more,
    }
    writeFileSync(join(box, 'config.yaml'), JSON.stringify(config), { mode: 0o600 })
  }

  const service = (...words: readonly string[]) => systemd.ask(...COMMAND, 'service', ...words)
  /** A command, as the user of the service types it. */
  const asUser = (...words: readonly string[]) =>
    systemd.run('setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups', ...COMMAND, ...words, '--config', '/run/box/config.yaml')
  const log = () => systemd.ask('journalctl', '-u', UNIT, '--no-pager', '-o', 'cat')

  async function shown(...properties: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const text = await systemd.ask('systemctl', 'show', UNIT, `--property=${properties.join(',')}`)
    return Object.fromEntries(text.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)))
  }

  async function until(what: string, holds: () => Promise<boolean> | boolean, withinMs = 90_000): Promise<void> {
    const deadlineMs = performance.now() + withinMs
    while (!(await holds())) {
      if (performance.now() > deadlineMs) {
        throw new Error(
          `not within ${withinMs} ms: ${what}; ${JSON.stringify(await shown('ActiveState', 'StatusText', 'Result'))}\n${await log()}`,
        )
      }
      await delay(100)
    }
  }
  const untilRows = (count: number) => until(`${count} rows`, () => emulator.rows().length === count)
  const untilSaid = (text: string) => until(`status "${text}"`, async () => (await shown('StatusText'))['StatusText'] === text)

  test('`service install` writes a unit that systemd finds no fault with, and enables it', async () => {
    const installed = JSON.parse(
      await service(
        'install',
        '--system',
        '--user',
        USER,
        '--credential',
        'box.key:/run/box/key',
        '--config',
        '/run/box/config.yaml',
        '--no-start',
        '--json',
      ),
    )
    expect(installed).toMatchObject({ outcome: 'written', file: `/etc/systemd/system/${UNIT}`, state: 'not-started' })
    expect(await systemd.run('systemd-analyze', 'verify', UNIT)).toEqual({ code: 0, stdout: '', stderr: '' })
    // The times of a test, as `systemctl edit` would put them.
    const short = ['[Service]', 'WatchdogSec=4s', 'RestartSec=100ms', ''].join('\\n')
    await systemd.ask('sh', '-c', `mkdir /etc/systemd/system/${UNIT}.d && printf '${short}' > /etc/systemd/system/${UNIT}.d/short.conf`)
    const again = JSON.parse(await service('install', '--system', '--config', '/run/box/config.yaml', '--no-start', '--json'))
    expect(again).toMatchObject({ outcome: 'unchanged', previous: null, state: 'not-started' })
    expect(await shown('UnitFileState', 'User', 'NeedDaemonReload')).toEqual({
      UnitFileState: 'enabled',
      User: USER,
      NeedDaemonReload: 'no',
    })
  })

  test('it is ready once every folder was scanned, and says how many units are synced', async () => {
    // `systemctl start` comes back with READY=1.
    expect(await systemd.run('systemctl', 'start', UNIT), await log()).toMatchObject({ code: 0 })
    expect(await log()).toMatch(/service\.ready/)
    await untilRows(2)
    await untilSaid('2 synced')
    const status = JSON.parse(await service('status', '--system', '--config', '/run/box/config.yaml', '--json'))
    expect(status).toMatchObject({ unit: 'ours', active: 'active', enabled: true, says: '2 synced', restarts: 0, missing: [], advice: [] })
    expect(await asUser('status')).toMatchObject({ code: 0, stdout: expect.stringContaining(`the service runs (pid ${status.pid}`) })
  })

  test('a service that hangs is started anew within the time of its watchdog, and goes on', async () => {
    const { MainPID: before = '' } = await shown('MainPID')
    expect(Number(before)).toBeGreaterThan(1)
    await systemd.ask('kill', '-STOP', before)
    await until('a new process', async () => {
      const { MainPID, ActiveState } = await shown('MainPID', 'ActiveState')
      return MainPID !== before && MainPID !== '0' && ActiveState === 'active'
    })
    expect(await shown('NRestarts')).toEqual({ NRestarts: '1' })
    writeFileSync(join(box, 'IN/c.jpg'), jpeg('c'))
    await untilRows(3)
    await untilSaid('3 synced')
  })

  test('SIGTERM ends it within 20 s, with an upload in hand, and nothing is half done', async () => {
    emulator.setFaults({ match: { call: 'PUT bucket' }, do: { kind: 'latency', ms: 4_000 } })
    const made = emulator.calls.count('POST singleimage')
    const tickets = emulator.calls.count('GET signedimagesurl')
    writeFileSync(join(box, 'IN/d.jpg'), jpeg('d'))
    await until('an upload in hand', () => emulator.calls.count('GET signedimagesurl') > tickets)
    const began = performance.now()
    await systemd.ask('systemctl', 'stop', UNIT)
    expect(performance.now() - began).toBeLessThan(20_000)
    expect(await shown('Result', 'ExecMainStatus', 'ActiveState')).toEqual({
      Result: 'success',
      ExecMainStatus: '0',
      ActiveState: 'inactive',
    })
    emulator.setFaults()
    await systemd.ask('systemctl', 'start', UNIT)
    await untilSaid('4 synced')
    expect([emulator.rows().length, emulator.calls.count('POST singleimage') - made]).toEqual([4, 1])
  })

  test('`systemctl reload` reads the config anew, and the service is ready again', async () => {
    configure({ log: { level: 'debug' } })
    await systemd.ask('systemctl', 'reload', UNIT)
    await until('reloaded', async () => /config\.reloaded/.test(await log()))
    await until('active', async () => (await shown('ActiveState'))['ActiveState'] === 'active')
  })

  test('an upgrade keeps the ledger: nothing is sent again', async () => {
    emulator.calls.reset()
    await systemd.ask('sed', '-i', 's/"version": ".*"/"version": "99.0.0"/', '/run/app/package.json')
    await systemd.ask('systemctl', 'restart', UNIT)
    await untilSaid('4 synced')
    expect(JSON.parse((await asUser('status', '--json')).stdout)).toMatchObject({ version: '99.0.0', folders: [{ counts: { synced: 4 } }] })
    expect(['PUT bucket', 'POST singleimage', 'DELETE video'].map((call) => emulator.calls.count(call))).toEqual([0, 0, 0])
  })

  test('with a damaged ledger it stays, is not started again and again, says what to do, and goes on when that was done', async () => {
    await systemd.ask('systemctl', 'stop', UNIT)
    const state = '/run/box/state'
    expect((await asUser('ledger', 'backup', `${state}/copy.db`)).code).toBe(0)
    await systemd.ask(
      'sh',
      '-c',
      `rm -f ${state}/ledger.db-*; head -c 40000 /dev/urandom | dd of=${state}/ledger.db bs=1 seek=16 conv=notrunc status=none`,
    )
    await systemd.ask('systemctl', 'start', UNIT)
    await untilSaid('a person must act: encord-sync status')
    const { code, stdout } = await asUser('status')
    expect([code, stdout]).toEqual([3, expect.stringMatching(/to do:\n {2}the ledger \S+ is damaged/)])
    // Longer than its watchdog waits.
    await delay(4_500)
    expect(await shown('ActiveState', 'NRestarts')).toEqual({ ActiveState: 'active', NRestarts: '0' })
    await systemd.ask(
      'sh',
      '-c',
      `cd ${state} && mkdir -p damaged && mv ledger.db* damaged/ && cp copy.db ledger.db && chown ${USER} ledger.db damaged`,
    )
    expect((await asUser('retry')).code).toBe(0)
    await until('the counts again', async () => /^4 synced/.test((await shown('StatusText'))['StatusText'] ?? ''))
    expect(emulator.rows()).toHaveLength(4)
  })

  test('a wrong config ends it once, and `service status` says so', async () => {
    configure({ recsan: '1s' })
    await systemd.run('systemctl', 'restart', UNIT)
    await until('failed', async () => (await shown('ActiveState'))['ActiveState'] === 'failed')
    const { code, stdout } = await systemd.run(...COMMAND, 'service', 'status', '--system')
    expect([code, stdout]).toEqual([3, expect.stringMatching(/last end: it ended with 2\n[\s\S]*journalctl -u encord-sync/)])
    configure()
  })

  test('`service uninstall` removes the unit and leaves config, keys and ledger', async () => {
    expect(await service('uninstall', '--system')).toMatch(/^stopped, and removed \/etc\/systemd\/system\/encord-sync\.service\n/)
    expect(await shown('LoadState')).toEqual({ LoadState: 'not-found' })
    expect(readdirSync(box).sort()).toEqual(['IN', 'config.yaml', 'key', 'state'])
    expect(readdirSync(join(box, 'state'))).toContain('ledger.db')
    expect(await service('uninstall', '--system')).toMatch(/^nothing to remove/)
  })
})

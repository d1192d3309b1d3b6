import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Host } from '../../src/cli/command.ts'
import { CommandBox, type Ran } from '../support/commandBox.ts'

/** How a fake program of the system answers: by the words it is given, in the order of the list; 0 and silence otherwise. */
type Answers = readonly (readonly [words: string, answer: { readonly code?: number; readonly stdout?: string; readonly stderr?: string }])[]

const SHOWN =
  'LoadState=loaded\nUnitFileState=enabled\nActiveState=active\nStatusText=412 synced\nMainPID=77\nNRestarts=2\nResult=success\nExecMainStatus=0\n'

/** A config with its key in a file, and service managers that write down what they are asked. */
class ManagedBox extends CommandBox {
  readonly bin = join(this.base, 'bin')
  readonly unitFile = join(this.base, '.config/systemd/user/encord-sync.service')
  readonly plist = join(this.base, 'Library/LaunchAgents/com.encord-sync.plist')

  constructor() {
    super()
    mkdirSync(this.bin)
    mkdirSync(join(this.base, 'in'))
    writeFileSync(join(this.base, 'key'), 'key-in-a-file-0123456789', { mode: 0o600 })
    this.config('api_key_file: key')
    this.answer('systemctl', [['is-active', { code: 3, stdout: 'inactive' }]])
    this.answer('loginctl', [['show-user', { stdout: 'no' }]])
    this.answer('launchctl', [['print', { code: 113, stderr: 'Could not find service' }]])
  }

  config(key: string): void {
    const entry = `{ path: in, dataset: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee, ${key} }`
    writeFileSync(this.configFile, `ledger: state/ledger.db\nfolders:\n  - ${entry}\n`, { mode: 0o600 })
  }

  answer(program: string, answers: Answers): void {
    const cases = answers.map(
      ([words, { code = 0, stdout = '', stderr = '' }]) =>
        `*"${words}"*) printf '%s' '${stdout}'; printf '%s' '${stderr}' >&2; exit ${code} ;;`,
    )
    const script = ['#!/bin/sh', `echo "${program} $*" >> ${this.base}/asked`, 'case "$*" in', ...cases, 'esac', ''].join('\n')
    writeFileSync(join(this.bin, program), script)
    chmodSync(join(this.bin, program), 0o755)
  }

  /** What was asked since the last time, questions left out. */
  asked(): readonly string[] {
    const file = join(this.base, 'asked')
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
    writeFileSync(file, '')
    return lines.filter((line) => line !== '' && !/ (show|is-active|show-user|print)\b/.test(line))
  }

  service(words: readonly string[], more: Partial<Host> = {}): Promise<Ran> {
    return this.runBare(['service', ...words], { env: { PATH: `${this.bin}:/usr/bin:/bin` }, ...more })
  }

  install(...words: readonly string[]): Promise<Ran> {
    return this.service(['install', '--config', this.configFile, ...words])
  }
}

test('install writes the unit, enables and starts it, says so, and says how it runs while nobody is logged in', async () => {
  using box = new ManagedBox()
  const { code, stdout } = await box.install()
  expect(code, stdout).toBe(0)
  expect(box.asked()).toEqual(
    ['daemon-reload', 'enable encord-sync.service', 'start encord-sync.service'].map((line) => `systemctl --user ${line}`),
  )
  expect(stdout).toContain(`wrote ${box.unitFile}\n  ran systemctl --user daemon-reload\n`)
  expect(stdout).toContain(`config ${box.configFile} and ledger ${join(box.base, 'state/ledger.db')} were not touched`)
  expect(stdout).toMatch(/stops when you log out; to run it always, from boot on\n {4}loginctl enable-linger/)
  expect(Math.max(...(await box.service(['install', '--help'])).stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  expect(readFileSync(box.unitFile, 'utf8')).toContain(`run --config ${box.configFile}\n`)
})

test('installing again changes nothing; a unit that was edited is kept beside the new one; --now restarts what runs', async () => {
  using box = new ManagedBox()
  await box.install()
  const text = readFileSync(box.unitFile, 'utf8')
  box.answer('systemctl', [['is-active', { stdout: 'active' }]])
  expect(JSON.parse((await box.install('--json')).stdout)).toMatchObject({ outcome: 'unchanged', previous: null, state: 'running' })
  writeFileSync(box.unitFile, `${text}# mine\n`)
  const again = await box.install()
  expect(again.stdout).toMatch(
    /rewrote \S+\n {2}what stood there is kept as \S+\.old\n[\s\S]*it runs with the unit it was started with\n {4}encord-sync --config \S+ service install --now/,
  )
  expect([readFileSync(box.unitFile, 'utf8'), readFileSync(`${box.unitFile}.old`, 'utf8')]).toEqual([text, `${text}# mine\n`])
  box.asked()
  expect(JSON.parse((await box.install('--now', '--json')).stdout)).toMatchObject({ state: 'restarted' })
  expect(box.asked().at(-1)).toBe('systemctl --user restart encord-sync.service')
  expect((await box.install('--now', '--no-start')).code).toBe(2)
})

test('a key that the service would not have is said before anything is written', async () => {
  using box = new ManagedBox()
  box.config(`api_key: "\${ENCORD_API_KEY}"`)
  const refused = await box.install()
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringMatching(/its variable is not set\n {2}not done: nothing was written\n {2}next: a service has no shell/),
  ])
  expect([existsSync(box.unitFile), box.asked()]).toEqual([false, []])
  box.config(`api_key_file: "\${CREDENTIALS_DIRECTORY}/drone.key"`)
  expect(await box.install()).toMatchObject({ code: 2, stderr: expect.stringContaining('next: --credential drone.key:FILE') })
  expect((await box.install('--credential', 'drone.key:/etc/drone')).code).toBe(0)
  expect(readFileSync(box.unitFile, 'utf8')).toContain('LoadCredential=drone.key:/etc/drone\n')
  // The unit remembers.
  expect(JSON.parse((await box.install('--json')).stdout)).toMatchObject({ outcome: 'unchanged' })
})

test('without systemd, and with a service that does not start, the words say what helps', async () => {
  using box = new ManagedBox()
  box.answer('systemctl', [['show --property=Version', { code: 1, stderr: 'Failed to connect to bus: No medium found' }]])
  const none = await box.install()
  expect([none.code, existsSync(box.unitFile)]).toEqual([2, false])
  expect(none.stderr).toMatch(/systemd does not answer: Failed to connect to bus[\s\S]*log in as this user itself/)
  box.answer('systemctl', [
    ['is-active', { code: 3, stdout: 'inactive' }],
    ['start', { code: 1, stderr: 'Job for encord-sync.service failed' }],
  ])
  expect(await box.install()).toMatchObject({ code: 1, stderr: expect.stringContaining('next: journalctl --user -u encord-sync -n 50') })
})

test('status says what systemd says; uninstall stops and removes, and touches no unit of another hand', async () => {
  using box = new ManagedBox()
  const none = await box.service(['status', '--config', box.configFile])
  expect([none.code, none.stdout]).toEqual([3, expect.stringContaining('no service is installed')])
  await box.install()
  box.answer('systemctl', [['show encord-sync.service', { stdout: SHOWN }]])
  const { code, stdout } = await box.service(['status', '--config', box.configFile])
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/^systemd: active \(pid 77\)\n {2}it says: 412 synced\n {2}started anew by itself 2 times\n/),
  ])
  const text = readFileSync(box.unitFile, 'utf8')
  box.asked()
  expect((await box.service(['uninstall'])).stdout).toContain('config, keys, ledger')
  expect(box.asked()).toEqual(
    ['disable --now encord-sync.service', 'daemon-reload', 'reset-failed encord-sync.service'].map((line) => `systemctl --user ${line}`),
  )
  expect([existsSync(box.unitFile), existsSync(box.configFile)]).toEqual([false, true])
  writeFileSync(box.unitFile, text.split('\n').slice(1).join('\n'))
  expect((await box.service(['uninstall'])).code).toBe(2)
  expect([existsSync(box.unitFile), box.asked()]).toEqual([true, []])
})

test('a service of the machine names its user, never root', async () => {
  using box = new ManagedBox()
  const print = (...words: readonly string[]) => box.service(['print', '--system', '--config', box.configFile, ...words])
  expect(await print('--user', 'root')).toMatchObject({ code: 2, stderr: expect.stringContaining('never runs as root') })
  expect(await print('--user', 'no-such-user-here')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there is no user no-such-user-here'),
  })
  expect(await print('--user', 'x;y')).toMatchObject({ code: 2 })
  expect((await box.service(['print', '--user', 'daemon', '--config', box.configFile])).code).toBe(2)
  const printed = await print('--user', 'daemon')
  expect([printed.code, printed.stdout]).toEqual([0, expect.stringMatching(/^User=daemon$/m)])
})

test('where the shell has a proxy, the command that gives it to the service is that of its kind', async () => {
  using box = new ManagedBox()
  const env = { PATH: `${box.bin}:/usr/bin:/bin`, HTTPS_PROXY: 'http://proxy.example.org:3128' }
  const next = async (...words: readonly string[]) =>
    (await box.service(['print', '--config', box.configFile, ...words], { env })).stderr.match(/next: (systemctl .*edit encord-sync)/)?.[1]
  expect(await next()).toBe('systemctl --user edit encord-sync')
  expect(await next('--system', '--user', 'daemon')).toBe('systemctl edit encord-sync')
})

test('on macOS the same commands call launchctl, and say that nobody tried it', async () => {
  using box = new ManagedBox()
  const mac = { platform: 'darwin' as const }
  const { code, stdout } = await box.service(['install', '--config', box.configFile], mac)
  expect(code, stdout).toBe(0)
  const domain = `gui/${process.getuid?.()}`
  expect(box.asked()).toEqual([`launchctl enable ${domain}/com.encord-sync`, `launchctl bootstrap ${domain} ${box.plist}`])
  expect(stdout).toContain('this has not been tried on a Mac yet')
  box.answer('launchctl', [['print', { stdout: '\tstate = running\n\tpid = 88\n\tlast exit code = 0\n' }]])
  expect(await box.service(['status', '--config', box.configFile], mac)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^launchd: active \(pid 88\)\n/),
  })
  expect((await box.service(['uninstall'], mac)).code).toBe(0)
  expect([box.asked(), existsSync(box.plist)]).toEqual([[`launchctl bootout ${domain}/com.encord-sync`], false])
})

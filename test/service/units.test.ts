import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { launchdPlist } from '../../src/service/launchdPlist.ts'
import { saidBefore } from '../../src/service/specOf.ts'
import { systemdUnit } from '../../src/service/systemdUnit.ts'
import { mountUnitsOf } from '../../src/service/systemdWords.ts'
import type { UnitSpec } from '../../src/service/unitSpec.ts'

const SPEC: UnitSpec = {
  scope: { kind: 'user' },
  launch: {
    nodeDirectory: '/home/lab/.nvm/versions/node/v20.19.0/bin',
    script: '/opt/encord-sync/dist/cli/main.js',
    configFile: '/home/lab/.config/encord-sync/config.yaml',
  },
  ledgerPath: '/home/lab/.local/state/encord-sync/ledger.db',
  folders: ['/home/lab/drone', '/mnt/x y/100%/in'],
  credentials: [],
  environment: {},
}
const ODD: UnitSpec = {
  ...SPEC,
  scope: { kind: 'system', user: 'lab' },
  launch: { nodeDirectory: '/opt/no de/100%/bin', script: '/opt/a b/$HOME/%h/"q"/dist/cli/main.js', configFile: '/etc/x\ny\\z.yaml' },
  ledgerPath: '/var/lib/encord-sync/ledger.db',
  credentials: [{ name: 'drone.key', file: '/etc/keys/100%/drone' }],
  environment: { XDG_STATE_HOME: '/state of/100%' },
}

/** The values of a setting of a unit. */
const valuesOf = (unit: string, name: string) =>
  unit.split('\n').flatMap((line) => (line.startsWith(`${name}=`) ? [line.slice(name.length + 1)] : []))

test('the unit starts `run`, is watched, and is not started again where that does not help', () => {
  const unit = systemdUnit(SPEC)
  expect(valuesOf(unit, 'ExecStart')).toEqual([
    '/usr/bin/env node --max-semi-space-size=4 /opt/encord-sync/dist/cli/main.js run --config /home/lab/.config/encord-sync/config.yaml',
  ])
  const settings = [
    'Type',
    'NotifyAccess',
    'WatchdogSec',
    'Restart',
    'RestartPreventExitStatus',
    'TimeoutStopSec',
    'StartLimitIntervalSec',
    'WantedBy',
  ]
  expect(settings.map((name) => valuesOf(unit, name).join())).toEqual([
    'notify',
    'all',
    '120',
    'on-failure',
    '2 75',
    '20',
    '0',
    'default.target',
  ])
  expect(unit).not.toMatch(/MemoryDenyWriteExecute|ProtectHome=|PrivateTmp=|ReadWritePaths=|^User=/m)
})

test('G42: the unit outlives the version of Node it was installed with', () => {
  const unit = systemdUnit(SPEC)
  expect(valuesOf(unit, 'ExecStart')[0]).not.toContain('.nvm')
  expect(valuesOf(unit, 'Environment')).toEqual([
    'PATH=/home/lab/.nvm/versions/node/v20.19.0/bin:/usr/local/bin:/usr/bin:/bin',
    'MALLOC_ARENA_MAX=2',
    'UV_THREADPOOL_SIZE=16',
  ])
})

test('G45: the disk of each folder is waited for, spaces and % escaped; the disk of the ledger is required', () => {
  const unit = systemdUnit(SPEC)
  expect(valuesOf(unit, 'RequiresMountsFor')).toEqual(['/home/lab/.local/state/encord-sync'])
  for (const mount of ['home-lab-drone.mount', 'home.mount', 'mnt-x\\x20y-100\\x25-in.mount', 'mnt-x\\x20y-100\\x25.mount', 'mnt.mount']) {
    expect(valuesOf(unit, 'After')).toContain(mount)
  }
})

test.skipIf(!existsSync('/usr/bin/systemd-escape'))('mount units are named as systemd names them', () => {
  for (const path of ['/mnt/x y/100%/in', '/.hidden/ä/-dash', '/a/.b/c:d_e', '/x/\\y"z\'']) {
    const { stdout } = spawnSync('systemd-escape', ['--path', '--suffix=mount', path], { encoding: 'utf8' })
    expect(mountUnitsOf(path)[0]).toBe(stdout.trim())
  }
})

test.skipIf(!existsSync('/usr/bin/systemd-analyze'))('`systemd-analyze verify` finds no fault, whatever the paths hold', () => {
  const directory = mkdtempSync(join(tmpdir(), 'encord-sync-unit-'))
  try {
    for (const [i, spec] of [SPEC, { ...ODD, scope: { kind: 'system', user: 'daemon' } as const }].entries()) {
      const file = join(directory, `encord-sync-${i}.service`)
      writeFileSync(file, systemdUnit(spec))
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
      expect([status, stderr.split('\n').filter((line) => line.includes('encord-sync'))]).toEqual([0, []])
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('paths with blanks, quotes, % and $ stay one word, and a line break adds no setting', () => {
  const unit = systemdUnit(ODD)
  expect(valuesOf(unit, 'ExecStart')).toEqual([
    '/usr/bin/env node --max-semi-space-size=4 "/opt/a b/$$HOME/%%h/\\"q\\"/dist/cli/main.js" run --config "/etc/x\\ny\\\\z.yaml"',
  ])
  expect(valuesOf(unit, 'Environment')).toEqual([
    '"PATH=/opt/no de/100%%/bin:/usr/local/bin:/usr/bin:/bin"',
    'MALLOC_ARENA_MAX=2',
    'UV_THREADPOOL_SIZE=16',
    '"XDG_STATE_HOME=/state of/100%%"',
  ])
})

test('a unit of the machine runs as its user, gets keys as credentials, and makes the directories it may', () => {
  const unit = systemdUnit(ODD)
  expect(valuesOf(unit, 'User')).toEqual(['lab'])
  expect(valuesOf(unit, 'LoadCredential')).toEqual(['drone.key:/etc/keys/100%%/drone'])
  expect([valuesOf(unit, 'RuntimeDirectory'), valuesOf(unit, 'StateDirectory')]).toEqual([['encord-sync'], ['encord-sync']])
  expect(valuesOf(systemdUnit({ ...ODD, ledgerPath: '/srv/ledger.db' }), 'StateDirectory')).toEqual([])
  expect(saidBefore(unit)).toEqual({ user: 'lab', credentials: ODD.credentials })
})

test('the launchd plist is XML that says the same', () => {
  const odd = { ...ODD, launch: { ...ODD.launch, script: '/opt/<a> & "b"/main.js' } }
  const plist = launchdPlist(odd, '/Users/lab/Library/Logs/encord-sync.log')
  const value = parsePlist(plist)
  expect(value).toMatchObject({
    Label: 'com.encord-sync',
    UserName: 'lab',
    ProgramArguments: [
      '/usr/bin/env',
      'node',
      '--max-semi-space-size=4',
      '/opt/<a> & "b"/main.js',
      'run',
      '--config',
      ODD.launch.configFile,
    ],
    EnvironmentVariables: { PATH: '/opt/no de/100%/bin:/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin', UV_THREADPOOL_SIZE: '16' },
    RunAtLoad: true,
    KeepAlive: { SuccessfulExit: false },
    ThrottleInterval: 60,
    ExitTimeOut: 20,
    Umask: 0o77,
    StandardErrorPath: '/Users/lab/Library/Logs/encord-sync.log',
  })
  expect(saidBefore(plist).user).toBe('lab')
  expect(parsePlist(launchdPlist(SPEC, '/log'))).not.toHaveProperty('UserName')
})

/** Reads a property list, strictly: an element that is not closed, or text where none may be, throws. */
function parsePlist(text: string): unknown {
  const tokens = [...text.replace(/<\?[\s\S]*?\?>|<!DOCTYPE[^>]*>|<!--[\s\S]*?-->/g, '').matchAll(/<(\/?)(\w+)[^>]*?(\/?)>|([^<]+)/g)]
  let at = 0
  const next = () => {
    while (tokens[at]?.[4]?.trim() === '') at++
    return tokens[at++] ?? ['', '', 'the end', '', undefined]
  }
  const open = (): readonly [string, string] => {
    const [whole, slash = '', name = '', self = '', loose] = next()
    if (loose !== undefined || slash !== '') throw new Error(`unexpected ${whole}`)
    return [name, self]
  }
  const close = (name: string): void => {
    const [whole, slash, closed] = next()
    if (slash !== '/' || closed !== name) throw new Error(`expected </${name}>, not ${whole}`)
  }
  const isClosing = (name: string): boolean => {
    const before = at
    const [, slash, closed] = next()
    if (slash === '/' && closed === name) return true
    at = before
    return false
  }
  const textOf = (name: string): string => {
    const raw = tokens[at]?.[4] ?? ''
    if (tokens[at]?.[4] !== undefined) at++
    close(name)
    return raw.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
  }
  const value = ([name, self]: readonly [string, string]): unknown => {
    if (self === '/') return name === 'true'
    if (name === 'string' || name === 'key') return textOf(name)
    if (name === 'integer') return Number(textOf(name))
    const list: unknown[] = []
    while (!isClosing(name)) list.push(value(open()))
    if (name === 'array') return list
    if (name !== 'dict' || list.length % 2 !== 0) throw new Error(`what is ${name}?`)
    return Object.fromEntries(list.flatMap((one, i) => (i % 2 === 0 ? [[one, list[i + 1]]] : [])))
  }
  const [plist] = open()
  const result = value(open())
  close(plist)
  return result
}

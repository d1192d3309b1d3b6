import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openHider } from '../../src/cli/doctor/hider.ts'
import { SIGNATURE } from '../../src/service/unitSpec.ts'
import { CommandBox, type Ran } from '../support/commandBox.ts'
import { dicomBytes, slice } from '../support/dicomBytes.ts'
import { jpeg } from '../support/mediaVariants.ts'
import { type SyncBox, syncBox } from '../support/syncBox.ts'

/** Doctor as a person types it; its home is empty unless given. */
async function doctor(
  box: SyncBox,
  words: readonly string[] = [],
  more: { readonly home?: string; readonly key?: string } = {},
): Promise<Ran> {
  using commands = new CommandBox()
  return await commands.runBare(['doctor', ...words, '--config', box.configure()], {
    env: { ENCORD_API_KEY: more.key ?? box.emulator.key },
    home: more.home ?? commands.base,
    directory: box.base,
    nowMs: Date.now,
    stopSignal: () => new AbortController().signal,
  })
}

type View = {
  readonly findings: readonly { readonly check: string; readonly verdict: string; readonly what: string; readonly next: string | null }[]
}
const findingsOf = ({ stdout }: Ran) => (JSON.parse(stdout) as View).findings
const about = (ran: Ran, check: string) => findingsOf(ran).filter((one) => one.check === check)

test('doctor looks at everything, one line each, and exits 0 when nothing is wrong', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  await box.once()
  const { code, stdout } = await doctor(box)
  expect(code, stdout).toBe(0)
  for (const check of ['node', 'sqlite', 'config', 'key', 'dataset', 'clock', 'folder', 'ledger', 'ledger disk', 'service', 'running']) {
    expect(stdout).toMatch(new RegExp(`^(ok  |warn)  ${check}: `, 'm'))
  }
  expect(stdout).toMatch(/^ok {4}dataset: aaaaaaaa-\S+ at http:\/\/127\.0\.0\.1:\d+: 1 row$/m)
})

test('a server that is away is exit 1, a refused key is exit 3, and each names what helps', async () => {
  await using box = await syncBox()
  const refused = await doctor(box, ['--json'], { key: 'another-key-0123456789' })
  expect(refused.code).toBe(3)
  expect(about(refused, 'key')).toEqual([
    expect.objectContaining({ verdict: 'fail', next: expect.stringContaining('encord-sync key create') }),
  ])
  box.emulator.setFaults({ match: { call: '*' }, do: { kind: 'status', status: 404 } })
  const config = readFileSync(box.configure(), 'utf8')
  await box.emulator.emulator.close()
  const away = await doctor(box, ['--json'])
  expect([away.code, about(away, 'dataset')]).toEqual([1, [expect.objectContaining({ verdict: 'later' })]])
  expect(config).toContain('encord')
})

test('a clock that is 20 minutes off is named: nothing is deleted with it', async () => {
  await using box = await syncBox()
  box.emulator.setFaults({ match: { call: '*' }, do: { kind: 'dateSkew', ms: -1_200_000 } })
  const ran = await doctor(box, ['--json'])
  expect([ran.code, about(ran, 'clock')]).toEqual([
    3,
    [
      {
        check: 'clock',
        verdict: 'fail',
        what: expect.stringMatching(/^this clock is 20m( \d+s)? ahead of the server's: nothing is deleted$/),
        next: 'timedatectl set-ntp true',
      },
    ],
  ])
})

test('a folder that is gone and a ledger that is damaged have their lines, with the way out', async () => {
  await using box = await syncBox()
  await box.once()
  rmSync(box.folder, { recursive: true })
  writeFileSync(join(box.base, 'state/ledger.db'), `SQLite format 3\0${'no pages '.repeat(5_000)}`)
  const ran = await doctor(box, ['--json'])
  expect(ran.code).toBe(3)
  expect(about(ran, 'folder')).toEqual([expect.objectContaining({ verdict: 'fail', what: `${box.folder} is not there` })])
  expect(about(ran, 'ledger')).toEqual([
    expect.objectContaining({ verdict: 'fail', next: expect.stringContaining('mv ledger.db* damaged/') }),
  ])
})

test('G42: a unit whose program is gone is found, with the command that writes it anew', async () => {
  await using box = await syncBox()
  const home = join(box.base, 'home')
  mkdirSync(join(home, '.config/systemd/user'), { recursive: true })
  writeFileSync(
    join(home, '.config/systemd/user/encord-sync.service'),
    `# ${SIGNATURE}\n[Service]\nEnvironment=PATH=${home}/gone/bin\nExecStart=/usr/bin/env node "${home}/gone 100%%/dist/cli/main.js" run\n`,
  )
  const ran = await doctor(box, ['--json'], { home })
  expect(ran.code).toBe(3)
  const [first] = about(ran, 'service')
  expect(first).toMatchObject({ verdict: 'fail', next: 'encord-sync service install' })
  expect(first?.what).toContain(`${home}/gone 100%/dist/cli/main.js`)
  expect(first?.what).toContain(`node (in ${home}/gone/bin)`)
})

test('without a usable config the rest is looked at all the same', async () => {
  using commands = new CommandBox()
  const ran = await commands.runBare(['doctor', '--json', '--config', join(commands.base, 'none.yaml')])
  expect(ran.code).toBe(3)
  expect(findingsOf(ran).map(({ check }) => check)).toEqual(['node', 'sqlite', 'config', 'service'])
})

test('a bundle says first what it holds, and no key, no name of a file and no content is in it', async () => {
  await using box = await syncBox()
  const secrets = [box.emulator.key, 'patient-zero', 'Müller', 'lesion-left', 'frame-secret', 'IN', box.base]
  box.write('patient-zero/Müller/frame-secret-1.jpg', jpeg(1))
  box.write('patient-zero/Müller/frame-secret-2.jpg', jpeg(2).subarray(0, 40))
  box.write('lesion-left.jpg', jpeg(3))
  box.write('lesion-left notes.docx', 'no media')
  await box.once()
  const ran = await doctor(box, ['--bundle', 'support.txt'])
  expect(ran.stdout).toMatch(
    /The bundle holds:\n {2}1 {2}versions\n[\s\S]*Written to \S+support\.txt; look through it before you send it\.\n$/,
  )
  const file = join(box.base, 'support.txt')
  const text = readFileSync(file, 'utf8')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(text.indexOf('Contents:')).toBeLessThan(text.indexOf('## 1 versions'))
  for (const title of [
    'versions',
    'what doctor found',
    'settings, without keys',
    'status',
    'units that are not in sync',
    'changes in the datasets',
    'the service',
  ]) {
    expect(text).toMatch(new RegExp(`^## \\d ${title}`, 'm'))
  }
  expect(secrets.filter((secret) => (secret === 'IN' ? /\/IN\b/.test(text) : text.includes(secret)))).toEqual([])
  // What is left is of use: states, counts, reasons, extensions.
  expect(text).toMatch(/"synced": 1/)
  expect(text).toMatch(/"path": "~[0-9a-f]{8}\/~[0-9a-f]{8}"/)
  expect((await doctor(box, ['--bundle', 'support.txt'])).code).toBe(2)
  const named = await doctor(box, ['--bundle', 'named.txt', '--names'])
  expect(named.code).toBe(0)
  const namedText = readFileSync(join(box.base, 'named.txt'), 'utf8')
  expect([namedText.includes('patient-zero/Müller'), namedText.includes(box.emulator.key)]).toEqual([true, false])
})

test('a bundle names no patient, though a slice may have any name and stand in the reason of its series', async () => {
  await using box = await syncBox()
  const named = slice('9.9', 1).filter(([tag]) => tag !== 0x00100020)
  box.write('DOE JOHN', dicomBytes(named))
  await box.once({ settings: ', dicomseries: true' })
  const ran = await doctor(box, ['--bundle', 'support.txt'])
  expect(ran.code).not.toBe(2)
  const text = readFileSync(join(box.base, 'support.txt'), 'utf8')
  expect(text).toMatch(/~[0-9a-f]{8}: it lacks PatientID/)
  expect(text).not.toMatch(/DOE|JOHN/)
})

test('the codes of names: the same name the same code, extensions kept, prose kept, another bundle other codes', () => {
  const hider = openHider('salt', ['/data/drone/site a/clip 7.mp4'])
  expect(hider.path('/home/drone/clip 7.mp4')).toMatch(/^\/home\/~[0-9a-f]{8}\/~[0-9a-f]{8}\.mp4$/)
  expect(hider.text('site a waits: clip 7.mp4 was cut off')).toMatch(/^~[0-9a-f]{8} waits: ~[0-9a-f]{8}\.mp4 was cut off$/)
  expect(hider.text('never seen: /srv/x/hidden.png and other.jpg')).toMatch(/^never seen: \/srv\/~\S+\/~\S+\.png and ~\S+\.jpg$/)
  expect(hider.text('at https://api.encord.com: HTTP 503, since 2 min.')).toBe('at https://api.encord.com: HTTP 503, since 2 min.')
  expect(openHider('other', []).path('drone')).not.toBe(openHider('salt', []).path('drone'))
})

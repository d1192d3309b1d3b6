import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { changes } from '../../src/app/changes.ts'
import { queries } from '../../src/app/queries.ts'
import { serveLocal } from '../../src/control/server.ts'
import { chooseSocketPath } from '../../src/control/socketPath.ts'
import { localMinute } from '../../src/model/localTime.ts'
import { takeLock } from '../../src/store/lock.ts'
import type { FolderRecord } from '../../src/sync/records.ts'
import { CommandBox } from '../support/commandBox.ts'
import { PLANTED_MS } from '../support/ledgerBox.ts'
import { localParts, NOW_MS, type PokedParts } from '../support/localParts.ts'

/** A box with one folder, configured. */
function oneFolder(name = 'in'): { readonly box: CommandBox; readonly folder: FolderRecord } & Disposable {
  const box = new CommandBox()
  const folder = box.folder(name)
  box.configure([folder])
  return { box, folder, [Symbol.dispose]: () => box[Symbol.dispose]() }
}

function hold({ ledger }: CommandBox, folder: FolderRecord, versionId: number | null): number {
  ledger.candidates.add(versionId ?? 0, 'absent', null, PLANTED_MS)
  const id = ledger.candidates.addBatch(folder.id, 'd1g35t', 'they would empty the folder', PLANTED_MS)
  ledger.candidates.setBatch(versionId ?? 0, id)
  return id
}

/** A service over the same ledger, in this process, with its lock. */
async function serviceFor(box: CommandBox, folder: FolderRecord): Promise<AsyncDisposable & { readonly parts: PokedParts }> {
  const lock = takeLock(box.path)
  const parts = { ...localParts(box, [folder]), service: { pid: process.pid, startedAtMs: PLANTED_MS } }
  const server = await serveLocal(
    { ...queries(parts), ...changes(parts) },
    { socketPath: chooseSocketPath(box.path, box.env), ledgerPath: box.path, version: '1.2.3', startedAtMs: PLANTED_MS },
  )
  return {
    parts,
    async [Symbol.asyncDispose]() {
      await server.close()
      lock?.release()
    },
  }
}

/** What a command prints on a terminal of 80 columns. */
async function onTerminal(box: CommandBox, ...words: readonly string[]): Promise<string> {
  const stream = new PassThrough({ encoding: 'utf8' })
  const stdout = Object.assign(stream, { isTTY: true, columns: 80 }) as unknown as NodeJS.WriteStream
  await box.runBare([...words, '--config', box.configFile], { stdout, env: { ...box.env, NO_COLOR: '1' } })
  return String(stream.read())
}

test('a command that was given a config names it in the next commands, which then work as printed', async () => {
  using one = oneFolder()
  const { box, folder } = one
  const id = hold(box, folder, box.unit(folder, 'c.jpg', { local: 'absent' }).versionId)
  const approve = `encord-sync --config ${box.configFile} deletes approve ${id} --digest d1g35t`
  expect((await box.run('deletes', 'list')).stdout).toContain(`  ${approve}\n`)
  expect((await box.run('status')).stdout).toContain(`    encord-sync --config ${box.configFile} deletes list\n`)
  expect((await box.run('why', 'nothing.jpg')).stderr).toContain(`next: encord-sync --config ${box.configFile} units\n`)
  expect((await box.runBare(approve.split(' ').slice(1))).code).toBe(0)
  expect((await box.runBare(['status', '--config', 'it is not.yaml'])).stderr).toContain(
    "next: encord-sync --config 'it is not.yaml' init ",
  )
})

test('history and the held list keep each row and its reason on one line of 80 columns, with a short hash', async () => {
  using one = oneFolder()
  const { box, folder } = one
  const dataHash = '8f5b3482-fc3a-45af-8c93-0864b022a24e'
  const entry = { atMs: PLANTED_MS, folderId: folder.id, dataHash, files: 1, approved: false, key: 'site/a.jpg' } as const
  box.ledger.history.add({ ...entry, verb: 'registered', detail: { title: 'site/a.jpg' } })
  hold(box, folder, box.unit(folder, 'c.jpg', { local: 'absent' }).versionId)
  for (const printed of [await onTerminal(box, 'history'), await onTerminal(box, 'deletes', 'list')]) {
    expect(printed.split('\n').filter((line) => line.length > 80 && !line.includes(folder.path) && !line.includes(box.configFile))).toEqual(
      [],
    )
  }
  expect(await onTerminal(box, 'history')).toMatch(/site\/a\.jpg {2}8f5b3482 {2}as "site\/a\.jpg"$/m)
  expect((await box.run('history')).stdout).toContain(dataHash)
})

test('status is one screen whose counts add up, and exits 0 in sync, 1 with failures, 3 when a person must act', async () => {
  using one = oneFolder()
  const { box, folder } = one
  box.unit(folder, 'a.jpg')
  box.scan(folder)
  const inSync = await box.run('status')
  expect(inSync.code).toBe(0)
  expect(inSync.stdout).toContain('no service runs')
  expect(inSync.stdout).toContain('1 seen = 1 synced')
  expect(inSync.stdout).toContain('last whole scan 1h ago')
  box.unit(folder, 'b.jpg', { work: 'failed', why: 'HTTP 503', current: null })
  expect((await box.run('status')).code).toBe(1)
  hold(box, folder, box.unit(folder, 'c.jpg', { local: 'absent' }).versionId)
  const held = await box.run('status', '--json')
  expect(held.code).toBe(3)
  expect(JSON.parse(held.stdout)).toMatchObject({ exitCode: 3, folders: [{ counts: { seen: 2, failed: 1, missing: 1, held: 1 } }] })
})

test('before the first run status lists the configured folders, and what would change something is exit 2', async () => {
  using one = oneFolder()
  one.box.configure([one.folder], '', join(one.box.base, 'none', 'ledger.db'))
  const status = await one.box.run('status')
  expect(status.code).toBe(0)
  expect(status.stdout).toContain('not looked at yet')
  expect(await one.box.run('units')).toMatchObject({ code: 0, stdout: 'no units\n' })
  expect(await one.box.run('pause')).toMatchObject({ code: 2, stderr: expect.stringMatching(/no ledger/) })
})

test('units prints a table, its hidden characters escaped, and JSON with the raw names', async () => {
  using one = oneFolder()
  const { box, folder } = one
  const evil = 'a\u001b[31m\n\u202e.jpg'
  box.unit(folder, evil)
  box.unit(folder, 'run', { kind: 'image_group', work: 'waiting', why: 'not quiet yet', current: null })
  const { code, stdout } = await box.run('units')
  expect(code).toBe(0)
  expect(stdout.split('\n')).toHaveLength(4)
  expect(stdout).not.toContain('\u001b')
  expect(stdout).toContain('a\\x1b[31m\\n\\u202e.jpg')
  expect(stdout).toMatch(/waiting +group of 2 .* not quiet yet/)
  const lines = JSON.parse((await box.run('units', '--json')).stdout) as readonly { path: string }[]
  expect(lines.map(({ path }) => path)).toEqual([evil, 'run'])
})

test('why takes a path from the working directory, below the folder, absolute, and one that starts with a dash', async () => {
  using one = oneFolder()
  const { box, folder } = one
  box.unit(folder, 'sub/a.jpg')
  box.unit(folder, '-a.jpg', { work: 'rejected', why: 'looks cut off: no end', current: null })
  mkdirSync(join(folder.path, 'sub'))
  const config = ['--config', box.configFile]
  const fromInside = await box.runBare(['why', 'a.jpg', ...config, '--json'], { directory: join(folder.path, 'sub') })
  for (const ran of [
    fromInside,
    await box.run('why', 'sub/a.jpg', '--json'),
    await box.run('why', join(folder.path, 'sub/a.jpg'), '--json'),
  ]) {
    expect(ran.code).toBe(0)
    expect(JSON.parse(ran.stdout)).toMatchObject({ unit: { path: 'sub/a.jpg', state: 'synced' } })
  }
  const dashed = await box.run('why', '--', '-a.jpg')
  expect(dashed.code).toBe(0)
  expect(dashed.stdout).toContain('rejected: looks cut off: no end')
  expect(dashed.stdout).toContain(`next: encord-sync --config ${box.configFile} retry --as-is ${folder.path}/-a.jpg`)
  expect(await box.run('why', '/elsewhere.jpg')).toMatchObject({ code: 2, stderr: expect.stringMatching(/no watched folder holds/) })
})

test('retry opens what is named, and only that, also after --', async () => {
  using one = oneFolder()
  const { box, folder } = one
  for (const key of ['-a.jpg', 'b.jpg']) box.unit(folder, key, { work: 'rejected', why: 'refused', current: null })
  const dashed = await box.run('retry', '--json', '--', '-a.jpg')
  expect(JSON.parse(dashed.stdout)).toEqual({ units: [`${folder.path}/-a.jpg`] })
  expect((await box.run('retry', '--as-is')).stdout).toBe(`retry ${folder.path}/b.jpg\n`)
  expect(await box.run('retry')).toMatchObject({ code: 0, stdout: 'nothing to retry\n' })
  expect((await box.run('retry', 'nothing.jpg')).code).toBe(2)
})

test('deletes list exits 3 while something waits; approve wants the digest that was shown; a decision is taken once', async () => {
  using one = oneFolder()
  const { box, folder } = one
  expect(await box.run('deletes', 'list')).toMatchObject({ code: 0, stdout: 'no deletes are held, and nothing is missing\n' })
  const id = String(hold(box, folder, box.unit(folder, 'gone.jpg', { local: 'absent' }).versionId))
  const listed = await box.run('deletes', 'list')
  expect(listed.code).toBe(3)
  expect(listed.stdout).toContain('they would empty the folder')
  expect(listed.stdout).toContain(` deletes approve ${id} --digest d1g35t`)
  expect((await box.run('deletes', 'approve', id, '--digest', 'other')).code).toBe(2)
  const approved = await box.run('deletes', 'approve', id, '--digest', 'd1g35t', '--json')
  expect([approved.code, JSON.parse(approved.stdout)]).toEqual([0, { approved: 1, returned: 0 }])
  expect((await box.run('deletes', 'reject', id)).code).toBe(2)
  const after = await box.run('deletes', 'list', '--json')
  expect([after.code, JSON.parse(after.stdout)[0].decision]).toEqual([0, 'approved'])
})

test('deletes reject keeps the rows', async () => {
  using one = oneFolder()
  const { box, folder } = one
  const id = String(hold(box, folder, box.unit(folder, 'gone.jpg', { local: 'absent' }).versionId))
  expect(await box.run('deletes', 'reject', id)).toMatchObject({ code: 0, stdout: '1 row is kept\n' })
  expect(JSON.parse((await box.run('units', '--json')).stdout)).toMatchObject([{ path: 'gone.jpg', state: 'detached' }])
})

test('pause and resume name the folders they changed', async () => {
  using one = oneFolder('a b')
  const { box, folder } = one
  expect(await box.run('pause', folder.path)).toMatchObject({ code: 0, stdout: `paused ${folder.path}\n` })
  expect((await box.run('status')).stdout).toContain(` resume '${folder.path}'`)
  expect(JSON.parse((await box.run('pause', '--json')).stdout)).toEqual({ folders: [], untilMs: null })
  const until = localMinute(NOW_MS + 7_200_000)
  expect((await box.run('pause', '--for', '2h')).stdout).toBe(`paused ${folder.path} until ${until}\n`)
  expect((await box.run('status')).stdout).toContain(`paused: paused by a person until ${until}`)
  expect(await box.run('pause', '--for', 'soon')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/--for soon: expected a duration/),
  })
  expect(await box.run('resume')).toMatchObject({ code: 0, stdout: `resumed ${folder.path}\n` })
  expect((await box.run('pause', '/nowhere')).code).toBe(2)
})

test('folders list says who a folder is, and accept takes it as it stands', async () => {
  using one = oneFolder()
  const { box, folder } = one
  box.ledger.folders.setState(folder.id, 'restored', 'its marker is missing', PLANTED_MS)
  const listed = await box.run('folders', 'list')
  expect([listed.code, listed.stdout.split('\n')[0]]).toEqual([0, `${folder.path}  restored: its marker is missing`])
  const accepted = await box.run('folders', 'accept', folder.path, '--json')
  expect([accepted.code, JSON.parse(accepted.stdout).state]).toEqual([0, 'ok'])
  expect(JSON.parse((await box.run('folders', 'list', '--json')).stdout)).toMatchObject([{ state: 'ok', marker: 'written' }])
  rmSync(folder.path, { recursive: true })
  expect((await box.run('folders', 'accept', folder.path)).code).toBe(2)
})

test('adopt exits 3 while a file fits several rows, and --none with its path sends it alone', async () => {
  using one = oneFolder()
  const { box, folder } = one
  box.unit(folder, 'a.jpg', { work: 'unlinked', why: 'the dataset holds such a row', current: null })
  for (const [dataHash, title] of [
    ['h1', '1/a.jpg'],
    ['h2', '2/a.jpg'],
  ] as const) {
    box.ledger.remotes.addForeign({ remoteId: folder.remoteId, dataHash, title, type: 'IMAGE', sizeBytes: 10, own: null })
  }
  box.unit(folder, 'b.jpg', { work: 'unlinked', why: 'the dataset holds such a row', current: null })
  const undecided = await box.run('adopt', join(folder.path, 'a.jpg'))
  expect([undecided.code, undecided.stdout.split('\n')[0]]).toEqual([3, `still undecided ${folder.path}/a.jpg`])
  expect(undecided.stdout).toContain('adopt --none PATH')
  const none = await box.run('adopt', '--none', join(folder.path, 'a.jpg'), '--json')
  expect([none.code, JSON.parse(none.stdout).sent]).toEqual([0, [`${folder.path}/a.jpg`]])
})

test('ignore test names the rule and its place, and ignore list all rules in order', async () => {
  using one = oneFolder()
  const { box, folder } = one
  box.configure([folder], ', ignore: ["*.bak"]')
  expect(await box.run('ignore', 'test', 'x.bak')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^ignored by \*\.bak \(.*config\.yaml:4:\d+\)/),
  })
  expect(JSON.parse((await box.run('ignore', 'test', join(folder.path, 'a.jpg'), '--json')).stdout)).toMatchObject({
    path: 'a.jpg',
    ignored: false,
  })
  expect((await box.run('ignore', 'test', '/elsewhere/a.jpg')).code).toBe(2)
  const rules = JSON.parse((await box.run('ignore', 'list', '--json')).stdout) as readonly { pattern: string; where: string }[]
  expect(rules[0]).toMatchObject({ pattern: '.*', where: 'default' })
  expect(rules.at(-1)).toMatchObject({ pattern: '*.bak', folder: folder.path })
  const withoutConfig = await box.runBare(['ignore', 'list'])
  expect([withoutConfig.code, withoutConfig.stdout.includes('*.part')]).toEqual([0, true])
})

test('config check says everything that is wrong with its place, exit 2, and a valid one is exit 0 with its warnings', async () => {
  using one = oneFolder()
  const { box, folder } = one
  box.configure([folder], ', settle: 1s')
  const valid = await box.run('config', 'check', '--json')
  expect([valid.code, JSON.parse(valid.stdout).folders]).toEqual([
    0,
    [{ path: folder.path, dataset: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee' }],
  ])
  expect(JSON.parse(valid.stdout).warnings).toHaveLength(1)
  writeFileSync(box.configFile, 'foldres: []\nrescan: soon\n')
  const invalid = await box.run('config', 'check')
  expect(invalid.code).toBe(2)
  expect(invalid.stderr).toMatch(/config\.yaml:1:1: .*folders/)
  expect(invalid.stderr).toMatch(/config\.yaml:2:9: /)
})

test('config schema prints a JSON Schema, on one line with --json', async () => {
  using box = new CommandBox()
  const pretty = await box.runBare(['config', 'schema'])
  const line = await box.runBare(['config', 'schema', '--json'])
  expect([pretty.code, line.code]).toEqual([0, 0])
  expect(line.stdout.trimEnd().split('\n')).toHaveLength(1)
  expect(JSON.parse(pretty.stdout)).toEqual(JSON.parse(line.stdout))
})

test('while the service runs, commands ask it: reading and changing, with the lock in its hands', async () => {
  using one = oneFolder()
  const { box, folder } = one
  box.unit(folder, 'a.jpg', { work: 'failed', why: 'HTTP 503', current: null })
  await using service = await serviceFor(box, folder)
  const status = await box.run('status')
  expect(status.stdout).toContain(`the service runs (pid ${process.pid}, started 1h ago)`)
  expect((await box.run('retry', 'a.jpg')).stdout).toBe(`retry ${folder.path}/a.jpg\n`)
  expect(service.parts.poked).toEqual([folder.id])
  const refused = await box.run('deletes', 'reject', '9')
  expect(refused).toMatchObject({
    code: 2,
    stderr: `error: there is no batch 9\n  not done: nothing was decided\n  next: encord-sync --config ${box.configFile} deletes list\n`,
  })
})

test('a lock that is held while nobody answers is exit 75 for what changes something; reading still works', async () => {
  using one = oneFolder()
  const { box, folder } = one
  box.unit(folder, 'a.jpg')
  const lock = takeLock(box.path)
  for (const words of [['pause'], ['resume'], ['retry'], ['adopt'], ['deletes', 'reject', '1'], ['folders', 'accept', folder.path]]) {
    expect(await box.run(...words)).toMatchObject({ code: 75, stderr: expect.stringMatching(/holds the ledger/) })
  }
  expect((await box.run('status')).code).toBe(0)
  lock?.release()
  expect((await box.run('pause')).code).toBe(0)
})

test('no secret of the config is printed by any command', async () => {
  using one = oneFolder()
  const { box, folder } = one
  const secret = box.env['ENCORD_API_KEY'] ?? ''
  box.unit(folder, `${secret}.jpg`)
  for (const words of [['units'], ['units', '--json'], ['why', `${secret}.jpg`], ['config', 'check'], ['status', '--json']]) {
    const { stdout, stderr } = await box.run(...words)
    expect(stdout + stderr).not.toContain(secret)
  }
})

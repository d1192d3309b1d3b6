import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { queries } from '../../src/app/queries.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { localParts, NOW_MS, POLICY } from '../support/localParts.ts'

const userError = (exitCode: number, message: RegExp) =>
  expect.objectContaining({ name: 'UserError', exitCode, message: expect.stringMatching(message) })

test('status is in sync when every unit is, and names the last whole scan', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.unit(folder, 'a.jpg')
  box.scan(folder)
  const view = await queries(localParts(box, [folder])).status()
  expect(view).toMatchObject({
    exitCode: 0,
    version: '1.2.3',
    service: { running: false, pid: null },
    attention: [],
    folders: [{ path: folder.path, state: 'ok', counts: { seen: 1, synced: 1 }, scannedAtMs: PLANTED_MS, next: null }],
  })
})

test('status says 1 for what will be retried, and 3 with the next command for what a person must do', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.unit(folder, 'a.jpg', { work: 'failed', why: 'HTTP 503', current: null })
  const { status } = queries(localParts(box, [folder]))
  expect((await status()).exitCode).toBe(1)
  box.ledger.folders.setState(folder.id, 'foreign', 'its marker names another folder', PLANTED_MS)
  expect(await status()).toMatchObject({
    exitCode: 3,
    attention: [{ what: `${folder.path}: foreign: its marker names another folder`, next: `encord-sync folders accept ${folder.path}` }],
  })
})

test('what cannot be seen now, and that nothing is deleted meanwhile, is said, with the command that names it', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.unit(folder, 'a.jpg')
  box.unit(folder, 'run-1', { kind: 'image_group', local: 'unseen' })
  const view = await queries(localParts(box, [folder])).status()
  const what = `${folder.path}: 1 unit cannot be seen now; no row of this folder is deleted meanwhile`
  expect(view).toMatchObject({ exitCode: 0, attention: [{ what, next: 'encord-sync units' }] })
})

test('a held batch of older versions is shown and needs nobody; a held delete does', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const { versionId } = box.unit(folder, 'a.jpg')
  const { candidates } = box.ledger
  candidates.add(versionId ?? 0, 'superseded', null, PLANTED_MS)
  candidates.setBatch(versionId ?? 0, candidates.addBatch(folder.id, 'd', 'a newer version took its place', PLANTED_MS))
  const { status } = queries(localParts(box, [folder]))
  expect(await status()).toMatchObject({ exitCode: 0, attention: [{ next: 'encord-sync deletes list' }] })
  candidates.add(versionId ?? 0, 'absent', null, PLANTED_MS)
  expect((await status()).exitCode).toBe(3)
})

test('a paused folder says so and since when, keeps exit code 0, and names the command that ends it', async () => {
  using box = new LedgerBox()
  const folder = box.folder('it is here')
  box.ledger.folders.setPaused(folder.id, { untilMs: null }, PLANTED_MS + 5_000)
  const view = await queries(localParts(box, [folder])).status()
  expect(view.folders[0]).toMatchObject({ state: 'paused', sinceMs: PLANTED_MS + 5_000, next: `encord-sync resume '${folder.path}'` })
  expect(view.exitCode).toBe(0)
})

test('a configured folder that no run has looked at is listed with nothing known', async () => {
  using box = new LedgerBox()
  const known = box.folder('in')
  const view = await queries(localParts(box, [known, { ...known, path: join(box.base, 'new') }])).status()
  expect(view.folders.map(({ path, why }) => [path, why])).toEqual([
    [known.path, ''],
    [join(box.base, 'new'), 'not looked at yet'],
  ])
})

test('units lists what is at a path and below it, with a reason for each', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.unit(folder, 'site/a.mp4', { kind: 'video' })
  box.unit(folder, 'site/run', { kind: 'image_group', work: 'waiting', why: 'its directory is not quiet', current: null })
  box.unit(folder, 'site-b/x.mp4', { kind: 'video', work: 'rejected', why: 'the server refuses it', current: null })
  box.file(folder, 'site/notes.txt', { problem: 'unknown-type' })
  const { units } = queries(localParts(box, [folder]))
  expect((await units({ path: 'site' })).map(({ path, state, why, files }) => [path, state, why, files])).toEqual([
    ['site/a.mp4', 'synced', 'in the dataset', 1],
    ['site/run', 'waiting', 'its directory is not quiet', 2],
    ['site/notes.txt', 'set-aside', 'no known video or image type', 1],
  ])
  expect(await units({ path: null })).toHaveLength(4)
  expect((await units({ path: join(folder.path, 'site/run/f2.jpg') })).map(({ path }) => path)).toEqual(['site/run'])
})

test('why lists the frames of a group in the order they have in the dataset', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.unit(folder, 'run', { kind: 'image_group', frames: ['f1.jpg', 'f10.jpg', 'f2.jpg'] })
  const { files } = await queries(localParts(box, [folder])).why({ path: 'run' })
  expect(files.map(({ path }) => path)).toEqual(['run/f1.jpg', 'run/f2.jpg', 'run/f10.jpg'])
})

test('a path through a link finds its unit, and a path outside every folder is refused', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.unit(folder, 'a.jpg')
  symlinkSync(folder.path, join(box.base, 'link'))
  const { why, units } = queries(localParts(box, [folder]))
  expect((await why({ path: join(box.base, 'link/a.jpg') })).unit.path).toBe('a.jpg')
  await expect(why({ path: '/somewhere/else.jpg' })).rejects.toEqual(userError(2, /no watched folder holds/))
  await expect(units({ path: '../a.jpg' })).rejects.toEqual(userError(2, /no watched folder holds/))
})

test('a relative path that two folders know is refused, and both are named', async () => {
  using box = new LedgerBox()
  const [one, two] = [box.folder('one'), box.folder('two')]
  for (const folder of [one, two]) box.unit(folder, 'a.jpg')
  const { why } = queries(localParts(box, [one, two]))
  await expect(why({ path: 'a.jpg' })).rejects.toEqual(userError(2, /one, .*two/))
})

test('why shows the next try of a failed unit and the command that makes it now', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const { unitId } = box.unit(folder, '-a b.jpg', { current: null })
  box.ledger.units.setWork(unitId, 'failed', 'HTTP 503', PLANTED_MS, 3, NOW_MS + 30_000)
  const view = await queries(localParts(box, [folder])).why({ path: './-a b.jpg' })
  expect(view).toMatchObject({
    unit: { state: 'failed', why: 'HTTP 503', sinceMs: PLANTED_MS },
    nextTryAtMs: NOW_MS + 30_000,
    next: `encord-sync retry '${folder.path}/-a b.jpg'`,
  })
})

test('why names what holds up a group, file by file', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const { unitId } = box.unit(folder, 'g', { kind: 'image_group', work: 'rejected', why: 'f3.jpg is empty', current: null })
  box.file(folder, 'g/f3.jpg', { unitId, problem: 'empty', sha256: null })
  const { files } = await queries(localParts(box, [folder])).why({ path: 'g/f3.jpg' })
  expect(files.map(({ path, problem }) => [path, problem])).toEqual([
    ['g/f1.jpg', null],
    ['g/f2.jpg', null],
    ['g/f3.jpg', 'it is empty'],
  ])
})

test('why says which rule ignores a path and where it stands: default, config, ignore file', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  mkdirSync(join(folder.path, 'sub'))
  writeFileSync(join(folder.path, 'sub/.encordignore'), '# mine\n*.draft.jpg\n')
  const { why } = queries(localParts(box, [folder], { ignore: [{ pattern: '*.bak', where: 'config.yaml:7:15' }] }))
  expect((await why({ path: 'a.mp4.part' })).ignored).toEqual({ rule: '*.part', where: 'default: a copy or download that is not finished' })
  expect((await why({ path: 'x.bak' })).ignored).toEqual({ rule: '*.bak', where: 'config.yaml:7:15' })
  const own = await why({ path: join(folder.path, 'sub/a.draft.jpg') })
  expect(own.ignored).toEqual({ rule: '*.draft.jpg', where: 'sub/.encordignore:2' })
  expect(own.unit).toMatchObject({ state: 'set-aside', why: 'ignored by the rule *.draft.jpg (sub/.encordignore:2)' })
})

test('why tells a file that was not scanned yet from one that is not there', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  writeFileSync(join(folder.path, 'new.jpg'), 'x')
  const { why } = queries(localParts(box, [folder]))
  expect((await why({ path: 'new.jpg' })).unit).toMatchObject({ state: 'waiting', why: 'not scanned yet' })
  await expect(why({ path: 'nothing.jpg' })).rejects.toEqual(userError(2, /nothing is known of nothing.jpg/))
  const deleted = { atMs: PLANTED_MS, folderId: folder.id, dataHash: 'h', files: 1, approved: false, verb: 'deleted' } as const
  box.ledger.history.add({ ...deleted, key: 'it was here.jpg', detail: { why: 'absent' } })
  await expect(why({ path: 'it was here.jpg' })).rejects.toMatchObject({
    message: expect.stringMatching(/no longer/),
    next: `encord-sync history '${folder.path}/it was here.jpg'`,
  })
})

const rulesOf = (proof: readonly { rule: string; ok: boolean }[]) => proof.filter(({ ok }) => !ok).map(({ rule }) => rule)

test('a missing unit is explained rule by rule: first what lacks, in the end nothing', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.unit(folder, 'stays.jpg')
  const { versionId, fileIds } = box.unit(folder, 'gone.jpg', { local: 'absent' })
  const { candidates, tree } = box.ledger
  candidates.add(versionId ?? 0, 'absent', null, PLANTED_MS)
  const { why } = queries(localParts(box, [folder]))
  const before = await why({ path: 'gone.jpg' })
  expect(before.unit.state).toBe('missing')
  expect(rulesOf(before.proof)).toEqual(['1 two scans', '4 its directory', '5 nothing unseen', 'decision'])

  box.scan(folder, PLANTED_MS + 2_000)
  const first = box.scan(folder, NOW_MS - 60_000)
  candidates.setFirst(versionId ?? 0, { id: first, atMs: NOW_MS - 60_000 })
  tree.setFileLocal(fileIds[0] ?? 0, 'absent', first, { ancestor: '', ctimeBeforeNs: '1', ctimeAfterNs: '2', unchanged: 0 })
  const between = await why({ path: 'gone.jpg' })
  expect(rulesOf(between.proof)).toEqual(['1 two scans', 'decision'])
  expect(between.nextTryAtMs).toBe(NOW_MS + 60_000)

  candidates.setSecond(versionId ?? 0, box.scan(folder, NOW_MS + 70_000))
  const after = await why({ path: 'gone.jpg' })
  expect(rulesOf(after.proof)).toEqual([])
  expect(after.proof.at(-1)?.text).toBe(`gone in scans ${first} and ${first + 1}`)
})

test('deletes lists a batch with its digest, and apart from it what still collects its proof', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const { candidates } = box.ledger
  const [held, loose] = ['held.jpg', 'loose.jpg'].map((key) => box.unit(folder, key, { local: 'absent' }))
  for (const one of [held, loose]) candidates.add(one?.versionId ?? 0, 'absent', null, PLANTED_MS)
  const id = candidates.addBatch(folder.id, 'abc123', 'they would empty the folder', PLANTED_MS)
  candidates.setBatch(held?.versionId ?? 0, id)
  const batches = await queries(localParts(box, [folder])).deletes()
  expect(batches.map((batch) => [batch.id, batch.digest, batch.decision, batch.units.map(({ path }) => path)])).toEqual([
    [id, 'abc123', null, ['held.jpg']],
    [null, null, null, ['loose.jpg']],
  ])
  expect(batches[1]?.units[0]?.missing).toMatch(/complete scan/)
})

test('rows that the rules of their folder keep are listed apart, and nothing is said to be collected for them', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const gone = box.unit(folder, 'gone.jpg', { local: 'absent' })
  box.ledger.candidates.add(gone.versionId ?? 0, 'absent', null, PLANTED_MS)
  const why = async (mode: 'never' | 'propagate') => {
    const policy = { deletes: { ...POLICY.deletes, mode } }
    return (await queries(localParts(box, [folder], { policy })).deletes()).map((batch) => batch.why)
  }
  expect(await why('never')).toEqual([expect.stringMatching(/^they stay, as the folder says/)])
  expect(await why('propagate')).toEqual(['proof is still being collected'])
})

test('folders tells who each folder is', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.ledger.folders.setMounts(folder.id, ['ext4#8:17 ', 'ext4#8:33 a disk'])
  box.ledger.folders.setState(folder.id, 'restored', 'its marker is missing', PLANTED_MS)
  expect(await queries(localParts(box, [folder])).folders()).toEqual([
    {
      path: folder.path,
      id: 'uid-in',
      state: 'restored',
      why: 'its marker is missing',
      next: `encord-sync folders accept ${folder.path}`,
      marker: 'written',
      mounts: ['ext4, the folder itself', 'ext4 at a disk'],
    },
  ])
})

test('what the queries say of a ledger they also say of a copy that is open for reading only', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.unit(folder, 'a.jpg')
  const copy = box.ledger.copy()
  const [own, copied] = [queries(localParts(box, [folder])), queries({ ...localParts(box, [folder]), ledger: copy })]
  expect(await copied.units({ path: null })).toEqual(await own.units({ path: null }))
  copy.close()
})

test('why names the word of the server that left the outcome of a call open', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.unit(folder, 'a.jpg', { current: null, coming: 'registering' })
  const { operations, versions } = box.ledger
  const [coming] = versions.ofUnit(box.ledger.units.byKey(folder.id, 'file', 'a.jpg')?.id ?? 0)
  operations.end(operations.intend(coming?.id ?? 0, 'register', PLANTED_MS, null, null), 'unknown', PLANTED_MS, 'TEAPOT_ERROR')
  const view = await queries(localParts(box, [folder])).why({ path: 'a.jpg' })
  expect(view.unit.state).toBe('registering')
  expect(view.warnings).toEqual(['Encord last answered TEAPOT_ERROR, which does not say whether the call was carried out'])
})

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { asOrdinaryUser } from '../support/ordinaryUser.ts'
import { policyOf } from '../support/planWorld.ts'
import { SurveyBox, uniqueImage } from '../support/surveyBox.ts'

/** Four synced files in the folder and a group of two in `g`. */
async function syncedBox(): Promise<SurveyBox> {
  const box = new SurveyBox({ policy: policyOf({}, { limit: { count: 50, percent: 100, perMs: 86_400_000 } }) })
  for (const path of ['a.jpg', 'b.jpg', 'c.jpg', 'v/clip.jpg', 'g/1.jpg', 'g/2.jpg']) box.put(path)
  await box.sync()
  box.sent.length = 0
  return box
}

const SYNCED = { 'a.jpg#1': 'a.jpg', 'b.jpg#1': 'b.jpg', 'c.jpg#1': 'c.jpg', 'g#1': 'g', 'v#1': 'v' }

describe('what is there', () => {
  test('is told once, and sent once', async () => {
    using box = new SurveyBox()
    for (const path of ['a.jpg', 'g/1.jpg', 'g/2.jpg', 'notes.txt']) box.put(path)
    const first = box.look()
    expect(first.differences.map((one) => `${one.kind} ${one.kind === 'new' ? one.path : ''}`).sort()).toEqual([
      'new a.jpg',
      'new g/1.jpg',
      'new g/2.jpg',
      'new notes.txt',
    ])
    expect(first).toMatchObject({ files: 4, scan: { whole: true, result: 'complete', blind: [], busy: [] } })
    box.later(120_000)
    expect(box.look().differences).toEqual([])
    await box.settle()
    expect(box.sent).toEqual(['a.jpg', 'g'])
    expect(box.file('notes.txt')).toMatchObject({ problem: 'unknown-type', unitId: null })
    await box.sync()
    expect(box.sent).toHaveLength(2)
  })

  test('at rest is skipped directory by directory, and only a changed directory is read from the ledger again', async () => {
    using box = await syncedBox()
    box.look()
    expect(box.look()).toMatchObject({ dirs: [], differences: [], files: 6 })
    box.put('g/3.jpg')
    const found = box.look()
    expect(found.dirs.map((dir) => dir.path)).toEqual(['g'])
    expect(found.differences).toMatchObject([{ kind: 'new', path: 'g/3.jpg' }])
  })

  test('young is not trusted by its digest: a change in the same tick would hide', async () => {
    using box = new SurveyBox()
    box.put('a.jpg')
    box.look()
    expect(box.ledger.tree.dir(box.folderId, '')?.digest).toBeNull()
    box.later(5_000)
    box.look()
    expect(box.ledger.tree.dir(box.folderId, '')?.digest).not.toBeNull()
  })

  test('empty is named and waits; filled, it is sent', async () => {
    using box = new SurveyBox()
    writeFileSync(box.at('a.jpg'), '')
    await box.sync()
    expect(box.units()).toMatchObject({ 'a.jpg': { work: 'waiting', rows: [] } })
    expect(box.file('a.jpg')?.problem).toBe('empty')
    box.put('a.jpg')
    await box.sync()
    expect(box.sent).toEqual(['a.jpg'])
  })

  test('under two Unicode forms of one name is one unit and one set aside, and neither flaps nor goes', async () => {
    using box = new SurveyBox()
    const forms = ['caf\u00e9.jpg', 'cafe\u0301.jpg']
    for (const name of forms) box.put(name)
    box.put('z.jpg')
    await box.sync()
    const before = box.units()
    const kept = forms.filter((name) => before[name]?.rows.length === 1)
    expect(kept).toHaveLength(1)
    expect(forms.map((name) => before[name]?.work).sort()).toEqual(['none', 'rejected'])
    box.later(5_000)
    box.look()
    expect(box.look().differences).toEqual([])
    await box.sync()
    expect(box.units()).toEqual(before)
    box.rm(kept[0] ?? '')
    box.confirm()
    // The one that was set aside was never read: it may be the same content, moved.
    expect(box.deletable()).toEqual([])
  })
})

describe('a file that changed', () => {
  test('its times only is hashed, and not sent', async () => {
    using box = await syncedBox()
    utimesSync(box.at('a.jpg'), 1_600_000_000, 1_600_000_000)
    expect(box.look().differences).toMatchObject([{ kind: 'changed' }])
    box.later(10_000)
    await box.settle()
    expect(box.sent).toEqual([])
    expect(box.units()['a.jpg']).toEqual({ local: 'present', work: 'none', rows: ['a.jpg#1 a.jpg current'] })
  })

  test('in place, with the same size, is sent once, and its older row is held', async () => {
    using box = await syncedBox()
    const size = statSync(box.at('a.jpg')).size
    writeFileSync(box.at('a.jpg'), uniqueImage(99), { flag: 'r+' })
    expect(statSync(box.at('a.jpg')).size).toBe(size)
    await box.sync()
    expect(box.sent).toEqual(['a.jpg'])
    expect(box.units()['a.jpg']?.rows).toEqual(['a.jpg#1 a.jpg superseded', 'a.jpg#2 a.jpg current'])
    box.confirm()
    expect(box.reasons()).toEqual({ 'a.jpg': 'hold on-change' })
  })

  test('after a person said that no row of before is it may be such a row all the same', async () => {
    using box = await syncedBox()
    const unitId = box.file('a.jpg')?.unitId ?? 0
    const asked = () => box.ledger.units.get(unitId)?.unlinked
    box.ledger.now(() => box.ledger.units.setUnlinked(unitId, 'none'))
    box.look()
    expect(asked()).toBe('none')
    box.put('a.jpg')
    box.look()
    expect(asked()).toBe('ask')
  })

  test('in place, with its old times put back, is found by its ctime', async () => {
    using box = await syncedBox()
    const { atime, mtime, ino } = statSync(box.at('a.jpg'))
    utimesSync(box.at('a.jpg'), atime, mtime)
    await box.sync()
    writeFileSync(box.at('a.jpg'), uniqueImage(99), { flag: 'r+' })
    utimesSync(box.at('a.jpg'), atime, mtime)
    expect(statSync(box.at('a.jpg'))).toMatchObject({ ino, mtime })
    await box.sync()
    expect(box.sent).toEqual(['a.jpg'])
  })

  test('and was hashed right then is hashed once more when the hash can be believed', async () => {
    using box = await syncedBox()
    const file = box.file('a.jpg')
    if (file === null) throw new Error('no file')
    // What a hash in the same tick as a later write leaves behind.
    box.ledger.tree.setSha(file.id, 'of the bytes before', true)
    expect(box.look().differences).toMatchObject([{ kind: 'changed' }])
    await box.settle()
    expect(box.file('a.jpg')).toMatchObject({ racy: false, sha256: expect.not.stringContaining('bytes before') })
    expect(box.sent).toEqual([])
  })
})

describe('a file that is gone', () => {
  test('becomes a candidate, and may go after a second whole look, one grace later', async () => {
    using box = await syncedBox()
    box.rm('a.jpg')
    const [difference] = box.look().differences
    expect(difference).toMatchObject({ kind: 'absent', absence: { ancestor: '', unchanged: 0 } })
    expect(box.reasons()).toEqual({ 'a.jpg': 'wait grace' })
    box.later(60_000)
    box.look()
    expect(box.reasons()).toEqual({ 'a.jpg': 'wait grace' })
    box.later(61_000)
    box.look()
    expect(box.deletable()).toEqual(['a.jpg'])
  })

  test('is not confirmed by looks at directories that a hint named', async () => {
    using box = await syncedBox()
    box.rm('a.jpg')
    for (let i = 0; i < 4; i++) {
      box.look({ dirs: [''] })
      box.later(121_000)
    }
    expect(box.reasons()).toEqual({ 'a.jpg': 'wait first-scan' })
    box.confirm()
    expect(box.deletable()).toEqual(['a.jpg'])
  })

  test('and comes back is no candidate any more, and is not sent', async () => {
    using box = await syncedBox()
    renameSync(box.at('a.jpg'), join(dirname(box.root), 'elsewhere.jpg'))
    box.confirm()
    expect(box.deletable()).toEqual(['a.jpg'])
    renameSync(join(dirname(box.root), 'elsewhere.jpg'), box.at('a.jpg'))
    box.look()
    expect(box.judge()).toEqual([])
    box.later(10_000)
    await box.settle()
    expect(box.sent).toEqual([])
    expect(box.rows()).toEqual(SYNCED)
  })

  test.each(['g/1.jpg', 'g'])('(%s) of a directory that was put back to a snapshot is held, whatever changes there later', async (gone) => {
    using box = await syncedBox()
    box.rm(gone)
    if (gone === 'g/1.jpg') box.rm('g/2.jpg')
    // When it was last seen, the directory that lacks it now had been changed later than what stands there was.
    const parent = gone === 'g' ? '' : 'g'
    const known = box.ledger.tree.dir(box.folderId, parent)
    if (known === null) throw new Error('the directory was not looked at')
    const ctimeNs = String(statSync(box.at(parent), { bigint: true }).ctimeNs + 1n)
    box.ledger.tree.ensureDir(box.folderId, parent, null, { ...known.stamp, ctimeNs }, null)
    box.confirm()
    expect(box.reasons()).toEqual({ g: 'hold parent-older' })
    box.put(join(parent, 'later.jpg'))
    box.rm(join(parent, 'later.jpg'))
    box.confirm()
    expect(box.reasons()).toEqual({ g: 'hold parent-older' })
  })

  test('with its whole directory is a candidate as a group', async () => {
    using box = await syncedBox()
    box.rm('g')
    expect(box.look().differences.map(({ kind }) => kind)).toEqual(['absent', 'absent'])
    box.later(121_000)
    box.look()
    expect(box.deletable()).toEqual(['g'])
  })

  test('of a group that has others left changes the group, and deletes nothing', async () => {
    using box = await syncedBox()
    box.rm('g/2.jpg')
    box.confirm()
    expect(box.judge()).toEqual([])
    expect(box.units()['g']).toMatchObject({ local: 'present', work: 'waiting' })
  })

  test('waits while a file of its size is not hashed, whatever its name is', async () => {
    using box = await syncedBox()
    renameSync(box.at('a.jpg'), Buffer.concat([Buffer.from(`${box.root}/a`), Buffer.from([0xff]), Buffer.from('.jpg')]))
    box.confirm()
    expect(box.reasons()).toEqual({ 'a.jpg': 'wait move' })
  })
})

describe('a place that cannot be seen', () => {
  test('is no absence, holds every delete of the folder, and is forgiven when it is seen again', async () => {
    using box = await syncedBox()
    chmodSync(dirname(box.root), 0o755)
    box.rm('a.jpg')
    chmodSync(box.at('g'), 0o000)
    await asOrdinaryUser(() => {
      const found = box.look()
      expect(found.scan).toMatchObject({ result: 'partial', blind: [{ dir: 'g', why: 'EACCES' }] })
      expect(found.differences.map((one) => one.kind).sort()).toEqual(['absent', 'unseen', 'unseen'])
      box.later(121_000)
      expect(box.look().scan.result).toBe('partial')
    })
    expect(box.units()['g']?.local).toBe('unseen')
    expect(box.reasons()).toEqual({ 'a.jpg': 'wait unseen' })
    chmodSync(box.at('g'), 0o755)
    box.confirm()
    await box.settle()
    expect(box.units()['g']?.local).toBe('present')
    expect(box.deletable()).toEqual(['a.jpg'])
    expect(box.sent).toEqual([])
  })

  test('keeps the rows of what lies there: the same content elsewhere waits, and turns out to be a copy', async () => {
    using box = new SurveyBox()
    for (const path of ['shut/a.mp4', 'b.jpg']) box.put(path, path.endsWith('mp4') ? 'plain.mp4' : undefined)
    await box.sync()
    symlinkSync('/nowhere', box.at('shut/.encordignore'))
    copyFileSync(box.at('shut/a.mp4'), box.at('copy.mp4'))
    await box.sync()
    expect(box.units()['shut/a.mp4']?.local).toBe('unseen')
    expect(box.rows()['shut/a.mp4#1']).toBe('shut/a.mp4')
    expect(box.units()['copy.mp4']).toMatchObject({ work: 'waiting', rows: [] })
    rmSync(box.at('shut/.encordignore'))
    await box.sync()
    expect(box.rows()).toMatchObject({ 'shut/a.mp4#1': 'shut/a.mp4', 'copy.mp4#1': 'copy.mp4' })
  })

  test('from the beginning hides only what is under it', async () => {
    using box = await syncedBox()
    chmodSync(dirname(box.root), 0o755)
    mkdirSync(box.at('lost'), 0o000)
    // Twice: while the first of them read that directory, the file could have gone there.
    await asOrdinaryUser(() => void [box.look(), box.look()])
    box.rm('a.jpg')
    await asOrdinaryUser(() => {
      expect(box.look().scan).toMatchObject({ result: 'complete', blind: [{ dir: 'lost' }] })
      box.later(121_000)
      box.look()
    })
    expect(box.deletable()).toEqual(['a.jpg'])
  })

  const replacements: readonly [string, (at: string) => void][] = [
    ['a dangling link', (at) => symlinkSync('/nowhere/at/all', at)],
    ['a link to a directory', (at) => symlinkSync(dirname(at), at)],
    ['a file', (at) => writeFileSync(at, 'x')],
    ['a FIFO', (at) => void spawnSync('mkfifo', [at])],
  ]
  test.each(replacements)('because %s stands where a directory was', async (_, replace) => {
    using box = await syncedBox()
    const away = join(dirname(box.root), 'away')
    box.mv('a.jpg', 'g/a.jpg')
    renameSync(box.at('g'), away)
    replace(box.at('g'))
    box.confirm()
    box.look()
    expect(box.units()['g']?.local).toBe('unseen')
    expect(box.deletable()).toEqual([])
    expect(box.reasons()).toEqual({ 'a.jpg': 'wait unseen' })
    rmSync(box.at('g'))
    renameSync(away, box.at('g'))
    box.mv('g/a.jpg', 'a.jpg')
    box.confirm()
    await box.settle()
    expect(box.judge()).toEqual([])
    expect(box.rows()).toEqual(SYNCED)
    expect(box.sent).toEqual([])
  })

  test.each([...replacements.filter(([name]) => name !== 'a file'), ['a directory', (at: string) => void mkdirSync(at)] as const])(
    'because %s stands where a file was',
    async (_, replace) => {
      using box = await syncedBox()
      rmSync(box.at('a.jpg'))
      replace(box.at('a.jpg'))
      box.confirm()
      expect(box.units()['a.jpg']?.local).toBe('unseen')
      expect(box.judge()).toEqual([])
      expect(lstatSync(box.at('a.jpg')).isFile()).toBe(false)
    },
  )
})

describe('an ignore rule that came later', () => {
  test.each(['a.jpg', '*.jpg', 'g/'])('(%s) lets go of rows and deletes nothing; taken back, they are followed again', async (rule) => {
    using box = await syncedBox()
    box.ledger.tree.dropDigests(box.folderId)
    box.look({ ignore: [rule] })
    const path = rule === 'g/' ? 'g' : 'a.jpg'
    expect(box.units()[path]).toMatchObject({ local: 'excluded', rows: [expect.stringContaining('detached')] })
    box.rm(path)
    box.confirm({ ignore: [rule] })
    expect(box.judge()).toEqual([])
  })

  test('taken back follows what is still there, without a byte sent', async () => {
    using box = await syncedBox()
    box.ledger.tree.dropDigests(box.folderId)
    box.look({ ignore: ['*.jpg'] })
    expect(box.rows()).toEqual({})
    box.ledger.tree.dropDigests(box.folderId)
    await box.sync()
    expect(box.rows()).toEqual(SYNCED)
    expect(box.sent).toEqual([])
  })
})

describe('another set of mounts', () => {
  test('hides what was at the mount that is gone, and holds every delete', async () => {
    using box = await syncedBox()
    box.rm('g')
    mkdirSync(box.at('g'))
    box.rm('a.jpg')
    const options = { knownMounts: ['ext4 g'] }
    const found = box.look(options)
    expect(found.scan).toMatchObject({ result: 'partial', blind: [{ dir: 'g', why: 'the mount here is another one, or none' }] })
    expect(found.mounts).toEqual(['ext4 g'])
    box.later(121_000)
    box.look(options)
    expect(box.units()['g']?.local).toBe('unseen')
    expect(box.deletable()).toEqual([])
  })

  test('hides it also when the mount point itself is gone', async () => {
    using box = await syncedBox()
    box.rm('g')
    box.look({ knownMounts: ['ext4 g'] })
    expect(box.units()['g']?.local).toBe('unseen')
  })

  test('at the folder itself hides all of it', async () => {
    using box = await syncedBox()
    box.rm('a.jpg')
    box.rm('g')
    box.confirm({ knownMounts: ['ext4 '] })
    expect(box.units()).toMatchObject({ 'a.jpg': { local: 'unseen' }, g: { local: 'unseen' } })
    expect(box.deletable()).toEqual([])
  })

  test('at a place that held nothing hides nothing', async () => {
    using box = await syncedBox()
    box.rm('a.jpg')
    box.confirm({ knownMounts: ['ext4 never/there'] })
    expect(box.deletable()).toEqual(['a.jpg'])
  })
})

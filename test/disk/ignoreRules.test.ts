import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_IGNORES } from '../../src/disk/defaultIgnores.ts'
import { openIgnoreRules } from '../../src/disk/ignoreRules.ts'
import { asOrdinaryUser } from '../support/ordinaryUser.ts'
import { type ScratchFolder, scratchFolder } from '../support/scratchFolder.ts'

function ignores(box: ScratchFolder, patterns: readonly string[] = []): (path: string) => boolean {
  const rules = openIgnoreRules(box.path, patterns)
  return (path) => rules.check(path.replace(/\/$/, ''), path.endsWith('/')).ignored
}

describe('the default rules', () => {
  test.each([
    '.hidden.jpg',
    '._a.jpg',
    'g/._1.jpg',
    '.DS_Store',
    '.Trash-1000/files/b.jpg',
    '@eaDir/a.jpg/thumb.jpg',
    '#recycle/a.jpg',
    'lost+found/',
    'System Volume Information/x.mp4',
    'Thumbs.db',
    'sub/Thumbs.db',
    'a.jpg~',
    'a.mp4.part',
    'a.mp4.tmp',
    'a.mp4.crdownload',
    'a.mp4.partial',
    'a.mp4.filepart',
    'a.mp4.!sync',
    '.a.jpg.Xy12Zw',
    '.nfs0000000000a1',
    '.fuse_hidden000001',
    '.smbdelete00001',
    '.encord-sync/folder.json',
    '.thumbnails/1.jpg',
    '.done',
    'run/.done',
    'g/.encordignore',
  ])('ignore %s', (path) => {
    using box = scratchFolder()
    expect(ignores(box)(path)).toBe(true)
  })

  test.each([
    'a.jpg',
    'A.JPG',
    'part',
    'tmp/1.jpg',
    'recycle/1.jpg',
    'thumbs.db.jpg',
    'a.b.c.jpg',
    '-a.jpg',
    ' ',
    '~.jpg',
    'x..jpg',
    'g/.metadata.json',
    'a.metadata.json',
  ])('let %j through', (path) => {
    using box = scratchFolder()
    expect(ignores(box)(path)).toBe(false)
  })

  test('each say why they are there', () => {
    for (const { pattern, reason } of DEFAULT_IGNORES) {
      expect(pattern).not.toBe('')
      expect(reason.length).toBeGreaterThan(5)
    }
  })
})

describe('a folder’s own rules', () => {
  test('come from the config and from ignore files at any depth, the deepest last word deciding', () => {
    using box = scratchFolder()
    box.write('.encordignore', '# comment\n\n*.png\nscratch/\n/only-here.jpg\n!keep.bak\n')
    box.write('site/.encordignore', '\uFEFF!*.png\r\nraw/*.jpg\r\n/top.jpg\r\n')
    const ignored = ignores(box, ['*.bak'])
    const verdicts = (paths: readonly string[]): readonly string[] => paths.filter(ignored)
    const all = ['a.bak', 'keep.bak', 'site/keep.bak', 'a.png', 'site/a.png', 'site/deep/a.png', 'other/a.png', 'scratch/', 'x/scratch/']
    const more = [
      'scratch',
      'only-here.jpg',
      'site/only-here.jpg',
      'raw/1.jpg',
      'site/raw/1.jpg',
      'site/x/raw/1.jpg',
      'site/top.jpg',
      'site/x/top.jpg',
    ]
    expect(verdicts([...all, ...more])).toEqual([
      'a.bak',
      'a.png',
      'other/a.png',
      'scratch/',
      'x/scratch/',
      'only-here.jpg',
      'site/raw/1.jpg',
      'site/top.jpg',
    ])
  })

  test('name the rule as it was written and the line it stands in', () => {
    using box = scratchFolder()
    box.write('.encordignore', '\n*.png\n')
    box.write('site/.encordignore', 'raw/*.jpg\n')
    const rules = openIgnoreRules(box.path, ['*.bak'])
    expect(rules.check('x/a.png', false)).toEqual({ ignored: true, rule: '*.png', where: '.encordignore:2' })
    expect(rules.check('site/raw/1.jpg', false)).toEqual({ ignored: true, rule: 'raw/*.jpg', where: 'site/.encordignore:1' })
    expect(rules.check('a.bak', false)).toEqual({ ignored: true, rule: '*.bak', where: 'config' })
    expect(rules.check('.x/a.jpg', false)).toEqual({ ignored: true, rule: '.*', where: 'default' })
    expect(rules.check('.encord-sync', true)).toEqual({ ignored: true, rule: '.encord-sync/', where: 'always' })
  })

  test('may take back a default and the ignoring of a directory, never our own directory', () => {
    using box = scratchFolder()
    box.write('site/.encordignore', '!build/\n')
    const ignored = ignores(box, ['!.thumbs/', 'build/', '!.encord-sync/'])
    expect(ignored('.thumbs/1.jpg')).toBe(false)
    expect(ignored('.other/1.jpg')).toBe(true)
    expect(ignored('build/1.jpg')).toBe(true)
    expect(ignored('site/build/1.jpg')).toBe(false)
    expect(ignored('.encord-sync/alive')).toBe(true)
  })

  test('are case-sensitive', () => {
    using box = scratchFolder()
    const ignored = ignores(box, ['*.BAK'])
    expect([ignored('a.BAK'), ignored('a.bak')]).toEqual([true, false])
  })

  test('of an ignored directory are not read', async () => {
    using box = scratchFolder()
    chmodSync(box.path, 0o755)
    mkdirSync(`${box.path}/.Trashes`)
    chmodSync(`${box.path}/.Trashes`, 0)
    await asOrdinaryUser(() => {
      const rules = openIgnoreRules(box.path, [])
      expect(rules.check('.Trashes/a.jpg', false)).toMatchObject({ ignored: true, where: 'default' })
    })
  })

  test('that cannot be read make their directory, and all below it, a place not seen', async () => {
    using box = scratchFolder()
    chmodSync(box.path, 0o755)
    chmodSync(box.write('secret/.encordignore', '*'), 0)
    box.write('big/.encordignore', '#'.repeat(2 ** 20 + 1))
    mkdirSync(`${box.path}/fifo`)
    execFileSync('mkfifo', [`${box.path}/fifo/.encordignore`])
    mkdirSync(`${box.path}/link`)
    symlinkSync('../big/.encordignore', `${box.path}/link/.encordignore`)
    await asOrdinaryUser(() => {
      const rules = openIgnoreRules(box.path, [])
      expect(rules.enter('')).toBeNull()
      expect(rules.enter('secret')).toEqual({ dir: 'secret', why: '.encordignore: EACCES' })
      expect(rules.enter('secret/below')).toEqual({ dir: 'secret/below', why: '.encordignore: EACCES' })
      expect(rules.enter('big')).toEqual({ dir: 'big', why: '.encordignore: EFBIG' })
      expect(rules.enter('fifo')).toEqual({ dir: 'fifo', why: '.encordignore: not-regular' })
      expect(rules.enter('link')).toEqual({ dir: 'link', why: '.encordignore: not-regular' })
    })
  })

  test('count below their own directory alone, whatever the directory is called', () => {
    const unit = fc.constantFrom('a', 'B', '*', '?', '[', ']', '!', '#', '\\', ' ', '~', '{', '\n', 'é', '$', '^', '+', '(', '-')
    const name = fc.string({ unit, minLength: 1, maxLength: 6 }).filter((text) => !text.endsWith('~') && !text.startsWith('~$'))
    fc.assert(
      fc.property(name, name, (first, second) => {
        using box = scratchFolder()
        box.write(`${first}/${second}/.encordignore`, '*.png\n/x/y.gif\n!important.png\n')
        const ignored = ignores(box)
        const below = `${first}/${second}`
        expect([`${below}/1.png`, `${below}/d/1.png`, `${below}/x/y.gif`].map(ignored)).toEqual([true, true, true])
        const free = [
          `${below}/important.png`,
          `${below}/d/x/y.gif`,
          `${first}/1.png`,
          '1.png',
          `z${first}/${second}/1.png`,
          `${first}/z${second}/1.png`,
        ]
        expect(free.map(ignored)).toEqual(free.map(() => false))
      }),
      { numRuns: 150 },
    )
  })

  test('answer the same after more questions than are kept', () => {
    using box = scratchFolder()
    const ignored = ignores(box, ['*.bak', '!7.bak'])
    let wrong = 0
    for (let i = 0; i < 45_000; i++) if (ignored(`d/${i}.bak`) !== (i !== 7)) wrong++
    expect([wrong, ignored('d/7.bak'), ignored('d/8.bak')]).toEqual([0, false, true])
  })
})

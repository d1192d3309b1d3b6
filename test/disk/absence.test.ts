import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { proveAbsent } from '../../src/disk/absence.ts'
import { dirStamp } from '../../src/disk/stamp.ts'
import { asOrdinaryUser } from '../support/ordinaryUser.ts'
import { scratchFolder } from '../support/scratchFolder.ts'

describe('the proof that a path is gone', () => {
  test('names the deepest directory that is left, what it lacks, and its times', async () => {
    using box = scratchFolder()
    box.write('a/b/other.jpg')
    expect(await proveAbsent(box.path, 'a/b/gone.jpg', [])).toEqual({
      kind: 'absent',
      ancestor: 'a/b',
      missingName: 'gone.jpg',
      ancestorStamp: dirStamp(lstatSync(`${box.path}/a/b`, { bigint: true })),
    })
    expect(await proveAbsent(box.path, 'a/x/y/gone.jpg', [])).toMatchObject({ kind: 'absent', ancestor: 'a', missingName: 'x' })
    expect(await proveAbsent(box.path, 'gone.jpg', [])).toMatchObject({ kind: 'absent', ancestor: '', missingName: 'gone.jpg' })
  })

  test('what is there is present: a file, a directory, a dangling link', async () => {
    using box = scratchFolder()
    box.write('d/a.jpg')
    symlinkSync('nowhere', `${box.path}/dangling`)
    for (const path of ['d', 'd/a.jpg', 'dangling']) expect(await proveAbsent(box.path, path, [])).toEqual({ kind: 'present' })
  })

  test('a directory that became a link to a disk which is away proves nothing', async () => {
    using box = scratchFolder()
    box.write('run-3/1.jpg')
    rmSync(`${box.path}/run-3`, { recursive: true })
    symlinkSync('/nowhere/big/run-3', `${box.path}/run-3`)
    expect(await proveAbsent(box.path, 'run-3/1.jpg', [])).toEqual({ kind: 'unseen', at: 'run-3', errno: 'ELOOP' })
  })

  test('nor does a file in place of a directory, a name that is too long, or a folder that is away', async () => {
    using box = scratchFolder()
    box.write('file')
    expect(await proveAbsent(box.path, 'file/1.jpg', [])).toEqual({ kind: 'unseen', at: 'file', errno: 'ENOTDIR' })
    const long = 'x'.repeat(300)
    expect(await proveAbsent(box.path, long, [])).toEqual({ kind: 'unseen', at: long, errno: 'ENAMETOOLONG' })
    expect(await proveAbsent(`${box.path}/gone`, 'a.jpg', [])).toEqual({ kind: 'unseen', at: '', errno: 'ENOENT' })
    symlinkSync('.', `${box.path}/link`)
    expect(await proveAbsent(`${box.path}/link`, 'a.jpg', [])).toEqual({ kind: 'unseen', at: '', errno: 'ELOOP' })
  })

  test('nothing is proved on another mount below the folder, while the folder itself may be one', async () => {
    using box = scratchFolder()
    box.mkdir('card/DCIM')
    const mount = { fsType: 'vfat', source: '/dev/sdc1' }
    expect(await proveAbsent(box.path, 'card/DCIM/1.jpg', [{ dir: 'card', ...mount }])).toEqual({
      kind: 'unseen',
      at: 'card',
      errno: 'EXDEV',
    })
    expect(await proveAbsent(box.path, 'card/DCIM/1.jpg', [{ dir: '', ...mount }])).toMatchObject({ kind: 'absent' })
    expect(await proveAbsent(box.path, 'card/DCIM/1.jpg', [{ dir: 'car', ...mount }])).toMatchObject({ kind: 'absent' })
  })

  test('an ordinary user proves nothing in a directory that may not be listed or searched', async () => {
    using box = scratchFolder()
    chmodSync(box.path, 0o755)
    mkdirSync(`${box.path}/unlisted`)
    mkdirSync(`${box.path}/unsearchable`)
    chmodSync(`${box.path}/unlisted`, 0o311)
    chmodSync(`${box.path}/unsearchable`, 0o644)
    const proofs = await asOrdinaryUser(async () => [
      await proveAbsent(box.path, 'unlisted/a.jpg', []),
      await proveAbsent(box.path, 'unsearchable/a.jpg', []),
    ])
    for (const dir of ['unlisted', 'unsearchable']) chmodSync(`${box.path}/${dir}`, 0o755)
    expect(proofs).toEqual([
      { kind: 'unseen', at: 'unlisted', errno: 'EACCES' },
      { kind: 'unseen', at: 'unsearchable/a.jpg', errno: 'EACCES' },
    ])
  })

  test.each(['', '.', 'a/../b', '/a', 'a/', 'a//b', 'a\0b'])('%j is no path to prove anything about', async (path) => {
    using box = scratchFolder()
    expect(await proveAbsent(box.path, path, [])).toMatchObject({ kind: 'unseen', errno: 'EINVAL' })
  })

  test('a name of any spelling is present while it is listed and gone once it is renamed', async () => {
    using box = scratchFolder()
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter((text) => !/[/\0]/.test(text) && !/^\.{1,2}$/.test(text))
    await fc.assert(
      fc.asyncProperty(name, async (text) => {
        const path = box.write(`d/${text}`)
        expect(await proveAbsent(box.path, `d/${text}`, [])).toEqual({ kind: 'present' })
        renameSync(path, `${box.path}/elsewhere`)
        expect(await proveAbsent(box.path, `d/${text}`, [])).toMatchObject({ kind: 'absent', ancestor: 'd', missingName: text })
      }),
      { numRuns: 60 },
    )
  })
})

describe('proofs of one look', () => {
  const look = () => ({ listings: new Map(), real: new Set<string>(), gone: new Map() })

  test('list a directory once, as long as its times say that nothing in it changed', async () => {
    using box = scratchFolder()
    box.write('d/here.jpg')
    const shared = look()
    expect(await proveAbsent(box.path, 'd/1.jpg', [], shared)).toMatchObject({ kind: 'absent', ancestor: 'd' })
    const listing = shared.listings.get('d')
    expect([...(listing?.names ?? [])]).toEqual(['here.jpg'])
    // Had it been listed again, this name would not be there.
    shared.listings.set('d', { ...listing, names: new Set(['2.jpg']) })
    expect(await proveAbsent(box.path, 'd/2.jpg', [], shared)).toEqual({ kind: 'unseen', at: 'd/2.jpg', errno: 'EEXIST' })
    box.write('d/new.jpg')
    expect(await proveAbsent(box.path, 'd/2.jpg', [], shared)).toMatchObject({ kind: 'absent', ancestor: 'd' })
    expect([...(shared.listings.get('d')?.names ?? [])].sort()).toEqual(['here.jpg', 'new.jpg'])
  })

  test('what is gone with all below it is looked at once; the next look looks again', async () => {
    using box = scratchFolder()
    box.mkdir('site')
    const first = look()
    expect(await proveAbsent(box.path, 'site/run/1.jpg', [], first)).toMatchObject({ kind: 'absent', ancestor: 'site', missingName: 'run' })
    box.write('site/run/2.jpg')
    expect(await proveAbsent(box.path, 'site/run/2.jpg', [], first)).toMatchObject({ kind: 'absent', missingName: 'run' })
    const next = { ...look(), listings: first.listings }
    expect(await proveAbsent(box.path, 'site/run/2.jpg', [], next)).toEqual({ kind: 'present' })
    expect(await proveAbsent(box.path, 'site/run/1.jpg', [], next)).toMatchObject({ kind: 'absent', ancestor: 'site/run' })
  })

  test('a directory that was real a moment ago is no link in the next look', async () => {
    using box = scratchFolder()
    box.mkdir('d')
    const first = look()
    await proveAbsent(box.path, 'd/1.jpg', [], first)
    renameSync(join(box.path, 'd'), join(box.path, 'aside'))
    symlinkSync(join(box.path, 'aside'), join(box.path, 'd'))
    const next = { ...look(), listings: first.listings }
    expect(await proveAbsent(box.path, 'd/1.jpg', [], next)).toEqual({ kind: 'unseen', at: 'd', errno: 'ELOOP' })
  })
})

import { mkdirSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { followLinks, realPathOf } from '../../src/app/realPath.ts'
import { scratchFolder } from '../support/scratchFolder.ts'

test('links lead to the same place while what they lead to is away', async () => {
  using scratch = scratchFolder()
  const base = realpathSync(scratch.path)
  mkdirSync(join(base, 'disk', 'in'), { recursive: true })
  mkdirSync(join(base, 'home'))
  symlinkSync('../disk', join(base, 'home', 'data'))
  symlinkSync(join(base, 'home', 'data', 'in'), join(base, 'drone'))
  const paths = [join(base, 'drone'), join(base, 'home', 'data', 'in'), `${base}/home/./data/../disk/in`]
  const there = paths.map(realPathOf)
  expect(there).toEqual(paths.map(() => join(base, 'disk', 'in')))
  expect(await Promise.all(paths.map(followLinks))).toEqual(there.map((path) => ({ kind: 'there', path })))
  renameSync(join(base, 'disk'), join(base, 'away'))
  expect(paths.map(realPathOf)).toEqual(there)
  expect(await Promise.all(paths.map(followLinks))).toEqual(there.map((path) => ({ kind: 'led', path })))
  rmSync(join(base, 'home', 'data'))
  symlinkSync('data', join(base, 'home', 'data'))
  expect(realPathOf(join(base, 'drone'))).toBe(join(base, 'drone'))
  for (const path of [join(base, 'drone'), join(base, 'nothing')]) expect(await followLinks(path)).toEqual({ kind: 'unseen', path })
})

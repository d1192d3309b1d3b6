import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { displayName } from '../../src/model/displayName.ts'
import { commandFor, pathArgument, unitCommand } from '../../src/model/nextCommand.ts'

const PATHS = [
  '/data/plain.jpg',
  '/data/one  two.jpg',
  "/data/Anna's photo.jpg",
  "/data/''.jpg",
  '/data/back\\slash \\\\ twice.jpg',
  '/data/$HOME `date` "quoted" !1 * ?.jpg',
  '/data/é-ß-日本.jpg',
  '-lead.jpg',
]

test('a path in a next command, as it is printed, is that path to a shell', () => {
  for (const path of PATHS) {
    const printed = displayName(pathArgument(path)).replace(/^-- /, '')
    const { stdout } = spawnSync('sh', ['-c', `printf %s ${printed}`], { encoding: 'utf8' })
    expect(stdout, printed).toBe(path)
  }
})

test('what is needed is quoted, and nothing else', () => {
  expect(pathArgument('/data/a.jpg')).toBe('/data/a.jpg')
  expect(pathArgument('-a b.jpg')).toBe("-- '-a b.jpg'")
  expect(pathArgument('')).toBe("''")
  expect(commandFor('paused', "/data/Anna's", '')).toBe(`encord-sync resume '/data/Anna'"'"'s'`)
})

test('a command about a unit names its whole path, also while another unit stands there', () => {
  expect(unitCommand('why', '/data', 'a b.jpg')).toBe("encord-sync why '/data/a b.jpg'")
  expect(unitCommand('retry', '/data', '\u0000a.jpg#7')).toBe('encord-sync retry /data/a.jpg')
})

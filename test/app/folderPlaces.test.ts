import { expect, test } from 'vitest'
import { findPlaces } from '../../src/app/folderPlaces.ts'
import type { Followed } from '../../src/app/realPath.ts'
import { fastClock } from '../support/fastClock.ts'

const known = [{ path: '/disk/in', writtenAs: '/home/in' }]

/** Where a path leads that is followed so; null when its share never answers. */
async function placeOf(path: string, followed: Followed | null): Promise<string | undefined> {
  const config = { folders: [{ path }] } as unknown as Parameters<typeof findPlaces>[0]
  const follow = () => (followed === null ? new Promise<Followed>(() => undefined) : Promise.resolve(followed))
  return (await findPlaces(config, known, fastClock(1_000), follow)).get(path)
}

test('a link that leads somewhere is followed', async () => {
  expect(await placeOf('/home/in', { kind: 'there', path: '/disk/other' })).toBe('/disk/other')
  expect(await placeOf('/home/in', { kind: 'led', path: '/disk/away' })).toBe('/disk/away')
})

test('a folder whose link cannot be seen, or whose share does not answer, lies where it lay before', async () => {
  expect(await placeOf('/home/in', { kind: 'unseen', path: '/home/in' })).toBe('/disk/in')
  expect(await placeOf('/home/in', null)).toBe('/disk/in')
})

test('a new folder that is away lies where the config says', async () => {
  expect(await placeOf('/home/../mnt/new', { kind: 'unseen', path: '/mnt/new' })).toBe('/mnt/new')
  expect(await placeOf('/mnt/new', null)).toBe('/mnt/new')
})

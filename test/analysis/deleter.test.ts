import { describe, expect, test } from 'vitest'
import type { AbsenceProof } from '../../src/sync/ports.ts'
import { runCell } from '../cells/runCell.ts'
import type { Planted } from '../simulation/service.ts'

type Later = <T>(truly: () => T, instead: () => T) => T

/** One item of what the disk or the server says at the last moment is taken away, in a world in which the row would go. */
const REMOVALS: Readonly<Record<string, (later: Later) => Planted>> = {
  'the errno': (later) => ({
    disk: (disk) => ({
      ...disk,
      proveAbsent: (root, path) =>
        later<Promise<AbsenceProof>>(
          () => disk.proveAbsent(root, path),
          async () => ({ kind: 'unseen', at: path, errno: 'EACCES' }),
        ),
    }),
  }),
  'that it is gone': (later) => ({
    disk: (disk) => ({
      ...disk,
      proveAbsent: (root, path) =>
        later<Promise<AbsenceProof>>(
          () => disk.proveAbsent(root, path),
          async () => ({ kind: 'present' }),
        ),
    }),
  }),
  'the mount set': (later) => ({
    disk: (disk) => ({
      ...disk,
      mounts: (root) =>
        later(
          () => disk.mounts(root),
          async () => ['ext4 card'],
        ),
    }),
  }),
  'the marker': (later) => ({
    disk: (disk) => ({
      ...disk,
      identity: async (root) => {
        const seen = await disk.identity(root)
        return later(
          () => seen,
          () => (seen.kind === 'there' ? { ...seen, marker: 'none' } : seen),
        )
      },
    }),
  }),
  "the root's inode": (later) => ({
    disk: (disk) => ({
      ...disk,
      identity: async (root) => {
        const seen = await disk.identity(root)
        return later(
          () => seen,
          () => (seen.kind === 'there' ? { ...seen, root: { ...seen.root, ino: '999999' } } : seen),
        )
      },
    }),
  }),
  "the server's time": (later) => ({
    remote: (remote) => ({
      ...remote,
      serverTime: () =>
        later(
          () => remote.serverTime(),
          () => null,
        ),
    }),
  }),
  'a clock that agrees with it': (later) => ({
    remote: (remote) => ({
      ...remote,
      serverTime: () => {
        const time = remote.serverTime()
        return later(
          () => time,
          () => (time === null ? null : { ...time, dateMs: time.dateMs + 3_600_000 }),
        )
      },
    }),
  }),
  'a listing that is to be trusted': (later) => ({
    remote: (remote) => ({
      ...remote,
      listing: async (ask, options) => {
        const listing = await remote.listing(ask, options)
        return later(
          () => listing,
          () => ({ ...listing, dataset: 'another' }),
        )
      },
    }),
  }),
}

describe('analysis 2: at the last moment', () => {
  test('analysis 2: with all of it the row goes', async () => {
    expect((await runCell('path gone', 'C', 'applied')).landing).toBe('forgotten gone 0/0/1')
  })

  test.each(Object.keys(REMOVALS))('analysis 2: without %s nothing is deleted', async (name) => {
    let isLater = false
    const planted = REMOVALS[name]?.((truly, instead) => (isLater ? instead() : truly()))
    const { landing } = await runCell('path gone', 'C', 'applied', planted, () => {
      isLater = true
    })
    expect(landing).toMatch(/ kept 0\/0\/0$/)
  })

  test('planted: a disk that says whatever is wanted, and the row goes although its place cannot be seen', async () => {
    const agreeable: Planted = {
      disk: (disk) => ({
        ...disk,
        proveAbsent: async (_root, path) => ({
          kind: 'absent',
          ancestor: '',
          missingName: path,
          ancestorStamp: { ino: '1', birthNs: null, mtimeNs: '1', ctimeNs: '1' },
        }),
      }),
    }
    expect((await runCell('path gone', 'C', 'applied', agreeable)).landing).toBe('forgotten gone 0/0/1')
  })
})

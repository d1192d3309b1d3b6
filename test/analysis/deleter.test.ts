import { describe, expect, test } from 'vitest'
import type { AbsenceProof } from '../../src/sync/ports.ts'
import type { CellWorld } from '../cells/cellWorld.ts'
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

type Scene = { isListed: boolean; isProven: boolean; intents: number; world: CellWorld | null }

const SLOW_INTENT = 'an intent that takes two seconds to write'

const OTHER_ROOT = { ino: '999999', birthNs: '1', fsType: 'ext4' }

/** All was well when the dataset was read; then something happens. */
const AT_THE_CALL: Readonly<Record<string, (scene: Scene) => Planted>> = {
  'another folder at its path while it was looked at': (scene) => ({
    disk: (disk) => ({
      ...disk,
      identity: async (root) => {
        const seen = await disk.identity(root)
        return scene.isListed && !scene.isProven && seen.kind === 'there' ? { ...seen, root: OTHER_ROOT } : seen
      },
    }),
  }),
  'another folder at its path, once it was proven gone': (scene) => ({
    disk: (disk) => ({
      ...disk,
      identity: async (root) => {
        const seen = await disk.identity(root)
        return scene.isProven && seen.kind === 'there' ? { ...seen, root: OTHER_ROOT } : seen
      },
    }),
  }),
  'a mount that came': (scene) => ({
    disk: (disk) => ({ ...disk, mounts: async (root) => (scene.isListed ? ['ext4 card'] : await disk.mounts(root)) }),
  }),
  'a look at the disk that takes two seconds': (scene) => ({
    disk: (disk) => ({
      ...disk,
      proveAbsent: async (root, path) => {
        await pause(scene, 2_000)
        return await disk.proveAbsent(root, path)
      },
    }),
  }),
  [SLOW_INTENT]: (scene) => ({
    ledger: (ledger) => ({
      ...ledger,
      commit: async (write) => {
        const written = await ledger.commit(write)
        if (scene.isProven) await pause(scene, 2_000)
        return written
      },
    }),
  }),
  'a scan that found the file again meanwhile': (scene) => ({
    disk: (disk) => ({
      ...disk,
      proveAbsent: async (root, path) => {
        const ledger = scene.world?.ledger
        const folder = ledger?.folders.byPath(root) ?? null
        const unit = folder === null ? null : (ledger?.units.byKey(folder.id, 'file', path) ?? null)
        if (unit !== null) ledger?.units.setLocal(unit.id, 'present')
        return await disk.proveAbsent(root, path)
      },
    }),
  }),
}

function pause({ world }: Scene, ms: number): Promise<void> {
  return new Promise((resolve) => world?.clock.after(ms, resolve))
}

describe('analysis 2: at the last moment', () => {
  test('analysis 2: with all of it the row goes', async () => {
    expect((await runCell('path gone', 'C', 'applied')).landing).toBe('forgotten gone 0/0/1')
  })

  test.each(Object.keys(REMOVALS))('analysis 2: without %s nothing is deleted', async (name) => {
    let isLater = false
    const planted = REMOVALS[name]?.((truly, instead) => (isLater ? instead() : truly()))
    const { landing, failures } = await runCell('path gone', 'C', 'applied', planted, () => {
      isLater = true
    })
    expect(failures).toEqual([])
    expect(landing).toMatch(/ kept 0\/0\/0$/)
  })

  test('analysis 2: a look that takes long, as a large directory does that was not listed yet, is taken once more, and the row goes', async () => {
    const scene: Scene = { isListed: false, isProven: false, intents: 0, world: null }
    let looks = 0
    const planted: Planted = {
      disk: (disk) => ({
        ...disk,
        proveAbsent: async (root, path, look) => {
          if (++looks === 1) await pause(scene, 20_000)
          return await disk.proveAbsent(root, path, look)
        },
      }),
    }
    const { landing, failures } = await runCell('path gone', 'C', 'applied', planted, (world) => {
      scene.world = world
    })
    expect(failures).toEqual([])
    expect(landing).toBe('forgotten gone 0/0/1')
    expect(looks).toBe(2)
  })

  test.each(Object.keys(AT_THE_CALL))('analysis 2: just before the call, %s stops it', async (name) => {
    const scene: Scene = { isListed: false, isProven: false, intents: 0, world: null }
    const planted = AT_THE_CALL[name]?.(scene) ?? {}
    const watched: Planted = {
      ...planted,
      remote: (remote) => ({
        ...remote,
        listing: async (ask, options) => {
          const listing = await remote.listing(ask, options)
          // After the event only the deleter reads the dataset.
          scene.isListed = scene.world !== null
          return listing
        },
      }),
      ledger: (ledger) => {
        const outer = planted.ledger?.(ledger) ?? ledger
        return {
          ...outer,
          operations: {
            ...outer.operations,
            intend: (versionId, verb, ...rest) => {
              if (verb === 'delete') scene.intents++
              return outer.operations.intend(versionId, verb, ...rest)
            },
          },
        }
      },
      disk: (disk) => {
        const outer = planted.disk?.(disk) ?? disk
        return {
          ...outer,
          proveAbsent: async (root, path) => {
            const proof = await outer.proveAbsent(root, path)
            scene.isProven = true
            return proof
          },
        }
      },
    }
    const { landing, failures } = await runCell('path gone', 'C', 'applied', watched, (world) => {
      scene.world = world
    })
    expect(failures).toEqual([])
    expect(scene.isListed).toBe(true)
    expect(scene.intents > 0).toBe(name === SLOW_INTENT)
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

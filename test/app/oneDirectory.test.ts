import { randomUUID } from 'node:crypto'
import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { acceptFolder } from '../../src/app/acceptFolder.ts'
import { openDisk } from '../../src/app/disk.ts'
import { bindFolders } from '../../src/sync/bindFolders.ts'
import { reviewState } from '../../src/sync/folderState.ts'
import type { Disk } from '../../src/sync/ports.ts'
import { LedgerBox } from '../support/ledgerBox.ts'
import { localParts, NOW_MS, POLICY } from '../support/localParts.ts'
import { realClock } from '../support/realClock.ts'
import { scratchFolder } from '../support/scratchFolder.ts'

const REAL = openDisk(() => Promise.reject(new Error('no walk')))
const WRITABLE: Disk = REAL
const READ_ONLY: Disk = { ...REAL, writeMarker: async () => 'unwritable', writeAlive: async () => undefined }

/** Entries of a config, bound anew each time; paths that end in one name lead to one directory. */
function configOf(box: LedgerBox, real: Disk, directory: string | null) {
  const { ledger } = box
  const at = (path: string) => (directory !== null && path.startsWith(directory) ? directory : path)
  const disk: Disk = {
    ...real,
    identity: (path) => real.identity(at(path)),
    mounts: (path) => real.mounts(at(path)),
    writeMarker: (path, ...rest) => real.writeMarker(at(path), ...rest),
    writeAlive: (path, ...rest) => real.writeAlive(at(path), ...rest),
  }
  const log = { emit: () => undefined }
  const wallMs = () => NOW_MS
  return {
    async bind(...entries: readonly { readonly path: string; readonly dataset?: string }[]) {
      const requests = entries.map(({ path, dataset = 'a' }) => ({
        path,
        writtenAs: path,
        domain: 'http://d',
        dataset,
        policy: POLICY,
        rules: '',
      }))
      const bound = await bindFolders({ ledger, disk, log, wallMs, newId: randomUUID, graceOf: () => POLICY.deletes.graceMs }, requests)
      for (const { id } of bound) await reviewState({ ledger, disk, log, clock: { ...realClock, wallMs } }, id, null)
      return bound.map(({ id }) => ledger.folders.get(id))
    },
    accept: (path: string) => acceptFolder({ ...localParts(box, ledger.folders.all()), disk }, path),
  }
}

test.each([
  ['with a marker', WRITABLE],
  ['that cannot be written', READ_ONLY],
])('a directory %s to which two entries lead is that of the one that had it first, in whatever order they come', async (_, disk) => {
  using scratch = scratchFolder()
  using box = new LedgerBox()
  const config = configOf(box, disk, scratch.path)
  const [mine, other] = [{ path: scratch.path }, { path: `${scratch.path}-again`, dataset: 'b' }]
  const why = expect.stringMatching(`^it is the same directory as ${scratch.path}, `)
  const [first] = await config.bind(mine)
  for (const entries of [
    [mine, other],
    [other, mine],
    [mine, other],
  ]) {
    const bound = await config.bind(...entries)
    expect(bound.find(({ path }) => path === mine.path)).toMatchObject({ uid: first?.uid, remoteId: first?.remoteId, state: 'ok' })
    expect(bound.find(({ path }) => path === other.path)).toMatchObject({ state: 'foreign', why, root: null })
  }
  await expect(config.accept(other.path)).rejects.toThrow('is the same directory as')
  expect(await config.bind(mine)).toMatchObject([{ uid: first?.uid, state: 'ok' }])
})

test.each([
  ['with a marker', WRITABLE],
  ['that cannot be written', READ_ONLY],
])('a directory %s to which one path of two entries leads is that of the first of them', async (_, disk) => {
  using scratch = scratchFolder()
  using box = new LedgerBox()
  const config = configOf(box, disk, scratch.path)
  const mine = { path: scratch.path }
  const [first] = await config.bind(mine)
  for (let starts = 0; starts < 3; starts++) {
    expect(await config.bind(mine, mine)).toMatchObject([
      { uid: first?.uid, state: 'ok' },
      { state: 'foreign', why: expect.stringContaining('the same directory'), root: null },
    ])
  }
  expect(box.ledger.folders.all()).toHaveLength(2)
})

test.each(['archive', 'inbox'])(
  'a folder that was renamed is followed, whatever stands at its old path by now: %s comes first',
  async (name) => {
    using scratch = scratchFolder()
    using box = new LedgerBox()
    const config = configOf(box, WRITABLE, null)
    const [inbox, archive] = ['inbox', 'archive'].map((one) => ({ path: join(scratch.path, one) })) as [{ path: string }, { path: string }]
    mkdirSync(inbox.path)
    const [first] = await config.bind(inbox)
    renameSync(inbox.path, archive.path)
    mkdirSync(inbox.path)
    const bound = await config.bind(...(name === 'archive' ? [archive, inbox] : [inbox, archive]))
    expect(bound.find(({ path }) => path === archive.path)).toMatchObject({ uid: first?.uid, state: 'ok' })
    expect(bound.find(({ path }) => path === inbox.path)?.uid).not.toBe(first?.uid)
  },
)

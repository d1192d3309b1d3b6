import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { openDisk } from '../../src/app/disk.ts'
import { patientDisk } from '../../src/app/patientDisk.ts'
import { survey } from '../../src/app/survey.ts'
import { EncordError, LookFailed } from '../../src/model/error.ts'
import { type Engine, openEngine } from '../../src/sync/engine.ts'
import { openLooks } from '../../src/sync/looks.ts'
import type { Disk, Remote } from '../../src/sync/ports.ts'
import type { FolderRecord } from '../../src/sync/records.ts'
import { openRemoteLink } from '../../src/sync/remoteLink.ts'
import { openSlots } from '../../src/sync/slots.ts'
import { fastClock } from '../support/fastClock.ts'
import { LedgerBox } from '../support/ledgerBox.ts'
import { jpeg } from '../support/mediaVariants.ts'
import { quietSetup } from '../support/quietSetup.ts'

const FAST = fastClock(20)

type Trouble = {
  /** Looks fail as given, and then succeed. */
  readonly failures?: Error[]
  /** So do openings of files. */
  readonly unopened?: string[]
  /** Shares that do not answer. */
  readonly dead?: readonly string[]
}

/** An engine over one folder, and over those that are dead. */
function engineOf(box: LedgerBox, { failures = [], unopened = [], dead = [] }: Trouble) {
  const { ledger } = box
  const folders = [...dead, 'IN'].map((name) => box.folder(name))
  const folder = folders[dead.length] as FolderRecord
  /** Name, fields, and how far the loop was. */
  const events: [string, unknown, number | undefined][] = []
  const marker = { folderId: folder.uid, ledgerId: ledger.meta.ledgerId() }
  const walker = { tree: ledger.tree, wallMs: () => Date.now(), pause: () => undefined }
  const real = openDisk(async (request) => {
    const failure = failures.shift()
    if (failure !== undefined) throw failure
    return survey(walker, request)
  })
  const answering: Disk = {
    ...real,
    openRegular: async (root, path, expected) => {
      const errno = unopened.shift()
      return errno === undefined ? await real.openRegular(root, path, expected) : { kind: 'unreadable', errno }
    },
    identity: (root) =>
      root === folder.path
        ? Promise.resolve({ kind: 'there', root: folder.root ?? { ino: '', birthNs: null, fsType: '' }, marker, alive: null })
        : new Promise(() => undefined),
    writeAlive: async () => undefined,
  }
  const disk = patientDisk(answering, FAST)
  const away = new EncordError('transient', { call: 'dataset GET', outcome: 'not-done', message: 'nobody is asked' })
  const remote = { serverTime: () => null, listing: () => Promise.reject(away) } as unknown as Remote
  const stop = new AbortController()
  let opened: Engine | null = null
  const tools = {
    ledger,
    disk,
    clock: FAST,
    random: Math.random,
    log: { emit: (name: string, fields: unknown) => void events.push([name, fields, opened?.lastRoundMs()]) },
    signal: stop.signal,
    absentGapMs: 1_000,
  }
  const noDelete = () => Promise.reject(new Error('no DELETE'))
  const link = openRemoteLink(tools, folder.remoteId, remote, noDelete, () => undefined)
  const setups = folders.map(quietSetup)
  const looks = openLooks(FAST)
  const more = { looks, slots: openSlots(2, FAST.monotonicMs), process: 'p1', rescanMs: 600_000, crashPoint: () => undefined }
  const engine: Engine = openEngine({ ...tools, ...more }, setups, new Map([[link.id, link]]))
  opened = engine
  return { engine, stop, events, state: () => ledger.folders.get(folder.id) }
}

test('looks that fail end nothing: they are told, shown, and made again until one succeeds', async () => {
  using box = new LedgerBox()
  const full = new LookFailed('EMFILE: too many open files')
  const { engine, stop, events, state } = engineOf(box, { failures: [full, full] })
  const running = engine.run()
  await engine.settled(1_000)
  expect(state()).toMatchObject({ state: 'degraded', why: expect.stringContaining('too many open files') })
  await engine.ready()
  expect(state()).toMatchObject({ state: 'ok', why: '' })
  stop.abort()
  await running
  expect(events.filter(([name]) => name === 'scan.failed').map(([, fields]) => fields)).toEqual([
    { folder: expect.anything(), why: full.message, retryInMs: 2_000 },
    { folder: expect.anything(), why: full.message, retryInMs: 4_000 },
  ])
})

test('a look that fails by a defect, or of a damaged ledger, ends the engine', async () => {
  using box = new LedgerBox()
  const damaged = Object.assign(new Error('the survey failed: malformed'), { code: 'SQLITE_CORRUPT' })
  await expect(engineOf(box, { failures: [damaged] }).engine.run()).rejects.toBe(damaged)
})

test('a file that the disk does not give for a while is looked into once it does', async () => {
  using box = new LedgerBox()
  const { engine, stop, events, state } = engineOf(box, { unopened: ['EIO', 'ETIMEDOUT', 'EIO'] })
  writeFileSync(join(state().path, 'a.jpg'), jpeg('a'))
  const running = engine.run()
  const looked = () => box.ledger.tree.filesBelow(state().id, '').map(({ look }) => look?.kind)
  await vi.waitFor(() => expect(looked()).toEqual(['image']), { timeout: 60_000 })
  stop.abort()
  await running
  const failed = events.filter(([name]) => name === 'unit.failed').map(([, fields]) => (fields as { why: string }).why)
  expect(failed).toEqual(['EIO', 'ETIMEDOUT', 'EIO'].map((errno) => `a.jpg could not be read (${errno})`))
})

test('shares that do not answer are unreadable, one after the other, while the loop is seen to move and the other folder is looked at', async () => {
  using box = new LedgerBox()
  const { engine, stop, events, state } = engineOf(box, { dead: ['A', 'B'] })
  const openedMs = engine.lastRoundMs()
  const running = engine.run()
  await vi.waitFor(() => expect(events.map(([name]) => name)).toContain('folder.scanned'), { timeout: 60_000 })
  const unreadable = events.filter(([name, fields]) => name === 'folder.state' && (fields as { state: string }).state === 'unreadable')
  expect(unreadable.map(([, , lastRoundMs]) => (lastRoundMs ?? 0) > openedMs)).toEqual([false, true])
  expect(state().state).toBe('ok')
  stop.abort()
  await running
})

import { expect, test } from 'vitest'
import { openDisk } from '../../src/app/disk.ts'
import { EncordError } from '../../src/model/error.ts'
import { applySurvey } from '../../src/sync/applySurvey.ts'
import { reviewCandidates } from '../../src/sync/candidates.ts'
import { openEngine } from '../../src/sync/engine.ts'
import { openLooks } from '../../src/sync/looks.ts'
import type { Disk, Remote } from '../../src/sync/ports.ts'
import { openRemoteLink } from '../../src/sync/remoteLink.ts'
import { openSlots } from '../../src/sync/slots.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { policyOf } from '../support/planWorld.ts'
import { quietSetup } from '../support/quietSetup.ts'
import { realClock } from '../support/realClock.ts'

test.each(['cut', 'drained'] as const)(
  'nothing is begun for a folder whose look was under way when it was let go (%s)',
  async (leaving) => {
    using box = new LedgerBox()
    const { ledger } = box
    const folder = box.folder('IN')
    const marker = { folderId: folder.uid, ledgerId: ledger.meta.ledgerId() }
    const begun: string[] = []
    let looked: () => void = () => undefined
    const looking = new Promise<void>((resolve) => {
      looked = resolve
    })
    let answer: () => void = () => undefined
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const disk: Disk = {
      ...openDisk(async () => {
        begun.push('survey')
        return await Promise.reject(new Error('nobody looks any more'))
      }),
      identity: async () => {
        looked()
        await answered
        return { kind: 'there', root: folder.root ?? { ino: '', birthNs: null, fsType: '' }, marker, alive: null }
      },
      writeAlive: async (_root, { released }) => void begun.push(released ? 'released' : 'alive'),
    }
    const remote = {
      serverTime: () => null,
      listing: () => {
        begun.push('listing')
        return Promise.reject(new EncordError('transient', { call: 'dataset GET', outcome: 'not-done', message: 'nobody asks any more' }))
      },
    } as unknown as Remote
    const stop = new AbortController()
    const tools = {
      ledger,
      disk,
      clock: realClock,
      random: Math.random,
      log: { emit: () => undefined },
      signal: stop.signal,
      absentGapMs: 1_000,
    }
    const link = openRemoteLink(
      tools,
      folder.remoteId,
      remote,
      () => Promise.reject(new Error('no DELETE')),
      () => undefined,
    )
    const more = {
      looks: openLooks(realClock),
      slots: openSlots(2, realClock.monotonicMs),
      process: 'p1',
      rescanMs: 60_000,
      crashPoint: () => undefined,
    }
    const engine = openEngine({ ...tools, ...more }, [quietSetup(folder)], new Map([[link.id, link]]))
    const running = engine.run()
    await looking
    const gone = engine.remove(folder.id, leaving).then(() => void begun.push('let go'))
    answer()
    await gone
    // A further round of the engine, if the turn should still go on.
    await engine.ready()
    stop.abort()
    await running
    expect(begun).toEqual(['alive', 'released', 'let go'])
  },
)

test('a metadata file in a directory whose files are units of their own now makes none of its older rows a row of what is gone', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const { unitId, versionId, fileIds } = box.unit(folder, 'g', { kind: 'image_group', local: 'excluded' })
  ledger.now(() => {
    for (const id of fileIds) ledger.tree.setFileUnit(id, null)
    ledger.versions.setRole(versionId ?? 0, 'superseded')
    ledger.candidates.add(versionId ?? 0, 'superseded', null, PLANTED_MS)
  })
  const tools = { ledger, looks: openLooks(realClock), log: { emit: () => undefined }, wallMs: () => PLANTED_MS, process: 'p1' }
  const stamp = { sizeBytes: 2, mtimeNs: '1', ctimeNs: '1', ino: '9', birthNs: null }
  const scan = { whole: true, beganMs: PLANTED_MS, endedMs: PLANTED_MS, beganAfter: 0, result: 'complete', blind: [], busy: [] } as const
  const differences = [{ kind: 'new', path: 'g/.metadata.json', stamp, problem: null }] as const
  const seen = { scan, dirs: [], goneDirs: [], unseenDirs: [], differences, mounts: [], tree: [], ignoreFiles: [], files: 1, ignored: 0 }
  const { scanId, touched } = applySurvey(tools, folder, () => policyOf({ subdirectories: 'individual' }), seen)
  reviewCandidates(tools, folder, scanId, touched, 0)
  expect(ledger.units.get(unitId)?.local).toBe('excluded')
  expect(ledger.candidates.get(versionId ?? 0)?.why).toBe('superseded')
})

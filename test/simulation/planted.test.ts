import { describe, expect, test } from 'vitest'
import type { Disk } from '../../src/sync/ports.ts'
import { FREELY } from './freely.ts'
import { makeWorld } from './makeWorld.ts'
import type { Planted } from './service.ts'
import type { ConfigEdit, World } from './worldEvent.ts'
import { runWorld } from './worldRun.ts'

/** A defect that someone might make, the promise that notices it, and what worlds have to be like to meet it soon. */
type Defect = {
  readonly what: string
  readonly promise: string
  readonly planted: () => Planted
  readonly shape?: (world: World) => World
}

/** Worlds that may pass before the defect is met. */
const PATIENCE = 40

type Events = World['events']

const FILES: Events = [
  { atMs: 500, do: 'write', at: '/f0/a.jpg', content: 'i1' },
  { atMs: 600, do: 'write', at: '/f0/b.jpg', content: 'i2' },
  { atMs: 700, do: 'write', at: '/f0/c.jpg', content: 'i3' },
  { atMs: 800, do: 'write', at: '/f0/m/1.jpg', content: 'i4' },
]

/** Worlds in which these things happen to some files that were sent before, and else are as they are. */
function happening(events: Events, change: Partial<World['folders'][number]> = {}): (world: World) => World {
  return (world) => ({
    ...world,
    folders: world.folders.map((folder) => ({ ...folder, ...FREELY, ...change })),
    events: [...FILES, ...events],
  })
}

const removed = happening([{ atMs: 40_000, do: 'remove', at: '/f0/a.jpg' }])
/** From its new path it takes longer to be sent than it takes to be gone from the old one. */
const renamed = happening([{ atMs: 60_000, do: 'rename', at: '/f0/a.jpg', to: '/f0/d.jpg' }], { settleMs: 15_000, graceMs: 2_000 })
const renamedAndEdited = happening([{ atMs: 60_000, do: 'renameEdited', at: '/f0/a.jpg', to: '/f0/d.jpg', content: 'i5' }], {
  birth: true,
  graceMs: 2_000,
  mount: null,
})
const copied = happening(
  [
    { atMs: 40_000, do: 'copy', at: '/f0/a.jpg', to: '/f0/d.jpg' },
    { atMs: 70_000, do: 'remove', at: '/f0/a.jpg' },
  ],
  { graceMs: 2_000 },
)
/** Kept beside, and changed by a program that saves under another name first, before any look. */
const keptBeside = (birth: boolean) =>
  happening(
    [
      { atMs: 60_000, do: 'copy', at: '/f0/a.jpg', to: '/f0/d.jpg' },
      { atMs: 60_010, do: 'save', at: '/f0/a.jpg', content: 'i5' },
      { atMs: 110_000, do: 'remove', at: '/f0/d.jpg' },
    ],
    { birth, graceMs: 2_000, mount: null },
  )
const removedTwice = happening(
  [
    { atMs: 40_000, do: 'remove', at: '/f0/a.jpg' },
    { atMs: 40_100, do: 'remove', at: '/f0/b.jpg' },
  ],
  { limit: { count: 1, percent: 100 } },
)
const closed = happening([{ atMs: 40_000, do: 'close', at: '/f0/m', forMs: 60_000 }])
/** Two folders of one dataset that are looked at by the clock alone; a file goes from one into a closed directory of the other. */
const stashed = (world: World): World => {
  const [folder] = happening([])(world).folders
  if (folder === undefined) throw new Error('no folder')
  const plain = { ...folder, dataset: 'd0', graceMs: 2_000, subdirectories: 'individual', mount: null } as const
  return {
    ...happening([
      { atMs: 900, do: 'write', at: '/f1/n/2.jpg', content: 'i5' },
      { atMs: 950, do: 'write', at: '/f1/d.jpg', content: 'i6' },
      { atMs: 70_000, do: 'stash', at: '/f1/d.jpg', to: '/f0/h', forMs: 200_000 },
    ])(world),
    folders: [
      { ...plain, path: '/f0' },
      { ...plain, path: '/f1' },
    ],
    hintLoss: 1,
    slowness: 0.2,
    rescanMs: 20_000,
  }
}
const restored = happening([
  { atMs: 40_000, do: 'remove', at: '/f0/a.jpg' },
  { atMs: 40_500, do: 'restoreFolder', at: '/f0' },
])
/** The folder remembers less of the ledger than it was told since its snapshot. */
const rolledBack = happening([
  { atMs: 36_000, do: 'rollBack', at: '/f0', forMs: 200_000 },
  { atMs: 240_000, do: 'remove', at: '/f0/a.jpg' },
])

/** The file is away when a rule about another one is made, and its row goes by itself but for that. */
const ruledOut = happening(
  [
    { atMs: 70_000, do: 'remove', at: '/f0/a.jpg' },
    { atMs: 71_000, do: 'ignoreFile', at: '/f0', text: 'c.jpg\n' },
  ],
  { graceMs: 15_000, mount: null },
)
/** One frame of two is left out, and the group is made anew without it. */
const leftOut = happening(
  [
    { atMs: 900, do: 'write', at: '/f0/g/1.jpg', content: 'i5' },
    { atMs: 1_000, do: 'write', at: '/f0/g/2.jpg', content: 'i6' },
    { atMs: 70_000, do: 'ignoreFile', at: '/f0/g', text: '2.jpg\n' },
  ],
  { onChange: 'replace', subdirectories: 'group' },
)
/** The config is edited while the service runs. */
const edited = (atMs: number, edit: ConfigEdit) => ({ atMs, do: 'edit', edit }) as const
const laterMild = happening(
  [{ atMs: 60_000, do: 'remove', at: '/f0/a.jpg' }, edited(60_300, { set: 'mode', folder: 0, mode: 'propagate' })],
  { mode: 'hold', graceMs: 2_000, mount: null },
)
const laterReplace = happening(
  [{ atMs: 60_000, do: 'save', at: '/f0/a.jpg', content: 'i5' }, edited(60_300, { set: 'onChange', folder: 0, onChange: 'replace' })],
  { onChange: 'hold', graceMs: 2_000, mount: null },
)
const laterSkip = happening(
  [
    { atMs: 900, do: 'write', at: '/f0/g/1.jpg', content: 'i5' },
    { atMs: 1_000, do: 'write', at: '/f0/g/2.jpg', content: 'i6' },
    { atMs: 60_000, do: 'save', at: '/f0/g/2.jpg', content: 'x5' },
    edited(60_300, { set: 'groupIncomplete', folder: 0, groupIncomplete: 'skip' }),
  ],
  { onChange: 'replace', graceMs: 2_000, subdirectories: 'group', mount: null },
)
const laterHasty = happening(
  [{ atMs: 60_000, do: 'remove', at: '/f0/a.jpg' }, edited(65_000, { set: 'grace', folder: 0, graceMs: 2_000 })],
  { graceMs: 15_000, mount: null },
)
const ruledOutByConfig = happening(
  [{ atMs: 70_000, do: 'remove', at: '/f0/a.jpg' }, edited(71_000, { set: 'ignore', folder: 0, ignore: ['c.jpg'] })],
  { graceMs: 15_000, mount: null },
)
/** The ledger that is accepted knows the file and nothing of what happened to it since. */
const acceptedLater = happening(
  [
    { atMs: 50_000, do: 'rememberLedger' },
    { atMs: 70_000, do: 'oldLedger', forMs: 500 },
    { atMs: 80_000, do: 'remove', at: '/f0/a.jpg' },
    { atMs: 80_500, do: 'acceptLedger' },
  ],
  { mount: null },
)
/** The ledger that was put back knows nothing of a row that carries our note, and its file has another name by now. */
const forgotten = (world: World): World => ({
  ...happening([
    { atMs: 50_000, do: 'rememberLedger' },
    { atMs: 50_500, do: 'write', at: '/f0/d.jpg', content: 'i5' },
    { atMs: 110_000, do: 'oldLedger', forMs: 500 },
    { atMs: 110_200, do: 'rename', at: '/f0/d.jpg', to: '/f0/e.jpg' },
    { atMs: 115_000, do: 'acceptLedger' },
  ])(world),
  server: { ...world.server, datarow: true },
})
const laterNever = happening([edited(40_000, { set: 'mode', folder: 0, mode: 'never' }), { atMs: 60_000, do: 'remove', at: '/f0/a.jpg' }])
const laterPatient = happening(
  [edited(40_000, { set: 'grace', folder: 0, graceMs: 30_000 }), { atMs: 60_000, do: 'remove', at: '/f0/a.jpg' }],
  {
    graceMs: 2_000,
  },
)
/** Notes of this kind get lost. */
const forgets = (note: string) => (): Planted => ({
  ledger: (ledger) => ({
    ...ledger,
    meta: { ...ledger.meta, write: (key, value) => (key.startsWith(note) ? undefined : ledger.meta.write(key, value)) },
  }),
})
/** The mode is told by when it was set, too. */
const forgetsMode = (): Planted => ({
  ledger: (ledger) => {
    const { folders, ...rest } = forgets('mode:')().ledger?.(ledger) ?? ledger
    return { ...rest, folders: { ...folders, setDeleteMode: (id, mode) => folders.setDeleteMode(id, mode, 0) } }
  },
})
/** What the config said at the start stays. */
const keepsSetup = (): Planted => ({ setup: (setup) => ({ ...setup }) })

const DEFECTS: readonly Defect[] = [
  {
    what: 'what cannot be seen counts as gone',
    promise: 'absent|trouble',
    shape: closed,
    planted: () => ({
      disk: (disk) => ({
        ...disk,
        survey: async (request) => {
          const survey = await disk.survey(request)
          const differences = survey.differences.map((one) =>
            one.kind === 'unseen'
              ? ({
                  kind: 'absent',
                  known: one.known,
                  absence: { ancestor: '', ctimeBeforeNs: null, ctimeAfterNs: '1', unchanged: 0 },
                } as const)
              : one,
          )
          return { ...survey, differences, unseenDirs: [], scan: { ...survey.scan, result: 'complete', blind: [] } }
        },
        proveAbsent: async (_root, path) => ({
          kind: 'absent',
          ancestor: '',
          missingName: path,
          ancestorStamp: { ino: '1', birthNs: null, mtimeNs: '1', ctimeNs: '1' },
        }),
      }),
    }),
  },
  {
    what: 'ignore files are followed and not remembered',
    promise: 'edit',
    shape: ruledOut,
    planted: () => ({ disk: (disk) => ({ ...disk, survey: async (request) => ({ ...(await disk.survey(request)), ignoreFiles: [] }) }) }),
  },
  {
    what: 'a frame that a rule leaves out counts as gone',
    promise: 'edit',
    shape: leftOut,
    planted: () => ({
      disk: (disk) => ({
        ...disk,
        survey: async (request) => {
          const survey = await disk.survey(request)
          const absence = { ancestor: '', ctimeBeforeNs: null, ctimeAfterNs: '1', unchanged: 0 }
          const differences = survey.differences.map((one) =>
            one.kind === 'excluded' ? ({ kind: 'absent', known: one.known, absence } as const) : one,
          )
          return { ...survey, differences, ignoreFiles: [] }
        },
      }),
    }),
  },
  { what: 'since when deletes.mode is what it is gets lost', promise: 'edit', shape: laterMild, planted: forgetsMode },
  { what: 'since when on_change is what it is gets lost', promise: 'edit', shape: laterReplace, planted: forgets('on_change:') },
  { what: 'since when group_incomplete is what it is gets lost', promise: 'edit', shape: laterSkip, planted: forgets('group_incomplete:') },
  { what: 'since when grace is what it is gets lost', promise: 'edit', shape: laterHasty, planted: forgets('grace:') },
  { what: 'an edit of the ignore rules gets lost', promise: 'edit', shape: ruledOutByConfig, planted: forgets('dataset-edit:') },
  { what: 'that the ledger was accepted gets lost', promise: 'edit', shape: acceptedLater, planted: forgets('dataset-edit:') },
  { what: 'a running folder keeps the mode that it began with', promise: 'absent|defect', shape: laterNever, planted: keepsSetup },
  { what: 'a running folder keeps the grace that it began with', promise: 'evidence', shape: laterPatient, planted: keepsSetup },
  {
    what: 'a folder is taken for what it was at the start',
    promise: 'trouble',
    shape: restored,
    planted: () => ({ disk: rememberIdentity }),
  },
  {
    what: 'what was left in the folder is not remembered',
    promise: 'trouble',
    shape: rolledBack,
    planted: () => ({
      ledger: (ledger) => ({ ...ledger, meta: { ...ledger.meta, read: (key) => (key.startsWith('alive:') ? '' : ledger.meta.read(key)) } }),
    }),
  },
  {
    what: 'the grace is not waited for',
    promise: 'evidence',
    shape: removed,
    planted: () => ({ setup: (setup) => ({ ...setup, graceMs: 0 }) }),
  },
  {
    // The last line, the ledger's trigger, stops it: that is a defect too.
    what: 'deletes.mode is not read',
    promise: 'absent|defect',
    shape: (world) => ({ ...removed(world), folders: world.folders.map((folder) => ({ ...folder, ...FREELY, mode: 'never' })) }),
    planted: () => ({ policy: (policy) => ({ ...policy, deletes: { ...policy.deletes, mode: 'propagate' } }) }),
  },
  {
    what: 'the limit is not counted',
    promise: 'limit',
    shape: removedTwice,
    planted: () => ({
      policy: (policy) => ({ ...policy, deletes: { ...policy.deletes, limit: { count: 1_000_000, percent: 100, perMs: 86_400_000 } } }),
    }),
  },
  {
    what: 'a candidate is judged without its copies and moves',
    promise: 'copy',
    shape: renamed,
    planted: () => ({
      ledger: (ledger) => ({
        ...ledger,
        tree: { ...ledger.tree, unsettledOfSize: () => null, withContent: () => [], sameIdentity: () => [] },
      }),
    }),
  },
  {
    what: 'a copy counts as old as the ledger',
    promise: 'age',
    shape: copied,
    planted: () => ({
      ledger: (ledger) => ({
        ...ledger,
        tree: {
          ...ledger.tree,
          withContent: (sha256, remoteId) => ledger.tree.withContent(sha256, remoteId).map((file) => ({ ...file, firstScan: 0 })),
        },
        versions: {
          ...ledger.versions,
          ofUnit: (unitId) => ledger.versions.ofUnit(unitId).map((version) => ({ ...version, readAfter: 1 })),
        },
      }),
    }),
  },
  {
    what: 'that a row went to a copy gets lost',
    promise: 'original',
    shape: keptBeside(true),
    planted: forgets('gone-to-copy:'),
  },
  {
    what: 'so it does where no birth times are',
    promise: 'original',
    shape: keptBeside(false),
    planted: forgets('gone-to-copy:'),
  },
  {
    what: 'the very file is not looked for at its new place',
    promise: 'file',
    shape: renamedAndEdited,
    planted: () => ({ ledger: (ledger) => ({ ...ledger, tree: { ...ledger.tree, sameInode: () => [] } }) }),
  },
  {
    what: 'a look at another folder that ended earlier counts as one of before the file went',
    promise: 'copy',
    shape: stashed,
    planted: () => ({
      ledger: (ledger) => ({
        ...ledger,
        scans: {
          ...ledger.scans,
          completeBefore: (folderId, scanId) => {
            const scan = ledger.scans.completeBefore(folderId, scanId)
            return scan === null ? null : { ...scan, beganAfter: scanId - 1 }
          },
        },
      }),
    }),
  },
  {
    what: 'a transport that sends each DELETE twice',
    promise: 'evidence',
    shape: removed,
    planted: () => ({
      deleteCall: (call) => async (hashes, options) => {
        await call(hashes, options)
        await call(hashes, options).catch(() => undefined)
      },
    }),
  },
  {
    what: 'a register call without its intent',
    promise: 'intent',
    planted: () => ({
      remote: (remote) => ({
        ...remote,
        put: async (ticket, body, contentType, options) => {
          const sent = await remote.put(ticket, body, contentType, options)
          await remote.registerImage(ticket, 'too early').catch(() => undefined)
          return sent
        },
      }),
    }),
  },
  {
    what: 'content that the dataset holds is not looked for',
    promise: 'once',
    shape: renamed,
    planted: () => ({
      ledger: (ledger) => ({
        ...ledger,
        tree: { ...ledger.tree, sizeIsKnown: () => false, sameIdentity: () => [] },
      }),
    }),
  },
  {
    what: 'notes on rows are not read',
    promise: 'once',
    shape: forgotten,
    planted: () => ({
      remote: (remote) => ({ ...remote, listing: (_ask, options) => remote.listing({ clientMetadata: false }, options) }),
    }),
  },
  {
    what: 'a file that changed while it was sent is registered all the same',
    promise: 'bytes',
    planted: () => ({
      disk: (disk) => ({
        ...disk,
        openRegular: async (root, path, expected) => {
          const opened = await disk.openRegular(root, path, expected)
          return 'kind' in opened ? opened : { ...opened, unchanged: async () => true }
        },
      }),
      policy: (policy) => ({ ...policy, settleMs: 0, groupSettleMs: 0, regroupSettleMs: 0 }),
    }),
  },
  {
    what: 'whole scans find nothing',
    promise: 'end',
    planted: () => ({
      disk: (disk) => ({
        ...disk,
        survey: async (request) => ({ ...(await disk.survey(request)), differences: [] }),
      }),
    }),
  },
  {
    what: 'a start that reads the dataset again and again',
    promise: 'quiet',
    planted: () => ({
      remote: (remote) => ({
        ...remote,
        listing: async (ask, options) => {
          for (let i = 0; i < 20; i++) await remote.listing(ask, options)
          return await remote.listing(ask, options)
        },
      }),
    }),
  },
]

/** Each root's first answer, for ever. */
function rememberIdentity(disk: Disk): Disk {
  const known = new Map<string, Awaited<ReturnType<Disk['identity']>>>()
  return {
    ...disk,
    identity: async (root) => {
      const seen = await disk.identity(root)
      const before = known.get(root)
      if (before?.kind === 'there' && before.marker !== 'none') return before
      known.set(root, seen)
      return seen
    },
    mounts: async () => [],
  }
}

describe('planted defects', { timeout: 300_000 }, () => {
  test.each(DEFECTS)('$what: the promise "$promise" is broken within a few worlds', async ({ promise, planted, shape }) => {
    const wanted = promise.split('|')
    const met: string[] = []
    for (let seed = 1; seed <= PATIENCE; seed++) {
      const world = makeWorld(seed)
      const { broken } = await runWorld(shape?.(world) ?? world, planted())
      for (const one of broken) met.push(one.promise)
      if (broken.some((one) => wanted.includes(one.promise))) return
    }
    expect(met.join(' ')).toContain(promise)
  })
})

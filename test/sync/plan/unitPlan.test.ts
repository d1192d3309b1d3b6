import { describe, expect, test } from 'vitest'
import type { NotedPlace } from '../../../src/sync/plan/context.ts'
import { changesTooOften } from '../../../src/sync/plan/startPlan.ts'
import { planUnit } from '../../../src/sync/plan/unitPlan.ts'
import type { FileRecord, ForeignRow, UnitRecord, UnitView, VersionRecord } from '../../../src/sync/records.ts'
import {
  type ContextRecipe,
  contextOf,
  fileOf,
  foreignOf,
  HOUR_MS,
  MINUTE_MS,
  NOW_MS,
  policyOf,
  remoteOf,
  stampOf,
  twinOf,
  unitOf,
  versionOf,
  viewOf,
  WHOLE_IMAGE,
  WHOLE_VIDEO,
} from '../../support/planWorld.ts'

type Recipe = {
  readonly unit?: Partial<UnitRecord>
  readonly file?: Partial<FileRecord>
  readonly versions?: readonly Partial<VersionRecord>[]
  readonly view?: Partial<UnitView>
  readonly context?: ContextRecipe
}

/** Plans `a.jpg`: whole, at rest, new. */
function plan({ unit = {}, file = {}, versions = [], view = {}, context = {} }: Recipe = {}) {
  const files = [fileOf('a.jpg', file)]
  return planUnit(
    viewOf(unitOf('a.jpg', unit), files, { versions: versions.map((version) => versionOf(version)), ...view }),
    contextOf(context),
  )
}

const coming = { id: 2, role: 'coming', remote: 'ticket', dataHash: 'hash-2', content: null } as const
const openRegister = {
  id: 9,
  versionId: 2,
  verb: 'register',
  phase: 'unknown',
  beganMs: NOW_MS,
  serverTimeMs: null,
  evidence: null,
  answer: null,
  lacking: 0,
  lackingAtMs: null,
} as const

describe('a new unit', () => {
  test('is sent once it is whole and at rest, with its reason', () => {
    expect(plan()).toMatchObject([
      { kind: 'upload', title: 'a.jpg', unitKind: 'image', mime: 'image/jpeg', fileIds: [1], because: 'it is not in the dataset' },
    ])
  })

  test('whose content is another kind than its name says is that kind', () => {
    expect(plan({ file: { look: WHOLE_VIDEO } })).toMatchObject([{ kind: 'retype', unitKind: 'video' }])
    expect(plan({ file: { look: WHOLE_VIDEO }, unit: { kind: 'video' } })).toMatchObject([
      { kind: 'upload', unitKind: 'video', mime: 'video/mp4' },
    ])
  })

  test('in a sub-directory whose content is an image belongs to its group', () => {
    const unit = unitOf('s/a.mp4', { kind: 'video' })
    expect(planUnit(viewOf(unit, [fileOf('s/a.mp4')]), contextOf())).toMatchObject([{ kind: 'remap', fileIds: [1] }])
  })

  test('waits for the dataset to be read at first contact', () => {
    expect(plan({ context: { remote: remoteOf({ firstContact: 'due' }) } })).toMatchObject([{ kind: 'list-remote', remoteId: 1 }])
  })

  test('waits while its folder is paused', () => {
    expect(plan({ context: { folder: { uid: 'f', state: 'paused', paused: true } } })).toMatchObject([
      { kind: 'wait', why: 'the folder is paused' },
    ])
  })

  test('whose place is not seen waits', () => {
    expect(plan({ unit: { local: 'unseen' } })).toMatchObject([{ kind: 'wait', forMs: null }])
  })

  test('that failed is tried again when its time has come', () => {
    const failed = { work: 'failed', retryAtMs: NOW_MS + 1_000, attempts: 2, why: 'timeout' } as const
    expect(plan({ unit: failed })).toMatchObject([{ kind: 'wait', work: 'failed', forMs: 1_000, why: 'timeout', patience: 'once-waits' }])
    expect(plan({ unit: { ...failed, attempts: 5 } })).toMatchObject([{ patience: 'once-leaves' }])
    expect(plan({ unit: { ...failed, retryAtMs: NOW_MS } })).toMatchObject([{ kind: 'upload' }])
  })

  test.each(['rejected', 'unlinked'] as const)('that is %s stays so until it changes or a person decides', (work) => {
    expect(plan({ unit: { work, why: 'a reason' } })).toEqual([
      expect.objectContaining({ kind: 'wait', work, why: 'a reason', forMs: null }),
    ])
  })

  test('that is set aside gives up what it had begun', () => {
    expect(plan({ file: { look: { kind: 'unknown' } }, versions: [coming] })).toMatchObject([
      { kind: 'abandon', versionId: 2 },
      { kind: 'wait', work: 'rejected' },
    ])
  })

  test('whose answer was lost is resolved before anything else, even when its file is gone', () => {
    for (const local of ['present', 'absent', 'unseen', 'excluded'] as const) {
      expect(plan({ unit: { local }, versions: [coming], view: { operations: [openRegister] } })).toMatchObject([
        { kind: 'resolve', operationId: 9 },
      ])
    }
  })
})

describe('content that the dataset may hold already', () => {
  test('is hashed before it is sent when another unit has a file of that size', () => {
    expect(plan({ context: { sizeKnown: true } })).toMatchObject([{ kind: 'hash', fileId: 1 }])
    expect(plan({ file: { sha256: 'sha-new' }, context: { sizeKnown: true } })).toMatchObject([{ kind: 'upload' }])
  })

  test('is a move when its twin is gone from its path', () => {
    expect(plan({ file: { sha256: 'sha-new' }, context: { twins: [twinOf('old.jpg', 'vacated')] } })).toMatchObject([
      { kind: 'take-over', fromUnitId: 2, because: expect.stringContaining('old.jpg') },
    ])
  })

  test('is a copy, and sent, when its twin stands where it stood', () => {
    expect(plan({ file: { sha256: 'sha-new' }, context: { twins: [twinOf('old.jpg', 'there')] } })).toMatchObject([{ kind: 'upload' }])
  })

  test('waits while its twin changes: that may be a move', () => {
    expect(plan({ file: { sha256: 'sha-new' }, context: { twins: [twinOf('old.jpg', 'unknown')] } })).toMatchObject([
      { kind: 'wait', work: 'waiting', forMs: 1_000, patience: 'once-waits' },
    ])
  })

  test('is a move of the vacated one of several twins', () => {
    const twins = [twinOf('there.jpg', 'there'), twinOf('unknown.jpg', 'unknown'), twinOf('gone.jpg', 'vacated')]
    expect(plan({ file: { sha256: 'sha-new' }, context: { twins } })).toMatchObject([{ kind: 'take-over' }])
  })

  test('is a move of the vacated one of its name, when there are several', () => {
    const named = { ...twinOf('d/a.jpg', 'vacated'), unit: unitOf('d/a.jpg', { id: 3 }) }
    const twins = [twinOf('d/b.jpg', 'vacated'), named]
    expect(plan({ file: { sha256: 'sha-new' }, context: { twins } })).toMatchObject([{ kind: 'take-over', fromUnitId: 3 }])
    expect(plan({ file: { sha256: 'sha-new' }, context: { twins: twins.slice(0, 1) } })).toMatchObject([
      { kind: 'take-over', fromUnitId: 2 },
    ])
  })

  test('is no move of a unit of another kind', () => {
    const twin = twinOf('old', 'vacated')
    const group = { ...twin, version: { ...twin.version, kind: 'image_group' as const } }
    expect(plan({ file: { sha256: 'sha-new' }, context: { twins: [group] } })).toMatchObject([{ kind: 'upload' }])
  })

  test('is linked by our own note on a row, by sha256, at this path before any other of this folder, never at one of another folder', () => {
    const note = (path: string, folder = 'folder-1') =>
      foreignOf({ dataHash: `of-${path}`, own: { folder, path, sha256: 'sha-new', linked: null } })
    const context = { foreign: [note('elsewhere.jpg'), note('a.jpg')] }
    expect(plan({ context })).toMatchObject([{ kind: 'hash' }])
    expect(plan({ file: { sha256: 'sha-new' }, context })).toMatchObject([
      { kind: 'link', row: { dataHash: 'of-a.jpg' }, content: 'sha-new' },
    ])
    expect(plan({ file: { sha256: 'sha-new' }, context: { foreign: [note('elsewhere.jpg')] } })).toMatchObject([
      { kind: 'link', row: { dataHash: 'of-elsewhere.jpg' } },
    ])
    const theirs = { foreign: [note('elsewhere.jpg', 'of-another-machine')] }
    expect(plan({ file: { sha256: 'sha-new' }, context: theirs })).not.toMatchObject([{ kind: 'link' }])
  })

  test('takes no row of our own whose place still holds it, and waits while that may be so', () => {
    const note = (path: string, folder = 'folder-1') =>
      foreignOf({ dataHash: `of-${path}`, own: { folder, path, sha256: 'sha-new', linked: null } })
    const found = (foreign: readonly ForeignRow[], places: Readonly<Record<string, NotedPlace>>) =>
      plan({ file: { sha256: 'sha-new' }, context: { foreign, placeOf: (row) => places[row.dataHash] ?? 'vacated' } })
    const elsewhere = [note('x/a.jpg')]
    expect(found(elsewhere, { 'of-x/a.jpg': 'there' })).toMatchObject([{ kind: 'upload' }])
    expect(found(elsewhere, { 'of-x/a.jpg': 'unknown' })).toMatchObject([{ kind: 'wait', forMs: 1_000, patience: 'once-waits' }])
    expect(found(elsewhere, { 'of-x/a.jpg': 'unseen' })).toMatchObject([{ kind: 'wait', work: 'waiting', patience: 'once-leaves' }])
    // It is followed, and goes by no rule, where something stands that no look tells of; what is known to have moved here comes first.
    expect(found(elsewhere, { 'of-x/a.jpg': 'doubtful' })).toMatchObject([{ kind: 'link', goesBy: 'person' }])
    const moved = [...elsewhere, note('old.jpg')]
    expect(found(moved, { 'of-x/a.jpg': 'doubtful' })).toMatchObject([{ kind: 'link', row: { dataHash: 'of-old.jpg' }, goesBy: 'rule' }])
    // One of this folder, which was renamed, comes before what another one made for this path; and what was made for it here before all.
    const theirs = note('a.jpg', 'of-another-machine')
    expect(found([theirs], {})).toMatchObject([{ kind: 'link' }])
    expect(found([theirs, note('old.jpg')], {})).toMatchObject([{ kind: 'link', row: { dataHash: 'of-old.jpg' } }])
    const ours = { ...note('a.jpg'), dataHash: 'ours' }
    expect(found([theirs, note('old.jpg'), ours], {})).toMatchObject([{ kind: 'link', row: { dataHash: 'ours' } }])
  })

  test('waits as unlinked when a row looks like it, until a person decides', () => {
    expect(plan({ context: { foreign: [foreignOf()] } })).toMatchObject([
      { kind: 'wait', work: 'unlinked', why: expect.stringContaining('"a.jpg"') },
    ])
    expect(plan({ context: { foreign: [foreignOf()] }, unit: { unlinked: 'none' } })).toMatchObject([{ kind: 'upload' }])
  })

  test.each([
    ['same title and size', {}, 'wait'],
    ['same base name and size', { title: 'elsewhere/a.jpg' }, 'wait'],
    ['a size the server does not tell', { sizeBytes: null }, 'wait'],
    ['another size', { sizeBytes: 99 }, 'upload'],
    ['another type', { type: 'VIDEO' }, 'upload'],
    ['another name', { title: 'b.jpg' }, 'upload'],
  ] as const)('a row of %s: %s', (_, row, kind) => {
    expect(plan({ context: { foreign: [foreignOf(row)] } })).toMatchObject([{ kind }])
  })

  test('is not taken for a row whose note has another sha256', () => {
    const other = foreignOf({ own: { folder: 'f', path: 'a.jpg', sha256: 'sha-other', linked: null } })
    expect(plan({ file: { sha256: 'sha-new' }, context: { foreign: [other] } })).toMatchObject([{ kind: 'upload' }])
  })

  test('is no move any more once its bytes are sent', () => {
    const context = { sizeKnown: true, twins: [twinOf('old.jpg', 'vacated')] }
    const sent = { ...coming, remote: 'sent', content: 'sha-1' } as const
    expect(plan({ versions: [sent], context })).toMatchObject([{ kind: 'upload' }])
  })

  test('is looked for also once its bytes are sent: a ledger that was rolled back forgot that it made the row', () => {
    const sent = { ...coming, remote: 'sent', content: 'sha-new' } as const
    const file = { sha256: 'sha-new' }
    expect(plan({ file, versions: [sent], context: { foreign: [foreignOf()] } })).toMatchObject([{ kind: 'wait', work: 'unlinked' }])
    const own = foreignOf({ own: { folder: 'folder-1', path: 'a.jpg', sha256: 'sha-new', linked: null } })
    expect(plan({ file, versions: [sent], context: { foreign: [own] } })).toMatchObject([{ kind: 'link', content: 'sha-new' }])
    // Its folder was restored: what it holds has to be read again before anything is said of it.
    expect(plan({ file: { sha256: null }, versions: [sent], context: { foreign: [own] } })).toMatchObject([{ kind: 'hash' }])
  })

  test('is asked about while there is only a ticket for it', () => {
    expect(plan({ versions: [coming], context: { sizeKnown: true } })).toMatchObject([{ kind: 'hash' }])
  })
})

describe('a unit with a row', () => {
  const current = { content: 'sha-old' }

  test('of which nothing changed is in step', () => {
    expect(plan({ unit: { work: 'none' }, versions: [current] })).toMatchObject([{ kind: 'in-step' }])
  })

  test('that holds its old content again gives up what was begun for another one', () => {
    const versions = [current, coming]
    expect(plan({ versions })).toMatchObject([{ kind: 'hash' }])
    expect(plan({ file: { sha256: 'sha-old' }, versions })).toMatchObject([{ kind: 'abandon', versionId: coming.id }])
  })

  test('that changed its times is hashed, and the hash decides', () => {
    expect(plan({ versions: [current] })).toMatchObject([{ kind: 'hash' }])
    expect(plan({ versions: [current], file: { sha256: 'sha-old' } })).toMatchObject([{ kind: 'in-step' }])
    expect(plan({ versions: [current], file: { sha256: 'sha-new' } })).toMatchObject([{ kind: 'upload', because: 'its content changed' }])
  })

  test('that changed waits while a new file may be where its content moved to', () => {
    const recipe = {
      versions: [current],
      file: { sha256: 'sha-new' },
      context: { arriving: { path: 'moved.jpg', patience: 'once-waits' as const } },
    }
    expect(plan(recipe)).toMatchObject([{ kind: 'wait', work: 'waiting', why: expect.stringContaining('moved.jpg'), forMs: 1_000 }])
    expect(plan({ ...recipe, file: { sha256: 'sha-old' } })).toMatchObject([{ kind: 'in-step' }])
  })

  test('whose hash was taken right after a change is hashed once more', () => {
    const racy = { sha256: 'sha-old', racy: true }
    expect(plan({ unit: { work: 'none' }, versions: [current], file: racy, context: { quietMs: 500 } })).toMatchObject([
      { kind: 'in-step' },
      { kind: 'wait', forMs: 1_500 },
    ])
    expect(plan({ unit: { work: 'none' }, versions: [current], file: racy })).toMatchObject([{ kind: 'hash' }])
  })

  test('that moved gets its title, then its note; neither where the key may not', () => {
    const due = { ...current, titleDue: true, metadataDue: true }
    expect(plan({ unit: { work: 'none' }, versions: [due] })).toMatchObject([{ kind: 'retitle', title: 'a.jpg' }])
    expect(plan({ unit: { work: 'none' }, versions: [{ ...due, titleDue: false }] })).toMatchObject([{ kind: 'write-metadata' }])
    expect(plan({ unit: { work: 'none' }, versions: [due], context: { remote: remoteOf({ datarow: false }) } })).toMatchObject([
      { kind: 'in-step' },
    ])
  })

  test('that somebody removed from the dataset is not sent again, changed or not', () => {
    for (const sha256 of ['sha-old', 'sha-new']) {
      expect(plan({ versions: [{ ...current, remote: 'missing' }], file: { sha256 } })).toMatchObject([{ kind: 'wait', work: 'none' }])
    }
  })

  test('whose new content is not media any more keeps its row and is set aside', () => {
    const changed = { versions: [current], file: { look: { kind: 'unknown' }, sha256: 'sha-new' } } as const
    expect(plan(changed)).toMatchObject([{ kind: 'wait', work: 'rejected' }])
  })

  test('that looks cut off, or is no media, is set aside only once its content is known to be another than its row holds', () => {
    const cut = { ...WHOLE_IMAGE, whole: { kind: 'cut', why: 'no end marker' } } as const
    for (const look of [cut, { kind: 'unknown' } as const]) {
      const of = (file: Partial<FileRecord>, context: ContextRecipe = {}) => plan({ versions: [current], file: { look, ...file }, context })
      expect(of({})).toMatchObject([{ kind: 'hash' }])
      expect(of({ sha256: 'sha-old' })).toMatchObject([{ kind: 'in-step', asIs: true }])
      expect(of({ sha256: 'sha-new' })).toMatchObject([{ kind: 'wait', work: 'rejected' }])
      expect(of({ stamp: stampOf({ sizeBytes: 99 }) })).toMatchObject([{ kind: 'wait', work: 'rejected' }])
      expect(of({}, { quietMs: 1_000 })).toMatchObject([{ kind: 'wait', work: 'waiting', why: expect.stringContaining('settling') }])
    }
  })

  test('that came to another path is found there, also when it looks cut off', () => {
    const look = { ...WHOLE_IMAGE, whole: { kind: 'cut', why: 'no end marker' } } as const
    const of = (sha256: string | null, context: ContextRecipe) => plan({ file: { look, sha256 }, context })
    expect(of(null, { sizeKnown: true })).toMatchObject([{ kind: 'hash' }])
    expect(of('sha-new', { twins: [twinOf('old.jpg', 'vacated')] })).toMatchObject([{ kind: 'take-over', fromUnitId: 2 }])
    expect(of('sha-new', { twins: [twinOf('old.jpg', 'there')] })).toMatchObject([{ kind: 'wait', work: 'rejected' }])
  })
})

describe('a unit that is gone', () => {
  test.each(['absent', 'excluded'] as const)('(%s) and has no row is forgotten, with what it had begun', (local) => {
    expect(plan({ unit: { local }, versions: [coming] })).toMatchObject([{ kind: 'abandon' }, { kind: 'forget' }])
    expect(plan({ unit: { local } })).toMatchObject([{ kind: 'forget' }])
    expect(plan({ unit: { local }, versions: [{ remote: 'gone', role: 'closed' }] })).toMatchObject([{ kind: 'forget' }])
  })

  test.each(['live', 'deleting'] as const)('and has a %s row keeps it: deletes are planned elsewhere', (remote) => {
    expect(plan({ unit: { local: 'absent' }, versions: [{ remote }] })).toMatchObject([{ kind: 'wait' }])
  })
})

describe('a unit that changes all the time', () => {
  const changed = (...minutesAgo: number[]) => ({ changes: minutesAgo.map((minutes) => NOW_MS - minutes * MINUTE_MS).reverse() })

  test('more than three times within an hour waits until the oldest of them is an hour ago', () => {
    expect(plan({ unit: changed(5, 10, 15, 50), versions: [{}], file: { sha256: 'sha-new' } })).toMatchObject([
      {
        kind: 'wait',
        work: 'waiting',
        why: 'changes too often: 4 times within an hour, and is sent when these are at most 3',
        forMs: 10 * MINUTE_MS,
        patience: 'once-leaves',
      },
    ])
  })

  test('three times within an hour is sent', () => {
    expect(plan({ unit: changed(5, 10, 15, 61), versions: [{}], file: { sha256: 'sha-new' } })).toMatchObject([{ kind: 'upload' }])
  })

  test('is not judged by changes that lie in the future of a clock that ran back', () => {
    expect(changesTooOften(unitOf('a.jpg', changed(-1, -2, -3, -4)), contextOf())).toBeNull()
  })

  test('waits for a moment at least, so that nothing spins', () => {
    const at = NOW_MS - HOUR_MS + 1
    const action = changesTooOften(unitOf('a.jpg', { changes: [at, at, at, at] }), contextOf())
    expect(action).toMatchObject({ kind: 'wait', forMs: 1_000 })
  })
})

test('every plan says something, and why', () => {
  for (const local of ['present', 'absent', 'unseen', 'excluded'] as const) {
    for (const work of ['none', 'waiting', 'queued', 'failed', 'rejected', 'unlinked'] as const) {
      for (const versions of [[], [coming], [{}], [{ remote: 'missing' as const }]]) {
        const actions = plan({ unit: { local, work, why: 'a reason' }, versions, context: { policy: policyOf() } })
        expect(actions.length).toBeGreaterThan(0)
        for (const action of actions) expect('because' in action ? action.because : action.why).not.toBe('')
      }
    }
  }
})

import { describe, expect, test } from 'vitest'
import { groupContent } from '../../../src/sync/plan/groupContent.ts'
import { planUnit } from '../../../src/sync/plan/unitPlan.ts'
import type { FileRecord, UnitRecord, VersionRecord } from '../../../src/sync/records.ts'
import {
  type ContextRecipe,
  contextOf,
  fileOf,
  HOUR_MS,
  MINUTE_MS,
  NOW_MS,
  ns,
  policyOf,
  stampOf,
  unitOf,
  versionOf,
  viewOf,
  WHOLE_VIDEO,
} from '../../support/planWorld.ts'

const SECOND_MS = 1_000

/** A frame of the group `g`, by default changed an hour ago. */
function frame(name: string, change: Partial<FileRecord> = {}, ctimeMs = NOW_MS - HOUR_MS): FileRecord {
  return fileOf(`g/${name}`, {
    id: Number(name.match(/\d+/)?.[0] ?? 1),
    stamp: stampOf({ ctimeNs: ns(ctimeMs), sizeBytes: 10 }),
    ...change,
  })
}

function plan(
  frames: readonly FileRecord[],
  context: ContextRecipe = {},
  { unit = {}, current = null }: { readonly unit?: Partial<UnitRecord>; readonly current?: Partial<VersionRecord> | null } = {},
) {
  const versions = current === null ? [] : [versionOf({ kind: 'image_group', title: 'g', content: groupContent(['s1', 's2']), ...current })]
  return planUnit(viewOf(unitOf('g', { shape: 'dir', kind: 'image_group', ...unit }), frames, { versions }), contextOf(context))
}

const synced = { unit: { work: 'waiting' }, current: {} } as const
const hashed = [frame('1.jpg', { sha256: 's1' }), frame('2.jpg', { sha256: 's2' })]

describe('a group that is quiet', () => {
  test('goes whole, in natural order, titled by its path', () => {
    expect(plan([frame('f10.jpg'), frame('f2.jpg'), frame('f1.jpg')])).toMatchObject([
      { kind: 'upload', title: 'g', unitKind: 'image_group', fileIds: [1, 2, 10], sizeBytes: 30, because: 'it is not in the dataset' },
    ])
  })

  test('waits for group_settle after the last change of its directory', () => {
    expect(plan([frame('1.jpg')], { dirQuietMs: 59 * SECOND_MS })).toMatchObject([
      {
        kind: 'wait',
        work: 'waiting',
        forMs: SECOND_MS,
        patience: 'once-waits',
        why: expect.stringMatching(/not quiet yet, and has to be for 60 s$/),
      },
    ])
    expect(plan([frame('1.jpg')], { dirQuietMs: 60 * SECOND_MS })).toMatchObject([{ kind: 'upload' }])
  })

  test('waits five times as long as the longest gap between its frames', () => {
    const slow = [0, 50, 65].map((second, index) => frame(`${index + 1}.jpg`, {}, NOW_MS - HOUR_MS + second * SECOND_MS))
    expect(plan(slow, { dirQuietMs: 249 * SECOND_MS })).toMatchObject([
      {
        kind: 'wait',
        forMs: SECOND_MS,
        why: expect.stringMatching(/for 5 min, as its frames came with long pauses; a file \.done ends the wait$/),
      },
    ])
    expect(plan(slow, { dirQuietMs: 250 * SECOND_MS })).toMatchObject([{ kind: 'upload' }])
  })

  test('is quiet again before it goes on, when a frame came after others were sent', () => {
    const coming = { current: { id: 2, role: 'coming', remote: 'ticket', dataHash: null, content: null } } as const
    const frames = [frame('1.jpg', { sha256: 's1' }), frame('2.jpg')]
    expect(plan(frames, { dirQuietMs: 59 * SECOND_MS }, coming)).toMatchObject([{ kind: 'wait', forMs: SECOND_MS }])
    expect(plan(frames, { dirQuietMs: 60 * SECOND_MS }, coming)).toMatchObject([{ kind: 'upload' }])
  })

  test('waits no longer than 15 min, however far apart its frames are', () => {
    const years = [frame('1.jpg', {}, NOW_MS - 900 * 24 * HOUR_MS), frame('2.jpg')]
    expect(plan(years, { dirQuietMs: 15 * MINUTE_MS - 1 })).toMatchObject([{ kind: 'wait', forMs: 1 }])
    expect(plan(years, { dirQuietMs: 15 * MINUTE_MS })).toMatchObject([{ kind: 'upload' }])
  })
})

describe('a .done file', () => {
  const now = [frame('1.jpg', {}, NOW_MS - 10 * SECOND_MS), frame('2.jpg', {}, NOW_MS - 8 * SECOND_MS)]

  test('younger than every frame ends the wait at once', () => {
    expect(plan(now, { dirQuietMs: 0, doneNs: ns(NOW_MS - 7 * SECOND_MS) })).toMatchObject([{ kind: 'upload' }])
  })

  test('that lay there before the last frame came does not', () => {
    expect(plan(now, { dirQuietMs: 0, doneNs: ns(NOW_MS - 9 * SECOND_MS) })).toMatchObject([{ kind: 'wait' }])
    expect(plan(now, { dirQuietMs: 0, doneNs: ns(NOW_MS - 8 * SECOND_MS) })).toMatchObject([{ kind: 'wait' }])
  })

  test('does not send a frame that is still written', () => {
    expect(plan(now, { dirQuietMs: 0, doneNs: ns(NOW_MS), quietMs: SECOND_MS })).toMatchObject([
      { kind: 'wait', why: expect.stringContaining('g/1.jpg: settling') },
    ])
  })
})

describe('a frame that cannot go', () => {
  const good = frame('1.jpg')
  test.each<[string, Partial<FileRecord>, string, string]>([
    ['is empty', { problem: 'empty' }, 'waiting', 'g/2.jpg: empty: 0 bytes'],
    ['is no image', { look: { kind: 'unknown' } }, 'rejected', 'g/2.jpg: its content is no video or image'],
    ['cannot be read', { look: { kind: 'unreadable', why: 'EACCES' } }, 'rejected', 'g/2.jpg: it cannot be read (EACCES)'],
    ['has a name that is not UTF-8', { problem: 'not-utf8' }, 'waiting', 'g/2.jpg: its name is not UTF-8'],
  ])('because it %s holds up its group and is named; with `skip` the rest goes', (_, change, work, why) => {
    const frames = [good, frame('2.jpg', change)]
    expect(plan(frames)).toMatchObject([{ kind: 'wait', work, why: expect.stringContaining(why), forMs: null }])
    expect(plan(frames, { policy: policyOf({ groupIncomplete: 'skip' }) })).toMatchObject([{ kind: 'upload', fileIds: [1] }])
  })

  test('because its place is not seen holds up its group even with `skip`', () => {
    const frames = [good, frame('2.jpg', { local: 'unseen' })]
    for (const groupIncomplete of ['block', 'skip'] as const) {
      expect(plan(frames, { policy: policyOf({ groupIncomplete }) })).toMatchObject([{ kind: 'wait', work: 'waiting' }])
    }
  })

  test('because it looks cut off so far is waited for, even with `skip`', () => {
    const cut = frame('2.jpg', {
      look: { kind: 'image', format: 'jpeg', mime: 'image/jpeg', whole: { kind: 'cut', why: 'no end marker' } },
    })
    const skip = policyOf({ groupIncomplete: 'skip' })
    expect(plan([good, cut], { policy: skip, quietMs: MINUTE_MS })).toMatchObject([{ kind: 'wait', forMs: 9 * MINUTE_MS }])
    expect(plan([good, cut], { policy: skip, quietMs: 10 * MINUTE_MS })).toMatchObject([{ kind: 'upload', fileIds: [1] }])
    expect(plan([good, cut], { quietMs: 10 * MINUTE_MS })).toMatchObject([{ kind: 'wait', work: 'rejected' }])
  })

  test('leaves nothing to send when it is the only one', () => {
    expect(plan([frame('1.jpg', { problem: 'empty' })], { policy: policyOf({ groupIncomplete: 'skip' }) })).toMatchObject([
      { kind: 'wait', work: 'waiting', why: 'none of its frames can be sent' },
    ])
  })
})

describe('what is no frame', () => {
  test('a video among the images becomes a unit of its own', () => {
    expect(plan([frame('1.jpg'), frame('2.jpg', { look: WHOLE_VIDEO })])).toMatchObject([{ kind: 'remap', fileIds: [2] }])
  })

  test('each frame is looked into before anything is sent', () => {
    expect(plan([frame('1.jpg', { look: null }), frame('2.jpg'), frame('3.jpg', { look: null })])).toMatchObject([
      { kind: 'inspect', fileId: 1 },
      { kind: 'inspect', fileId: 3 },
    ])
  })

  test('a directory without any frame is no unit', () => {
    expect(plan([])).toMatchObject([{ kind: 'forget' }])
  })
})

describe('a group with a row', () => {
  test('that changed on disk is hashed before anything is decided', () => {
    expect(plan([frame('1.jpg', { sha256: 's1' }), frame('2.jpg')], {}, synced)).toMatchObject([{ kind: 'hash', fileId: 2 }])
  })

  test('with the same contents under other names or in another order is in step', () => {
    expect(plan([frame('9.jpg', { sha256: 's1' }), frame('1.jpg', { sha256: 's2' })], {}, synced)).toMatchObject([{ kind: 'in-step' }])
  })

  test('with another set of contents waits regroup_settle and is then sent anew, whole', () => {
    const more = [...hashed, frame('3.jpg', { sha256: 's3' })]
    expect(plan(more, { dirQuietMs: 599 * SECOND_MS }, synced)).toMatchObject([{ kind: 'wait', forMs: SECOND_MS, patience: 'once-leaves' }])
    expect(plan(more, { dirQuietMs: 600 * SECOND_MS }, synced)).toMatchObject([
      { kind: 'upload', fileIds: [1, 2, 3], because: 'its content changed' },
    ])
    expect(plan([frame('1.jpg', { sha256: 's1' })], {}, synced)).toMatchObject([{ kind: 'upload', fileIds: [1] }])
  })

  test('is asked about nothing while nothing of it changed', () => {
    const actions = plan([frame('1.jpg'), frame('2.jpg')], { quietMs: 0, dirQuietMs: 0 }, { unit: { work: 'none' }, current: {} })
    expect(actions).toMatchObject([{ kind: 'in-step' }])
  })

  test('that somebody removed from the dataset is not sent again by itself', () => {
    const lost = { unit: { work: 'waiting' }, current: { remote: 'missing' } } as const
    expect(plan(hashed, {}, lost)).toMatchObject([{ kind: 'wait', work: 'none' }])
    expect(plan([...hashed, frame('3.jpg', { sha256: 's3' })], {}, lost)).toMatchObject([
      { kind: 'wait', why: expect.stringContaining('retry') },
    ])
  })

  test('that changes all the time waits', () => {
    const changes = [1, 2, 3, 4].map((minute) => NOW_MS - minute * MINUTE_MS)
    const more = [...hashed, frame('3.jpg', { sha256: 's3' })]
    expect(plan(more, {}, { unit: { changes }, current: {} })).toMatchObject([
      { kind: 'wait', why: expect.stringContaining('changes too often') },
    ])
  })
})

test('the content of a group does not depend on the order or the names of its frames', () => {
  expect(groupContent(['b', 'a', 'c'])).toBe(groupContent(['c', 'b', 'a']))
  expect(groupContent(['a', 'a', 'b'])).not.toBe(groupContent(['a', 'b', 'b']))
  expect(groupContent(['a'])).not.toBe(groupContent(['a', 'a']))
})

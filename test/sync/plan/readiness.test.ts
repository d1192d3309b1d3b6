import { expect, test } from 'vitest'
import { CUT_PATIENCE_MS, readiness } from '../../../src/sync/plan/readiness.ts'
import type { FileRecord, Look } from '../../../src/sync/records.ts'
import { fileOf, WHOLE_IMAGE, WHOLE_VIDEO } from '../../support/planWorld.ts'

const SETTLE_MS = 5_000
const CUT: Look = { kind: 'video', format: 'mp4', mime: 'video/mp4', whole: { kind: 'cut', why: 'no moov' } }
const LIVE: Look = { kind: 'video', format: 'mkv', mime: 'video/x-matroska', whole: { kind: 'unknown-end', why: 'unknown size' } }

type Row = readonly [string, Partial<FileRecord>, number, 'as-is' | 'as usual', object]

test.each<Row>([
  ['a whole file at rest is ready', { look: WHOLE_IMAGE }, SETTLE_MS, 'as usual', { kind: 'ready', media: 'image', mime: 'image/jpeg' }],
  ['the content says what it is', { look: WHOLE_VIDEO }, SETTLE_MS, 'as usual', { kind: 'ready', media: 'video', mime: 'video/mp4' }],
  ['one that changed a moment ago settles', {}, 1_000, 'as usual', { kind: 'wait', forMs: 4_000, patience: 'once-waits' }],
  ['one at rest is looked into first', { look: null }, SETTLE_MS, 'as usual', { kind: 'inspect' }],
  ['one that still changes is not looked into', { look: null }, SETTLE_MS - 1, 'as usual', { kind: 'wait', forMs: 1 }],
  ['what is no media is rejected', { look: { kind: 'unknown' } }, SETTLE_MS, 'as usual', { kind: 'reject' }],
  ['what is no media is rejected as-is too', { look: { kind: 'unknown' } }, SETTLE_MS, 'as-is', { kind: 'reject' }],
  [
    'an unreadable one names the errno',
    { look: { kind: 'unreadable', why: 'EACCES' } },
    SETTLE_MS,
    'as usual',
    { kind: 'reject', why: 'it cannot be read (EACCES)' },
  ],
  [
    'a cut one waits for the rest',
    { look: CUT },
    SETTLE_MS,
    'as usual',
    { kind: 'wait', forMs: CUT_PATIENCE_MS - SETTLE_MS, patience: 'once-leaves' },
  ],
  [
    'a cut one is set aside after 10 min of quiet',
    { look: CUT },
    CUT_PATIENCE_MS,
    'as usual',
    { kind: 'reject', why: 'looks cut off: no moov' },
  ],
  ['a cut one goes as it is when a person says so', { look: CUT }, SETTLE_MS, 'as-is', { kind: 'ready', media: 'video' }],
  [
    'an end that cannot be known waits 12 times settle',
    { look: LIVE },
    SETTLE_MS,
    'as usual',
    { kind: 'wait', forMs: 11 * SETTLE_MS, patience: 'once-waits' },
  ],
  ['an end that cannot be known never rejects', { look: LIVE }, 12 * SETTLE_MS, 'as usual', { kind: 'ready' }],
  [
    'an empty one waits for a change',
    { problem: 'empty' },
    CUT_PATIENCE_MS,
    'as usual',
    { kind: 'wait', forMs: null, why: 'empty: 0 bytes' },
  ],
  ['an empty one is not sent as it is', { problem: 'empty' }, CUT_PATIENCE_MS, 'as-is', { kind: 'wait' }],
  ['one whose place is not seen waits', { local: 'unseen' }, CUT_PATIENCE_MS, 'as usual', { kind: 'wait', forMs: null }],
])('%s', (_, file, quietMs, how, expected) => {
  expect(readiness(fileOf('a.jpg', file), quietMs, SETTLE_MS, how === 'as-is')).toMatchObject(expected)
})

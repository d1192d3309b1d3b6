import { expect, test } from 'vitest'
import { eventLine, regionLines, type Snapshot, uploadsLine } from '../../src/demo/liveView.ts'

const QUIET: Snapshot = { step: null, missing: [], uploads: [], rows: 1 }
const texts = (snapshot: Partial<Snapshot>) => regionLines({ ...QUIET, ...snapshot }).map((line) => line.text.trim())

test('the region has a bar for each upload, what is waited for, and the rows', () => {
  const uploads = [{ path: 'dive.mp4', sentBytes: 750_000, sizeBytes: 3_000_000 }]
  const step = { number: 1, of: 5, passedMs: 1_240 }
  expect(texts({ step, missing: ['a in the dataset', 'b in the dataset'], uploads, rows: 3 })).toEqual([
    '[#####---------------]  25 %  3000 kB  dive.mp4',
    '1.2 s waiting for: a in the dataset and 1 more',
    'dataset: 3 rows',
  ])
})

test('the region stays small however many uploads there are', () => {
  const uploads = Array.from({ length: 16 }, (_, index) => ({ path: `${index}.jpg`, sentBytes: 0, sizeBytes: 10 }))
  expect(texts({ uploads })).toHaveLength(6)
  expect(texts({ uploads })[4]).toBe('and 12 more')
})

test('an upload of which more was sent than its size, or nothing was to be sent, is at 100 %', () => {
  const bars = texts({
    uploads: [
      { path: 'a', sentBytes: 20, sizeBytes: 10 },
      { path: 'b', sentBytes: 0, sizeBytes: 0 },
    ],
  })
  expect(bars[0]).toContain('[####################] 100 %')
  expect(bars[1]).toContain('[####################] 100 %')
})

test('without a terminal all uploads are one line, and none is no line', () => {
  expect(uploadsLine([])).toBeNull()
  expect(
    uploadsLine([
      { path: 'a', sentBytes: 1, sizeBytes: 4 },
      { path: 'b', sentBytes: 0, sizeBytes: 0 },
    ])?.text.trim(),
  ).toBe('uploading a 25 %, b 100 %')
})

test('hidden characters in names reach no terminal', () => {
  const path = 'a\u001b[2Jb\u202e.jpg'
  const lines = [
    ...regionLines({ ...QUIET, uploads: [{ path, sentBytes: 0, sizeBytes: 1 }] }),
    uploadsLine([{ path, sentBytes: 0, sizeBytes: 1 }]),
    eventLine({ name: 'unit.synced', fields: { folder: '/in', path, dataHash: 'h', kind: 'image', title: path } }),
  ]
  for (const line of lines) expect(line?.text).not.toMatch(/[\u001b\u202e]/)
})

test('events are told in words, bad news as such, and what says nothing new not at all', () => {
  const unit = { folder: '/in', path: 'a.jpg' }
  expect(eventLine({ name: 'delete.done', fields: { ...unit, dataHash: '0123456789' } })).toEqual({
    text: '    - a.jpg: row 01234567 deleted',
    tone: 'good',
  })
  expect(eventLine({ name: 'unit.rejected', fields: { ...unit, why: 'looks cut off', next: null } })).toEqual({
    text: '    ! a.jpg: looks cut off',
    tone: 'bad',
  })
  expect(eventLine({ name: 'unit.queued', fields: { ...unit, kind: 'image', sizeBytes: 1 } })).toBeNull()
  const state = { folder: '/in', why: '', next: null } as const
  expect(eventLine({ name: 'folder.state', fields: { ...state, state: 'ok', was: null } })).toBeNull()
  expect(eventLine({ name: 'folder.state', fields: { ...state, state: 'absent', was: 'ok' } })?.tone).toBe('bad')
})

import { expect, test } from 'vitest'
import { matchRows, type Waiting } from '../../src/app/adoptMatches.ts'
import type { ForeignRow, VersionRecord } from '../../src/sync/records.ts'
import { versionOf } from '../support/planWorld.ts'

function row(title: string, more: Partial<ForeignRow> = {}): ForeignRow {
  return { remoteId: 1, dataHash: `row ${title}`, title, type: 'IMG_GROUP', sizeBytes: null, own: null, ...more }
}

function lostCall(id: number, title: string, more: Partial<VersionRecord> = {}): VersionRecord {
  return versionOf({ id, title, kind: 'image_group', remote: 'registering', role: 'closed', dataHash: null, ...more })
}

function group(unitId: number, title: string, more: Partial<Waiting> = {}): Waiting {
  const [name = title] = title.split('/').reverse()
  const shape = { kind: 'image_group', sizeBytes: 10, content: `content ${unitId}`, isCloud: false, isSequence: false } as const
  return { unitId, remoteId: 1, title, name, lost: null, ...shape, ...more }
}

/** The titles of the rows that each unit is given, by its own title. */
function matched(waiting: readonly Waiting[], rows: readonly ForeignRow[], lost: readonly VersionRecord[] = []) {
  const found = matchRows(
    waiting,
    () => rows,
    () => lost,
  )
  return Object.fromEntries(found.map((match) => [match.waiting.title, match.rows?.map(({ title }) => title) ?? null]))
}

test('the row that the lost call of another unit may have made is given to nobody else, whatever that unit waits for', () => {
  const lost = lostCall(7, 'a/run-1')
  expect(matched([group(1, 'c/run-1')], [row('a/run-1')], [lost])).toEqual({ 'c/run-1': null })
  // Without the call it would be the one row of its base name.
  expect(matched([group(1, 'c/run-1')], [row('a/run-1')])).toEqual({ 'c/run-1': ['a/run-1'] })
})

test('a unit whose call was lost is given a row of the title that was asked for alone, renamed or not', () => {
  const [one, other] = [lostCall(7, 'a/run-1'), lostCall(8, 'c/run-1')]
  const waiting = [group(1, 'renamed', { lost: one }), group(2, 'c/run-1', { lost: other })]
  expect(matched(waiting, [row('a/run-1')], [one, other])).toEqual({ renamed: ['a/run-1'], 'c/run-1': null })
  // The server took the base name: it may be either's.
  expect(matched(waiting, [row('run-1')], [one, other])).toEqual({ renamed: null, 'c/run-1': null })
})

test('a row that carries our note of another content is nobody’s', () => {
  const own = { folder: 'another folder', path: 'site-b/run-1', sha256: 'content 2', linked: null }
  const lost = lostCall(7, 'site-a/run-1')
  expect(matched([group(1, 'site-a/run-1')], [row('site-b/run-1', { own })])).toEqual({ 'site-a/run-1': null })
  expect(matched([group(1, 'site-a/run-1', { lost })], [row('run-1', { own })], [lost])).toEqual({ 'site-a/run-1': null })
  expect(matched([group(2, 'site-a/run-1')], [row('site-b/run-1', { own })])).toEqual({ 'site-a/run-1': ['site-b/run-1'] })
})

test('a sequence is given all its rows or none, and a directory of the name of one of them gets none', () => {
  const lost = lostCall(7, 'run')
  const rows = [row('run-2'), row('run'), row('run-10')]
  const sequence = group(1, 'run', { isSequence: true, lost })
  expect(matched([sequence], rows, [lost])).toEqual({ run: ['run', 'run-2', 'run-10'] })
  expect(matched([sequence, group(2, 'run-2', { isSequence: true })], rows, [lost])).toEqual({ run: null, 'run-2': null })
  expect(matched([group(2, 'run-2')], rows, [lost])).toEqual({ 'run-2': null })
})

test('a title that fits whole goes before a base name; two of a kind leave it to the person', () => {
  expect(matched([group(1, 'a/run-1')], [row('run-1'), row('a/run-1')])).toEqual({ 'a/run-1': ['a/run-1'] })
  expect(matched([group(1, 'a/run-1')], [row('b/run-1'), row('c/run-1')])).toEqual({ 'a/run-1': null })
  expect(matched([group(1, 'a/run-1'), group(2, 'b/run-1')], [row('run-1')])).toEqual({ 'a/run-1': null, 'b/run-1': null })
})

test('a row without a size may be a file in a bucket, and no file that was sent', () => {
  const file = { kind: 'image', name: 'a.jpg' } as const
  const unsized = row('a.jpg', { type: 'IMAGE', sizeBytes: 0 })
  expect(matched([group(1, 'a.jpg', { ...file, isCloud: true })], [unsized])).toEqual({ 'a.jpg': ['a.jpg'] })
  expect(matched([group(1, 'a.jpg', file)], [unsized])).toEqual({ 'a.jpg': null })
})

test('a call whose hash was known made no other row', () => {
  const lost = lostCall(7, 'a.jpg', { kind: 'image', dataHash: 'its own' })
  const other = row('a.jpg', { type: 'IMAGE', sizeBytes: 10 })
  expect(matched([group(1, 'a.jpg', { kind: 'image', lost })], [other], [lost])).toEqual({ 'a.jpg': null })
})

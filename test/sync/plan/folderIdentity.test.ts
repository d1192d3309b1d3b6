import { describe, expect, test } from 'vitest'
import { judgeIdentity, type SeenIdentity } from '../../../src/sync/plan/folderIdentity.ts'
import type { FolderRecord } from '../../../src/sync/records.ts'
import { NOW_MS } from '../../support/planWorld.ts'

const ROOT = { ino: '2', birthNs: '1700000000000000001', fsType: 'ext4' }
const OTHER_ROOT = { ...ROOT, ino: '3' }
const LEDGER = { id: 'ledger-1', sequence: 100, left: null }
const OURS = { folderId: 'folder-1', ledgerId: 'ledger-1' }

type There = Extract<SeenIdentity, { kind: 'there' }>
type Known = Pick<FolderRecord, 'uid' | 'root' | 'marker'>

function judge(seen: Partial<There>, known: Partial<Known> = {}, left: number | null = null): string {
  return judgeIdentity(
    { uid: 'folder-1', root: ROOT, marker: 'written', ...known },
    { kind: 'there', root: ROOT, marker: OURS, alive: null, ...seen },
    { ...LEDGER, left },
    NOW_MS,
  ).state
}

describe('rule 2, every combination of marker and root', () => {
  const markers: readonly [string, There['marker']][] = [
    ['ours', OURS],
    ['missing', 'none'],
    ['unreadable', 'unreadable'],
    ["another ledger's", { folderId: 'folder-1', ledgerId: 'ledger-2' }],
    ["another folder's", { folderId: 'folder-2', ledgerId: 'ledger-1' }],
    ["another ledger's of another folder", { folderId: 'folder-2', ledgerId: 'ledger-2' }],
  ]
  const roots: readonly [string, There['root']][] = [
    ['the same', ROOT],
    ['another inode', OTHER_ROOT],
    ['another birth time', { ...ROOT, birthNs: '1700000000000000002' }],
    ['another file system', { ...ROOT, fsType: 'tmpfs' }],
  ]
  const expected: Readonly<Record<string, readonly [same: string, other: string]>> = {
    ours: ['ok', 'restored'],
    missing: ['restored', 'foreign'],
    unreadable: ['unreadable', 'unreadable'],
    "another ledger's": ['restored', 'restored'],
    "another folder's": ['restored', 'foreign'],
    "another ledger's of another folder": ['restored', 'foreign'],
  }
  for (const [markerName, marker] of markers) {
    for (const [rootName, root] of roots) {
      const state = expected[markerName]?.[rootName === 'the same' ? 0 : 1]
      test(`marker ${markerName}, root ${rootName}: ${state}`, () => expect(judge({ marker, root })).toBe(state))
    }
  }
})

describe('a folder whose marker could never be written', () => {
  test.each(['unwritable', 'none'] as const)('(%s) is known by its root alone', (marker) => {
    expect(judge({ marker: 'none' }, { marker })).toBe('ok')
    expect(judge({ marker: 'none', root: OTHER_ROOT }, { marker })).toBe('foreign')
    expect(judge({ marker: 'none' }, { marker, root: null })).toBe('foreign')
  })
})

describe('a birth time', () => {
  test('that one of the looks could not see is no difference', () => {
    expect(judge({ root: { ...ROOT, birthNs: null } })).toBe('ok')
    expect(judge({}, { root: { ...ROOT, birthNs: null } })).toBe('ok')
  })

  test('never hides another inode', () => {
    expect(judge({ root: { ...OTHER_ROOT, birthNs: null }, marker: 'none' })).toBe('foreign')
  })
})

describe('a sign of life of another ledger', () => {
  const alive = { ledgerId: 'ledger-2', sequence: 1, atMs: NOW_MS - 60_000, released: false }

  test('under 5 min old makes the folder foreign, whatever else is right', () => {
    expect(judge({ alive })).toBe('foreign')
    expect(judge({ alive: { ...alive, atMs: NOW_MS + 60_000 } })).toBe('foreign')
    expect(judge({ alive }, { marker: 'unwritable' })).toBe('foreign')
    expect(judge({ alive: { ...alive, atMs: NOW_MS - 299_999 } })).toBe('foreign')
  })

  test('that was released, or is old, freezes: it stands where this ledger would be told that it was rolled back', () => {
    expect(judge({ alive: { ...alive, released: true } })).toBe('frozen')
    expect(judge({ alive: { ...alive, atMs: NOW_MS - 300_000 } })).toBe('frozen')
  })
})

describe('a sign of life of this ledger', () => {
  const alive = { ledgerId: 'ledger-1', sequence: 100, atMs: NOW_MS, released: false }

  test('with a higher sequence freezes: the ledger was rolled back', () => {
    expect(judge({ alive: { ...alive, sequence: 101 } })).toBe('frozen')
    expect(judge({ alive: { ...alive, sequence: 101, released: true } })).toBe('frozen')
  })

  test('with the same or a lower sequence is our own', () => {
    expect(judge({ alive })).toBe('ok')
    expect(judge({ alive: { ...alive, sequence: 99 } })).toBe('ok')
  })

  test('with a lower sequence than was left there tells of a snapshot', () => {
    expect(judge({ alive: { ...alive, sequence: 98 } }, {}, 99)).toBe('restored')
    expect(judge({ alive: { ...alive, sequence: 98, released: true } }, {}, 99)).toBe('restored')
    for (const sequence of [99, 100]) expect(judge({ alive: { ...alive, sequence } }, {}, 99)).toBe('ok')
    expect(judge({ alive: null }, {}, 99)).toBe('ok')
    expect(judge({ alive: { ...alive, sequence: 98, ledgerId: 'ledger-2', released: true } }, {}, 99)).toBe('frozen')
    expect(judge({ alive: { ...alive, sequence: 98 } }, { marker: 'unwritable' }, 99)).toBe('ok')
  })
})

test('a folder that is not there, or cannot be read, says its errno', () => {
  const known = { uid: 'folder-1', root: ROOT, marker: 'written' } as const
  expect(judgeIdentity(known, { kind: 'absent', errno: 'ENOENT' }, LEDGER, NOW_MS)).toEqual({
    state: 'absent',
    why: expect.stringContaining('ENOENT'),
  })
  expect(judgeIdentity(known, { kind: 'unreadable', errno: 'EIO' }, LEDGER, NOW_MS)).toEqual({
    state: 'unreadable',
    why: expect.stringContaining('EIO'),
  })
})

test('every state but ok says why', () => {
  const seen: SeenIdentity = { kind: 'there', root: OTHER_ROOT, marker: 'none', alive: null }
  const verdict = judgeIdentity({ uid: 'folder-1', root: ROOT, marker: 'written' }, seen, LEDGER, NOW_MS)
  expect(verdict.why).toContain('no marker')
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mapFile, titleOf } from '../../../src/sync/plan/mapping.ts'
import type { Look } from '../../../src/sync/records.ts'
import { WHOLE_IMAGE, WHOLE_VIDEO } from '../../support/planWorld.ts'

const GROUP = { subdirectories: 'group' } as const

describe('which unit a file belongs to', () => {
  test.each<[string, Look | null, string]>([
    ['a.jpg', null, 'file a.jpg image'],
    ['a.mp4', null, 'file a.mp4 video'],
    ['A.JPG', null, 'file A.JPG image'],
    ['clip.mov', null, 'file clip.mov video'],
    ['site-a/run-3/1.png', null, 'dir site-a/run-3 image_group'],
    ['site-a/1.png', null, 'dir site-a image_group'],
    ['site-a/clip.mkv', null, 'file site-a/clip.mkv video'],
    ['a.jpg', WHOLE_VIDEO, 'file a.jpg video'],
    ['a.mp4', WHOLE_IMAGE, 'file a.mp4 image'],
    ['site-a/1.mp4', WHOLE_IMAGE, 'dir site-a image_group'],
    ['site-a/1.jpg', WHOLE_VIDEO, 'file site-a/1.jpg video'],
    // What blocks a group stays in it.
    ['site-a/1.jpg', { kind: 'unknown' }, 'dir site-a image_group'],
    ['site-a/1.jpg', { kind: 'unreadable', why: 'EIO' }, 'dir site-a image_group'],
  ])('%s with content %j: %s', (path, look, expected) => {
    const mapping = mapFile(path, look, GROUP)
    expect(mapping.kind === 'unit' ? `${mapping.shape} ${mapping.key} ${mapping.unitKind}` : mapping.problem).toBe(expected)
  })

  test.each([
    ['clip.mp4.metadata.json', 'sidecar'],
    ['site-a/.metadata.json', 'sidecar'],
    ['clip.mp4.encord.json', 'sidecar'],
    ['notes.txt', 'unknown-type'],
    ['clip.part', 'unknown-type'],
    ['jpg', 'unknown-type'],
    ['.jpg', 'unknown-type'],
    ['data.json', 'unknown-type'],
  ])('%s is no unit: %s', (path, problem) => {
    expect(mapFile(path, null, GROUP)).toEqual({ kind: 'none', problem })
    expect(mapFile(path, WHOLE_IMAGE, GROUP)).toEqual({ kind: 'none', problem })
  })

  test('images of sub-directories are units of their own under `individual`, and groups under `sequence`', () => {
    expect(mapFile('s/1.jpg', null, { subdirectories: 'individual' })).toMatchObject({ shape: 'file', key: 's/1.jpg', unitKind: 'image' })
    expect(mapFile('s/1.jpg', null, { subdirectories: 'sequence' })).toMatchObject({ shape: 'dir', key: 's', unitKind: 'image_group' })
  })
})

describe('the title of a row', () => {
  test('is the path, the base name when the config says so, or when the server refuses paths', () => {
    expect(titleOf('site-a/run-3', { title: { kind: 'path' } }, true)).toBe('site-a/run-3')
    expect(titleOf('site-a/run-3', { title: { kind: 'name' } }, true)).toBe('run-3')
    expect(titleOf('site-a/run-3', { title: { kind: 'path' } }, false)).toBe('run-3')
    expect(titleOf('a.jpg', { title: { kind: 'path' } }, false)).toBe('a.jpg')
  })

  test('of more than 300 characters keeps its end, which tells files apart', () => {
    const long = `${'d'.repeat(200)}/${'e'.repeat(200)}/frame-1.jpg`
    const title = titleOf(long, { title: { kind: 'path' } }, true)
    expect([...title]).toHaveLength(300)
    expect(title.startsWith('…')).toBe(true)
    expect(long.endsWith(title.slice(1))).toBe(true)
    const exact = 'x'.repeat(300)
    expect(titleOf(exact, { title: { kind: 'path' } }, true)).toBe(exact)
  })

  test('is never cut in the middle of a character', () => {
    const characters = fc.array(fc.constantFrom('a', 'ü', '\u{1f4f7}', '/'), { minLength: 280, maxLength: 320 })
    fc.assert(
      fc.property(characters, (list) => {
        const title = titleOf(list.join(''), { title: { kind: 'path' } }, true)
        expect(Buffer.from(title).toString()).toBe(title)
        expect([...title].length).toBeLessThanOrEqual(300)
      }),
    )
  })
})

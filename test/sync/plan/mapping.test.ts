import { describe, expect, test } from 'vitest'
import { mapFile } from '../../../src/sync/plan/mapping.ts'
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
    ['clip.mp4.encord.json', 'labels'],
    ['scan.DCM', 'dicom'],
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

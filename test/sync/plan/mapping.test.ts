import { describe, expect, test } from 'vitest'
import { mapFile } from '../../../src/sync/plan/mapping.ts'
import type { Look } from '../../../src/sync/records.ts'
import { WHOLE_IMAGE, WHOLE_VIDEO } from '../../support/planWorld.ts'

const GROUP = { subdirectories: 'group', dicom: 'set-aside' } as const

function slice(series: string | null): Look {
  return { kind: 'dicom', mime: 'application/dicom', series, number: 1, missing: [], whole: { kind: 'whole' } }
}

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
    ['scan.ima', 'dicom'],
    ['1.2.840.10008', 'unknown-type'],
    ['notes.txt', 'unknown-type'],
    ['clip.part', 'unknown-type'],
    ['jpg', 'unknown-type'],
    ['.jpg', 'unknown-type'],
    ['data.json', 'unknown-type'],
  ])('%s is no unit: %s', (path, problem) => {
    expect(mapFile(path, null, GROUP)).toEqual({ kind: 'none', problem })
    expect(mapFile(path, WHOLE_IMAGE, GROUP)).toEqual({ kind: 'none', problem })
  })

  test.each<[string, Look | null, string]>([
    ['ct/1.dcm', null, 'series ct/ dicom_series'],
    ['1.DICOM', null, 'series / dicom_series'],
    ['ct/IM0001', null, 'series ct/ dicom_series'],
    ['ct/1.2.840.10008', null, 'series ct/ dicom_series'],
    ['ct/1.dcm', { kind: 'unreadable', why: 'EIO' }, 'series ct/ dicom_series'],
    ['ct/1.ima', slice('1.2.7'), 'series ct/1.2.7 dicom_series'],
    ['IM0001', slice('1.2.7'), 'series 1.2.7 dicom_series'],
    ['ct/1.dcm', slice(null), 'no-series'],
    // It would be shown as the name of a unit.
    ['ct/1.dcm', slice('Doe^Jane'), 'no-series'],
    ['ct/1.dcm', slice('../1.2'), 'no-series'],
    ['ct/1.dcm', { kind: 'unknown' }, 'not-dicom'],
    ['ct/1.dcm', WHOLE_IMAGE, 'not-dicom'],
    ['ct/IM0001', WHOLE_IMAGE, 'unknown-type'],
    ['ct/DICOMDIR', null, 'unknown-type'],
    ['ct/notes.txt', null, 'unknown-type'],
    ['ct/photo.jpg', null, 'dir ct image_group'],
    ['ct/photo.jpg', slice('1.2.7'), 'dir ct image_group'],
  ])('with DICOM series, %s with content %j: %s', (path, look, expected) => {
    const mapping = mapFile(path, look, { ...GROUP, dicom: 'series' })
    expect(mapping.kind === 'unit' ? `${mapping.shape} ${mapping.key} ${mapping.unitKind}` : mapping.problem).toBe(expected)
  })

  test('images of sub-directories are units of their own under `individual`, and groups under `sequence`', () => {
    expect(mapFile('s/1.jpg', null, { ...GROUP, subdirectories: 'individual' })).toMatchObject({
      shape: 'file',
      key: 's/1.jpg',
      unitKind: 'image',
    })
    expect(mapFile('s/1.jpg', null, { ...GROUP, subdirectories: 'sequence' })).toMatchObject({
      shape: 'dir',
      key: 's',
      unitKind: 'image_group',
    })
  })
})

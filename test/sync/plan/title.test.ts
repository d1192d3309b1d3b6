import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FolderPolicy } from '../../../src/model/folder.ts'
import { titleOf } from '../../../src/sync/plan/title.ts'
import { fileOf, ns, stampOf } from '../../support/planWorld.ts'

const PATH = { title: { kind: 'path' } } as const
const NAME = { title: { kind: 'name' } } as const

function template(text: string): Pick<FolderPolicy, 'title'> {
  return { title: { kind: 'template', template: text, host: 'lab-7' } }
}

function fileAt(iso: string) {
  return fileOf('x', { stamp: stampOf({ mtimeNs: ns(Date.parse(iso)) }) })
}

const FILE = { key: 'site-a/run-3/clip.take2.mp4', shape: 'file' } as const
const GROUP = { key: 'site-a/run-3.5', shape: 'dir' } as const
const MAY = [fileAt('2024-05-31T23:30:00Z')]

describe('the title of a row', () => {
  test('is the path, or the base name where the server refused paths', () => {
    const unit = { key: 'site-a/run-3', shape: 'dir' } as const
    expect(titleOf(unit, [], PATH, true)).toBe('site-a/run-3')
    expect(titleOf(unit, [], NAME, true)).toBe('run-3')
    expect(titleOf(unit, [], PATH, false)).toBe('run-3')
    expect(titleOf(FILE, MAY, template('{dir}: {stem}'), false)).toBe('clip.take2.mp4')
  })

  test.each([
    ['{dir}/{stem}', 'site-a/run-3/clip.take2'],
    ['{name}', 'clip.take2.mp4'],
    ['{parent} {stem}', 'run-3 clip.take2'],
    ['{date}_{host}_{name}', '2024-05-31_lab-7_clip.take2.mp4'],
  ])('follows the template %s of a file: %s', (text, expected) => {
    expect(titleOf(FILE, MAY, template(text), true)).toBe(expected)
  })

  test('of a group has no extension to lose, and the day of its oldest frame', () => {
    const frames = [fileAt('2024-06-02T00:10:00Z'), fileAt('2024-05-31T23:59:59.999Z'), fileAt('2024-06-01T12:00:00Z')]
    expect(titleOf(GROUP, frames, template('{parent}/{stem} {date}'), true)).toBe('site-a/run-3.5 2024-05-31')
  })

  test('counts no frame that is gone, while another is there', () => {
    const gone = { ...fileAt('2020-01-01T00:00:00Z'), local: 'absent' } as const
    expect(titleOf(GROUP, [gone, ...MAY], template('{date}'), true)).toBe('2024-05-31')
    expect(titleOf(GROUP, [gone], template('{date}'), true)).toBe('2020-01-01')
  })

  test('directly in the folder loses the slash of an empty {dir}', () => {
    const unit = { key: 'clip.mp4', shape: 'file' } as const
    expect(titleOf(unit, MAY, template('{dir}/{stem}'), true)).toBe('clip')
    expect(titleOf(unit, MAY, template('{dir}/{parent}/{name}'), true)).toBe('clip.mp4')
  })

  test('is the base name where nothing else is left of the template', () => {
    expect(titleOf({ key: 'clip.mp4', shape: 'file' }, MAY, template('{dir}'), true)).toBe('clip.mp4')
    expect(titleOf(FILE, [], template('{date}'), true)).toBe('clip.take2.mp4')
  })

  test('takes braces in a name as they are', () => {
    expect(titleOf({ key: '{date}/{host}.mp4', shape: 'file' }, MAY, template('{dir}|{stem}'), true)).toBe('{date}|{host}')
  })

  test('of more than 300 characters keeps its end, which tells files apart', () => {
    const long = `${'d'.repeat(200)}/${'e'.repeat(200)}/frame-1.jpg`
    for (const policy of [PATH, template('{host}/{dir}/{name}')]) {
      const title = titleOf({ key: long, shape: 'file' }, [], policy, true)
      expect([...title]).toHaveLength(300)
      expect(title.startsWith('…')).toBe(true)
      expect(long.endsWith(title.slice(1))).toBe(true)
    }
    const exact = 'x'.repeat(300)
    expect(titleOf({ key: exact, shape: 'file' }, [], PATH, true)).toBe(exact)
  })

  test('is never cut in the middle of a character', () => {
    const characters = fc.array(fc.constantFrom('a', 'ü', '\u{1f4f7}', '/'), { minLength: 280, maxLength: 320 })
    fc.assert(
      fc.property(characters, (list) => {
        const title = titleOf({ key: list.join(''), shape: 'file' }, [], PATH, true)
        expect(Buffer.from(title).toString()).toBe(title)
        expect([...title].length).toBeLessThanOrEqual(300)
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sidecarOwner, sidecarPath } from '../../src/sync/plan/sidecar.ts'
import { mergeMetadata, parseSidecar } from '../../src/sync/sidecarValues.ts'

const NOTE = { path: 'a.jpg' }
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('the place of metadata', () => {
  test.each([
    ['file', 'clip.mp4', 'clip.mp4.metadata.json'],
    ['file', 'site/clip.mp4', 'site/clip.mp4.metadata.json'],
    ['dir', 'site/run', 'site/run/.metadata.json'],
  ] as const)('of a %s %s is %s, and leads back to it', (shape, key, path) => {
    expect(sidecarPath({ shape, key })).toBe(path)
    expect(sidecarOwner(path)).toEqual({ shape, key })
  })

  test.each(['.metadata.json', 'clip.mp4', 'metadata.json', 'clip.mp4.encord.json', 'clip.mp4.METADATA.JSON'])('%s is nobody’s', (path) => {
    expect(sidecarOwner(path)).toBeNull()
  })
})

describe('what a row carries', () => {
  test('bytes that are no text, and deep nonsense, are invalid and throw nothing', () => {
    expect(parseSidecar(new Uint8Array([0x7b, 0xff, 0x7d]))).toEqual({ kind: 'invalid', why: 'it is not UTF-8 text' })
    fc.assert(fc.property(fc.uint8Array(), (any) => void parseSidecar(any)))
  })

  test.each([101, 5_000, 200_000])('values %i deep are invalid: no use of them can end the process', (levels) => {
    const deep = bytes(`{"a": ${'['.repeat(levels)}${']'.repeat(levels)}}`)
    expect(parseSidecar(deep)).toEqual({ kind: 'invalid', why: 'it nests values more than 100 deep' })
    expect(parseSidecar(bytes(`{"a": ${'['.repeat(90)}${']'.repeat(90)}}`))).toMatchObject({ kind: 'values' })
  })

  test('a key named __proto__ is a key like any other', () => {
    const parsed = parseSidecar(bytes('{"__proto__": {"admin": true}}'))
    if (parsed.kind !== 'values') throw new Error('it is an object')
    const merged = mergeMetadata({}, parsed.values, NOTE)
    expect(Object.keys(merged)).toEqual(['__proto__', 'encord_sync'])
    expect('admin' in merged).toBe(false)
  })

  test('a person’s keys stay, whatever sidecars come and go', () => {
    const values = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer())
    fc.assert(
      fc.property(values, fc.array(fc.option(values)), (sidecar, later) => {
        const person = { mine: 1, encord_sync_notes: 'x' }
        let row = mergeMetadata(person, sidecar, NOTE)
        let last: Readonly<Record<string, unknown>> = sidecar
        for (const next of later) {
          row = mergeMetadata(row, next, NOTE)
          last = next ?? last
        }
        const { encord_sync: _, ...rest } = row
        expect(rest).toEqual({ ...person, ...last })
        expect(mergeMetadata(row, {}, NOTE)).toEqual({ ...person, encord_sync: NOTE })
      }),
    )
  })
})

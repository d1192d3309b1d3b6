import { appendFileSync, copyFileSync, cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { UnitKind } from '../model/unit.ts'

const FIRST = fileURLToPath(new URL('./samples/first/', import.meta.url))
const LATER = fileURLToPath(new URL('./samples/later/', import.meta.url))

/** A unit that the samples make: its path in the folder and what the dataset should hold for it. */
export type SampleUnit = { readonly path: string; readonly kind: UnitKind; readonly files: number }

/** The video that is made larger, and by how much: enough for its upload to be watched. */
const LARGE = { name: 'dive.mp4', freeBytes: 3_000_000 }

/**
 * Copies the samples that the folder starts with. One video is made larger by a `free` box at its end (ISO/IEC 14496-12, 8.1.2), which
 * players skip. @param folder an existing, empty directory
 */
export function copyFirstSamples(folder: string): void {
  cpSync(FIRST, folder, { recursive: true })
  appendFileSync(join(folder, LARGE.name), freeBox(LARGE.freeBytes))
}

/** A box without a meaning. Its filler is not zero: zeros at the end of a file look like a copy that has not finished. */
function freeBox(sizeBytes: number): Buffer {
  const box = Buffer.alloc(sizeBytes, 'encord-sync demo ')
  box.writeUInt32BE(sizeBytes, 0)
  box.write('free', 4, 'latin1')
  return box
}

/** Copies one of the samples that come later, under the name it has in the folder; an existing file is overwritten. */
export function copyLaterSample(name: 'mist.jpg' | 'harbour-at-dusk.png', target: string): void {
  copyFileSync(join(LATER, name), target)
}

/** The units of the first samples, in the order of their names. */
export function firstUnits(): readonly SampleUnit[] {
  return readdirSync(FIRST, { withFileTypes: true })
    .map((entry) =>
      entry.isDirectory()
        ? { path: entry.name, kind: 'image_group' as const, files: readdirSync(join(FIRST, entry.name)).length }
        : { path: entry.name, kind: kindOf(entry.name), files: 1 },
    )
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** By the extension: the samples are known to be what they are called. */
export function kindOf(name: string): Exclude<UnitKind, 'image_group'> {
  return /\.(mp4|webm)$/.test(name) ? 'video' : 'image'
}

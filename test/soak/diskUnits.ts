import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RowReport } from '../../src/emulator/report.ts'
import { compareNatural } from '../../src/sync/plan/naturalOrder.ts'
import { sha256 } from '../support/emulatorCalls.ts'

/** What one row should hold, read from the disk without any help of the service. */
export type DiskUnit = {
  readonly title: string
  /** Checksum of a file; of a group, those of its frames in order. */
  readonly content: string
  /** When the youngest of its files, or its directory, changed, ms since 1970. */
  readonly changedMs: number
}

/** Every unit of a folder of the writers: files of the root, videos anywhere, images of a directory as one group. */
export function diskUnits(root: string, dir = ''): readonly DiskUnit[] {
  const entries = readdirSync(join(root, dir), { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'))
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => fileOf(root, dir === '' ? name : `${dir}/${name}`))
  const below = entries.filter((entry) => entry.isDirectory()).flatMap(({ name }) => diskUnits(root, dir === '' ? name : `${dir}/${name}`))
  const isSingle = (file: DiskUnit) => dir === '' || file.title.endsWith('.mp4')
  const frames = files.filter((file) => !isSingle(file)).sort((a, b) => compareNatural(a.title, b.title))
  const changedMs = Math.max(lstatSync(join(root, dir)).ctimeMs, ...frames.map((frame) => frame.changedMs))
  const group = { title: dir, content: frames.map((frame) => frame.content).join(' '), changedMs }
  return [...files.filter(isSingle), ...(frames.length === 0 ? [] : [group]), ...below]
}

/** What is moved while it is read is read again. */
export function quietly<T>(read: () => T): T {
  for (let tries = 0; ; tries++) {
    try {
      return read()
    } catch (error) {
      if (tries >= 20 || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}

function fileOf(root: string, path: string): DiskUnit {
  return { title: path, content: sha256(readFileSync(join(root, path))), changedMs: lstatSync(join(root, path)).ctimeMs }
}

/** The content of a row, in the same words. */
export function contentOf(row: RowReport): string {
  return row.type === 'IMG_GROUP' ? row.frames.map((frame) => frame.sha256).join(' ') : (row.sha256 ?? '')
}

/** A unit without its row, or a row without its unit. */
export type Difference = { readonly title: string; readonly text: string }

/** What differs between dataset and folder; empty when they are the same. */
export function differences(rows: readonly RowReport[], units: readonly DiskUnit[]): readonly Difference[] {
  const left = new Map<string, { readonly title: string; more: number }>()
  const count = (title: string, content: string, by: number) => {
    const key = JSON.stringify([title, content])
    const entry = left.get(key) ?? { title, more: 0 }
    entry.more += by
    left.set(key, entry)
  }
  for (const { title, content } of units) count(title, content, 1)
  for (const row of rows) count(row.title, contentOf(row), -1)
  return [...left.values()]
    .filter(({ more }) => more !== 0)
    .map(({ title, more }) => ({ title, text: more > 0 ? `no row for ${title}` : `a row too many for ${title}` }))
}

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UnitKind } from '../model/unit.ts'
import { kindOf } from './samples.ts'

/** One row of a dataset, or what the folder says it should be. Sums are SHA-256 in hex; a group has one for each frame, in order. */
export type Content = {
  readonly title: string
  readonly kind: UnitKind
  readonly sums: readonly { readonly name: string; readonly sha256: string }[]
}

/** One line of the table: a unit, or a frame of a group. Null: not there on that side. */
export type ComparedLine = {
  readonly title: string
  readonly kind: UnitKind | 'frame'
  readonly localSha256: string | null
  readonly datasetSha256: string | null
  readonly equal: boolean
}

/** Reads the folder by itself, knowing nothing of the service: a file is a unit, a directory of images is a group. */
export function readFolder(folder: string): readonly Content[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.'))
    .map((entry) => {
      const path = join(folder, entry.name)
      if (!entry.isDirectory()) return { title: entry.name, kind: kindOf(entry.name), sums: [sumOf(entry.name, path)] }
      const names = readdirSync(path).sort(naturalOrder.compare)
      return { title: entry.name, kind: 'image_group' as const, sums: names.map((name) => sumOf(name, join(path, name))) }
    })
    .sort(byTitle)
}

/** Asks the emulator for a dataset's rows (`GET /_emulator/state`). @throws Error when it does not answer or has no such dataset */
export async function readDataset(emulatorUrl: string, dataset: string): Promise<readonly Content[]> {
  const answer = await fetch(`${emulatorUrl}/_emulator/state`)
  if (!answer.ok) throw new Error(`the emulator answered ${answer.status}`)
  const { datasets } = (await answer.json()) as EmulatorState
  const found = datasets.find((one) => one.dataset_hash === dataset)
  if (found === undefined) throw new Error(`the emulator has no dataset ${dataset}`)
  return found.rows.map(contentOf).sort(byTitle)
}

/** The folder beside the dataset, by title; rows that are on one side only, or twice on one, are not equal. */
export function compare(local: readonly Content[], dataset: readonly Content[]): readonly ComparedLine[] {
  const left = [...dataset]
  const lines = local.flatMap((content) => {
    const at = left.findIndex((row) => row.title === content.title && row.kind === content.kind)
    return linesOf(content, at < 0 ? null : (left.splice(at, 1)[0] ?? null))
  })
  return [...lines, ...left.flatMap((row) => linesOf(null, row))]
}

/** What this reads of `/_emulator/state`. */
type EmulatorState = {
  readonly datasets: readonly {
    readonly dataset_hash: string
    readonly rows: readonly {
      readonly title: string
      readonly type: 'VIDEO' | 'IMAGE' | 'IMG_GROUP'
      readonly sha256: string | null
      readonly frames: readonly { readonly title: string; readonly sha256: string | null }[]
    }[]
  }[]
}

const KINDS = { VIDEO: 'video', IMAGE: 'image', IMG_GROUP: 'image_group' } as const
const naturalOrder = new Intl.Collator('en', { numeric: true })
const byTitle = (a: Content, b: Content): number => (a.title < b.title ? -1 : a.title > b.title ? 1 : 0)

function sumOf(name: string, path: string): Content['sums'][number] {
  return { name, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') }
}

function contentOf({ title, type, sha256, frames }: EmulatorState['datasets'][number]['rows'][number]): Content {
  const sums = type === 'IMG_GROUP' ? frames : [{ title, sha256 }]
  return { title, kind: KINDS[type], sums: sums.map((sum) => ({ name: sum.title, sha256: sum.sha256 ?? '' })) }
}

function linesOf(local: Content | null, row: Content | null): readonly ComparedLine[] {
  const { title, kind } = local ?? row ?? { title: '', kind: 'image' }
  const frames = Array.from({ length: Math.max(local?.sums.length ?? 0, row?.sums.length ?? 0) }, (_, index) => {
    const [mine, theirs] = [local?.sums[index], row?.sums[index]]
    const equal = mine !== undefined && mine.sha256 === theirs?.sha256
    return { name: mine?.name ?? theirs?.name ?? '', localSha256: mine?.sha256 ?? null, datasetSha256: theirs?.sha256 ?? null, equal }
  })
  if (kind !== 'image_group') return frames.map(({ name: _name, ...sums }) => ({ title, kind, ...sums }))
  const equal = frames.length > 0 && frames.every((frame) => frame.equal)
  return [
    { title, kind, localSha256: null, datasetSha256: null, equal },
    ...frames.map(({ name, ...sums }) => ({ title: `${title}/${name}`, kind: 'frame' as const, ...sums })),
  ]
}

import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { EventName } from '../model/event.ts'
import { copyFirstSamples, copyLaterSample, firstUnits } from './samples.ts'

/** An event the service has to report for a step to be done. `path`: the unit's, below the folder; null for events of no unit. */
export type Expectation = { readonly event: EventName; readonly path: string | null; readonly words: string }

/** One thing that a person could do to the folder, and what has to come of it. */
export type Step = {
  readonly title: string
  act(folder: string): void
  readonly expects: readonly Expectation[]
  /** The step has to get by without a byte sent and without a row deleted. */
  readonly costsNothing: boolean
}

/** The steps of the demo, in order. */
export function scenario(): readonly Step[] {
  return [started(), firstUploads(), added(), changed(), renamed(), deleted()]
}

function started(): Step {
  return {
    title: 'The service starts, on an empty folder',
    act: () => undefined,
    expects: [{ event: 'service.ready', path: null, words: 'the service ready' }],
    costsNothing: true,
  }
}

function firstUploads(): Step {
  const units = firstUnits()
  const count = (kind: string) => units.filter((unit) => unit.kind === kind).length
  return {
    title: `Files are dropped into the folder: ${count('image')} images, ${count('video')} videos, ${count('image_group')} directories of images`,
    act: copyFirstSamples,
    expects: units.map(({ path }) => ({ event: 'unit.synced', path, words: `${path} in the dataset` })),
    costsNothing: false,
  }
}

function added(): Step {
  return {
    title: 'A file is added: mist.jpg',
    act: (folder) => copyLaterSample('mist.jpg', join(folder, 'mist.jpg')),
    expects: [{ event: 'unit.synced', path: 'mist.jpg', words: 'mist.jpg in the dataset' }],
    costsNothing: false,
  }
}

function changed(): Step {
  const path = 'harbour.png'
  return {
    title: `A file is modified: ${path} becomes another picture`,
    act: (folder) => copyLaterSample('harbour-at-dusk.png', join(folder, path)),
    expects: [
      { event: 'unit.synced', path, words: 'a row with the new content' },
      { event: 'version.superseded', path, words: 'the old row marked as superseded' },
      { event: 'delete.done', path, words: 'the old row deleted' },
    ],
    costsNothing: false,
  }
}

function renamed(): Step {
  const [from, to] = ['hills.webp', 'green-hills.webp']
  return {
    title: `A file is renamed: ${from} becomes ${to}`,
    act: (folder) => renameSync(join(folder, from), join(folder, to)),
    expects: [
      { event: 'unit.moved', path: to, words: 'the rename recognised' },
      { event: 'unit.renamed', path: to, words: "the row's title changed" },
    ],
    costsNothing: true,
  }
}

function deleted(): Step {
  const path = 'dunes.webp'
  return {
    title: `A file is deleted: ${path}`,
    act: (folder) => rmSync(join(folder, path)),
    expects: [
      { event: 'unit.missing', path, words: 'the file missed' },
      { event: 'delete.done', path, words: 'its row deleted' },
    ],
    costsNothing: false,
  }
}

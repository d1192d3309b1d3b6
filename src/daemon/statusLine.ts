import type { Counts, StatusView } from '../control/api.ts'
import { EXIT } from '../model/exitCode.ts'

type Shown = Pick<Counts, 'synced' | 'onTheWay' | 'waiting' | 'failed' | 'setAside' | 'held'>

const WORDS: readonly (readonly [keyof Shown, string])[] = [
  ['onTheWay', 'on the way'],
  ['waiting', 'waiting'],
  ['failed', 'failed'],
  ['setAside', 'set aside'],
  ['held', 'held'],
]

/** How everything stands, in one line that every user of the machine may read: `412 synced, 3 waiting, 1 held`. No path, no name. */
export function statusLine({ folders, exitCode }: Pick<StatusView, 'folders' | 'exitCode'>): string {
  const total = (key: keyof Shown) => folders.reduce((sum, { counts }) => sum + counts[key], 0)
  const counts = [`${total('synced')} synced`, ...WORDS.flatMap(([key, word]) => (total(key) > 0 ? [`${total(key)} ${word}`] : []))]
  const states = new Map<string, number>()
  for (const { state } of folders) if (state !== 'ok') states.set(state, (states.get(state) ?? 0) + 1)
  const unwell = [...states].map(([state, count]) => `${count} ${count === 1 ? 'folder' : 'folders'} ${state}`)
  const person = exitCode === EXIT.person ? ['a person must act: encord-sync status'] : []
  return [[...counts, ...unwell].join(', '), ...person].join('; ')
}

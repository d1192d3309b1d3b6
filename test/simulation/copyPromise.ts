import { type Going, restingFiles } from './filePromise.ts'
import type { Scene } from './promises.ts'

type CopyScene = Pick<Scene, 'folders' | 'edits' | 'clock' | 'met' | 'hasLeapt' | 'truth'>

/**
 * Where the file stands of which a row was made, at its own path ever since, and edited meanwhile: whatever of its older content went from elsewhere was
 * a copy, and the row is left to a person (SAFETY.md, 6). For a group: all its frames stand where they were, and one at least was edited.
 * @returns null: a frame went from its place, or nothing was edited there
 */
export function editedOriginal(scene: CopyScene, { dataset, row, seenMs }: Going): string | null {
  const { truth, clock } = scene
  if (scene.hasLeapt() || scene.folders.some(({ linked }) => row.contents.some((sha) => linked.has(sha)))) return null
  const places = row.contents.map((sha) => ({ sha, at: truth.onlyPlaceAt(sha, row.bornMs) }))
  scene.met.add('promise original')
  const resting = [...restingFiles(scene, dataset, seenMs)]
  const edited: string[] = []
  for (const { sha, at } of places) {
    const stands = resting.find(({ folder, path }) => at === `${folder.path}/${path}`)
    if (stands === undefined || !truth.stoodThrough(stands.folder.path, stands.path, row.bornMs, clock.nowMs)) return null
    if (stands.sha256 === sha) continue
    // What another file was renamed over is that file.
    if (at === null || truth.firstPlaceOf(stands.sha256) !== at) return null
    edited.push(at)
  }
  return edited.length === 0 ? null : `${edited.join(', ')} stands where it was, edited: what went was a copy`
}

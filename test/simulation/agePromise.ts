import { type Going, restingFiles, rowAt } from './filePromise.ts'
import type { Scene } from './promises.ts'

type AgeScene = Pick<Scene, 'ledger' | 'folders' | 'edits' | 'clock' | 'met' | 'hasLeapt' | 'truth' | 'server'>

/**
 * Where a copy stands that came later than a row: of both rows that one may carry the work, and is left to a person (SAFETY.md, 6). Its content
 * stood nowhere else when the row was made, so whatever holds it now is a copy of its file.
 * @returns null: nowhere that can be seen
 */
export function laterCopy(scene: AgeScene, { dataset, row, seenMs }: Going): string | null {
  const { clock, truth } = scene
  const alone = row.contents.filter((sha) => truth.placesAt(sha, row.bornMs) === 1)
  if (scene.hasLeapt() || alone.length === 0) return null
  scene.met.add('promise age')
  for (const { folder, path, sha256 } of restingFiles(scene, dataset, seenMs)) {
    const sinceMs = truth.heldSinceMs(folder.path, path, sha256)
    if (!alone.includes(sha256) || sinceMs >= clock.nowMs - seenMs) continue
    const other = rowAt(scene, folder, path)
    if (other !== null && other.bornMs < row.bornMs) continue
    const which = other === null ? 'no row' : `the row ${other.hash}, which is younger`
    return `${folder.path}/${path} holds its content since ${sinceMs} ms, and has ${which}`
  }
  return null
}

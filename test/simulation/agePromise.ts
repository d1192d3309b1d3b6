import { rowAt } from './filePromise.ts'
import { mappingOf } from './mappingOf.ts'
import type { Scene } from './promises.ts'
import type { Row } from './virtualServer.ts'

type AgeScene = Pick<Scene, 'ledger' | 'folders' | 'edits' | 'clock' | 'met' | 'hasLeapt' | 'truth' | 'server'>

/** A row that is about to go by itself, as its unit's file is gone; `seenMs`: how long ago the look began that confirmed it. */
type Going = { readonly dataset: string; readonly row: Row; readonly seenMs: number }

/**
 * Where a copy stands that came later than a row: of both rows that one may carry the work, and is left to a person (SAFETY.md, 6). Its content
 * stood nowhere else when the row was made, so whatever holds it now is a copy of its file.
 * @returns null: nowhere that can be seen
 */
export function laterCopy(scene: AgeScene, { dataset, row, seenMs }: Going): string | null {
  const { folders, edits, clock, met, truth } = scene
  if (scene.hasLeapt()) return null
  for (const sha of row.contents) {
    if (truth.placesAt(sha, row.bornMs) !== 1) continue
    met.add('promise age')
    for (const folder of folders) {
      const setup = edits.inForce(folder.path)
      if (setup?.dataset !== dataset) continue
      const files = folder.trueFiles()
      const { isIgnored } = mappingOf(setup, files)
      const sinceMs = clock.wallMs() - seenMs - folder.traits.tickMs
      for (const [path, content] of files) {
        if (content.sha256 !== sha || isIgnored(path)) continue
        const seen = folder.lookUp(path)
        if (!('node' in seen) || seen.node.kind !== 'file' || Number(seen.node.ctimeNs) / 1_000_000 >= sinceMs) continue
        if (truth.heldSinceMs(folder.path, path, sha) >= clock.nowMs - seenMs) continue
        const other = rowAt(scene, folder, path)
        if (other !== null && other.bornMs < row.bornMs) continue
        return `${folder.path}/${path} holds its content since ${truth.heldSinceMs(folder.path, path, sha)} ms, and has ${other === null ? 'no row' : `the row ${other.hash}, which is younger`}`
      }
    }
  }
  return null
}

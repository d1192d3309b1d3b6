import { isOfFrames } from '../../model/unit.ts'
import type { FileRecord, FrameRecord, VersionRecord } from '../records.ts'

/** sha256 of each file that a row was made of; null where it is not known. */
export function contentsOf(
  { kind, content }: Pick<VersionRecord, 'kind' | 'content'>,
  frames: readonly Pick<FrameRecord, 'sha256'>[],
): readonly (string | null)[] {
  return isOfFrames(kind) ? frames.map(({ sha256 }) => sha256) : [content]
}

/**
 * Since which scan does what a row holds stand where its unit is, or was before it moved? A file that is written over a path stands there since
 * it was written, however long the path is known.
 * @param row `contents`: sha256 of each file that it was made of
 * @returns null when nothing tells: its files hold something else by now or are forgotten, or the row was linked and is of before the ledger
 */
export function standsSince({
  version,
  contents,
  files,
}: {
  readonly version: Pick<VersionRecord, 'readAfter'>
  readonly contents: readonly (string | null)[]
  readonly files: readonly Pick<FileRecord, 'sha256' | 'firstScan'>[]
}): number | null {
  if (version.readAfter === 0 || contents.length === 0) return null
  const oldest = new Map<string | null, number>()
  for (const { sha256, firstScan } of files) oldest.set(sha256, Math.min(firstScan, oldest.get(sha256) ?? firstScan))
  const scans = contents.map((sha256) => (sha256 === null ? undefined : oldest.get(sha256)))
  if (scans.includes(undefined)) return null
  // What was edited and put back, all before it was sent, stands there anew: its row is of before.
  return Math.min(version.readAfter, ...scans.map((scan) => scan ?? 0))
}

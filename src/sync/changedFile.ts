import { dirOf, nameOf, type RelPath, sameStamp } from '../model/file.ts'
import type { Disk } from './ports.ts'
import type { FileRecord } from './records.ts'

/** The first of these files that does not stand at its path as it was scanned; null when all of them do. @param root of their folder */
export function changedFile(disk: Pick<Disk, 'filesIn'>, root: string, files: readonly FileRecord[]): FileRecord | null {
  const byDir = new Map<RelPath, string[]>()
  for (const { path } of files) {
    const names = byDir.get(dirOf(path))
    if (names === undefined) byDir.set(dirOf(path), [nameOf(path)])
    else names.push(nameOf(path))
  }
  const seen = new Map([...byDir].map(([dir, names]) => [dir, disk.filesIn(root, dir, names)]))
  return (
    files.find(({ path, stamp }) => {
      const now = seen.get(dirOf(path))?.get(nameOf(path))
      return now === undefined || !sameStamp(now, stamp)
    }) ?? null
  )
}

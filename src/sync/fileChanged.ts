import { dirOf, type RelPath } from '../model/file.ts'

/** The file is not what was scanned: nothing of it was registered. `dir` has to be looked at. */
export class FileChanged extends Error {
  override readonly name = 'FileChanged'
  readonly dir: RelPath
  constructor(path: RelPath, why: string) {
    super(`${path}: ${why}`)
    this.dir = dirOf(path)
  }
}

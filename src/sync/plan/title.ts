import { dirOf, nameOf } from '../../model/file.ts'
import type { FolderPolicy } from '../../model/folder.ts'
import type { FileRecord, UnitRecord } from '../records.ts'

/** Encord recommends names of up to 300 characters; a longer title keeps its end, which tells files apart. */
const TITLE_LENGTH = 300

/**
 * The title of a unit's row. A template is filled in from the unit's path and its own files alone, so that the title stays the same
 * however often it is asked for: `{date}` is the day (UTC) of the file's mtime, of a group that of its oldest frame.
 * @param files the unit's files; those that are gone count only where no other is left
 * @param pathTitles false once the server refused a path or a template as a title: then it is the base name
 */
export function titleOf(
  unit: Pick<UnitRecord, 'key' | 'shape'>,
  files: readonly Pick<FileRecord, 'stamp' | 'local'>[],
  policy: Pick<FolderPolicy, 'title'>,
  pathTitles: boolean,
): string {
  if (unit.shape === 'series') {
    // Titled like a group of its directory; directly in the folder, where that has no name, by its UID.
    const dir = dirOf(unit.key)
    return dir === '' ? unit.key : titleOf({ key: dir, shape: 'dir' }, files, policy, pathTitles)
  }
  const { title } = policy
  if (title.kind === 'name' || !pathTitles) return shortened(nameOf(unit.key))
  if (title.kind === 'path') return shortened(unit.key)
  return shortened(filled(title, unit, files))
}

/**
 * The title of one of several rows of one name, told apart as the server does it: of a sequence, which has one for each size of its frames,
 * or of the series of one directory.
 */
export function partTitle(title: string, part: number): string {
  return part === 0 ? title : `${title}-${part + 1}`
}

function filled(
  title: Extract<FolderPolicy['title'], { kind: 'template' }>,
  { key, shape }: Pick<UnitRecord, 'key' | 'shape'>,
  files: readonly Pick<FileRecord, 'stamp' | 'local'>[],
): string {
  const name = nameOf(key)
  const dot = name.lastIndexOf('.')
  const dir = dirOf(key)
  const values: Readonly<Record<string, string>> = {
    dir,
    name,
    // A directory has no extension, whatever its name looks like.
    stem: shape === 'file' && dot > 0 ? name.slice(0, dot) : name,
    parent: nameOf(dir),
    date: dayOf(files),
    host: title.host,
  }
  const text = title.template.replace(/\{([a-z]+)\}/g, (whole, word: string) => values[word] ?? whole)
  // Directly in the folder `{dir}` is empty: its slash goes with it.
  const tidied = text.replace(/\/{2,}/g, '/').replace(/^\/|\/$/g, '')
  return tidied.trim() === '' ? name : tidied
}

/** YYYY-MM-DD; '' when no file is known. */
function dayOf(files: readonly Pick<FileRecord, 'stamp' | 'local'>[]): string {
  const here = files.filter((file) => file.local === 'present')
  const times = (here.length > 0 ? here : files).map((file) => Number(BigInt(file.stamp.mtimeNs) / 1_000_000n))
  const oldestMs = Math.min(...times)
  // Beyond the years that a Date can hold, a time says nothing.
  return Math.abs(oldestMs) <= 8.64e15 ? new Date(oldestMs).toISOString().slice(0, -14) : ''
}

function shortened(title: string): string {
  const characters = [...title]
  return characters.length <= TITLE_LENGTH ? title : `…${characters.slice(characters.length - TITLE_LENGTH + 1).join('')}`
}

/** The title of the sequence that a row numbered at its end may belong to; any other title as it is. */
export function withoutPart(title: string): string {
  return title.replace(/-\d+$/, '')
}

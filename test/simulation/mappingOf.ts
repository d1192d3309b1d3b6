import { IGNORE_FILE, openIgnoreRules } from '../../src/disk/ignoreRules.ts'
import { joinPath, nameOf, type RelPath } from '../../src/model/file.ts'
import type { Content } from './content.ts'
import type { MappingTruth } from './truth.ts'
import type { FolderTruth } from './worldEvent.ts'

const known = new Map<string, MappingTruth>()

/** How the files that a folder holds become units, as its config and its ignore files say; the ignore rules are the real ones. */
export function mappingOf(folder: FolderTruth, files: ReadonlyMap<RelPath, Content>): MappingTruth {
  const ignoreFiles = [...files].filter(([path]) => nameOf(path) === IGNORE_FILE).sort(([a], [b]) => (a < b ? -1 : 1))
  const { ignore, subdirectories, groupIncomplete = 'block' } = folder
  const key = JSON.stringify([ignore, subdirectories, groupIncomplete, ignoreFiles.map(([path, { id }]) => [path, id])])
  const before = known.get(key)
  if (before !== undefined) return before
  const texts = new Map(ignoreFiles.map(([path, { bytes }]) => [path, bytes.toString()]))
  const rules = openIgnoreRules(null, ignore, (dir) => texts.get(joinPath(dir, IGNORE_FILE)) ?? null)
  const verdicts = new Map<RelPath, boolean>()
  const isIgnored = (path: RelPath): boolean => {
    const verdict =
      verdicts.get(path) ??
      (rules.check(path, false).ignored ||
        path.split('/').some((_, i, names) => i > 0 && rules.check(names.slice(0, i).join('/'), true).ignored))
    verdicts.set(path, verdict)
    return verdict
  }
  const mapping = { subdirectories, groupIncomplete, isIgnored }
  known.set(key, mapping)
  return mapping
}

/** A look reads the rules as it begins, and goes by them to its end, ms: it waits for a directory that does not rest. */
const LONGEST_LOOK_MS = 5_000

/** How each folder's files became units until a moment ago: what a look under way goes by. */
export class FormerMappings {
  readonly #nowMs: () => number
  readonly #last = new Map<string, MappingTruth>()
  readonly #former: { readonly folder: string; readonly mapping: MappingTruth; readonly untilMs: number }[] = []

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  of(folder: string, mapping: MappingTruth): readonly MappingTruth[] {
    const last = this.#last.get(folder)
    this.#last.set(folder, mapping)
    if (last !== undefined && last !== mapping) this.#former.push({ folder, mapping: last, untilMs: this.#nowMs() })
    const recent = this.#former.filter((one) => one.folder === folder && one.untilMs >= this.#nowMs() - LONGEST_LOOK_MS)
    return recent.map((one) => one.mapping)
  }
}

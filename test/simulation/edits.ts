import { isDeepStrictEqual } from 'node:util'
import { IGNORE_FILE } from '../../src/disk/ignoreRules.ts'
import { dirOf, joinPath, nameOf, type RelPath } from '../../src/model/file.ts'
import type { FolderNow } from './truth.ts'
import type { FolderTruth } from './worldEvent.ts'

/** A change of the config that the service has taken up, or a ledger that a person accepted, ms of the true clock. */
export type ConfigEdited = {
  readonly rule: 'deletes.mode' | 'on_change' | 'group_incomplete' | 'grace' | 'rules' | 'entry' | 'ledger'
  readonly folder: string
  readonly dataset: string
  readonly atMs: number
}

/** An ignore file came, changed, or went while its directory stayed; in force until the next change of it, ms of the true clock. */
export type RulesFile = {
  readonly folder: string
  readonly dataset: string
  readonly path: RelPath
  /** Since when it was what it was before that. */
  readonly beforeMs: number
  readonly atMs: number
  untilMs: number
}

/** A name that no rule is about. */
const PLAIN_NAME = 'plain.name'

/** What a person changed of the rules, and when: after each, nothing goes by itself that was gone or replaced before it. */
export class Edits {
  readonly config: ConfigEdited[] = []
  readonly files: RulesFile[] = []
  readonly #nowMs: () => number
  /** As the service knew it last, by path. */
  readonly #taken = new Map<string, { readonly truth: FolderTruth; readonly isIn: boolean }>()
  /** A service that dies meanwhile may have noted it already. */
  #coming: { readonly configured: readonly FolderTruth[]; readonly sinceMs: number } | null = null
  readonly #texts = new Map<string, ReadonlyMap<RelPath, string>>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** The service may work with this config from now on, and with what it was. */
  begun(configured: readonly FolderTruth[]): void {
    this.#coming = { configured, sinceMs: this.#coming?.sinceMs ?? this.#nowMs() }
  }

  /** What a folder may be treated by now, as mildly as any of it says; null where its entry left. */
  inForce(path: string): FolderTruth | null {
    const taken = this.#taken.get(path)
    const coming = this.#coming?.configured.find((one) => one.path === path)
    const own = taken?.isIn === true ? taken.truth : undefined
    const any = own ?? coming
    if (any === undefined) return null
    const both = [own ?? any, coming ?? any]
    return {
      ...any,
      mode: both.find(({ mode }) => mode === 'propagate')?.mode ?? any.mode,
      onChange: both.find(({ onChange }) => onChange === 'replace')?.onChange ?? any.onChange,
      graceMs: Math.min(...both.map(({ graceMs }) => graceMs)),
    }
  }

  /** The service works with this config from now on. */
  taken(configured: readonly FolderTruth[]): void {
    const atMs = this.#coming?.sinceMs ?? this.#nowMs()
    this.#coming = null
    for (const truth of configured) {
      const before = this.#taken.get(truth.path)?.truth
      this.#taken.set(truth.path, { truth, isIn: true })
      if (before === undefined) continue
      const add = (rule: ConfigEdited['rule']): void => void this.config.push({ rule, folder: truth.path, dataset: truth.dataset, atMs })
      if (before.mode !== truth.mode) add('deletes.mode')
      if (before.onChange !== truth.onChange) add('on_change')
      // A default that is written out is no edit.
      if ((before.groupIncomplete ?? 'block') !== (truth.groupIncomplete ?? 'block')) add('group_incomplete')
      if (before.graceMs > truth.graceMs) add('grace')
      if (!isDeepStrictEqual(before.ignore, truth.ignore) || before.subdirectories !== truth.subdirectories) add('rules')
    }
    for (const [path, { truth, isIn }] of this.#taken) {
      if (!isIn || configured.some((one) => one.path === path)) continue
      this.#taken.set(path, { truth, isIn: false })
      this.config.push({ rule: 'entry', folder: path, dataset: truth.dataset, atMs })
    }
  }

  /** A person went on with a ledger that was put back: what it was told since is forgotten. */
  accepted(folder: FolderTruth, atMs: number): void {
    this.config.push({ rule: 'ledger', folder: folder.path, dataset: folder.dataset, atMs })
  }

  /** Takes down the ignore files that count: nobody reads one in a directory that another one leaves out. */
  record({ folder, dataset, files, mapping }: FolderNow, stands: (dir: RelPath) => boolean): void {
    const atMs = this.#nowMs()
    const before = this.#texts.get(folder) ?? new Map<RelPath, string>()
    const counts = ([path]: readonly [RelPath, unknown]): boolean =>
      nameOf(path) === IGNORE_FILE && !mapping.isIgnored(joinPath(dirOf(path), PLAIN_NAME))
    const now = new Map([...files].filter(counts).map(([path, { id }]) => [path, id]))
    this.#texts.set(folder, now)
    for (const one of this.files) if (one.folder === folder && one.untilMs > atMs && !stands(dirOf(one.path))) one.untilMs = atMs
    for (const path of new Set([...before.keys(), ...now.keys()])) {
      if (before.get(path) === now.get(path)) continue
      const last = this.files.findLast((one) => one.folder === folder && one.path === path)
      if (last !== undefined) last.untilMs = Math.min(last.untilMs, atMs)
      if (!now.has(path) && !stands(dirOf(path))) continue
      // One that went with its directory is as good as one that was never there.
      const beforeMs = last === undefined ? 0 : last.untilMs === atMs ? last.atMs : last.untilMs
      this.files.push({ folder, dataset, path, beforeMs, atMs, untilMs: Number.POSITIVE_INFINITY })
    }
  }
}

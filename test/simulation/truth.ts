import { IGNORE_FILE } from '../../src/disk/ignoreRules.ts'
import type { RelPath } from '../../src/model/file.ts'
import { dirOf, nameOf } from '../../src/model/file.ts'
import { type Content, contentOfSha } from './content.ts'

/** What a row of the dataset should hold, as the world sees it: `f` one file's content, `g` the contents of a directory's images. */
export type UnitTruth = {
  readonly key: RelPath
  readonly shape: 'file' | 'dir'
  readonly content: string
  readonly isWhole: boolean
  /** A group of which a damaged frame is left out. */
  readonly isPartial: boolean
}

/** How a folder's files become units; its own reading of the design, not the code's. */
export type MappingTruth = {
  readonly subdirectories: 'group' | 'individual'
  readonly groupIncomplete: 'block' | 'skip'
  isIgnored(path: RelPath): boolean
}

type Stay = { readonly place: string; readonly fromMs: number; toMs: number | null }

/** What a folder holds at a moment. */
export type FolderNow = {
  readonly folder: string
  readonly dataset: string
  readonly files: ReadonlyMap<RelPath, Content>
  readonly mapping: MappingTruth
  /** Those of a moment ago. */
  readonly former: readonly MappingTruth[]
  /** What went into a folder that left the config is gone for everybody else. */
  readonly isConfigured: boolean
}

/** What stood for so long is at rest, and was looked at: the longest `settle` of a world, and time for the look, ms. */
const REST_MS = 5_000

/** Ends the place of a file whatever becomes of it; its path is before that. */
const BYTES = '|bytes'

function pathOf(place: string): string {
  return place.slice(0, -BYTES.length)
}

/** Which content of one file a row may hold. */
export function fileKey(sha256: string): string {
  return `f:${sha256}`
}

/** Which contents of a group's members a row may hold, in any order. */
export function groupKey(sha256s: readonly string[]): string {
  return `g:${[...sha256s].sort().join(',')}`
}

/**
 * What truly was, and when: which paths were there, which contents stood, how often a content came anew. What is hidden (its disk
 * away, its directory behind a link or a closed door) is there.
 */
export class Truth {
  readonly #nowMs: () => number
  readonly #isSetBack: () => boolean
  /** By dataset and unit content: how many stand now. */
  readonly #standing = new Map<string, number>()
  /** By dataset and unit content: how often one came that was not there before. */
  readonly #births = new Map<string, number>()
  /** By dataset and file content: how many stood since when. */
  readonly #counts = new Map<string, { readonly atMs: number; readonly count: number }[]>()
  readonly #stays = new Map<string, Stay[]>()
  readonly #lastThere = new Map<string, number>()
  /** By path: when it was there. */
  readonly #presence = new Map<string, { readonly fromMs: number; toMs: number | null }[]>()
  #there = new Set<string>()
  /** Paths at which a video has stood. */
  readonly #ofVideos = new Set<string>()
  readonly #last = new Map<
    string,
    {
      readonly dataset: string
      readonly keys: Map<string, number>
      readonly files: Map<string, number>
      readonly held: Map<string, string>
      /** Contents of groups, by place. */
      readonly groups: ReadonlyMap<string, string>
    }
  >()

  /** @param isSetBack does the machine's clock stand before the true time? */
  constructor(nowMs: () => number, isSetBack: () => boolean) {
    this.#nowMs = nowMs
    this.#isSetBack = isSetBack
  }

  /** Takes down what folders hold now. Called after everything that happens in them; a move between two is one happening. */
  record(folders: readonly FolderNow[]): void {
    const now = this.#nowMs()
    const datasets = new Set<string>()
    const before = new Map(this.#last)
    for (const { folder, dataset, files, mapping, former, isConfigured } of folders) {
      const keys = new Map<string, number>()
      const held = new Map<string, string>()
      for (const unit of unitsOf(files, { ...mapping, subdirectories: 'group' }))
        held.set(`${folder}/${unit.key}|${unit.shape}`, unit.content)
      for (const unit of unitsOf(files, mapping)) {
        keys.set(unit.content, (keys.get(unit.content) ?? 0) + 1)
      }
      const groups = new Map(unitsOf(files, mapping).flatMap((unit) => (unit.shape === 'dir' ? [[unit.key, unit.content]] : [])))
      const counts = new Map<string, number>()
      for (const [path, content] of files) {
        if (content.id.startsWith('v')) this.#ofVideos.add(`${folder}/${path}`)
        held.set(`${folder}/${path}|bytes`, fileKey(content.sha256))
        if (isConfigured && !mapping.isIgnored(path)) counts.set(content.sha256, (counts.get(content.sha256) ?? 0) + 1)
      }
      this.#last.set(folder, { dataset, keys, files: counts, held, groups })
      datasets.add(dataset)
      this.#stay(before.get(folder)?.held ?? new Map(), held, now)
      for (const one of former) this.#byFormer(folder, dataset, unitsOf(files, one), unitsOf(files, mapping), now)
      this.#withoutRestless({ folder, dataset, files, mapping, former, isConfigured }, before.get(folder)?.held ?? new Map(), now)
      this.#look(folder, files, now)
    }
    for (const dataset of datasets) {
      this.#recount(dataset, now)
      this.#exchanged(dataset, before)
    }
  }

  /** How often this unit content came into the dataset. */
  births(dataset: string, content: string): number {
    return this.#births.get(`${dataset} ${content}`) ?? 0
  }

  /** The least number of files that held this content at any moment of the last `ms`. */
  leastStanding(dataset: string, sha256: string, ms: number): number {
    const history = this.#counts.get(`${dataset} ${sha256}`) ?? []
    const from = this.#nowMs() - ms
    let least = history.at(-1)?.count ?? 0
    for (let i = history.length - 1; i >= 0; i--) {
      const entry = history[i]
      if (entry === undefined) break
      least = Math.min(least, entry.count)
      if (entry.atMs <= from) return least
    }
    return 0
  }

  /** ms that a path has been gone; 0 while it is there, and null when it never was. */
  goneMs(folder: string, path: RelPath): number | null {
    const key = `${folder}/${path}`
    if (this.#there.has(key)) return 0
    const last = this.#lastThere.get(key)
    return last === undefined ? null : this.#nowMs() - last
  }

  /** How long a path was there when it was there last, ms. */
  lastStayMs(folder: string, path: RelPath): number {
    const span = this.#presence.get(`${folder}/${path}`)?.at(-1)
    return span === undefined ? 0 : (span.toMs ?? this.#nowMs()) - span.fromMs
  }

  /** Was a path there from the beginning of a time to its end? */
  stoodThrough(folder: string, path: RelPath, fromMs: number, toMs: number): boolean {
    const spans = this.#presence.get(`${folder}/${path}`) ?? []
    return spans.some((span) => span.fromMs <= fromMs && (span.toMs ?? Number.POSITIVE_INFINITY) >= toMs)
  }

  /** When a path held this content last, by the true clock, ms: now, while it does; -1 when it never did. */
  heldUntilMs(folder: string, path: RelPath, sha256: string): number {
    return this.stoodUntilMs(fileKey(sha256), (place) => place === `${folder}/${path}|bytes`)
  }

  /** Since when a path holds this content, by the true clock, ms; -1 when it does not. */
  heldSinceMs(folder: string, path: RelPath, sha256: string): number {
    const stays = this.#stays.get(fileKey(sha256)) ?? []
    return stays.find(({ place, toMs }) => place === `${folder}/${path}|bytes` && toMs === null)?.fromMs ?? -1
  }

  /** At how many paths of all folders a content stood then, also where a rule leaves it out. */
  placesAt(sha256: string, atMs: number): number {
    return this.#placesAt(sha256, atMs).length
  }

  /** The one path of all folders at which a content stood then; null where it stood at none, or at several. */
  onlyPlaceAt(sha256: string, atMs: number): string | null {
    const [one, ...others] = this.#placesAt(sha256, atMs)
    return one === undefined || others.length > 0 ? null : pathOf(one.place)
  }

  /** The path at which a content stood first; null where it never stood. */
  firstPlaceOf(sha256: string): string | null {
    const first = (this.#stays.get(fileKey(sha256)) ?? []).find(({ place }) => place.endsWith(BYTES))
    return first === undefined ? null : pathOf(first.place)
  }

  /** When a content, of a file or a group, stood last at any of these places, ms: now, while it does; -1 when it never did. */
  stoodUntilMs(content: string, isPlace: (place: string) => boolean): number {
    const stays = this.#stays.get(content) ?? []
    return Math.max(-1, ...stays.filter(({ place }) => isPlace(place)).map(({ toMs }) => toMs ?? this.#nowMs()))
  }

  /** Did a file that is no whole image or video stand in a directory then? */
  hadDamaged(folder: string, dir: RelPath, atMs: number): boolean {
    return [...this.#stays].some(([content, stays]) => {
      const file = content.startsWith('f:') ? contentOfSha(content.slice(2)) : undefined
      if (file === undefined || isWhole(file)) return false
      return stays.some(
        ({ place, fromMs, toMs }) =>
          place.endsWith('|bytes') &&
          dirOf(place) === `${folder}/${dir}` &&
          nameOf(place) !== `${IGNORE_FILE}|bytes` &&
          fromMs <= atMs &&
          (toMs ?? atMs) >= atMs,
      )
    })
  }

  /** The longest time for which a unit stood with this content and nothing else, ms; negative when it never did. */
  longestRestMs(content: string): number {
    const now = this.#nowMs()
    return Math.max(-1, ...(this.#stays.get(content) ?? []).map((stay) => (stay.toMs ?? now) - stay.fromMs))
  }

  /** The longest time for which a content stood, at whatever paths and in whatever datasets' folders, also where a rule left it out, ms. */
  longestStandMs(sha256: string): number {
    const now = this.#nowMs()
    const counted = [...this.#counts]
      .filter(([id]) => id.endsWith(` ${sha256}`))
      .flatMap(([, history]) => history.map(({ atMs, count }, i) => ({ fromMs: atMs, toMs: history[i + 1]?.atMs ?? now, count })))
      .filter(({ count }) => count > 0)
    const stood = (this.#stays.get(fileKey(sha256)) ?? []).map((stay) => ({ fromMs: stay.fromMs, toMs: stay.toMs ?? now }))
    let longest = -1
    let [fromMs, toMs] = [0, -1]
    for (const span of [...counted, ...stood].sort((one, other) => one.fromMs - other.fromMs)) {
      if (span.fromMs > toMs) fromMs = span.fromMs
      toMs = Math.max(toMs, span.toMs)
      longest = Math.max(longest, toMs - fromMs)
    }
    return longest
  }

  #placesAt(sha256: string, atMs: number): readonly Stay[] {
    const stays = this.#stays.get(fileKey(sha256)) ?? []
    return stays.filter(({ place, fromMs, toMs }) => place.endsWith(BYTES) && fromMs <= atMs && (toMs ?? atMs) >= atMs)
  }

  #recount(dataset: string, now: number): void {
    const standing = new Map<string, number>()
    const files = new Map<string, number>()
    for (const one of this.#last.values()) {
      if (one.dataset !== dataset) continue
      for (const [key, count] of one.keys) standing.set(key, (standing.get(key) ?? 0) + count)
      for (const [sha, count] of one.files) files.set(sha, (files.get(sha) ?? 0) + count)
    }
    for (const key of new Set([...standing.keys(), ...this.#known(dataset)])) {
      const id = `${dataset} ${key}`
      const was = this.#standing.get(id) ?? 0
      const is = standing.get(key) ?? 0
      if (is > was) this.#births.set(id, (this.#births.get(id) ?? 0) + is - was)
      if (is !== was) this.#standing.set(id, is)
    }
    for (const sha of new Set([...files.keys(), ...this.#knownFiles(dataset)])) {
      const id = `${dataset} ${sha}`
      const history = this.#counts.get(id) ?? []
      const is = files.get(sha) ?? 0
      if ((history.at(-1)?.count ?? 0) !== is) history.push({ atMs: now, count: is })
      this.#counts.set(id, history)
    }
  }

  /** A directory that came to hold what another one held, which is there and holds other frames now, is no move: it is a new group. */
  #exchanged(dataset: string, before: ReadonlyMap<string, { readonly groups: ReadonlyMap<string, string> }>): void {
    const came = new Map<string, number>()
    const left = new Map<string, number>()
    for (const [folder, { dataset: own, groups }] of this.#last) {
      if (own !== dataset) continue
      const were = before.get(folder)?.groups ?? new Map<string, string>()
      for (const [place, content] of groups) {
        const was = were.get(place)
        if (was === content) continue
        came.set(content, (came.get(content) ?? 0) + 1)
        if (was !== undefined) left.set(was, (left.get(was) ?? 0) + 1)
      }
    }
    for (const [content, count] of came) {
      const id = `${dataset} ${content}`
      const births = Math.min(count, left.get(content) ?? 0)
      if (births > 0) this.#births.set(id, (this.#births.get(id) ?? 0) + births)
    }
  }

  /**
   * A frame under a video's name, or where a video stood, is read once it is at rest, and where a video had a row taken for one once it is whole:
   * until then its group may go without it. What is no media there is that video's newer content. Before a clock that was set back, nothing that was
   * written before is at rest.
   */
  #withoutRestless({ folder, dataset, files, mapping }: FolderNow, before: ReadonlyMap<string, string>, now: number): void {
    const isRestless = ([path, { id, sha256 }]: readonly [RelPath, Content]): boolean => {
      const isOfVideo = this.#ofVideos.has(`${folder}/${path}`)
      if (id.startsWith('x')) return isOfVideo
      const isYoung = now < this.heldSinceMs(folder, path, sha256) + REST_MS || before.get(`${folder}/${path}|bytes`) !== fileKey(sha256)
      const isNew = this.#isSetBack() || id.endsWith('~') || isYoung
      return (path.endsWith('.mp4') || isOfVideo) && id.startsWith('i') && isNew
    }
    const restless = new Set([...files].filter(isRestless).map(([path]) => dirOf(path)))
    if (restless.size === 0) return
    for (const { key, shape, content } of unitsOf(new Map([...files].filter((file) => !isRestless(file))), mapping)) {
      if (shape !== 'dir' || !restless.has(key)) continue
      const id = `${dataset} ${content}`
      this.#births.set(id, (this.#births.get(id) ?? 0) + 1)
      this.#stays.set(content, [...(this.#stays.get(content) ?? []), { place: `${folder}/${key}|restless`, fromMs: now, toMs: now }])
    }
  }

  /** A look that began before an edit of the rules may find what came since, and take it for a unit once more. */
  #byFormer(folder: string, dataset: string, units: readonly UnitTruth[], nows: readonly UnitTruth[], now: number): void {
    for (const { key, content } of units) {
      const place = `${folder}/${key}|former`
      const stays = this.#stays.get(content) ?? []
      const isNow = nows.some((unit) => unit.key === key && unit.content === content)
      if (isNow || stays.some((stay) => stay.place === place)) continue
      this.#births.set(`${dataset} ${content}`, this.births(dataset, content) + 1)
      this.#stays.set(content, [...stays, { place, fromMs: now, toMs: now }])
    }
  }

  #known(dataset: string): string[] {
    return [...this.#standing.keys()].filter((id) => id.startsWith(`${dataset} `)).map((id) => id.slice(dataset.length + 1))
  }

  #knownFiles(dataset: string): string[] {
    return [...this.#counts.keys()].filter((id) => id.startsWith(`${dataset} `)).map((id) => id.slice(dataset.length + 1))
  }

  #stay(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>, now: number): void {
    for (const [place, content] of before) {
      if (after.get(place) === content) continue
      const open = this.#stays.get(content)?.find((stay) => stay.toMs === null && stay.place === place)
      if (open !== undefined) open.toMs = now
    }
    for (const [place, content] of after) {
      if (before.get(place) === content) continue
      const stays = this.#stays.get(content) ?? []
      // A directory that was away for a while comes back as old as it was.
      const earlier = stays.find((stay) => stay.place === place)
      stays.push({ place, fromMs: earlier?.fromMs ?? now, toMs: null })
      this.#stays.set(content, stays)
    }
  }

  #look(folder: string, files: ReadonlyMap<RelPath, Content>, now: number): void {
    const there = new Set([...this.#there].filter((key) => !key.startsWith(`${folder}/`)))
    for (const path of files.keys()) there.add(`${folder}/${path}`)
    for (const key of this.#there) {
      if (there.has(key)) continue
      this.#lastThere.set(key, now)
      const open = this.#presence.get(key)?.at(-1)
      if (open !== undefined) open.toMs = now
    }
    for (const key of there) {
      if (this.#there.has(key)) continue
      const spans = this.#presence.get(key) ?? []
      spans.push({ fromMs: now, toMs: null })
      this.#presence.set(key, spans)
    }
    this.#there = there
  }
}

/** The units that a folder's files make, whole or not, sorted. */
export function unitsOf(files: ReadonlyMap<RelPath, Content>, mapping: MappingTruth): readonly UnitTruth[] {
  const units: UnitTruth[] = []
  const groups = new Map<RelPath, Content[]>()
  for (const [path, content] of files) {
    if (mapping.isIgnored(path) || !isMedia(path)) continue
    const dir = dirOf(path)
    // The bytes decide; a name only says whether to look at all.
    const isVideo = content.id.startsWith('v') || (content.id.startsWith('x') && path.endsWith('.mp4'))
    if (isVideo || dir === '' || mapping.subdirectories === 'individual') {
      units.push({ key: path, shape: 'file', content: fileKey(content.sha256), isWhole: isWhole(content), isPartial: false })
    } else groups.set(dir, [...(groups.get(dir) ?? []), content])
  }
  for (const [dir, all] of groups) {
    const fit = mapping.groupIncomplete === 'skip' ? all.filter(isWhole) : all
    const frames = fit.length === 0 ? all : fit
    const content = groupKey(frames.map((frame) => frame.sha256))
    units.push({ key: dir, shape: 'dir', content, isWhole: frames.every(isWhole), isPartial: frames.length < all.length })
  }
  return units
}

function isWhole(content: Content): boolean {
  return 'whole' in content.look && content.look.whole.kind === 'whole'
}

function isMedia(path: RelPath): boolean {
  return /\.(jpg|mp4)$/.test(nameOf(path))
}

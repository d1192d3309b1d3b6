import type { Ledger } from '../store/openLedger.ts'
import type { FolderRecord } from '../sync/records.ts'
import type { FolderPlan } from './planRun.ts'

/** One title that several units of a dataset have, or will have. `paths` are below the folder; those of another folder are absolute. */
export type TitleClash = { readonly title: string; readonly paths: readonly string[] }

type Titled = { readonly folder: FolderRecord; readonly path: string; readonly title: string }
type Planned = { readonly folder: FolderRecord; readonly plan: FolderPlan }

/** Adds to each folder's plan the titles that its units share with others of the same dataset. Encord takes them; people mix them up. */
export function withTitleClashes(ledger: Ledger, planned: readonly Planned[]): readonly FolderPlan[] {
  const byTitle = new Map<string, Titled[]>()
  for (const one of planned.flatMap((each) => titlesOf(ledger, each))) {
    const key = `${one.folder.remoteId} ${one.title}`
    const known = byTitle.get(key)
    if (known === undefined) byTitle.set(key, [one])
    else known.push(one)
  }
  const shared = [...byTitle.values()].filter((all) => all.length > 1)
  return planned.map(({ folder, plan }) => ({
    ...plan,
    clashes: shared.flatMap((all) => {
      if (!all.some((one) => one.folder.id === folder.id)) return []
      const paths = all.map((one) => (one.folder.id === folder.id ? one.path : `${one.folder.path}/${one.path}`))
      return [{ title: all[0]?.title ?? '', paths }]
    }),
  }))
}

/** What each unit that is there is called once the plan is carried out. */
function titlesOf(ledger: Ledger, { folder, plan }: Planned): readonly Titled[] {
  const coming = new Map([
    ...plan.uploads.map(({ path, title }) => [path, title] as const),
    ...plan.renames.map(({ path, to }) => [path, to] as const),
  ])
  return ledger.facts.summaries(folder.id, '').flatMap(({ unit, version, facts }) => {
    const title = coming.get(unit.key) ?? (facts.current === 'live' ? version?.title : undefined)
    return title === undefined || unit.local !== 'present' ? [] : [{ folder, path: unit.key, title }]
  })
}

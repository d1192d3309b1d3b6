import type { LoadedConfig } from '../config/loadedConfig.ts'
import { EncordError, UserError } from '../model/error.ts'
import type { Log } from '../model/event.ts'
import { EXIT, type ExitCode } from '../model/exitCode.ts'
import { isShut } from '../model/folder.ts'
import { unitCommand } from '../model/nextCommand.ts'
import type { RemoteRow } from '../model/remote.ts'
import { type Ledger, openLedgerInMemory, openLedgerReadOnly } from '../store/openLedger.ts'
import { reviewState } from '../sync/folderState.ts'
import type { FolderRecord } from '../sync/records.ts'
import type { RemoteLink } from '../sync/remoteLink.ts'
import { bindConfigured } from './bindConfigured.ts'
import { changedContent } from './contentDrift.ts'
import { type Drift, missingRows, rowsWithoutFile, unknownRows, type Verdicts } from './drift.ts'
import { openLinks } from './links.ts'
import { type FolderPlan, folderRules, type PlanTools, planFolder, privateDisk } from './planRun.ts'
import { PASS, recheck } from './recheckDrift.ts'

/** What could not be compared, and why. */
type VerifyTrouble = { readonly what: string; readonly why: string; readonly next: string; readonly needsPerson: boolean }

/** How ledger, dataset and disk differ. */
export type VerifyView = {
  readonly datasets: readonly { readonly dataset: string; readonly rows: number | null }[]
  readonly folders: readonly { readonly folder: string; readonly state: string; readonly synced: number; readonly onTheWay: number }[]
  readonly drift: readonly Drift[]
  readonly troubles: readonly VerifyTrouble[]
  /** 0 no drift, 1 a dataset could not be read, 3 a person must look. */
  readonly exitCode: ExitCode
}

export type VerifyTools = PlanTools & {
  /** Hash every file again, also those that look unchanged. */
  readonly content: boolean
  /** A service is at work: what it has in hand is no drift. */
  readonly serviceRuns: boolean
}

const SILENT: Log = { emit: () => undefined }

/**
 * Compares ledger, dataset and disk, whole: reads each dataset, walks each folder, on a private copy of the ledger. Deletes nothing,
 * sends nothing, writes nothing. What the ledger says differently at the end (a service is at work) is left out.
 */
export async function verifyRun(config: LoadedConfig, tools: VerifyTools): Promise<VerifyView> {
  const { clock } = tools
  const stored = openLedgerReadOnly(config.ledgerPath)
  const ledger = stored?.copy() ?? openLedgerInMemory()
  stored?.close()
  const disk = privateDisk(ledger, clock)
  const bound = await bindConfigured(config, ledger, disk, { clock, log: SILENT })
  const linkTools = { ledger, log: SILENT, maxSockets: 4, onTouched: () => undefined, ...tools }
  const { links, close } = openLinks(() => config, bound, linkTools, 'reads-only')
  try {
    // Whether the ledger was put back its folders tell: what it has forgotten by then is read as that, and is not taken for somebody's second rows.
    for (const { id } of bound) await reviewState({ ledger, disk, log: SILENT, clock }, id, null)
    const datasets = new Map<number, Dataset>()
    for (const [remoteId, link] of links) datasets.set(remoteId, await readDataset(link, ledger, tools))
    const plans: { readonly folder: FolderRecord; readonly plan: FolderPlan; readonly content: readonly Drift[] }[] = []
    for (const { folder, ...rules } of folderRules(config, bound)) {
      const link = links.get(folder.remoteId)
      const dataset = datasets.get(folder.remoteId)
      if (link === undefined || dataset === undefined) continue
      const read: RemoteLink = { ...link, listing: async () => dataset.listed }
      const plan = await planFolder({ ledger, disk, link: read, ...rules, limits: null, ...tools }, folder)
      const content =
        tools.content && !isShut(ledger.folders.get(folder.id).state) ? await changedContent({ ledger, disk, ...tools }, folder) : []
      plans.push({ folder, plan, content })
    }
    const found = [
      ...[...datasets].flatMap(([remoteId, dataset]) => datasetDrift(ledger, remoteId, dataset, verdictsOf(plans))),
      ...plans.flatMap(({ folder, plan, content }) => [...unsentDrift(ledger, folder, plan), ...content]),
    ]
    const { drift, onTheWay } = recheck({ ...tools, ledger, ledgerPath: config.ledgerPath, wallMs: () => clock.wallMs() }, found)
    const troubles = [
      ...[...datasets.values()].flatMap((dataset) => dataset.trouble ?? []),
      ...plans.flatMap(({ folder }) => troubleOf(ledger, folder)),
    ]
    return {
      datasets: [...datasets].map(([id, { rows }]) => ({ dataset: ledger.remotes.get(id).dataset, rows: rows?.length ?? null })),
      folders: plans.map(({ folder, plan }) => ({
        folder: folder.path,
        state: plan.state,
        synced: plan.synced,
        onTheWay: onTheWay.filter((one) => one.folder === folder.path).length,
      })),
      drift,
      troubles,
      exitCode: exitCodeOf(drift, troubles),
    }
  } finally {
    close()
    ledger.close()
  }
}

type Dataset = {
  readonly rows: readonly RemoteRow[] | null
  readonly askedAtMs: number
  readonly listed: Awaited<ReturnType<RemoteLink['listing']>>
  readonly trouble: VerifyTrouble | null
}

/** The rows with their client metadata, and what the ledger's copy makes of the dataset. */
async function readDataset(link: RemoteLink, ledger: Ledger, { clock, signal }: PlanTools): Promise<Dataset> {
  const { dataset } = ledger.remotes.get(link.id)
  const askedAtMs = clock.wallMs()
  try {
    const { rows } = await link.remote.listing({ clientMetadata: true }, { signal })
    const listed = await link.listing()
    if (listed !== null) return { rows, askedAtMs, listed, trouble: null }
    return { rows: null, askedAtMs, listed, trouble: troubleWith(dataset, link.trouble() ?? 'unknown', true) }
  } catch (error) {
    if (!(error instanceof EncordError || error instanceof UserError)) throw error
    return { rows: null, askedAtMs, listed: null, trouble: troubleWith(dataset, error.message, false) }
  }
}

function troubleWith(dataset: string, why: string, needsPerson: boolean): VerifyTrouble {
  return { what: `the dataset ${dataset} could not be compared`, why, next: `encord-sync dataset info --dataset ${dataset}`, needsPerson }
}

function datasetDrift(ledger: Ledger, remoteId: number, { rows, askedAtMs }: Dataset, verdicts: Verdicts): readonly Drift[] {
  if (rows === null) return []
  const listed = new Set(rows.map((row) => row.dataHash))
  return [
    ...missingRows(ledger, remoteId),
    ...unknownRows(ledger, remoteId, rows, askedAtMs),
    ...rowsWithoutFile(ledger, remoteId, listed, verdicts),
  ]
}

function verdictsOf(plans: readonly { readonly plan: FolderPlan }[]): Verdicts {
  return new Map(plans.flatMap(({ plan }) => plan.deletes).map(({ dataHash, verdict, why }) => [dataHash, { verdict, why }] as const))
}

/** On the disk, ready, and not in the dataset. */
function unsentDrift(ledger: Ledger, folder: FolderRecord, plan: FolderPlan): readonly Drift[] {
  const drift = (path: string, title: string, why: string, next: string): Drift => ({
    class: 'not-in-dataset',
    folder: folder.path,
    path,
    dataHash: null,
    title,
    why,
    next,
    needsPerson: true,
  })
  const open = ledger.units.open(folder.id).flatMap((id) => ledger.units.get(id) ?? [])
  return [
    ...plan.uploads.map(({ path, title, because }) =>
      drift(path, title, `it is ready and not in the dataset as it is now: ${because}`, PASS),
    ),
    ...open
      .filter(({ local, work }) => local === 'present' && (work === 'unlinked' || work === 'failed'))
      .filter(({ key }) => !plan.uploads.some(({ path }) => path === key))
      .map(({ key, work, why }) =>
        work === 'unlinked'
          ? drift(key, '', `it may be a row that the dataset holds already: ${why}`, 'encord-sync adopt')
          : drift(key, '', `sending it failed: ${why}`, unitCommand('retry', folder.path, key)),
      ),
  ]
}

/** A folder that is not itself can't be compared. */
function troubleOf(ledger: Ledger, folder: FolderRecord): readonly VerifyTrouble[] {
  const { state, why } = ledger.folders.get(folder.id)
  return isShut(state)
    ? [{ what: `${folder.path} could not be compared: it is ${state}`, why, next: 'encord-sync status', needsPerson: true }]
    : []
}

function exitCodeOf(drift: readonly Drift[], troubles: readonly VerifyTrouble[]): ExitCode {
  if ([...drift, ...troubles].some(({ needsPerson }) => needsPerson)) return EXIT.person
  return troubles.length > 0 ? EXIT.failed : EXIT.ok
}

import type { FolderConfig, LoadedConfig } from '../config/loadedConfig.ts'
import type { Clock, Random } from '../model/clock.ts'
import type { Log } from '../model/event.ts'
import type { RelPath } from '../model/file.ts'
import { type FolderPolicy, isShut } from '../model/folder.ts'
import type { Limits } from '../model/limits.ts'
import { shownKey, type UnitKind } from '../model/unit.ts'
import { type Ledger, openLedgerInMemory, openLedgerReadOnly } from '../store/openLedger.ts'
import { applySurvey } from '../sync/applySurvey.ts'
import { reviewCandidates } from '../sync/candidates.ts'
import { endPause } from '../sync/endPause.ts'
import { reviewState } from '../sync/folderState.ts'
import { inquire } from '../sync/inquire.ts'
import { judgeDeletes } from '../sync/judgeDeletes.ts'
import type { Looks } from '../sync/looks.ts'
import { applyNote } from '../sync/notes.ts'
import type { Action } from '../sync/plan/action.ts'
import { planUnit } from '../sync/plan/unitPlan.ts'
import type { Disk } from '../sync/ports.ts'
import type { FolderRecord } from '../sync/records.ts'
import { contextOf } from '../sync/relations.ts'
import type { RemoteLink } from '../sync/remoteLink.ts'
import { bindConfigured, pair } from './bindConfigured.ts'
import { openDisk } from './disk.ts'
import { policyFor } from './folderSetup.ts'
import { guardOf } from './guard.ts'
import { openLinks } from './links.ts'
import { type PlanWarning, planWarnings } from './planWarnings.ts'
import { survey } from './survey.ts'
import { type TitleClash, withTitleClashes } from './titleClashes.ts'
import { problemText } from './unitLines.ts'

/** What `once` would do, folder by folder. */
export type PlanView = {
  readonly folders: readonly FolderPlan[]
}

export type FolderPlan = {
  readonly folder: string
  readonly state: string
  readonly why: string
  readonly deletes: readonly {
    readonly path: string
    readonly title: string
    readonly dataHash: string
    readonly verdict: 'delete' | 'hold' | 'wait'
    readonly why: string
  }[]
  readonly uploads: readonly {
    readonly path: string
    readonly kind: UnitKind
    readonly title: string
    readonly sizeBytes: number
    readonly files: number
    readonly because: string
  }[]
  readonly renames: readonly { readonly path: string; readonly from: string; readonly to: string }[]
  /** Rows whose metadata is written anew because of a file beside the unit. */
  readonly metadata: readonly { readonly path: string; readonly because: string }[]
  readonly unresolved: readonly { readonly path: string; readonly because: string }[]
  readonly waiting: readonly { readonly path: string; readonly why: string }[]
  /** Units that are set aside, and files that are no unit, each with its reason. */
  readonly refused: readonly { readonly path: string; readonly why: string }[]
  /** What a person should know before it is sent; nothing waits for it. */
  readonly warnings: readonly PlanWarning[]
  /** Titles that several units of the dataset have, or will have. */
  readonly clashes: readonly TitleClash[]
  readonly ignored: number
  readonly synced: number
}

export type PlanTools = { readonly clock: Clock; readonly random: Random; readonly signal: AbortSignal }

/** A plan looks once; what `once` would wait for is taken as having passed, ms. */
const PATIENCE_MS = 120_000
const SILENT: Log = { emit: () => undefined }

/**
 * Plans what `once` would do: the same survey and planner on a private copy of the ledger. Reads the dataset once; writes nothing,
 * not in the ledger, the folders or the dataset.
 */
export async function planRun(config: LoadedConfig, tools: PlanTools): Promise<PlanView> {
  const stored = openLedgerReadOnly(config.ledgerPath)
  const ledger = stored?.copy() ?? openLedgerInMemory()
  stored?.close()
  const disk = privateDisk(ledger, tools.clock)
  const folders = await bindConfigured(config, ledger, disk, { clock: tools.clock, log: SILENT })
  const { links, close } = openLinks(
    () => config,
    folders,
    { ledger, log: SILENT, maxSockets: 4, onTouched: () => undefined, ...tools },
    'reads-only',
  )
  try {
    const plans: { readonly folder: FolderRecord; readonly plan: FolderPlan }[] = []
    for (const { id } of folders) endPause(ledger, id, tools.clock.wallMs())
    const current = folders.map(({ id }) => ledger.folders.get(id))
    for (const { folder, limits, ...rules } of folderRules(config, current)) {
      const link = links.get(folder.remoteId)
      if (link === undefined) continue
      plans.push({ folder, plan: await planFolder({ ledger, disk, link, limits, ...rules, ...tools }, folder) })
    }
    return { folders: withTitleClashes(ledger, plans) }
  } finally {
    close()
    ledger.close()
  }
}

/** What the config says of a folder, as it is in force where the folder lies. */
type FolderRules = {
  readonly policy: FolderPolicy
  /** That of any folder of the dataset: a move may end in another one. */
  readonly policyOf: (folderId: number) => FolderPolicy
  readonly ignore: FolderConfig['ignore']
  readonly guard: ReturnType<typeof guardOf>
  readonly limits: Limits | null
}

/** The folders of the config, each with its rules. */
export function folderRules(
  config: LoadedConfig,
  folders: readonly FolderRecord[],
): readonly (FolderRules & { readonly folder: FolderRecord })[] {
  const rules = pair(config, folders).map(({ entry, folder }) => {
    const guard = guardOf(folder, entry.policy)
    const policy = policyFor(entry.policy, entry.explicit.settle, guard.fileSystem)
    return { folder, guard, policy, ignore: entry.ignore, limits: entry.limits }
  })
  return rules.map((one) => ({ ...one, policyOf: (folderId) => (rules.find(({ folder }) => folder.id === folderId) ?? one).policy }))
}

/** What one folder is planned with. */
export type FolderTools = PlanTools & FolderRules & { readonly ledger: Ledger; readonly disk: Disk; readonly link: RemoteLink }

/** Plans one folder on a private ledger: whole scan, inquiries and notes included. */
export async function planFolder(tools: FolderTools, folder: FolderRecord): Promise<FolderPlan> {
  const { ledger, disk, link, clock, guard, policy } = tools
  const wallMs = (): number => clock.wallMs()
  const { state } = await reviewState({ ledger, disk, log: SILENT, clock }, folder.id, null)
  const known = ledger.folders.get(folder.id)
  const empty = {
    folder: folder.path,
    state,
    why: known.why,
    deletes: [],
    uploads: [],
    renames: [],
    metadata: [],
    unresolved: [],
    waiting: [],
    refused: [],
    warnings: [],
    clashes: [],
    ignored: 0,
    synced: 0,
  }
  if (isShut(state)) return empty
  const listed = await link.listing()
  const looks = patientLooks()
  const seen = await disk.survey({
    folderId: folder.id,
    root: folder.path,
    dirs: null,
    ignore: tools.ignore,
    knownMounts: known.mounts,
    newestScan: ledger.scans.newest(),
    keepsDirTimes: false,
  })
  const { scanId, touched } = applySurvey({ ledger, looks, log: SILENT, wallMs, process: 'plan' }, known, tools.policyOf, seen)
  reviewCandidates({ ledger, looks, log: SILENT, wallMs }, known, scanId, touched, guard.graceMs)
  // A plan waits for no further listing.
  ledger.remotes.markContacted(folder.remoteId)
  const steps = await planUnits(tools, known, looks)
  const now = { wallMs: wallMs(), monotonicMs: clock.monotonicMs(), serverMs: null }
  const judged = judgeDeletes(ledger, known, policy, now, guard.fileSystem, guard.graceMs)
  const key = (unitId: number): RelPath => shownKey(ledger.units.get(unitId)?.key ?? '')
  return {
    ...empty,
    why: listed === null ? `the dataset could not be read: ${link.trouble() ?? ''}` : known.why,
    deletes: judged.flatMap(({ view, verdict }) =>
      verdict.kind === 'delete' || verdict.kind === 'hold' || verdict.kind === 'wait'
        ? [
            {
              path: view.unit.key,
              title: view.version.title,
              dataHash: view.version.dataHash ?? '',
              verdict: verdict.kind,
              why: verdict.kind === 'delete' ? verdict.because : verdict.why,
            },
          ]
        : [],
    ),
    uploads: steps.flatMap((step) =>
      step.kind === 'upload'
        ? [
            {
              path: step.key,
              kind: step.unitKind,
              title: step.title,
              sizeBytes: step.sizeBytes,
              files: step.fileIds.length,
              because: step.because,
            },
          ]
        : [],
    ),
    renames: steps.flatMap((step) =>
      step.kind === 'retitle' ? [{ path: key(step.unitId), from: ledger.versions.get(step.versionId)?.title ?? '', to: step.title }] : [],
    ),
    metadata: steps.flatMap((step) =>
      step.kind === 'write-metadata' && step.sidecar !== null ? [{ path: key(step.unitId), because: step.because }] : [],
    ),
    unresolved: steps.flatMap((step) => (step.kind === 'resolve' ? [{ path: key(step.unitId), because: step.because }] : [])),
    waiting: steps.flatMap((step) =>
      step.kind === 'wait' && (step.work === 'waiting' || step.work === 'failed') ? [{ path: key(step.unitId), why: step.why }] : [],
    ),
    refused: [
      ...steps.flatMap((step) =>
        step.kind === 'wait' && (step.work === 'rejected' || step.work === 'unlinked') ? [{ path: key(step.unitId), why: step.why }] : [],
      ),
      ...ledger.tree
        .problems(folder.id)
        .flatMap((file) => (file.unitId === null ? [{ path: file.path, why: problemText(file.problem ?? '') }] : [])),
    ],
    warnings: planWarnings(ledger, policy, tools.limits, steps),
    ignored: seen.ignored,
    synced: ledger.units.list(folder.id).filter((unit) => unit.work === 'none' && unit.local === 'present').length,
  }
}

/** Plans until only effects and waits are left; inquiries and notes run on the private copy. */
async function planUnits(tools: FolderTools, folder: FolderRecord, looks: Looks): Promise<readonly Action[]> {
  const { ledger, disk, clock, signal, policy, link, guard } = tools
  const last = new Map<number, readonly Action[]>()
  let due = new Set(ledger.units.open(folder.id))
  while (due.size > 0 && !signal.aborted) {
    const again = new Set<number>()
    for (const id of due) {
      const view = ledger.view(id)
      if (view === null || view.unit.folderId !== folder.id) continue
      const remote = ledger.remotes.get(folder.remoteId)
      const now = { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs(), serverMs: null }
      const { fileSystem } = guard
      const context = contextOf(view, {
        ledger,
        disk,
        looks,
        folder,
        remote,
        policy,
        fileSystem,
        foreign: link.foreign(),
        now,
        awaited: null,
      })
      const actions = planUnit(view, context)
      last.set(id, actions)
      for (const action of actions) {
        if (action.kind === 'inspect' || action.kind === 'hash' || action.kind === 'inspect-sidecar') {
          const answer = await inquire({ ledger, disk, clock, signal }, folder, action)
          if (answer.kind === 'known') again.add(id)
          else {
            const why = answer.kind === 'later' ? answer.why : 'it changes while it is read'
            last.set(id, [{ kind: 'wait', unitId: id, work: 'waiting', why, forMs: null, patience: 'once-leaves' }])
          }
        } else if (isNote(action)) {
          const touched = ledger.now(() => applyNote({ ledger, log: SILENT, wallMs: () => clock.wallMs() }, folder, policy, action))
          for (const one of touched) again.add(one)
        }
      }
    }
    due = again
  }
  return [...last.entries()].flatMap(([id, actions]) => (ledger.units.get(id) === null ? [] : actions))
}

type NoteAction = Parameters<typeof applyNote>[3]

function isNote(action: Action): action is NoteAction {
  return ['wait', 'in-step', 'remap', 'retype', 'take-over', 'link', 'take-lost', 'abandon', 'forget'].includes(action.kind)
}

/** Everything has been at rest for as long as `once` would wait. */
function patientLooks(): Looks {
  return {
    fileChanged: () => undefined,
    dirChanged: () => undefined,
    forget: () => undefined,
    forgetDir: () => undefined,
    fileQuietMs: () => PATIENCE_MS,
    dirQuietMs: () => PATIENCE_MS,
    sinceScanMs: () => null,
    scanEnded: () => undefined,
    forgetScansBefore: () => undefined,
  }
}

/** The real disk, with the walk on the private ledger, and nothing written into a folder. */
export function privateDisk(ledger: Ledger, clock: Clock): Disk {
  const sleeper = new Int32Array(new SharedArrayBuffer(4))
  const disk = openDisk(async (request) =>
    survey({ tree: ledger.tree, wallMs: () => clock.wallMs(), pause: (ms) => void Atomics.wait(sleeper, 0, 0, ms) }, request),
  )
  const markers = new Map<string, { readonly folderId: string; readonly ledgerId: string }>()
  return {
    ...disk,
    async identity(root) {
      const seen = await disk.identity(root)
      const marker = markers.get(root)
      return seen.kind === 'there' && seen.marker === 'none' && marker !== undefined ? { ...seen, marker } : seen
    },
    async writeMarker(root, marker) {
      markers.set(root, marker)
      return 'written'
    },
    writeAlive: async () => undefined,
  }
}

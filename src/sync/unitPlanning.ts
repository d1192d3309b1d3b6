import PQueue from 'p-queue'
import type { RelPath } from '../model/file.ts'
import type { Agenda } from './agenda.ts'
import { backoffMs, LONGEST_LOCAL_BACKOFF_MS } from './backoff.ts'
import type { EngineTools } from './engine.ts'
import type { FolderSetup } from './folderSetup.ts'
import type { Holds } from './holds.ts'
import { type FileInquiry, inquire } from './inquire.ts'
import { isTold } from './isTold.ts'
import { applyNote } from './notes.ts'
import type { Action, Effect, Inquiry } from './plan/action.ts'
import type { Now } from './plan/context.ts'
import { planUnit } from './plan/unitPlan.ts'
import type { FolderRecord } from './records.ts'
import { contextOf } from './relations.ts'
import type { RemoteLink } from './remoteLink.ts'

/** Plans the units of one folder: notes are carried out at once, questions asked, effects queued. */
export type UnitPlanning = {
  /** Plans what is due, a slice at a time. */
  planDue(): void
  /** Plans the unit once more: is it still the very same effect? */
  stillPlanned(effect: Effect): boolean
}

export type PlanningTools = Pick<EngineTools, 'ledger' | 'disk' | 'log' | 'clock' | 'random' | 'looks' | 'signal'> & {
  readonly setup: Pick<FolderSetup, 'folderId' | 'remoteId' | 'policy' | 'fileSystem'>
  readonly link: RemoteLink
  readonly agenda: Agenda
  readonly holds: Holds
  begin(work: () => Promise<void>): void
  record(): FolderRecord
  now(): Now
  /** Path of another folder of the dataset of which a look is on its way that tells what went there meanwhile; null: of none. */
  awaited(): string | null
  queue(effect: Effect): void
  hint(dir: RelPath): void
  /** Units that a note changed, here or in another folder of the dataset. */
  touch(unitIds: readonly number[]): void
  judgeSoon(): void
  /** The dataset has to be read anew before this unit can be planned. */
  listAgain(): void
}

/** Units planned in one round. */
const PLAN_SLICE = 300
/** Files looked into at once. */
const INQUIRIES = 8
/** A file that was not what was scanned is looked at again after this time at the latest, ms. */
export const LOOK_AGAIN_MS = 1_000

export function openUnitPlanning(tools: PlanningTools): UnitPlanning {
  const { ledger, log, clock, signal, setup, link, agenda, holds } = tools
  const inquiries = new PQueue({ concurrency: INQUIRIES })
  const noteTools = { ledger, log, wallMs: () => clock.wallMs() }

  function around(): Parameters<typeof contextOf>[1] {
    return {
      ledger,
      disk: tools.disk,
      looks: tools.looks,
      folder: tools.record(),
      remote: ledger.remotes.get(setup.remoteId),
      policy: setup.policy,
      fileSystem: setup.fileSystem,
      foreign: link.foreign(),
      now: tools.now(),
      awaited: tools.awaited(),
    }
  }

  function act(folder: FolderRecord, action: Action): void {
    switch (action.kind) {
      case 'inspect':
      case 'hash':
      case 'inspect-sidecar':
        ask(folder, action)
        return
      case 'list-remote':
        askRemote(action)
        return
      case 'upload':
        ledger.units.setWork(action.unitId, 'queued', action.because, clock.wallMs(), ledger.units.get(action.unitId)?.attempts ?? 0)
        tools.queue(action)
        return
      case 'resolve':
      case 'retitle':
      case 'write-metadata':
        tools.queue(action)
        return
      case 'wait':
        applyNote(noteTools, folder, setup.policy, action)
        if (action.forMs !== null) agenda.at(action.unitId, clock.monotonicMs() + action.forMs, action.patience)
        return
      default:
        if (action.kind === 'link') for (const row of [action.row, ...action.more]) link.foreign().drop(row.dataHash)
        tools.touch(applyNote(noteTools, folder, setup.policy, action))
    }
  }

  function ask(folder: FolderRecord, inquiry: FileInquiry): void {
    holds.hold(inquiry.unitId)
    tools.begin(async () => {
      try {
        const answer = await inquiries.add(() => inquire(tools, folder, inquiry))
        if (answer.kind === 'look') {
          tools.hint(answer.dir)
          agenda.at(inquiry.unitId, clock.monotonicMs() + LOOK_AGAIN_MS, 'once-waits')
        } else if (answer.kind === 'later') await putOff(folder, inquiry.unitId, answer.why)
        else holds.again(inquiry.unitId)
        tools.judgeSoon()
      } catch (error) {
        if (!signal.aborted) throw error
      } finally {
        holds.release(inquiry.unitId)
      }
    })
  }

  /** The unit's plan waits until then by itself, whatever else comes to ask for it. */
  async function putOff(folder: FolderRecord, unitId: number, why: string): Promise<void> {
    const unit = ledger.units.get(unitId)
    if (unit === null) return
    const attempts = unit.attempts + 1
    const retryInMs = backoffMs(attempts, tools.random, LONGEST_LOCAL_BACKOFF_MS)
    const at = clock.wallMs()
    await ledger.commit(() => ledger.units.setWork(unitId, 'failed', why, at, attempts, at + retryInMs))
    if (isTold(attempts)) log.emit('unit.failed', { folder: folder.path, path: unit.key, why, attempt: attempts, retryInMs })
    holds.again(unitId)
  }

  function askRemote(inquiry: Extract<Inquiry, { kind: 'list-remote' }>): void {
    ledger.units.setWork(inquiry.unitId, 'waiting', inquiry.because, clock.wallMs())
    tools.listAgain()
  }

  return {
    planDue() {
      const ids = agenda.take(clock.monotonicMs(), PLAN_SLICE)
      if (ids.length === 0) return
      const here = around()
      ledger.now(() => {
        for (const id of ids) {
          if (holds.has(id)) {
            holds.again(id)
            continue
          }
          const view = ledger.view(id)
          if (view === null || view.unit.folderId !== setup.folderId) continue
          for (const action of planUnit(view, contextOf(view, here))) act(here.folder, action)
        }
      })
    },
    stillPlanned(effect) {
      const view = ledger.view(effect.unitId)
      if (view === null || view.unit.folderId !== setup.folderId) return false
      const wanted = JSON.stringify(effect)
      return planUnit(view, contextOf(view, around())).some((action) => JSON.stringify(action) === wanted)
    },
  }
}

import { acceptFolder } from '../../src/app/acceptFolder.ts'
import { acceptLedger } from '../../src/app/acceptLedger.ts'
import type { ChangeParts } from '../../src/app/changeParts.ts'
import { approveBatch, rejectBatch } from '../../src/app/decideBatch.ts'
import { signDecision } from '../../src/app/signDecision.ts'
import { UserError, unreachable } from '../../src/model/error.ts'
import type { Log } from '../../src/model/event.ts'
import type { Ledger } from '../../src/store/openLedger.ts'
import type { Trouble } from './promises.ts'
import type { Service } from './service.ts'
import type { VirtualClock } from './virtualClock.ts'
import type { VirtualFolder } from './virtualFolder.ts'
import type { ConfigEdit, FolderTruth } from './worldEvent.ts'

export type PersonTools = {
  readonly clock: VirtualClock
  readonly ledger: Ledger
  readonly log: Log
  readonly troubles: Map<string, Trouble>
  /** The process that runs now. */
  service(): Service | null
  /** The ledger was accepted for these folders, at this moment at the earliest. */
  onAccepted(paths: readonly string[], atMs: number): void
  onDefect(what: string): void
}

/** A folder in the config, or one that left it. */
export type Setup = { readonly truth: FolderTruth; readonly configured: boolean }

/** What a person decides through the service's commands. */
export class PersonActs {
  /** Hashes a person has approved. */
  readonly approved = new Set<string>()
  /** Hashes a person said no to, and did not approve since. */
  readonly rejected = new Set<string>()
  readonly #tools: PersonTools

  constructor(tools: PersonTools) {
    this.#tools = tools
  }

  #parts(): ChangeParts | null {
    const service = this.#tools.service()
    if (service?.engine == null) return null
    const never = new Error('not part of the simulation')
    const disk = { identity: () => Promise.reject(never) }
    return {
      ledger: service.ledger,
      wallMs: () => this.#tools.clock.wallMs(),
      poke: (id: number | null) => service.engine?.poke(id),
      log: this.#tools.log,
      disk,
      clock: this.#tools.clock,
      service: { pid: 1, startedAtMs: 0 },
    } as unknown as ChangeParts
  }

  decide(how: 'approve' | 'reject'): void {
    const service = this.#tools.service()
    const parts = this.#parts()
    const { ledger } = this.#tools
    if (service === null || parts === null || service.disk === null) return
    for (const folder of ledger.folders.all()) {
      for (const batch of ledger.candidates.batches(folder.id)) {
        if (batch.decision !== null) continue
        // It may have died as it signed the decision before.
        if (!service.port.isAlive) return
        const hashes = ledger.candidates.inBatch(batch.id).map(({ versionId }) => ledger.versions.get(versionId)?.dataHash ?? '')
        if (how === 'reject') {
          for (const hash of hashes) this.rejected.add(hash)
          rejectBatch(parts, batch.id)
          signDecision({ ...parts, disk: service.disk }, [folder]).catch(this.#fail('reject', service))
          continue
        }
        for (const hash of hashes) {
          this.approved.add(hash)
          this.rejected.delete(hash)
        }
        approveBatch(parts, { id: batch.id, digest: batch.digest })
      }
    }
  }

  /** A person accepts a folder that was restored, or whose ledger was; not one whose disk is away. */
  accept(folder: VirtualFolder): void {
    const service = this.#tools.service()
    const parts = this.#parts()
    const record = this.#tools.ledger.folders.byPath(folder.path)
    if (service === null || parts === null || record === null || folder.shown !== folder.own || !folder.own.isReadable) return
    if (record.state !== 'restored' && record.state !== 'frozen' && record.state !== 'foreign') return
    const others = [...this.#tools.troubles.values()].filter((one) => one.folder === folder.path && !/restored|marker/.test(one.what))
    if (others.length > 0) return
    const { disk } = service
    if (disk === null) return
    // It holds once it is in the ledger, also when the process dies before it can say so.
    const { ledger, troubles } = this.#tools
    const isOpen = (): boolean => ledger.folders.get(record.id).state !== 'ok'
    for (const [id, trouble] of troubles)
      if (trouble.folder === folder.path && /restored|marker/.test(trouble.what)) troubles.set(id, { ...trouble, isStill: isOpen })
    const wasFrozen = record.state === 'frozen'
    const { onAccepted } = this.#tools
    const atMs = this.#tools.clock.nowMs
    acceptFolder({ ...parts, disk }, record.uid).then(
      () => void (wasFrozen && service.port.isAlive && onAccepted([record.path], atMs)),
      (error) => {
        // Told to the person, who does it once more when the disk is back.
        const isAway = folder.shown !== folder.own || !folder.own.isReadable
        if (!(isAway && error instanceof UserError)) this.#fail('accept', service)(error)
      },
    )
  }

  /** A person accepts the ledger as it is. */
  acceptLedger(): void {
    const service = this.#tools.service()
    const parts = this.#parts()
    if (service === null || parts === null || service.disk === null) return
    const paths = this.#tools.ledger.folders.all().map(({ path }) => path)
    const atMs = this.#tools.clock.nowMs
    acceptLedger({ ...parts, disk: service.disk, machineId: () => null }).then(
      () => void (service.port.isAlive && this.#tools.onAccepted(paths, atMs)),
      this.#fail('ledger accept', service),
    )
  }

  #fail(what: string, service: Service): (error: unknown) => void {
    return (error) => {
      if (service.port.isAlive) this.#tools.onDefect(`${what}: ${String(error)}`)
    }
  }
}

/** The config after a person changed it. */
export function edited(setups: readonly Setup[], edit: ConfigEdit): Setup[] {
  return setups.map((one, i) => {
    if (i !== edit.folder) return one
    switch (edit.set) {
      case 'mode':
        return { ...one, truth: { ...one.truth, mode: edit.mode } }
      case 'onChange':
        return { ...one, truth: { ...one.truth, onChange: edit.onChange } }
      case 'groupIncomplete':
        return { ...one, truth: { ...one.truth, groupIncomplete: edit.groupIncomplete } }
      case 'grace':
        return { ...one, truth: { ...one.truth, graceMs: edit.graceMs } }
      case 'ignore':
        return { ...one, truth: { ...one.truth, ignore: edit.ignore } }
      case 'subdirectories':
        return { ...one, truth: { ...one.truth, subdirectories: edit.subdirectories } }
      case 'configured':
        return { ...one, configured: edit.configured }
      default:
        return unreachable(edit)
    }
  })
}

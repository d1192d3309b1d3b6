import type { EventName, Log } from '../../src/model/event.ts'

/** Events of the engine that show that a run did what it is there for. */
const COUNTED: ReadonlySet<EventName> = new Set([
  'call.unknown',
  'delete.cancelled',
  'delete.held',
  'scan.blind',
  'unit.adopted',
  'unit.detached',
  'unit.missing',
  'unit.moved',
  'unit.rejected',
  'unit.remote-missing',
  'unit.returned',
  'unit.unlinked',
  'version.stray',
  'version.superseded',
])

/** Counts how often each thing was met that the simulator is there for: a run that meets none proves nothing. */
export class Met {
  readonly counts: Record<string, number> = {}

  add(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }

  /** A log that counts, and hands on. */
  over(log: Log): Log {
    return {
      emit: (name, fields) => {
        if (COUNTED.has(name)) this.add(name)
        if ('outcome' in fields && name === 'call.resolved') this.add(`call.resolved ${fields.call} ${fields.outcome}`)
        if (name === 'folder.state' && 'state' in fields) this.add(`folder.state ${fields.state}`)
        log.emit(name, fields)
      },
    }
  }
}

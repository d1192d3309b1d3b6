import type { FolderState } from './folder.ts'
import type { CallFailure, Outcome } from './remote.ts'
import type { UnitKind } from './unit.ts'

/** Log levels, most urgent first. journald prefixes 3, 4, 6, 7. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What a field may hold: values that every format can print. Errors are put into words by whoever emits. */
export type FieldValue = string | number | boolean | null | readonly string[]

type UnitRef = { readonly folder: string; readonly path: string }
type RowRef = UnitRef & { readonly dataHash: string }

/**
 * The fields of each event. `folder` is the folder's path as configured, `path` the unit's path below it ('' for a group in the root),
 * `why` a reason in words, `next` the command that helps. Names and fields never change their meaning; the prose around them may.
 */
export type EventFields = {
  'service.started': { version: string; node: string; pid: number; config: string; ledger: string; folders: number }
  'service.ready': { folders: number; tookMs: number }
  'status.listening': { url: string; tokenFile: string }
  'service.stopping': { signal: string; inHand: number }
  'service.stopped': { tookMs: number }
  'service.stuck': { part: string; forMs: number }
  'service.blocked': { why: string; next: string }
  'service.unblocked': { tookMs: number }
  'service.unheard': { why: string; next: string }
  'service.unreachable': { why: string; next: string }
  'service.reachable': Record<never, never>
  'folder.state': { folder: string; state: FolderState; was: FolderState | null; why: string; next: string | null }
  'folder.resumed': { folder: string }
  'folder.scanned': {
    folder: string
    whole: boolean
    result: string
    cause: string
    files: number
    directories: number
    blind: number
    tookMs: number
  }
  'scan.blind': { folder: string; dir: string; why: string }
  'scan.failed': { folder: string; why: string; retryInMs: number | null }
  'watch.armed': { folder: string; directories: number; tookMs: number }
  'watch.degraded': { folder: string; why: string; pollMs: number; next: string | null }
  'unit.waiting': UnitRef & { why: string }
  'unit.queued': UnitRef & { kind: UnitKind; sizeBytes: number }
  'upload.started': UnitRef & { kind: UnitKind; sizeBytes: number; attempt: number }
  'upload.progress': UnitRef & { sentBytes: number; sizeBytes: number }
  'upload.sent': UnitRef & { sizeBytes: number; sha256: string; tookMs: number }
  'unit.synced': RowRef & { kind: UnitKind; title: string }
  'unit.failed': UnitRef & { why: string; attempt: number; retryInMs: number | null }
  'unit.rejected': UnitRef & { why: string; next: string | null }
  'unit.moved': UnitRef & { fromFolder: string; from: string }
  'unit.renamed': RowRef & { title: string; was: string | null }
  'unit.missing': UnitRef & { graceMs: number }
  'unit.returned': UnitRef
  'unit.adopted': RowRef
  'unit.unlinked': UnitRef & { dataHash: string | null; why: string; next: string }
  'unit.detached': RowRef & { why: string }
  'unit.remote-missing': RowRef & { next: string }
  'version.superseded': RowRef & { replacedBy: string; onChange: 'hold' | 'replace' | 'keep' }
  'version.stray': RowRef & { why: string }
  'delete.held': { folder: string; batch: string; units: number; why: string; next: string }
  'delete.sent': RowRef
  'delete.done': RowRef
  'delete.refused': RowRef & { why: string; next: string | null }
  'delete.cancelled': RowRef & { why: string }
  'call.failed': { call: string; kind: CallFailure; outcome: Outcome; why: string; retryInMs: number | null }
  'call.unknown': { call: string; folder: string; path: string; dataHash: string | null }
  'call.resolved': { call: string; folder: string; path: string; dataHash: string | null; outcome: 'done' | 'not-done'; by: string }
  'remote.first-contact': { folder: string; dataset: string; rows: number; linked: number; unlinked: number; next: string | null }
  'remote.titles-refused': { dataset: string; next: string }
  'ledger.migrated': { from: number; to: number; backup: string | null }
  'ledger.backup': { file: string; sizeBytes: number }
  'ledger.backup-failed': { why: string; next: string }
  'verify.ok': { datasets: number; rows: number; tookMs: number }
  'verify.drift': { remoteMissing: number; unknownRows: number; notInDataset: number; fileGone: number; tookMs: number; next: string }
  'verify.failed': { why: string; next: string }
  'config.warning': { text: string }
  'config.reloaded': { file: string; folders: number; restartNeeded: readonly string[] }
  'config.invalid': { file: string; why: string; next: string }
  'notify.sent': { cause: string; phase: string; folder: string | null; what: string }
  'notify.failed': { why: string; next: string }
  'clock.jump': { jumpMs: number; why: string }
}

export type EventName = keyof EventFields

/**
 * The catalogue of events: the one list behind the log, `history`, the metrics and the tests.
 * `level` is where the event is logged (`levelOf` knows the exception), `about` one sentence for people.
 */
export const EVENTS: { readonly [name in EventName]: { readonly level: LogLevel; readonly about: string } } = {
  'service.started': { level: 'info', about: 'The service has read its config and holds the ledger.' },
  'service.ready': { level: 'info', about: 'Every folder has been looked at once; changes are followed from here on.' },
  'status.listening': {
    level: 'info',
    about: 'The status page, health and metrics are served; `tokenFile` holds what shows names of files.',
  },
  'service.stopping': { level: 'info', about: 'A stop was asked for; the steps in hand are being finished.' },
  'service.stopped': { level: 'info', about: 'The service has let go of everything.' },
  'service.stuck': {
    level: 'error',
    about: 'A part has work and does not get on with it; the service manager hears no sign of life any more.',
  },
  'service.blocked': {
    level: 'error',
    about: 'The service can do nothing until a person acts; it stays, and looks whether that was done.',
  },
  'service.unblocked': { level: 'info', about: 'What kept the service from working is gone.' },
  'service.unheard': { level: 'warn', about: 'The service manager could not be told how the service does.' },
  'service.unreachable': { level: 'warn', about: 'The socket that commands talk through is gone, and cannot be made again yet.' },
  'service.reachable': { level: 'info', about: 'The socket that commands talk through was gone, and is there again.' },
  'folder.state': { level: 'warn', about: 'A folder changed its state.' },
  'folder.resumed': { level: 'info', about: 'A pause ended by itself.' },
  'folder.scanned': { level: 'debug', about: 'A folder, or the parts of it that hints named, was walked.' },
  'scan.blind': { level: 'warn', about: 'A place could not be looked into; nothing below it counts as gone.' },
  'scan.failed': { level: 'error', about: 'A scan did not come to its end; it counts as not made.' },
  'watch.armed': { level: 'debug', about: 'The directories of a folder that was polled are watched again.' },
  'watch.degraded': { level: 'warn', about: 'A folder is followed by polling only: changes are seen later.' },
  'unit.waiting': { level: 'debug', about: 'A unit is not ready to be sent yet.' },
  'unit.queued': { level: 'debug', about: 'A unit is ready and waits for a slot.' },
  'upload.started': { level: 'debug', about: 'The bytes of a file begin to leave.' },
  'upload.progress': { level: 'debug', about: 'How far an upload is, every ten seconds.' },
  'upload.sent': { level: 'debug', about: 'The object store has all bytes; nothing is visible in the dataset yet.' },
  'unit.synced': { level: 'info', about: 'A unit is a row of the dataset.' },
  'unit.failed': { level: 'warn', about: 'An attempt at a unit failed; it will be made again.' },
  'unit.rejected': { level: 'warn', about: 'A unit was set aside until it changes or is retried.' },
  'unit.moved': { level: 'info', about: 'A unit was found at another path; nothing was sent for it.' },
  'unit.renamed': { level: 'info', about: "A row's title was changed to follow its path." },
  'unit.missing': { level: 'info', about: 'A complete scan lacks a unit; a second one will have to confirm it.' },
  'unit.returned': { level: 'info', about: 'A missing unit is there again.' },
  'unit.adopted': { level: 'info', about: 'A file and a row that was in the dataset already were linked.' },
  'unit.unlinked': { level: 'warn', about: 'A file looks like a row that the ledger does not know; it waits for a decision.' },
  'unit.detached': { level: 'info', about: 'A row is no longer followed, by a change of the config; it is kept.' },
  'unit.remote-missing': { level: 'warn', about: 'A row was removed by someone else; it is not sent again by itself.' },
  'version.superseded': { level: 'info', about: 'New content has its own row; the old row may have to go.' },
  'version.stray': { level: 'info', about: 'Bytes were sent that will never be registered, because the file changed meanwhile.' },
  'delete.held': { level: 'warn', about: 'Deletes wait for a person.' },
  'delete.sent': { level: 'info', about: 'A DELETE leaves for a row, with its evidence in the ledger.' },
  'delete.done': { level: 'info', about: 'A row was removed from the dataset.' },
  'delete.refused': { level: 'warn', about: 'The server refused a DELETE.' },
  'delete.cancelled': { level: 'info', about: 'A delete was called off before it was sent.' },
  'call.failed': { level: 'debug', about: 'A call failed.' },
  'call.unknown': {
    level: 'warn',
    about: 'A call that changes the dataset has an unknown outcome; it is looked up before anything is repeated.',
  },
  'call.resolved': { level: 'info', about: 'An unknown outcome is known now.' },
  'remote.first-contact': { level: 'info', about: 'A dataset that the ledger does not know was read before anything is sent.' },
  'remote.titles-refused': {
    level: 'warn',
    about: 'The key may write neither titles nor metadata of rows; they stay as they are, and `retry` tries it again.',
  },
  'ledger.migrated': { level: 'info', about: 'The ledger has a newer schema now.' },
  'ledger.backup': { level: 'info', about: 'A copy of the ledger was written.' },
  'ledger.backup-failed': { level: 'warn', about: 'The daily copy of the ledger could not be made; it is tried again.' },
  'verify.ok': { level: 'info', about: 'Ledger, datasets and folders were compared: nothing differs.' },
  'verify.drift': { level: 'warn', about: 'Ledger, datasets and folders differ; nothing was changed because of it.' },
  'verify.failed': { level: 'warn', about: 'Ledger and datasets could not be compared; it is tried again the next day.' },
  'config.warning': { level: 'warn', about: 'The config is valid, and has something a person should know.' },
  'config.reloaded': { level: 'info', about: 'The config file changed and is in force; `restartNeeded` names what waits for a restart.' },
  'config.invalid': { level: 'error', about: "The config file changed and can't be used; the one before it stays in force." },
  'notify.sent': { level: 'info', about: 'A person was told that something needs them, or is over.' },
  'notify.failed': { level: 'warn', about: 'A notice reached nobody; it is tried again, and this is said once.' },
  'clock.jump': {
    level: 'warn',
    about: 'The wall clock jumped or the machine slept; every folder is scanned, and graces go on by the time that it was awake.',
  },
}

/** The level of one event: that of the catalogue, except that a folder which becomes `ok` is no warning. */
export function levelOf<Name extends EventName>(name: Name, fields: EventFields[Name]): LogLevel {
  return name === 'folder.state' && 'state' in fields && fields.state === 'ok' ? 'info' : EVENTS[name].level
}

/** Where events go. The fields of an event hold no secret; the log has a net for those that slip through. */
export type Log = { emit<Name extends EventName>(name: Name, fields: EventFields[Name]): void }

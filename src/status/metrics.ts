import type { Counts, FolderStatus, StatusView } from '../control/api.ts'
import { displayName } from '../model/displayName.ts'
import { EXIT } from '../model/exitCode.ts'
import { FOLDER_STATES } from '../model/folder.ts'

/** Content type of the Prometheus text format. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** What the service's process uses. `resources`: how many of each kind keep its loop alive, such as `Timeout` or `FSEventWrap`. */
export type OwnFigures = {
  readonly residentBytes: number
  readonly heapUsedBytes: number
  readonly resources: ReadonlyMap<string, number>
}

type Sample = { readonly labels?: Readonly<Record<string, string>>; readonly value: number }

const UNIT_STATES: readonly (readonly [string, keyof Counts])[] = [
  ['synced', 'synced'],
  ['on_the_way', 'onTheWay'],
  ['waiting', 'waiting'],
  ['failed', 'failed'],
  ['set_aside', 'setAside'],
  ['ignored', 'ignored'],
  ['missing', 'missing'],
]

/** The status as Prometheus text. Labels hold folders and states, never the name of a file. `idleMs`: since the engine last got on. */
export function metricsText(view: StatusView, idleMs: number, own: OwnFigures): string {
  const { folders, service } = view
  return [
    gauge('encord_sync_info', 'The version that runs.', [{ labels: { version: view.version }, value: 1 }]),
    gauge('encord_sync_start_time_seconds', 'When the service started, seconds since 1970.', seconds(service.startedAtMs)),
    gauge('encord_sync_engine_idle_seconds', 'Time since the engine last got on with a folder; more than 120 is a stall.', seconds(idleMs)),
    gauge('encord_sync_folder_state', '1 for the state that a folder is in, 0 for the others.', folders.flatMap(stateSamples)),
    gauge('encord_sync_units', 'Units of a folder by what became of them; `missing` are gone from the disk.', folders.flatMap(unitSamples)),
    gauge(
      'encord_sync_held_deletes',
      'Rows whose delete waits for a person.',
      folders.map((one) => sample(one, one.counts.held)),
    ),
    gauge(
      'encord_sync_last_whole_scan_timestamp_seconds',
      'When the last complete whole scan of a folder ended, seconds since 1970.',
      folders.flatMap((one) => seconds(one.scannedAtMs, folderLabel(one))),
    ),
    gauge('encord_sync_uploads_in_hand', 'Files that are being sent.', [{ value: view.uploads.length }]),
    gauge('encord_sync_resident_bytes', 'Memory of the process.', [{ value: own.residentBytes }]),
    gauge('encord_sync_heap_used_bytes', 'Memory of the process that JavaScript values take.', [{ value: own.heapUsedBytes }]),
    gauge(
      'encord_sync_active_resources',
      'Timers, sockets, watches and the like that the process holds, by kind.',
      [...own.resources].map(([kind, value]) => ({ labels: { kind }, value })),
    ),
    gauge('encord_sync_needs_person', '1 when a person must act.', [{ value: view.exitCode === EXIT.person ? 1 : 0 }]),
  ].join('')
}

function stateSamples(folder: FolderStatus): readonly Sample[] {
  return FOLDER_STATES.map((state) => sample(folder, folder.state === state ? 1 : 0, { state }))
}

function unitSamples(folder: FolderStatus): readonly Sample[] {
  return UNIT_STATES.map(([state, count]) => sample(folder, folder.counts[count], { state }))
}

function sample(folder: FolderStatus, value: number, labels: Readonly<Record<string, string>> = {}): Sample {
  return { labels: { ...folderLabel(folder), ...labels }, value }
}

function folderLabel({ path }: FolderStatus): Readonly<Record<string, string>> {
  return { folder: displayName(path) }
}

function seconds(ms: number | null, labels: Readonly<Record<string, string>> = {}): readonly Sample[] {
  return ms === null ? [] : [{ labels, value: ms / 1000 }]
}

/** A metric with its samples; nothing when there are none. */
function gauge(name: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return ''
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...samples.map((one) => sampleLine(name, one)), ''].join('\n')
}

function sampleLine(name: string, { labels = {}, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

import { displayName } from '../model/displayName.ts'
import type { ServiceEvent } from './serviceProcess.ts'

/** A line and how it is meant; whoever prints it cuts it to the terminal and chooses the colour. */
export type ViewLine = { readonly text: string; readonly tone: 'plain' | 'strong' | 'dim' | 'good' | 'bad' }

export type Upload = { readonly path: string; readonly sentBytes: number; readonly sizeBytes: number }

/** What is going on at one moment. */
export type Snapshot = {
  /** `of`: how many steps there are; null while nothing is being waited for. */
  readonly step: { readonly number: number; readonly of: number; readonly passedMs: number } | null
  /** What the step still needs, in words. */
  readonly missing: readonly string[]
  readonly uploads: readonly Upload[]
  /** Rows in the dataset. */
  readonly rows: number
}

const BAR_CELLS = 20
const UPLOADS_SHOWN = 4

/** The region below the lines that stay: uploads with their progress, then what is being waited for. */
export function regionLines({ step, missing, uploads, rows }: Snapshot): readonly ViewLine[] {
  const more = uploads.length - UPLOADS_SHOWN
  return [
    ...uploads.slice(0, UPLOADS_SHOWN).map((upload): ViewLine => ({ text: `    ${uploadLine(upload)}`, tone: 'plain' })),
    ...(more > 0 ? [{ text: `    and ${more} more`, tone: 'dim' } as const] : []),
    ...(step === null ? [] : [{ text: `    ${waitingLine(step.passedMs, missing)}`, tone: 'dim' } as const]),
    { text: `    dataset: ${rows} ${rows === 1 ? 'row' : 'rows'}`, tone: 'dim' },
  ]
}

function waitingLine(passedMs: number, missing: readonly string[]): string {
  const [first, ...others] = missing
  if (first === undefined) return `${seconds(passedMs)} done`
  return `${seconds(passedMs)} waiting for: ${first}${others.length === 0 ? '' : ` and ${others.length} more`}`
}

function uploadLine({ path, sentBytes, sizeBytes }: Upload): string {
  const share = sizeBytes === 0 ? 1 : Math.min(1, sentBytes / sizeBytes)
  const full = Math.floor(share * BAR_CELLS)
  const bar = `${'#'.repeat(full)}${'-'.repeat(BAR_CELLS - full)}`
  return `[${bar}] ${String(Math.floor(share * 100)).padStart(3)} %  ${kilobytes(sizeBytes).padStart(6)}  ${displayName(path)}`
}

/** All uploads in one line, for where no region can be drawn; null when there are none. */
export function uploadsLine(uploads: readonly Upload[]): ViewLine | null {
  if (uploads.length === 0) return null
  const parts = uploads.map(
    ({ path, sentBytes, sizeBytes }) => `${displayName(path)} ${sizeBytes === 0 ? 100 : Math.floor((100 * sentBytes) / sizeBytes)} %`,
  )
  return { text: `    uploading ${parts.join(', ')}`, tone: 'dim' }
}

/** What an event of the service means to a person; null for events that say nothing new. */
export function eventLine(event: ServiceEvent): ViewLine | null {
  const words = wordsOf(event)
  return words === null ? null : { text: `    ${displayName(words.text)}`, tone: words.tone }
}

type Words = { readonly text: string; readonly tone: ViewLine['tone'] }
const plain = (text: string): Words => ({ text, tone: 'plain' })
const good = (text: string): Words => ({ text, tone: 'good' })
const bad = (text: string): Words => ({ text, tone: 'bad' })

function wordsOf({ name, fields }: ServiceEvent): Words | null {
  switch (name) {
    case 'service.ready':
      return good(`watching, after ${seconds(fields.tookMs)}`)
    case 'unit.synced':
      return good(`+ ${fields.path}: in the dataset as ${KIND_WORDS[fields.kind]}, row ${short(fields.dataHash)}`)
    case 'version.superseded':
      return plain(`~ ${fields.path}: new content has its own row; the old one, ${short(fields.dataHash)}, waits for its proof`)
    case 'unit.moved':
      return plain(`~ ${fields.path}: was ${fields.from}; nothing is sent again`)
    case 'unit.renamed':
      return good(`~ row ${short(fields.dataHash)}: title is now ${fields.title}`)
    case 'unit.missing':
      return plain(`? ${fields.path}: not there; a second whole scan, ${fields.graceMs / 1000} s later, has to confirm it`)
    case 'unit.returned':
      return plain(`~ ${fields.path}: is there again`)
    case 'delete.done':
      return good(`- ${fields.path}: row ${short(fields.dataHash)} deleted`)
    case 'delete.held':
      return bad(`! ${fields.units} deletes wait for a person: ${fields.why}`)
    case 'unit.failed':
    case 'unit.rejected':
      return bad(`! ${fields.path}: ${fields.why}`)
    case 'folder.state':
      return fields.state === 'ok' && (fields.was === null || fields.was === 'ok') ? null : bad(`! folder ${fields.state}: ${fields.why}`)
    case 'scan.failed':
    case 'watch.degraded':
      return bad(`! ${fields.why}`)
    default:
      return null
  }
}

const KIND_WORDS = { video: 'a video', image: 'an image', image_group: 'an image group', dicom_series: 'a DICOM series' } as const

/** Enough of a hash to tell rows apart. */
const short = (hash: string): string => hash.slice(0, 8)
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
const kilobytes = (sizeBytes: number): string => `${Math.ceil(sizeBytes / 1000)} kB`

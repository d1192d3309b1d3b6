import type { ByteReader } from './byteReader.ts'
import { ByteWindow, fourCc, WalkEnded } from './byteWindow.ts'
import { cut, type Wholeness } from './wholeness.ts'

/** The tags that Encord needs of a DICOM file (its documentation, "Import local data"), by their names in DICOM PS3.6. */
export const DICOM_TAGS = ['SOPInstanceUID', 'PatientID', 'StudyInstanceUID', 'SeriesInstanceUID', 'Rows', 'Columns'] as const
type DicomTag = (typeof DICOM_TAGS)[number]

/** A DICOM file: which series it belongs to, its place in it, and which of the tags that Encord needs it lacks. No value of a patient's. */
export type DicomFile = {
  readonly series: string | null
  /** InstanceNumber; null where it tells none. */
  readonly number: number | null
  readonly missing: readonly DicomTag[]
  /** Does it reach the end of its pixels? What follows them is not looked at. */
  readonly whole: Wholeness
}

const NAMES: ReadonlyMap<number, DicomTag | 'InstanceNumber'> = new Map<number, DicomTag | 'InstanceNumber'>([
  [0x00080018, 'SOPInstanceUID'],
  [0x00100020, 'PatientID'],
  [0x0020000d, 'StudyInstanceUID'],
  [0x0020000e, 'SeriesInstanceUID'],
  [0x00200013, 'InstanceNumber'],
  [0x00280010, 'Rows'],
  [0x00280011, 'Columns'],
])
/** No tag that is looked for comes after it: elements are in ascending order (PS3.5, 7.1). */
const LAST_TAG = 0x00280011
/** The pixels, in their three forms. They are the last thing in a file but for padding and signatures. */
const PIXEL_DATA = new Set([0x7fe00008, 0x7fe00009, 0x7fe00010])
const TRANSFER_SYNTAX = 0x00020010
const IMPLICIT = '1.2.840.10008.1.2'
const BIG_ENDIAN = '1.2.840.10008.1.2.2'
const DEFLATED = '1.2.840.10008.1.2.1.99'
/** Value representations with a length of four bytes (PS3.5, table 7.1-1). */
const LONG = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV'])
const UNDEFINED_LENGTH = 0xffffffff
const ITEM = 0xfffee000
const ITEM_END = 0xfffee00d
const SEQUENCE_END = 0xfffee0dd
/** Deeper nesting than any real file has. */
const MAX_DEPTH = 16

type Coding = { readonly little: boolean; readonly implicit: boolean }
type Element = { readonly tag: number; readonly vr: string; readonly valueAt: number; readonly length: number }

/**
 * Reads the header of a DICOM file (PS3.10): "DICM" after 128 bytes, then tags up to the picture's size, and from header to header up to the end of the pixels.
 * @returns null when it is none; a damaged one lacks the tags that could not be read. @throws only what `reader.read` throws
 */
export async function readDicom(reader: ByteReader): Promise<DicomFile | null> {
  const bytes = new ByteWindow(reader)
  const found = new Map<string, string | number>()
  let whole: Wholeness
  try {
    if (reader.sizeBytes < 132 || fourCc(await bytes.view(128, 4), 0) !== 'DICM') return null
    whole = await collect(bytes, found)
  } catch (error) {
    if (!(error instanceof WalkEnded)) throw error
    whole = error.verdict
  }
  const series = found.get('SeriesInstanceUID')
  const number = Number(found.get('InstanceNumber'))
  return {
    series: typeof series === 'string' && series !== '' ? series : null,
    number: found.has('InstanceNumber') && Number.isSafeInteger(number) ? number : null,
    missing: DICOM_TAGS.filter((tag) => !found.has(tag) || found.get(tag) === '' || found.get(tag) === 0),
    whole,
  }
}

async function collect(bytes: ByteWindow, found: Map<string, string | number>): Promise<Wholeness> {
  let syntax = ''
  let at = 132
  // The file's own group is always explicit and little-endian.
  for (;;) {
    const element = await elementAt(bytes, at, { little: true, implicit: false })
    if (element.tag >>> 16 !== 2) break
    if (element.tag === TRANSFER_SYNTAX) syntax = await textOf(bytes, element)
    at = element.valueAt + element.length
  }
  if (syntax === DEFLATED) return { kind: 'whole' }
  const coding = { little: syntax !== BIG_ENDIAN, implicit: syntax === IMPLICIT }
  for (;;) {
    const element = await elementAt(bytes, at, coding)
    if (element.tag > LAST_TAG) return await walkToPixels(bytes, element, coding)
    const name = NAMES.get(element.tag)
    if (name === 'Rows' || name === 'Columns') found.set(name, (await bytes.view(element.valueAt, 2)).getUint16(0, coding.little))
    else if (name !== undefined) found.set(name, await textOf(bytes, element))
    at = await endOf(bytes, element, coding, 0)
  }
}

/** @param element the first one that holds no tag which is looked for */
async function walkToPixels(bytes: ByteWindow, element: Element, coding: Coding): Promise<Wholeness> {
  let last = element
  for (;;) {
    const at = await endOf(bytes, last, coding, 0)
    if (at > bytes.sizeBytes) return cut('it ends before its structure does')
    if (at === bytes.sizeBytes || PIXEL_DATA.has(last.tag)) return { kind: 'whole' }
    const next = await elementAt(bytes, at, coding)
    // Elements are in ascending order: this is none, but what some program put behind them.
    if (next.tag <= last.tag) return { kind: 'whole' }
    last = next
  }
}

async function elementAt(bytes: ByteWindow, at: number, { little, implicit }: Coding): Promise<Element> {
  const view = await bytes.view(at, 8)
  const tag = view.getUint16(0, little) * 0x10000 + view.getUint16(2, little)
  // Items and their ends have no value representation, whatever the syntax.
  if (implicit || tag >= ITEM) return { tag, vr: '', valueAt: at + 8, length: view.getUint32(4, little) }
  const vr = String.fromCharCode(view.getUint8(4), view.getUint8(5))
  if (!LONG.has(vr)) return { tag, vr, valueAt: at + 8, length: view.getUint16(6, little) }
  return { tag, vr, valueAt: at + 12, length: (await bytes.view(at + 8, 4)).getUint32(0, little) }
}

/** Where the next element begins; a sequence of undefined length is walked to its end. */
async function endOf(bytes: ByteWindow, element: Element, coding: Coding, depth: number): Promise<number> {
  if (element.length !== UNDEFINED_LENGTH) return element.valueAt + element.length
  if (depth > MAX_DEPTH) return bytes.sizeBytes
  let at = element.valueAt
  for (;;) {
    const inner = await elementAt(bytes, at, coding)
    if (inner.tag === SEQUENCE_END || inner.tag === ITEM_END) return inner.valueAt
    at =
      inner.tag === ITEM && inner.length !== UNDEFINED_LENGTH ? inner.valueAt + inner.length : await endOf(bytes, inner, coding, depth + 1)
  }
}

/** UIDs are padded with a zero, other text with spaces. A long one is no identifier. */
async function textOf(bytes: ByteWindow, { valueAt, length }: Element): Promise<string> {
  const text = await bytes.bytes(valueAt, Math.min(length, 256))
  return String.fromCharCode(...text)
    .replace(/\0+$/, '')
    .trim()
}

/** A value of an element: text, an unsigned short, or bytes as they are. */
type Value = string | number | Buffer
/** `[tag, value representation, value]`. */
export type DicomElement = readonly [tag: number, vr: string, value: Value]
type Syntax = 'explicit' | 'implicit' | 'big'

const UIDS: Readonly<Record<Syntax, string>> = {
  explicit: '1.2.840.10008.1.2.1',
  implicit: '1.2.840.10008.1.2',
  big: '1.2.840.10008.1.2.2',
}
const LONG = ['OB', 'OW', 'SQ', 'UN', 'UT']

/** The six tags that Encord needs, and the number of the slice. */
export function slice(series: string, number: number, change: { readonly patient?: string } = {}): readonly DicomElement[] {
  return [
    [0x00080018, 'UI', `1.2.3.${number}`],
    [0x00100020, 'LO', change.patient ?? 'P-1'],
    [0x0020000d, 'UI', '1.2'],
    [0x0020000e, 'UI', series],
    [0x00200013, 'IS', String(number)],
    [0x00280010, 'US', 4],
    [0x00280011, 'US', 4],
    [0x7fe00010, 'OW', Buffer.alloc(32)],
  ]
}

/** A DICOM file of these elements. */
export function dicomBytes(elements: readonly DicomElement[], syntax: Syntax = 'explicit', uid = UIDS[syntax]): Buffer {
  const meta = [element([0x00020001, 'OB', Buffer.from([0, 1])], 'explicit'), element([0x00020010, 'UI', uid], 'explicit')]
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), ...meta, ...elements.map((one) => element(one, syntax))])
}

/** A sequence of undefined length, with items of either kind, as a value. */
export function sequence(...items: readonly Buffer[]): Buffer {
  const mark = (tag: number, length: number): Buffer => {
    const head = Buffer.alloc(8)
    head.writeUInt16LE(tag >>> 16)
    head.writeUInt16LE(tag & 0xffff, 2)
    head.writeUInt32LE(length, 4)
    return head
  }
  const parts = items.flatMap((item, i) =>
    i % 2 === 0 ? [mark(0xfffee000, 0xffffffff), item, mark(0xfffee00d, 0)] : [mark(0xfffee000, item.length), item],
  )
  return Buffer.concat([...parts, mark(0xfffee0dd, 0)])
}

/** One element; a sequence's length is written as undefined. */
export function element([tag, vr, value]: DicomElement, syntax: Syntax): Buffer {
  const little = syntax !== 'big'
  const body = bytesOf(value, little)
  const head = Buffer.alloc(syntax === 'implicit' || !LONG.includes(vr) ? 8 : 12)
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  view.setUint16(0, tag >>> 16, little)
  view.setUint16(2, tag & 0xffff, little)
  const length = vr === 'SQ' ? 0xffffffff : body.length
  if (syntax === 'implicit') view.setUint32(4, length, little)
  else {
    head.write(vr, 4, 'latin1')
    if (LONG.includes(vr)) view.setUint32(8, length, little)
    else view.setUint16(6, length, little)
  }
  return Buffer.concat([head, body])
}

function bytesOf(value: Value, little: boolean): Buffer {
  if (typeof value === 'string') return Buffer.from(value.length % 2 === 0 ? value : `${value}\0`, 'latin1')
  if (typeof value !== 'number') return value
  const short = Buffer.alloc(2)
  if (little) short.writeUInt16LE(value)
  else short.writeUInt16BE(value)
  return short
}

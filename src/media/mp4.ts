import { type Box, type BoxRow, boxesBetween, firstBox, paddingStart } from './boxes.ts'
import type { ByteWindow } from './byteWindow.ts'
import { cut, type Structure, unknownEnd, whole } from './wholeness.ts'

/**
 * MP4 and MOV: the boxes reach exactly the end, with a `moov` and media data. Bytes that are no box may follow (cameras append
 * their own trailers, recorders pre-allocate): nobody knows where those end. The same holds for fragments, of which one more may always come.
 */
export async function judgeMp4(bytes: ByteWindow): Promise<Structure> {
  const row = await boxesBetween(bytes, 0, bytes.sizeBytes)
  const moov = firstBox(row, 'moov')
  if (moov === null) return cut('it has no moov box: the recording or the copy has not ended')
  const inside = await boxesBetween(bytes, moov.bodyStart, moov.end)
  if (firstBox(inside, 'mvhd') === null && firstBox(inside, 'cmov') === null) return cut('its moov box is not filled')
  if (firstBox(inside, 'mvex') !== null || firstBox(row, 'moof') !== null) return judgeFragments(bytes, row)
  const data = row.boxes.filter(isMediaData)
  if (data.length === 0) return cut('it has no media data')
  if (inside.strayAt !== null) return unknownEnd('its moov box holds bytes that are no box')
  if (row.strayAt !== null) return unknownEnd('bytes that are no box follow its last box')
  if (data.some((box) => box.toEnd)) return unknownEnd('its media data has no size')
  return whole(paddingStart(row, bytes.sizeBytes))
}

async function judgeFragments(bytes: ByteWindow, { boxes, strayAt }: BoxRow): Promise<Structure> {
  const lastHeader = boxes.findLastIndex((box) => box.type === 'moof')
  const lastData = boxes.findLastIndex(isMediaData)
  if (lastData < 0 || lastData < lastHeader) return cut('its last fragment has no media data')
  if (strayAt === null) return unknownEnd('it is made of fragments: one more may always come')
  // Only `mfra`, written last, could say that the fragments are all there.
  const isZero = (await bytes.upTo(strayAt, 8)).every((byte) => byte === 0)
  if (isZero && boxes.at(-1)?.type !== 'mfra') return cut('its fragments end in zeros')
  return unknownEnd('bytes that are no box follow its last fragment')
}

function isMediaData(box: Box): boolean {
  return box.type === 'mdat' || box.type === 'imda'
}

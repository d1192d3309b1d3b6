import { type ByteWindow, fourCc } from './byteWindow.ts'
import { cut, type Structure, whole } from './wholeness.ts'

const RIFF_HEAD_BYTES = 12
const CHUNK_HEAD_BYTES = 8
/** Chunks of a long animation beyond this many are vouched for by the RIFF size alone. */
const MAX_CHUNKS = 2_000

/** WebP: the RIFF size fits into the file and its chunks fill it. Bytes after the RIFF part are allowed (WebP container, "file header"). */
export async function judgeWebp(bytes: ByteWindow): Promise<Structure> {
  const head = await bytes.view(0, RIFF_HEAD_BYTES)
  const end = CHUNK_HEAD_BYTES + head.getUint32(4, true)
  if (end > bytes.sizeBytes) return cut('it is shorter than its RIFF size')
  let at = RIFF_HEAD_BYTES
  let hasPicture = false
  for (let chunk = 0; at + CHUNK_HEAD_BYTES <= end && chunk < MAX_CHUNKS; chunk += 1) {
    const view = await bytes.view(at, CHUNK_HEAD_BYTES)
    const type = fourCc(view, 0)
    if (!/^[\x20-\x7e]{4}$/.test(type)) return cut('its chunks end in bytes that are no chunk')
    const size = view.getUint32(4, true)
    if (at + CHUNK_HEAD_BYTES + size > end) return cut(`its ${type} chunk is not there to its end`)
    hasPicture ||= type === 'VP8 ' || type === 'VP8L' || type === 'ANMF'
    at += CHUNK_HEAD_BYTES + size + (size % 2)
  }
  return hasPicture ? whole(bytes.sizeBytes) : cut('it holds no picture yet')
}

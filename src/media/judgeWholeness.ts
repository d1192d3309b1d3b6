import { judgeAvif } from './avif.ts'
import { judgeBmp } from './bmp.ts'
import type { ByteReader } from './byteReader.ts'
import { ByteWindow, WalkEnded } from './byteWindow.ts'
import { judgeJpeg } from './jpeg.ts'
import { judgeMatroska } from './matroska.ts'
import type { MediaFormat, MediaType } from './mediaType.ts'
import { judgeMp4 } from './mp4.ts'
import { judgePng } from './png.ts'
import { judgeTiff } from './tiff.ts'
import { judgeWebp } from './webp.ts'
import type { Structure, Wholeness } from './wholeness.ts'
import { unknownEnd } from './wholeness.ts'
import { hasZeroTail } from './zeroTail.ts'

const WALKERS: { readonly [Format in MediaFormat]: (bytes: ByteWindow) => Promise<Structure> } = {
  mp4: judgeMp4,
  mov: judgeMp4,
  webm: judgeMatroska,
  mkv: judgeMatroska,
  jpeg: judgeJpeg,
  png: judgePng,
  webp: judgeWebp,
  avif: judgeAvif,
  bmp: judgeBmp,
  tiff: judgeTiff,
}

/**
 * Does the file reach its end? Looks at headers and at the tail, never at the pixels: damage in the middle goes unseen. Reads
 * less than 256 KiB of a usual file, at most 32 MiB, and takes at most 10,000 looks, whatever the bytes claim.
 * @param type as `detectMedia` found it in the same bytes
 * @throws only what `reader.read` throws
 */
export async function judgeWholeness(reader: ByteReader, type: Pick<MediaType, 'format'>): Promise<Wholeness> {
  const bytes = new ByteWindow(reader)
  try {
    const structure = await WALKERS[type.format](bytes)
    if (structure.kind !== 'whole') return structure
    return (await hasZeroTail(bytes, structure.contentEnd)) ? unknownEnd('it ends in a long run of zeros') : { kind: 'whole' }
  } catch (error) {
    if (error instanceof WalkEnded) return error.verdict
    throw error
  }
}

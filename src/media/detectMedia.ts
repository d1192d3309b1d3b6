import { fileTypeFromBuffer } from 'file-type/core'
import { type ByteReader, readFully } from './byteReader.ts'
import { MEDIA_TYPES, type MediaFormat, type MediaType } from './mediaType.ts'

/** What file-type wants to see of a file (its `reasonableDetectionSizeInBytes`). */
const HEAD_BYTES = 4100

/** file-type's names for what Encord takes; phones and cameras write `3gp…`, `M4V ` and `F4V ` brands into `.mp4` files. */
const FORMAT_BY_FILE_TYPE: { readonly [ext: string]: MediaFormat } = {
  mp4: 'mp4',
  m4v: 'mp4',
  f4v: 'mp4',
  '3gp': 'mp4',
  '3g2': 'mp4',
  mov: 'mov',
  webm: 'webm',
  mkv: 'mkv',
  jpg: 'jpeg',
  webp: 'webp',
  avif: 'avif',
}

/** Sizes of the header after the 14 bytes of BITMAPFILEHEADER, in all versions of the format. */
const BMP_HEADER_SIZES: ReadonlySet<number> = new Set([12, 16, 40, 52, 56, 64, 108, 124])

/**
 * The type of a file by its content; the name plays no part. Reads the first 4 KiB only.
 * @returns null when it is none of the formats Encord takes: empty, all zeros, HEIC, audio, AppleDouble (`._a.mov`) …
 */
export async function detectMedia(reader: ByteReader): Promise<MediaType | null> {
  const head = await readFully(reader, 0, Math.min(HEAD_BYTES, reader.sizeBytes))
  const format = ownMagic(head) ?? (await libraryMagic(head))
  return format === null ? null : MEDIA_TYPES[format]
}

/** Where file-type reads on past the head (PNG chunks, TIFF tags), believes two letters (BMP), or stops at the major brand (AVIF). */
function ownMagic(head: Uint8Array): MediaFormat | null {
  if (hasAscii(head, 0, '\x89PNG\r\n\x1a\n')) return 'png'
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((magic) => hasAscii(head, 0, magic))) return 'tiff'
  if (isBmp(head)) return 'bmp'
  return isAvif(head) ? 'avif' : null
}

async function libraryMagic(head: Uint8Array): Promise<MediaFormat | null> {
  try {
    const found = await fileTypeFromBuffer(head)
    return found === undefined ? null : (FORMAT_BY_FILE_TYPE[found.ext] ?? null)
  } catch {
    // It reads memory only: what it throws is a header it cannot make sense of, which is no media.
    return null
  }
}

function isBmp(head: Uint8Array): boolean {
  if (head.length < 18 || !hasAscii(head, 0, 'BM')) return false
  return BMP_HEADER_SIZES.has(new DataView(head.buffer, head.byteOffset).getUint32(14, true))
}

/** `mif1` and `msf1` files are AVIF when a compatible brand says so (AVIF 1.1, section 6). */
function isAvif(head: Uint8Array): boolean {
  if (!hasAscii(head, 4, 'ftyp') || !(hasAscii(head, 8, 'mif1') || hasAscii(head, 8, 'msf1'))) return false
  const end = Math.min(head.length, new DataView(head.buffer, head.byteOffset).getUint32(0))
  for (let at = 16; at + 4 <= end; at += 4) if (hasAscii(head, at, 'avif') || hasAscii(head, at, 'avis')) return true
  return false
}

function hasAscii(bytes: Uint8Array, at: number, text: string): boolean {
  return at + text.length <= bytes.length && [...text].every((char, index) => bytes[at + index] === char.charCodeAt(0))
}

/** Formats that Encord takes (protocol notes, "Formats"): the only ones this room knows. */
export type MediaFormat = 'mp4' | 'mov' | 'webm' | 'mkv' | 'jpeg' | 'png' | 'webp' | 'avif' | 'bmp' | 'tiff'

/** What a file is by its content. `mime` suits a `Content-Type` header. */
export type MediaType = { readonly kind: 'video' | 'image'; readonly format: MediaFormat; readonly mime: string }

/** The type that goes with each format. */
export const MEDIA_TYPES: { readonly [Format in MediaFormat]: MediaType & { readonly format: Format } } = {
  mp4: { kind: 'video', format: 'mp4', mime: 'video/mp4' },
  mov: { kind: 'video', format: 'mov', mime: 'video/quicktime' },
  webm: { kind: 'video', format: 'webm', mime: 'video/webm' },
  mkv: { kind: 'video', format: 'mkv', mime: 'video/x-matroska' },
  jpeg: { kind: 'image', format: 'jpeg', mime: 'image/jpeg' },
  png: { kind: 'image', format: 'png', mime: 'image/png' },
  webp: { kind: 'image', format: 'webp', mime: 'image/webp' },
  avif: { kind: 'image', format: 'avif', mime: 'image/avif' },
  bmp: { kind: 'image', format: 'bmp', mime: 'image/bmp' },
  tiff: { kind: 'image', format: 'tiff', mime: 'image/tiff' },
}

const KIND_BY_EXTENSION: ReadonlyMap<string, MediaType['kind']> = new Map([
  ...(['mp4', 'mov', 'webm', 'mkv'] as const).map((extension) => [extension, 'video'] as const),
  ...(['jpg', 'jpeg', 'png', 'webp', 'avif', 'bmp', 'tif', 'tiff'] as const).map((extension) => [extension, 'image'] as const),
])

/**
 * The first filter: what the name claims, by its extension alone, in any case (`DSC_0001.JPG`); null for every other name. The
 * content decides afterwards: it may be the other kind, or none.
 */
export function looksLikeMedia(fileName: string): MediaType['kind'] | null {
  const dot = fileName.lastIndexOf('.')
  return dot > 0 ? (KIND_BY_EXTENSION.get(fileName.slice(dot + 1).toLowerCase()) ?? null) : null
}

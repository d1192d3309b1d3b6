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

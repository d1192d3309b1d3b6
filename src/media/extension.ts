import type { MediaType } from './mediaType.ts'

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

import type { Limits } from '../model/limits.ts'
import type { FileRecord } from '../sync/records.ts'

/** Which limits a unit passes, in words; nothing is held up by them. @param limits null where the config turned them off */
export function limitWarnings(limits: Limits | null, files: readonly FileRecord[]): readonly string[] {
  if (limits === null) return []
  const said = `limits: ${limits.preset}`
  const large = files.filter((file) => file.stamp.sizeBytes > limits.fileBytes)
  const wide = files.filter((file) => sideOf(file) > limits.sidePixels)
  return [
    ...named(large, (file) => `${bytes(file.stamp.sizeBytes)}, and Encord recommends at most ${bytes(limits.fileBytes)} a file (${said})`),
    ...named(wide, (file) => `${sideOf(file)} pixels long, and Encord recommends at most ${limits.sidePixels} (${said})`),
    ...(files.length > limits.frames ? [`${files.length} images, and Encord recommends at most ${limits.frames} (${said})`] : []),
  ]
}

/** Encord recommends to send so many units at one time; null when they are fewer. */
export function batchWarning(limits: Limits | null, units: number): string | null {
  if (limits === null || units <= limits.units) return null
  return `${units} units at one time, and Encord recommends at most ${limits.units} (limits: ${limits.preset})`
}

/** The largest excess stands for all: a group of a thousand images is one warning. */
function named(files: readonly FileRecord[], text: (file: FileRecord) => string): readonly string[] {
  const [first] = files
  if (first === undefined) return []
  return [files.length === 1 ? text(first) : `${files.length} of its images: ${first.path} is ${text(first)}`]
}

function sideOf({ look }: FileRecord): number {
  const pixels = look !== null && 'pixels' in look ? look.pixels : undefined
  return pixels === undefined ? 0 : Math.max(pixels.width, pixels.height)
}

function bytes(count: number): string {
  if (count < 1e6) return `${Math.round(count / 1e3)} kB`
  return count < 1e9 ? `${Math.round(count / 1e6)} MB` : `${Number((count / 1e9).toFixed(1))} GB`
}

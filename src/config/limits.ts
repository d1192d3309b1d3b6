import type { Limits } from '../model/limits.ts'

export const LIMIT_PRESETS = ['enterprise', 'team', 'free', 'off'] as const
type Preset = (typeof LIMIT_PRESETS)[number]

const UNITS: Readonly<Record<Limits['preset'], number>> = { enterprise: 10_000, team: 2_500, free: 1_000 }
const BYTES: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, MiB: 2 ** 20, GiB: 2 ** 30 }

export const FILE_SIZE_PATTERN = /^\d{1,6}(?:\.\d{1,3})?(?:MB|GB|MiB|GiB)$/
export const FILE_SIZE_FORM = 'a size such as 25MB, 1GB (decimal) or 1GiB (binary)'

/** `limits` as people write it: a preset alone, or one with some limits of their own. */
type WrittenLimits =
  | Preset
  | {
      readonly preset: Preset
      readonly file_size?: string | undefined
      readonly side?: number | undefined
      readonly frames?: number | undefined
      readonly units?: number | undefined
    }

/**
 * The limits in force; null when none are. The presets are those of Encord's documentation ("Best practices", "Import local data",
 * "Data management and curation"): 1 GB a file (25 MB on the free plan), 4K pixels, 200,000 frames, and units at one time by plan.
 */
export function limitsOf(written: WrittenLimits): Limits | null {
  const { preset, ...own } = typeof written === 'string' ? { preset: written } : written
  if (preset === 'off') return null
  const { file_size: size, side, frames, units } = own as Exclude<WrittenLimits, string>
  return {
    preset,
    fileBytes: size === undefined ? (preset === 'free' ? 25e6 : 1e9) : fileBytes(size),
    sidePixels: side ?? 4096,
    frames: frames ?? 200_000,
    units: units ?? UNITS[preset],
  }
}

function fileBytes(text: string): number {
  const [, number = '', unit = ''] = /^([\d.]+)([A-Za-z]+)$/.exec(text) ?? []
  return Math.round(Number(number) * (BYTES[unit] ?? Number.NaN))
}

const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB']

/** A size for people, in decimal units as disks are sold and as `bandwidth` is written: `0 B`, `999 B`, `1.2 GB`, `12 MB`. */
export function formatBytes(sizeBytes: number): string {
  if (sizeBytes < 1000) return `${Math.round(sizeBytes)} B`
  let value = sizeBytes
  let unit = -1
  // Rounded first, so that 999,999 bytes are 1.0 MB and not 1000 kB.
  while (unit < UNITS.length - 1 && (unit < 0 || Number(shown(value)) >= 1000)) {
    value /= 1000
    unit++
  }
  return `${shown(value)} ${UNITS[unit]}`
}

/** A rate for people: `1.2 MB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`
}

function shown(value: number): string {
  return value < 9.95 ? value.toFixed(1) : value.toFixed(0)
}

/** A moment in the time of this machine, to the minute: `2026-02-03 14:05`. */
export function localMinute(atMs: number): string {
  const date = new Date(atMs)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`
}

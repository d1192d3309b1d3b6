/** A failure that goes on is logged less and less often: the first three times in a row, then the 4th, the 8th, the 16th … */
export function isTold(timesInARow: number): boolean {
  return timesInARow <= 3 || Number.isInteger(Math.log2(timesInARow))
}

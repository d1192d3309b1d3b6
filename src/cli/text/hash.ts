/** Terminals narrower than this show the first digits of a hash, so that the reason stays on its line. */
const WIDE_COLUMNS = 120
const SHORT_DIGITS = 8

/**
 * A row's hash as a table shows it: whole where there is room, and wherever the output is no terminal.
 * @param width columns of the terminal; null, where none is
 */
export function shownHash(hash: string, width: number | null): string {
  return width === null || width >= WIDE_COLUMNS ? hash : hash.slice(0, SHORT_DIGITS)
}

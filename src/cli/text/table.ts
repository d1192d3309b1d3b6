import stringWidth from 'string-width'
import { displayName } from '../../model/displayName.ts'

/** One column. Numbers are easier to compare with `right`. `style` colours a cell after it was measured. */
export type Column = {
  readonly head: string
  readonly align?: 'left' | 'right'
  readonly style?: (text: string) => string
}

const GAP = '  '
const LEAST_LAST_COLUMN = 12

/**
 * A table without borders, a head line first; an empty text for no rows. Cells are raw: hidden characters are escaped here, once.
 * @param width of the terminal, which cuts the last column; null, where no terminal is, cuts nothing
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number | null): string {
  if (rows.length === 0) return ''
  const cells = [columns.map((column) => column.head), ...rows.map((row) => columns.map((_, index) => displayName(row[index] ?? '')))]
  const widths = columns.map((_, index) => Math.max(...columnWidths(cells, index)))
  const before = widths.slice(0, -1).reduce((sum, own) => sum + own + GAP.length, 0)
  const lastWidth = width === null ? Number.POSITIVE_INFINITY : Math.max(LEAST_LAST_COLUMN, width - before)
  return cells.map((row, line) => tableLine(columns, row, { widths, lastWidth, isHead: line === 0 })).join('\n')
}

function* columnWidths(cells: readonly (readonly string[])[], index: number): Generator<number> {
  for (const row of cells) yield stringWidth(row[index] ?? '')
}

function tableLine(
  columns: readonly Column[],
  row: readonly string[],
  { widths, lastWidth, isHead }: { readonly widths: readonly number[]; readonly lastWidth: number; readonly isHead: boolean },
): string {
  const shown = columns.map((column, index) => {
    const isLast = index === columns.length - 1
    const text = isLast ? cut(row[index] ?? '', lastWidth) : (row[index] ?? '')
    const padding = ' '.repeat(Math.max(0, Math.min(widths[index] ?? 0, isLast ? lastWidth : Number.POSITIVE_INFINITY) - stringWidth(text)))
    const styled = isHead || column.style === undefined ? text : column.style(text)
    if (column.align === 'right') return padding + styled
    return isLast ? styled : styled + padding
  })
  return shown.join(GAP).trimEnd()
}

/** The text in at most `width` columns, with `…` at its end when something was left out. Never cuts a character in half. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  for (const { segment } of new Intl.Segmenter('en').segment(text)) {
    if (stringWidth(kept + segment) > width - 1) break
    kept += segment
  }
  return `${kept}…`
}

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
/** What the last column should have of a terminal: it says why. */
const GOOD_LAST_COLUMN = 28
/** No column is made narrower than this for that. */
const LEAST_WIDEST_COLUMN = 16

/**
 * A table without borders, a head line first; an empty text for no rows. Cells are raw: hidden characters are escaped here, once.
 * @param width of the terminal, which cuts the last column; null, where no terminal is, cuts nothing. A cell that would leave it too little
 *   (a long path) has a line to itself, and the rest of its row goes on below
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number | null): string {
  if (rows.length === 0) return ''
  const cells = [columns.map((column) => column.head), ...rows.map((row) => columns.map((_, index) => displayName(row[index] ?? '')))]
  const widths = fitted(
    columns.map((_, index) => Math.max(...columnWidths(cells, index))),
    // Of hashes all would have lines to themselves.
    columns.map((_, index) => new Set(columnWidths(cells.slice(1), index)).size > 1),
    width,
  )
  const lastWidth = width === null ? Number.POSITIVE_INFINITY : Math.max(LEAST_LAST_COLUMN, width - widthBefore(widths, widths.length - 1))
  return cells.map((row, line) => tableLine(columns, row, { widths, lastWidth, isHead: line === 0 })).join('\n')
}

/** The widest column of those that may gives way where the last one has too little of the terminal. */
function fitted(widths: readonly number[], mayGive: readonly boolean[], width: number | null): readonly number[] {
  if (width === null) return widths
  const last = widths.length - 1
  const lacking = widthBefore(widths, last) + Math.min(GOOD_LAST_COLUMN, widths[last] ?? 0) - width
  const widest = widths.indexOf(Math.max(0, ...widths.slice(0, -1).filter((_, index) => mayGive[index])))
  if (lacking <= 0 || widest < 0) return widths
  return widths.map((own, index) => (index === widest ? Math.min(own, Math.max(LEAST_WIDEST_COLUMN, own - lacking)) : own))
}

function widthBefore(widths: readonly number[], column: number): number {
  return widths.slice(0, column).reduce((sum, own) => sum + own + GAP.length, 0)
}

function* columnWidths(cells: readonly (readonly string[])[], index: number): Generator<number> {
  for (const row of cells) yield stringWidth(row[index] ?? '')
}

function tableLine(
  columns: readonly Column[],
  row: readonly string[],
  { widths, lastWidth, isHead }: { readonly widths: readonly number[]; readonly lastWidth: number; readonly isHead: boolean },
): string {
  const last = columns.length - 1
  const lines: string[] = []
  let line = ''
  for (const [index, column] of columns.entries()) {
    const text = index === last ? cut(row[index] ?? '', lastWidth) : (row[index] ?? '')
    const own = Math.min(widths[index] ?? 0, index === last ? lastWidth : Number.POSITIVE_INFINITY)
    const padding = ' '.repeat(Math.max(0, own - stringWidth(text)))
    const styled = isHead || column.style === undefined ? text : column.style(text)
    line += column.align === 'right' ? padding + styled : styled + padding
    if (index === last) continue
    if (stringWidth(text) <= own) line += GAP
    else {
      lines.push(line)
      line = ' '.repeat(widthBefore(widths, index + 1))
    }
  }
  return [...lines, line].map((one) => one.trimEnd()).join('\n')
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

import { parse, stringify } from 'lossless-json'

/**
 * Reads JSON; whole numbers that a double can't hold (nanoseconds, 64-bit ids) are bigint, so that they can be given back as they came.
 * @throws SyntaxError
 */
export function parseExactly(text: string): unknown {
  const parsed: unknown = JSON.parse(text)
  // Much slower than the engine's own parser: only where a number can be too large for it.
  if (!/\d{16}/.test(text)) return parsed
  return parse(text, null, { parseNumber: numberOf, onDuplicateKey: ({ newValue }) => newValue })
}

/** Writes what `parseExactly` reads. @param indent spaces for each level; none: one line */
export function stringifyExactly(value: unknown, indent?: number): string {
  return stringify(value, null, indent) ?? 'null'
}

function numberOf(text: string): number | bigint {
  const number = Number(text)
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(number) ? BigInt(text) : number
}

const DIGITS = /(\d+)/

/**
 * Natural order of names: digit runs by value, then raw UTF-8 bytes as the tie-break, so that the order is total and the same
 * on every machine (`Intl.Collator` follows the locale and calls `frame2` and `frame02` equal).
 */
export function compareNatural(a: string, b: string): number {
  const partsA = a.split(DIGITS)
  const partsB = b.split(DIGITS)
  const shared = Math.min(partsA.length, partsB.length)
  for (let i = 0; i < shared; i++) {
    const order = i % 2 === 1 ? compareDigits(partsA[i] ?? '', partsB[i] ?? '') : compareBytes(partsA[i] ?? '', partsB[i] ?? '')
    if (order !== 0) return order
  }
  return partsA.length - partsB.length || compareBytes(a, b)
}

function compareDigits(a: string, b: string): number {
  const valueA = a.replace(/^0+/, '')
  const valueB = b.replace(/^0+/, '')
  return valueA.length - valueB.length || (valueA < valueB ? -1 : valueA > valueB ? 1 : 0)
}

function compareBytes(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b))
}

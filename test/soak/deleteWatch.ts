import type { Emulator } from '../../src/emulator/emulator.ts'
import { contentOf, diskUnits, quietly } from './diskUnits.ts'

/** A file that came this short before a DELETE may not have been there when the call was decided on, ms. */
const AT_PATH_MS = 1_500
const ELSEWHERE_MS = 10_000

/** A DELETE for something that is still there. */
export type WrongDelete = { readonly title: string; readonly why: string }

/**
 * Looks at the disk whenever a DELETE arrives, before it takes effect: a row may go only while there are more rows of its content than
 * places that hold it. @returns what was wrong, and how many were looked at
 */
export function watchDeletes(emulator: Emulator, dataset: string, root: string): { readonly wrong: WrongDelete[]; seen(): number } {
  const wrong: WrongDelete[] = []
  let seen = 0
  emulator.onCall((call) => {
    if (call.call !== 'DELETE video' || call.answer !== null) return
    const rows = emulator.rows(dataset)
    const hashes = new Set(Array.isArray(call.uid) ? call.uid.map(String) : [String(call.uid)])
    const nowMs = Date.now()
    const units = quietly(() => diskUnits(root))
    for (const row of rows.filter((one) => hashes.has(one.data_hash))) {
      seen += 1
      const content = contentOf(row)
      const holders = units.filter((unit) => unit.content === content)
      const atPath = holders.filter((unit) => unit.title === row.title && nowMs - unit.changedMs > AT_PATH_MS)
      const atRest = holders.filter((unit) => nowMs - unit.changedMs > ELSEWHERE_MS)
      const others = rows.filter((one) => contentOf(one) === content).length - 1
      if (Math.max(atPath.length, atRest.length) > others) {
        wrong.push({ title: row.title, why: `${holders.map((unit) => unit.title).join(', ')} holds it, and ${others} other rows do` })
      }
    }
  })
  return { wrong, seen: () => seen }
}

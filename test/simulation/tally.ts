import type { WorldResult } from './worldRun.ts'

/** A world that broke a promise. */
export type Failure = { readonly seed: number; readonly promise: string; readonly lines: readonly string[] }

/** What a number of worlds came to, added up. */
export type Tally = {
  worlds: number
  livedMs: number
  rows: number
  deletes: number
  processes: number
  /** How often each thing was met that the simulator is there for. */
  readonly met: Record<string, number>
  readonly failures: Failure[]
}

export function emptyTally(): Tally {
  return { worlds: 0, livedMs: 0, rows: 0, deletes: 0, processes: 0, met: {}, failures: [] }
}

export function addWorld(tally: Tally, seed: number, result: WorldResult): void {
  tally.worlds++
  tally.livedMs += result.livedMs
  tally.rows += result.rows
  tally.deletes += result.deletes
  tally.processes += result.processes
  addMet(tally, result.met)
  const [first] = result.broken
  if (first === undefined) return
  const lines = result.broken.map((one) => `[${one.promise}] ${one.what} (at ${one.atMs} ms)`)
  tally.failures.push({ seed, promise: first.promise, lines })
}

export function addTally(tally: Tally, more: Tally): void {
  tally.worlds += more.worlds
  tally.livedMs += more.livedMs
  tally.rows += more.rows
  tally.deletes += more.deletes
  tally.processes += more.processes
  addMet(tally, more.met)
  tally.failures.push(...more.failures)
}

function addMet(tally: Tally, met: Readonly<Record<string, number>>): void {
  for (const [what, count] of Object.entries(met)) tally.met[what] = (tally.met[what] ?? 0) + count
}

/** What was met, most often first, in lines of at most `width` characters. */
export function metLines(tally: Tally, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const [what, count] of Object.entries(tally.met).sort((a, b) => b[1] - a[1])) {
    const part = `${what} ${count}`
    if (line !== '' && line.length + 2 + part.length > width) {
      lines.push(line)
      line = ''
    }
    line += line === '' ? part : `, ${part}`
  }
  return line === '' ? lines : [...lines, line]
}

import { readFileSync } from 'node:fs'
import type { CommandProcess } from '../support/commandProcess.ts'

/** What a process used until it ended, or until now. */
export type Used = { readonly cpuMs: number; readonly peakMb: number; readonly loopDelayMs: number }

/** Printed by the process at its end, see `WATCHED`. */
const MARK = 'loop-delay-ms'
/** `NODE_OPTIONS` that make a Node process say at its end how long its loop stood still at most. */
export const WATCHED = `--import data:text/javascript,${encodeURIComponent(`
import { isMainThread } from 'node:worker_threads'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { writeSync } from 'node:fs'
if (isMainThread) {
  const histogram = monitorEventLoopDelay({ resolution: 20 })
  histogram.enable()
  process.on('exit', () => writeSync(2, '\\n${MARK} ' + (histogram.max / 1e6).toFixed(0) + ' ' + process.cpuUsage().user / 1e3 + ' '
    + process.cpuUsage().system / 1e3 + ' ' + process.resourceUsage().maxRSS / 1e3 + '\\n'))
}
`)}`

/** What a process that was started with `WATCHED` said at its end. @throws Error when it said nothing */
export function usedBy(stderr: string): Used {
  const said = new RegExp(`^${MARK} (\\d+) ([\\d.]+) ([\\d.]+) ([\\d.]+)$`, 'm').exec(stderr)
  if (said === null) throw new Error(`the process told no figures:\n${stderr.slice(-2_000)}`)
  return { loopDelayMs: Number(said[1]), cpuMs: Number(said[2]) + Number(said[3]), peakMb: Number(said[4]) }
}

/** User and system time of a process so far, ms (proc(5): hundredths of a second). */
export function cpuMs({ pid }: CommandProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Resident memory of a process now, MB. */
export function residentMb({ pid }: CommandProcess): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_000
}

import type { Decided } from './person.ts'
import type { Rest, Sample } from './sample.ts'
import { type Slope, slopeOf } from './slope.ts'

/** One promise, whether it held, and the figures. */
export type Finding = { readonly what: string; readonly ok: boolean; readonly text: string }

/** More than this an hour is a leak. */
const MOST_MB_PER_HOUR = 1
/** A connection that is kept, or a timer of the moment. */
const SLACK = 3

/** Some rounds of a person, as many as a minute's window and a fault may bring together. */
const MOST_HELD = 150

/** A process that is younger is still warming up: its slope is shown and not judged. */
const YOUNG_MS = 200_000

/**
 * What grew: resident memory by its slope in the second half (a short run can prove a leak, and rarely the absence of one: the bounds say
 * which), descriptors, watches and resources by two looks at the process at rest.
 */
export function judge(before: Rest, samples: readonly Sample[], after: Rest): readonly Finding[] {
  const half = samples.slice(Math.floor(samples.length / 2))
  const lengthMs = (half.at(-1)?.atMs ?? 0) - (half[0]?.atMs ?? 0)
  return [
    slopeFinding('RSS', lengthMs, slopeOf(half.map(({ atMs, residentMb }) => ({ atMs, value: residentMb })))),
    slopeFinding('the heap', lengthMs, slopeOf(half.map(({ atMs, heapMb }) => ({ atMs, value: heapMb })))),
    compared('no descriptor more at rest', before.sample.descriptors, after.sample.descriptors),
    compared(
      'no watch more than directories at rest',
      before.sample.watches - before.directories,
      after.sample.watches - after.directories,
    ),
    ...[...new Set([...before.sample.resources.keys(), ...after.sample.resources.keys()])]
      // A watch each directory; looked at above.
      .filter((kind) => kind !== 'FSEventWrap')
      .map((kind) => compared(`no ${kind} more at rest`, before.sample.resources.get(kind) ?? 0, after.sample.resources.get(kind) ?? 0)),
  ]
}

/** Whether the person's commands did what they promise, and kept what waits small: memory that grows with it would prove nothing. */
export function judgePerson({ batches, units, failures }: Decided, samples: readonly Sample[]): readonly Finding[] {
  const most = Math.max(0, ...samples.map(({ held }) => held))
  return [
    {
      what: 'every `deletes` command of the person did what it promises',
      ok: failures.length === 0,
      text: failures.join('; ') || `${units} deletes approved, in ${batches} batches`,
    },
    { what: `no more than ${MOST_HELD} deletes wait for the person`, ok: most <= MOST_HELD, text: `at most ${most} did` },
  ]
}

function slopeFinding(of: string, lengthMs: number, slope: Slope | null): Finding {
  const what = `${of} grows by less than ${MOST_MB_PER_HOUR} MB/h in the second half`
  if (lengthMs < YOUNG_MS)
    return { what, ok: true, text: `${slopeText(slope)}; not judged, the half is shorter than ${YOUNG_MS / 1_000} s` }
  return { what, ok: (slope?.leastPerHour ?? 0) <= MOST_MB_PER_HOUR, text: slopeText(slope) }
}

function compared(what: string, before: number, after: number): Finding {
  return { what, ok: after <= before + SLACK, text: `${before} before, ${after} after` }
}

function slopeText(slope: Slope | null): string {
  if (slope === null) return 'too few samples'
  const { perHour, leastPerHour, mostPerHour } = slope
  const bounds = `${perHour.toFixed(1)} MB/h, with 95 % confidence between ${leastPerHour.toFixed(1)} and ${mostPerHour.toFixed(1)}`
  if (leastPerHour > MOST_MB_PER_HOUR) return `${bounds}: it grows`
  return mostPerHour < MOST_MB_PER_HOUR ? bounds : `${bounds}: no growth is proven, and this run is too short to rule it out`
}

/** What happened in a run. */
export type Happened = {
  /** By name. */
  readonly calls: Readonly<Record<string, number>>
  /** Faults, and how often each came. */
  readonly came: ReadonlyMap<string, number>
  /** A line for each look. */
  readonly backlogs: readonly string[]
}

/** The table of a run. */
export function reportOf(samples: readonly Sample[], findings: readonly Finding[], { calls, came, backlogs }: Happened): string {
  const every = Math.max(1, Math.floor(samples.length / 12))
  const first = samples[0]?.atMs ?? 0
  const columns = ['  TIME', 'RSS MB', 'HEAP MB', 'DESCRIPTORS', 'WATCHES', 'TIMERS', 'SOCKETS', 'HELD']
  const rows = samples
    .filter((_, i) => i % every === 0 || i === samples.length - 1)
    .map((one) => [
      `${Math.round((one.atMs - first) / 1_000)} s`,
      one.residentMb.toFixed(1),
      one.heapMb.toFixed(1),
      one.descriptors,
      one.watches,
      one.resources.get('Timeout') ?? 0,
      one.resources.get('TCPSocketWrap') ?? 0,
      one.held,
    ])
  const line = (cells: readonly (string | number)[]) => cells.map((cell, i) => String(cell).padStart(columns[i]?.length ?? 0)).join('  ')
  return [
    line(columns),
    ...rows.map(line),
    '',
    ...backlogs,
    `calls: ${Object.entries(calls)
      .map(([name, n]) => `${name} ${n}`)
      .join(', ')}`,
    `faults: ${[...came].map(([name, n]) => `${name} ${n} times`).join(', ')}`,
    '',
    ...findings.map(({ what, ok, text }) => `${ok ? 'kept  ' : 'BROKEN'}  ${what}: ${text}`),
  ].join('\n')
}

import { randomUUID } from 'node:crypto'
import { connectLocal } from '../control/client.ts'
import { type Emulator, startEmulator } from '../emulator/emulator.ts'
import type { Clock } from '../model/clock.ts'
import { type ComparedLine, compare, readDataset, readFolder } from './comparison.ts'
import { eventLine, type Snapshot, type Upload, type ViewLine } from './liveView.ts'
import { DEMO_DATASET, makePlace, type Place, writeConfig } from './place.ts'
import { type Failure, runStep, StepFailure, wordsOf } from './runStep.ts'
import { type Step, scenario } from './scenario.ts'
import { type ServiceProcess, startService } from './serviceProcess.ts'

/** Where the demo shows what happens. */
export type DemoScreen = {
  /** How often the region is drawn, ms. */
  readonly redrawMs: number
  /** A line that stays. */
  line(line: ViewLine): void
  /** The region below the lines, drawn anew. */
  region(snapshot: Snapshot): void
  /** The region goes. */
  clear(): void
}

export type DemoOptions = {
  /** The program and arguments that start the service, without its config: `[node, main.js, 'run']`. */
  readonly serviceArgv: readonly [string, ...string[]]
  /** Where the demo's directory is made, such as the system's temporary directory. */
  readonly parent: string
  readonly env: NodeJS.ProcessEnv
  readonly clock: Clock
  /** Stops the demo. */
  readonly signal: AbortSignal
  /** A step that takes longer fails, ms. */
  readonly limitMs: number
  readonly screen: DemoScreen
  /** Called when everything is up, before the first step. */
  onStart(about: DemoStart): void
  /** Called with the result while emulator and service still run; they are ended when it resolves. */
  onResult(result: DemoResult, service: ServiceProcess): Promise<void>
}

export type DemoStart = { readonly place: Place; readonly emulatorUrl: string; readonly servicePid: number }

/** Calls that reached the emulator during a step. */
type StepCalls = { readonly puts: number; readonly registers: number; readonly deletes: number }

export type DemoResult = {
  /** Every step done, and every row equal to its file. */
  readonly ok: boolean
  readonly failure: Failure | null
  readonly tookMs: number
  readonly place: Place
  readonly emulatorUrl: string
  readonly dataset: string
  readonly steps: readonly { readonly title: string; readonly tookMs: number; readonly calls: StepCalls }[]
  /** Empty when a step failed. */
  readonly lines: readonly ComparedLine[]
}

/**
 * Runs the whole demo: emulator, folder, service as a process, the scenario, the comparison. Failed steps are in the result.
 * @throws what keeps it from starting at all, such as a temporary directory that cannot be written
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { clock } = options
  const beganMs = clock.monotonicMs()
  const place = makePlace(options.parent)
  const apiKey = randomUUID()
  const datasets = [{ dataset_hash: DEMO_DATASET, title: 'demo', type: 'CORD_STORAGE' as const, api_keys: [apiKey] }]
  await using emulator = await startEmulator({ listen: '127.0.0.1:0', dataDir: place.emulatorData, seed: { datasets } })
  writeConfig(place, emulator.url, apiKey)
  const argv = [...options.serviceArgv, '--config', place.config] as const
  await using service = await startService({ argv, env: options.env, logFile: place.log, clock })
  options.onStart({ place, emulatorUrl: emulator.url, servicePid: service.pid })
  const play = await playScenario({ ...options, place, emulator, service })
  const lines = play.failure === null ? compare(readFolder(place.folder), await readDataset(emulator.url, DEMO_DATASET)) : []
  const result = {
    ...play,
    ok: play.failure === null && lines.length > 0 && lines.every((line) => line.equal),
    tookMs: Math.round(clock.monotonicMs() - beganMs),
    place,
    emulatorUrl: emulator.url,
    dataset: DEMO_DATASET,
    lines,
  }
  await options.onResult(result, service)
  return result
}

/** Shows what the service does until a person has seen enough. @throws StepFailure when the service ends by itself */
export async function follow(service: ServiceProcess, screen: DemoScreen, signal: AbortSignal): Promise<void> {
  const stop = service.onEvent((event) => showEvent(event, screen))
  try {
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    })
    const ended = service.ended.then((end) => Promise.reject(new StepFailure({ step: 'playing', missing: [], why: wordsOf(end) })))
    await Promise.race([stopped, ended])
  } finally {
    stop()
  }
}

type Stage = DemoOptions & { readonly place: Place; readonly emulator: Emulator; readonly service: ServiceProcess }
type Play = Pick<DemoResult, 'steps' | 'failure'>

async function playScenario(stage: Stage): Promise<Play> {
  const { clock, screen, service } = stage
  const plays = scenario()
  const steps: Play['steps'][number][] = []
  const drawing = openDrawing(stage, plays.length)
  const stopShowing = service.onEvent((event) => showEvent(event, screen))
  try {
    for (const [index, step] of plays.entries()) {
      screen.line({ text: `${index + 1}/${plays.length}  ${step.title}`, tone: 'strong' })
      const beganMs = clock.monotonicMs()
      const calls = await playStep(step, stage, (missing) => drawing.waitFor(index + 1, beganMs, missing))
      const tookMs = Math.round(clock.monotonicMs() - beganMs)
      steps.push({ title: step.title, tookMs, calls })
      screen.line({ text: `    ${(tookMs / 1000).toFixed(1)} s · ${callsLine(calls)}`, tone: 'dim' })
    }
    return { steps, failure: null }
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error
    return { steps, failure: error.failure }
  } finally {
    stopShowing()
    await drawing.end()
  }
}

async function playStep(step: Step, stage: Stage, onMissing: (words: readonly string[]) => void): Promise<StepCalls> {
  const { emulator, service, clock, signal, limitMs, place } = stage
  const before = callsOf(emulator)
  await runStep(step, {
    service,
    folder: place.folder,
    clock,
    signal,
    limitMs,
    onMissing: (missing) => onMissing(missing.map(({ words }) => words)),
  })
  const after = callsOf(emulator)
  const calls = {
    puts: after.puts - before.puts,
    registers: after.registers - before.registers,
    deletes: after.deletes - before.deletes,
  }
  if (!step.costsNothing || calls.puts + calls.registers + calls.deletes === 0) return calls
  throw new StepFailure({ step: step.title, missing: [], why: `it should have cost nothing, and cost ${callsLine(calls)}` })
}

function callsOf({ calls }: Emulator): StepCalls {
  const count = (...names: readonly string[]) => names.reduce((sum, name) => sum + calls.count(name), 0)
  return {
    puts: count('PUT bucket'),
    registers: count('PUT video', 'POST singleimage', 'POST imagegroup'),
    deletes: count('DELETE video'),
  }
}

/** The calls of a step in words. */
function callsLine({ puts, registers, deletes }: StepCalls): string {
  const of = (count: number, one: string, more: string) => `${count} ${count === 1 ? one : more}`
  return `${of(puts, 'file sent', 'files sent')}, ${of(registers, 'row registered', 'rows registered')}, ${of(deletes, 'row deleted', 'rows deleted')}`
}

function showEvent(event: Parameters<typeof eventLine>[0], screen: DemoScreen): void {
  const line = eventLine(event)
  if (line !== null) screen.line(line)
}

/** Draws the region again and again; the uploads come from the service's local interface, as `status` has them. */
function openDrawing(stage: Stage, of: number) {
  const { clock, screen, emulator, place, env } = stage
  const over = new AbortController()
  let waiting: { readonly number: number; readonly beganMs: number; readonly missing: readonly string[] } | null = null
  let local: Awaited<ReturnType<typeof connectLocal>> = null
  const uploads = async (): Promise<readonly Upload[]> => {
    try {
      local ??= await connectLocal(place.ledger, env)
      return (await local?.status())?.uploads ?? []
    } catch {
      // The service is starting or stopping; whether it is well is judged by its events.
      return []
    }
  }
  const draw = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const inHand = await uploads()
      const step = waiting === null ? null : { number: waiting.number, of, passedMs: clock.monotonicMs() - waiting.beganMs }
      if (!over.signal.aborted)
        screen.region({ step, missing: waiting?.missing ?? [], uploads: inHand, rows: emulator.rows(DEMO_DATASET).length })
      await clock.sleep(screen.redrawMs, over.signal).catch(() => undefined)
    }
  }
  const drawn = draw()
  return {
    waitFor(number: number, beganMs: number, missing: readonly string[]): void {
      waiting = { number, beganMs, missing }
    },
    async end(): Promise<void> {
      over.abort()
      await drawn
      screen.clear()
    },
  }
}

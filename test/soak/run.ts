import { setTimeout as delay } from 'node:timers/promises'
import { MEMORY, programOf, THREADS } from '../../src/service/unitSpec.ts'
import { type CommandProcess, MAIN } from '../support/commandProcess.ts'
import { type ServiceBox, serviceBox } from '../support/serviceBox.ts'
import { type Backlog, backlogOf, backlogText } from './backlog.ts'
import { chance } from './chance.ts'
import { COLLECTED } from './collected.ts'
import { watchDeletes } from './deleteWatch.ts'
import { type Decided, person, together } from './person.ts'
import { LEAK, wrongDelete } from './planted.ts'
import { type Finding, judge, judgePerson, reportOf } from './report.ts'
import { directoriesBelow, type Rest, type Sample, sampleOf } from './sample.ts'
import { settled } from './settled.ts'
import { weather } from './weather.ts'
import { startWriters } from './writers.ts'

const SAMPLE_MS = 5_000
const WRITERS = 2
/** The last part of the time is for a service that is killed and started again: so much of it, and no more than so long. */
const KILLS_SHARE = 0.2
const MOST_KILLS_MS = 600_000
const PATIENCE_MS = 180_000
/**
 * The window forgets what is over, so that what waits stays as small in the tenth hour as in the first. The writers cause some 80 deletes a
 * minute: with a limit below that, each would be a batch of its own, and more of them than a person can approve.
 */
const LIMIT = { count: 150, percent: 100, per: '1m' }
/** Idle connections are kept for some seconds. */
const REST_MS = 15_000

/** `npm run soak -- [--minutes N] [--seed S] [--plant leak|delete]`: N minutes of work and faults; exit code 1 when a promise broke. */
async function main(args: readonly string[]): Promise<number> {
  const option = (name: string): string | null => (args.includes(name) ? (args[args.indexOf(name) + 1] ?? '') : null)
  const minutes = Number(option('--minutes') ?? 10)
  const seed = Number(option('--seed') ?? 1)
  const plant = option('--plant')
  if (!(minutes > 0) || !Number.isInteger(seed)) throw new Error('usage: npm run soak -- [--minutes N] [--seed S] [--plant leak|delete]')
  await using box = await serviceBox({
    folder: {
      group_settle: '1s',
      regroup_settle: '1s',
      on_change: 'replace',
      deletes: { grace: '1s', limit: LIMIT },
    },
    encord: { absent_gap: '1s' },
    top: { rescan: '2s', log: { level: 'info', format: 'json' }, status: { listen: '127.0.0.1:0' } },
  })
  const deletes = watchDeletes(box.emulator.emulator, box.emulator.dataset, box.folder)
  const imports = [COLLECTED, ...(plant === 'leak' ? [LEAK] : [])]
  const env = { NODE_OPTIONS: imports.map((module) => `--import ${module}`).join(' ') }
  // As the unit starts it: what it may keep is set there.
  const asInstalled = { program: programOf(MAIN), env: { ...MEMORY, ...THREADS, ...env } }
  const wholeMs = minutes * 60_000
  const killsMs = Math.min(wholeMs * KILLS_SHARE, MOST_KILLS_MS)
  console.log(`soak: ${minutes} min, seed ${seed}, ${WRITERS} writers; the emulator at ${box.emulator.url}`)
  const steady = await steadyWork(box, await box.run(asInstalled), wholeMs - killsMs, seed, plant === 'delete')
  const killed = await killedWork(box, killsMs, seed + 1)
  const findings: readonly Finding[] = [
    ...judge(steady.before, steady.samples, steady.after),
    ...judgePerson(together(steady.decided, killed.decided), steady.samples),
    { what: 'dataset = folder, after the steady part', ok: steady.end.length === 0, text: steady.end.join('; ') || 'equal' },
    {
      what: 'dataset = folder, after the kills',
      ok: killed.end.length === 0,
      text: killed.end.join('; ') || `equal; ${killed.kills} kills`,
    },
    {
      what: 'no wrong DELETE',
      ok: deletes.wrong.length === 0,
      text: `${deletes.seen()} looked at; ${deletes.wrong.map(({ title, why }) => `${title}: ${why}`).join('; ') || 'none wrong'}`,
    },
  ]
  const backlogs = [backlogText('at half', steady.atHalf), backlogText('at the end', steady.atEnd)]
  console.log(reportOf(steady.samples, findings, { calls: box.emulator.calls.counts(), came: steady.came, backlogs }))
  return findings.every(({ ok }) => ok) ? 0 : 1
}

type Steady = {
  readonly before: Rest
  readonly after: Rest
  readonly samples: readonly Sample[]
  /** While the writers worked. */
  readonly atHalf: Backlog
  readonly atEnd: Backlog
  readonly decided: Decided
  readonly end: readonly string[]
  readonly came: ReadonlyMap<string, number>
}

async function steadyWork(box: ServiceBox, service: CommandProcess, forMs: number, seed: number, plantDelete: boolean): Promise<Steady> {
  const page = String((await service.until('status.listening'))['url'])
  const warmUp = await startWriters(box.folder, WRITERS, seed, 'a')
  await delay(Math.min(20_000, forMs / 4))
  await warmUp.stop()
  await settled(box, PATIENCE_MS)
  const before = await atRest(box, service.pid, page)
  const writers = await startWriters(box.folder, WRITERS, seed, 'b')
  const stop = new AbortController()
  const faults = weather(chance(seed), box.emulator.emulator.faults, () => service.pid, stop.signal)
  const decides = person(chance(seed + 1), box, stop.signal)
  const work = async () => {
    const first = await sampled(service, page, forMs, forMs / 2)
    const atHalf = backlogOf(box)
    const second = await sampled(service, page, forMs, forMs / 2)
    return { samples: [...first, ...second], atHalf, atEnd: backlogOf(box) }
  }
  const seen = await work().finally(async () => {
    stop.abort()
    await Promise.allSettled([faults, decides])
    await writers.stop()
  })
  if (plantDelete) await wrongDelete(box)
  const end = await settled(box, PATIENCE_MS)
  const after = await atRest(box, service.pid, page)
  service.child.kill('SIGKILL')
  await service.finished
  return { ...seen, before, after, decided: together(await decides, end.decided), end: end.differences, came: await faults }
}

/** Samples of so much of a run. @throws Error with the end of the log when the service ends */
async function sampled(service: CommandProcess, page: string, wholeMs: number, forMs: number): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  const endMs = performance.now() + forMs
  while (performance.now() < endMs) {
    await delay(Math.min(SAMPLE_MS, wholeMs / 8))
    if (!service.isAlive()) throw new Error(`the service ended by itself:\n${service.stderr().slice(-3_000)}`)
    samples.push(await sampleOf(service.pid, page))
  }
  return samples
}

/** The service is killed and started again while the work goes on. */
async function killedWork(
  box: ServiceBox,
  forMs: number,
  seed: number,
): Promise<{ readonly end: readonly string[]; readonly decided: Decided; readonly kills: number }> {
  const { between } = chance(seed)
  const writers = await startWriters(box.folder, WRITERS, seed, 'c')
  const stop = new AbortController()
  let service = await box.run()
  const faults = weather(chance(seed), box.emulator.emulator.faults, () => null, stop.signal)
  // What held batches the kills leave behind would take longer to approve than anybody is patient. A command may meet a service that is dead.
  const decides = person(chance(seed + 1), box, stop.signal)
  const endMs = performance.now() + forMs
  let kills = 0
  while (performance.now() < endMs) {
    await delay(between(1_000, 12_000))
    service.child.kill('SIGKILL')
    await service.finished
    kills += 1
    await delay(between(0, 2_000))
    service = box.start(['run'])
  }
  stop.abort()
  await Promise.all([faults, decides])
  await writers.stop()
  // One that met the ledger in a command's hands has ended.
  if (!service.isAlive()) await box.run()
  const end = await settled(box, PATIENCE_MS)
  return { end: end.differences, decided: end.decided, kills }
}

async function atRest(box: ServiceBox, pid: number, page: string): Promise<Rest> {
  await delay(REST_MS)
  return { sample: await sampleOf(pid, page), directories: directoriesBelow(box.folder) }
}

process.exitCode = await main(process.argv.slice(2))

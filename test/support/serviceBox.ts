import { chownSync, cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { EmulatorOptions } from '../../src/emulator/emulator.ts'
import type { RowReport } from '../../src/emulator/report.ts'
import { type CommandOptions, type CommandProcess, type Finished, ORDINARY_UID, startCommand, tailOf } from './commandProcess.ts'
import { type EmulatorBox, emulatorBox } from './emulatorBox.ts'
import { realClock } from './realClock.ts'

/** Settings that differ from the box's: of the folder, of the top level, of `encord`. */
export type BoxSettings = {
  readonly folder?: Readonly<Record<string, unknown>>
  readonly top?: Readonly<Record<string, unknown>>
  readonly encord?: Readonly<Record<string, unknown>>
}

/**
 * A folder IN, a place OUT beside it, a ledger and a dataset of a real emulator, for commands as processes. Times are short: settle 300 ms,
 * group_settle 500 ms, grace 1 s, rescan 1 s, absent_gap 500 ms.
 */
export class ServiceBox implements AsyncDisposable {
  readonly emulator: EmulatorBox
  readonly base = realpathSync(mkdtempSync(join(tmpdir(), 'encord-sync-process-')))
  readonly folder = join(this.base, 'IN')
  readonly outside = join(this.base, 'OUT')
  readonly configFile = join(this.base, 'config.yaml')
  readonly ledgerDir = join(this.base, 'state')
  readonly #running = new Set<CommandProcess>()

  constructor(emulator: EmulatorBox, settings: BoxSettings) {
    this.emulator = emulator
    mkdirSync(this.folder)
    mkdirSync(this.outside)
    this.configure(settings)
  }

  /** Writes the config anew. */
  configure({ folder = {}, top = {}, encord = {} }: BoxSettings): void {
    const { emulator } = this
    const config = {
      encord: { domain: emulator.url, absent_gap: '500ms', ...encord },
      ledger: join(this.ledgerDir, 'ledger.db'),
      rescan: '1s',
      log: { level: 'debug', format: 'json' },
      folders: [
        {
          path: this.folder,
          dataset: emulator.dataset,
          ...('api_key_file' in folder ? {} : { api_key: `\${ENCORD_API_KEY}` }),
          settle: '300ms',
          group_settle: '500ms',
          deletes: { grace: '1s' },
          ...folder,
        },
      ],
      ...top,
    }
    this.writeConfig(JSON.stringify(config, null, 2))
  }

  writeConfig(text: string): void {
    writeFileSync(this.configFile, text, { mode: 0o600 })
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  /** Writes a file of the folder; its directories are made. */
  put(name: string, bytes: Uint8Array | string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true })
    writeFileSync(this.path(name), bytes)
  }

  rename(from: string, to: string): void {
    mkdirSync(dirname(this.path(to)), { recursive: true })
    renameSync(this.path(from), this.path(to))
  }

  remove(name: string): void {
    rmSync(this.path(name), { recursive: true })
  }

  /** Any command, to its end. */
  async command(args: readonly string[], options: CommandOptions = {}): Promise<Finished> {
    return await this.start(args, options).finished
  }

  /** One pass, to its end. */
  once(options: CommandOptions = {}): Promise<Finished> {
    return this.command(['once', '--wait', '60s'], options)
  }

  /** A second pass that confirms what the first one missed: the grace in between is waited for. */
  async onceAfterGrace(graceMs = 1_000): Promise<Finished> {
    await realClock.sleep(graceMs + 100)
    return await this.once()
  }

  /** Starts a command; it is ended with the box. */
  start(args: readonly string[], options: CommandOptions = {}): CommandProcess {
    if (options.asOrdinaryUser === true) this.#giveAway(this.base)
    // What follows `--` is no option any more.
    const end = args.includes('--') ? args.indexOf('--') : args.length
    const command = startCommand([...args.slice(0, end), '--config', this.configFile, ...args.slice(end)], {
      ...options,
      env: { ENCORD_API_KEY: this.emulator.key, ...options.env },
    })
    this.#running.add(command)
    void command.finished.finally(() => this.#running.delete(command))
    return command
  }

  /** Starts the service; resolves when it has looked at every folder. */
  async run(options: CommandOptions = {}): Promise<CommandProcess> {
    const service = this.start(['run'], options)
    await service.until('service.ready', () => true, 180_000)
    return service
  }

  rows(): readonly RowReport[] {
    return this.emulator.rows()
  }

  titles(): readonly string[] {
    return this.rows()
      .map((row) => row.title)
      .sort()
  }

  row(title: string): RowReport | undefined {
    return this.rows().find((row) => row.title === title)
  }

  /** How many calls arrived: `calls('DELETE video')`. */
  calls(name: string): number {
    return this.emulator.calls.count(name)
  }

  deletes(): number {
    return this.calls('DELETE video')
  }

  /** Registrations of any kind. */
  registrations(): number {
    return this.calls('POST singleimage') + this.calls('PUT video') + this.calls('POST imagegroup')
  }

  /** Resolves when a call makes it true. @throws Error with the log of what runs when none does in time */
  async until(holds: () => boolean, what: string, withinMs = 120_000): Promise<void> {
    const stop = new AbortController()
    const late = delay(withinMs, undefined, { signal: stop.signal }).then(() => {
      const logs = [...this.#running].map((command) => tailOf(command.stderr()))
      throw new Error(`not within ${withinMs} ms: ${what}; rows: ${JSON.stringify(this.titles())}; logs:\n${logs.join('\n---\n')}`)
    })
    try {
      await Promise.race([this.emulator.emulator.until(holds), late])
    } finally {
      stop.abort()
      await late.catch(() => undefined)
    }
  }

  /** Resolves when the dataset holds exactly these titles. */
  untilTitles(...titles: string[]): Promise<void> {
    const wanted = JSON.stringify(titles.sort())
    return this.until(() => JSON.stringify(this.titles()) === wanted, `the titles ${wanted}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const command of this.#running) await stop(command)
    await this.emulator.stop()
    rmSync(this.base, { recursive: true, force: true })
  }

  #giveAway(path: string): void {
    if (process.getuid?.() !== 0) return
    chownSync(path, ORDINARY_UID, ORDINARY_UID)
    if (!lstatSync(path).isDirectory()) return
    for (const name of readdirSync(path)) this.#giveAway(join(path, name))
  }
}

export async function serviceBox(settings: BoxSettings & { readonly emulator?: Partial<EmulatorOptions> } = {}): Promise<ServiceBox> {
  return new ServiceBox(await emulatorBox(settings.emulator), settings)
}

/** Ends a process as a service manager does, and by force when it does not go. */
export async function stop(command: CommandProcess, patienceMs = 60_000): Promise<Finished> {
  command.child.kill('SIGTERM')
  const timer = setTimeout(() => command.child.kill('SIGKILL'), patienceMs)
  const finished = await command.finished
  clearTimeout(timer)
  return finished
}

/** Waits for so many whole scans that begin after now. */
export async function wholeScans(service: CommandProcess, count: number): Promise<void> {
  // One may be under way that began before.
  for (let i = 0; i <= count; i++) await service.next('folder.scanned', (line) => line['whole'] === true)
}

/** A copy with all attributes, as `cp -a`. */
export function copyTree(from: string, to: string): void {
  cpSync(from, to, { recursive: true, preserveTimestamps: true })
}

import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'

/** A unmount is refused while a scan has a directory open; scans are short. */
const BUSY_TRIES = 100

/**
 * A mount namespace of its own, held by a process that does nothing: what is mounted in it, nobody else sees, and all of it goes with
 * its holder.
 */
export class MountNamespace implements AsyncDisposable {
  readonly #holder: ChildProcessByStdio<Writable, Readable, null>

  private constructor(holder: ChildProcessByStdio<Writable, Readable, null>) {
    this.#holder = holder
  }

  /** @throws Error where `whyNoMounts` gives a reason */
  static async open(): Promise<MountNamespace> {
    // Prints once it is in its namespace; ends when its input does, also when the tests are killed.
    const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', 'echo held; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(holder.stdout, 'data')
    return new MountNamespace(holder)
  }

  /** Before a program and its arguments: it runs inside. */
  get enter(): readonly string[] {
    return ['nsenter', `--mount=/proc/${this.#holder.pid}/ns/mnt`, '--']
  }

  /** A path inside, as those outside reach it. */
  seen(path: string): string {
    return `/proc/${this.#holder.pid}/root${path}`
  }

  /** Runs a program inside, to its end. @throws Error with what it said when it fails */
  run(...argv: readonly string[]): void {
    const said = this.#try(argv)
    if (said !== null) throw new Error(`${argv.join(' ')}: ${said}`)
  }

  /** `mount` inside. */
  mount(...args: readonly string[]): void {
    this.run('mount', ...args)
  }

  /** `umount` inside, as soon as nobody reads there. */
  unmount(point: string): void {
    let said: string | null = null
    for (let tries = 0; tries < BUSY_TRIES; tries++) {
      said = this.#try(['umount', point])
      if (said === null) return
      if (!said.includes('busy')) break
    }
    throw new Error(`umount ${point}: ${said}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#holder, 'close')
    this.#holder.stdin.end()
    await ended
  }

  #try(argv: readonly string[]): string | null {
    const [program = '', ...args] = [...this.enter, ...argv]
    const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
    return status === 0 ? null : (error?.message ?? stderr.trim())
  }
}

/** Why nothing can be mounted here, or null. Tests that mount say it when they are skipped. */
export function whyNoMounts(): string | null {
  if (process.platform !== 'linux') return `mount namespaces are Linux's, and this is ${process.platform}`
  if (process.getuid?.() !== 0) return 'mounting needs root'
  const tried = spawnSync('unshare', ['--mount', '--propagation', 'private', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { encoding: 'utf8' })
  if (tried.status !== 0) return `no private mount namespace here: ${tried.error?.message ?? tried.stderr.trim()}`
  return null
}

/** Why this file system can't be made here, or null. @param maker the program that formats it, if any */
export function whyNo(fsType: string, maker: string | null): string | null {
  if (maker !== null && spawnSync('sh', ['-c', `command -v ${maker}`]).status !== 0) return `${maker} is not installed`
  if (maker !== null && spawnSync('losetup', ['--find']).status !== 0) return 'there is no loop device'
  const known = readFileSync('/proc/filesystems', 'utf8').split('\n')
  return known.some((line) => line.split('\t')[1] === fsType) ? null : `this kernel has no ${fsType}`
}

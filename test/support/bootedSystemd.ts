import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** How a command inside ended. */
type Inside = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** A systemd that was really booted, in namespaces of its own; it ends with its process. */
export type BootedSystemd = {
  /** Runs a command inside; stands still until it ended. */
  run(...command: readonly string[]): Promise<Inside>
  /** The same, and demands that it ends with 0. @returns what it printed */
  ask(...command: readonly string[]): Promise<string>
  [Symbol.asyncDispose](): Promise<void>
}

/** Why no systemd can be booted here; null when one can. */
export function whyNoSystemd(): string | null {
  if (process.platform !== 'linux') return 'systemd is for Linux'
  if (process.getuid?.() !== 0) return 'namespaces need root'
  for (const program of ['/lib/systemd/systemd', '/usr/bin/nsenter', '/usr/bin/unshare', '/usr/bin/systemd-notify']) {
    if (!existsSync(program)) return `${program} is not installed`
  }
  const tried = spawnSync('unshare', ['--mount', '--pid', '--fork', '--mount-proc', 'mount', '-t', 'tmpfs', 'tmpfs', '/run'])
  return tried.status === 0 ? null : `namespaces are not allowed: ${String(tried.stderr).trim()}`
}

/** Boots; resolves when it takes commands. @param box a directory that is `/run/box` inside */
export async function bootSystemd(box: string): Promise<BootedSystemd> {
  const namespaces = ['--pid', '--fork', '--mount', '--uts', '--ipc', '--cgroup', '--mount-proc', '--kill-child']
  const script = `${root}/test/service/boot.sh`
  const args = [`${root}/dist`, `${root}/package.json`, realpathSync(`${root}/node_modules`), box]
  const outer = spawn('unshare', [...namespaces, '--', script, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  outer.stderr.on('data', (part) => {
    said += String(part)
  })
  const deadlineMs = performance.now() + 60_000
  while (performance.now() < deadlineMs && outer.exitCode === null) {
    const init = initOf(outer)
    if (init !== null && (await inside(init, ['systemctl', 'is-active', 'mini.target'])).stdout.trim() === 'active')
      return booted(outer, init)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  outer.kill('SIGKILL')
  throw new Error(`systemd did not boot: ${said}`)
}

function booted(outer: ChildProcess, init: number): BootedSystemd {
  const run = (...command: readonly string[]) => inside(init, command)
  return {
    run,
    async ask(...command) {
      const { code, stdout, stderr } = await run(...command)
      if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${stderr}${stdout}`)
      return stdout
    },
    async [Symbol.asyncDispose]() {
      const ended = once(outer, 'exit')
      outer.kill('SIGKILL')
      await ended
    },
  }
}

/** The only child of `unshare` is the first process of the namespace. */
function initOf({ pid }: ChildProcess): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()) || null
  } catch {
    return null
  }
}

function inside(init: number, command: readonly string[]): Promise<Inside> {
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/nonexistent', LC_ALL: 'C.UTF-8' }
  return new Promise((resolve) => {
    execFile('nsenter', ['-t', String(init), '-a', ...command], { env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 255, stdout, stderr })
    })
  })
}

import { spawn } from 'node:child_process'

/** A command that takes longer is ended, ms. */
const LONGEST_MS = 10_000

/** What a command may need of our surroundings; nothing else is handed on, since it may be a key. */
const HANDED_ON = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'XDG_RUNTIME_DIR',
  'DBUS_SESSION_BUS_ADDRESS',
]

/** Runs a command without a shell, the text on its standard input. @returns why it failed; null when it ended with 0 */
export function runCommand(command: readonly string[], input: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  const [program = '', ...args] = command
  const own = Object.fromEntries(HANDED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
  return new Promise((resolve) => {
    const unstarted = (error: unknown): void => {
      const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown reason'
      resolve(`the command ${program} could not be started (${code})`)
    }
    try {
      const child = spawn(program, args, { env: own, stdio: ['pipe', 'ignore', 'ignore'], timeout: LONGEST_MS, killSignal: 'SIGKILL' })
      child.once('error', unstarted)
      child.once('exit', (code, signal) => {
        if (code === 0) resolve(null)
        else if (signal === 'SIGKILL')
          resolve(`the command ${program} was ended: it took longer than ${LONGEST_MS / 1000} s, or was killed`)
        else resolve(`the command ${program} ended with ${code === null ? signal : `exit code ${code}`}`)
      })
      // It need not read what it is told.
      child.stdin.on('error', () => undefined)
      child.stdin.end(`${input}\n`)
    } catch (error) {
      // Some failures are thrown (no memory for a process, too long a command line), and without a free descriptor there is no stdin.
      unstarted(error)
    }
  })
}

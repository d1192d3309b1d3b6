import { execFile } from 'node:child_process'
import { messageOf } from '../model/error.ts'

/** What a service manager is told: assignments of sd_notify(3). Later values of a name win over those that were not sent yet. */
export type Notifier = {
  /** Null: no sign of life is asked for. Else without one for so long, ms, the service is started anew. */
  readonly watchdogMs: number | null
  tell(assignments: Readonly<Record<string, string>>): void
  /** Resolves when all that was told has been handed over. */
  flushed(): Promise<void>
}

/** Hands assignments over; rejects when that was not possible. */
export type Deliver = (assignments: readonly string[]) => Promise<void>

/** For a service that no systemd started. */
export const SILENT_NOTIFIER: Notifier = { watchdogMs: null, tell: () => undefined, flushed: async () => undefined }

/** Longer than it ever takes, ms; a hung helper must not hold back the next sign. */
const PATIENCE_MS = 10_000

/**
 * The service manager of this process, as its environment names it; silent where there is none. Node has no datagram sockets on
 * paths, so systemd-notify(1) carries the words: a child, hence `NotifyAccess=all`. It waits until they were read, so that its process
 * still is there when systemd asks whose words they are.
 * @param onFailure told once, at the first failure
 */
export function openNotifier(env: NodeJS.ProcessEnv, pid: number, onFailure: (why: string) => void, deliver?: Deliver): Notifier {
  const socket = env['NOTIFY_SOCKET']
  if (socket === undefined || socket === '') return SILENT_NOTIFIER
  const send = deliver ?? systemdNotify({ NOTIFY_SOCKET: socket, PATH: env['PATH'] ?? '/usr/bin:/bin' })
  let waiting = new Map<string, string>()
  let sending: Promise<void> | null = null
  let failed = false

  async function drain(): Promise<void> {
    while (waiting.size > 0) {
      const assignments = [...waiting].map(([name, value]) => `${name}=${value}`)
      waiting = new Map()
      await send(assignments).catch((error: unknown) => {
        if (!failed) onFailure(messageOf(error))
        failed = true
      })
    }
    sending = null
  }

  return {
    watchdogMs: watchdogMsOf(env, pid),
    tell(assignments) {
      // systemd reads lines: a value has to be one.
      for (const [name, value] of Object.entries(assignments)) waiting.set(name, value.replaceAll(/[\r\n]+/g, ' '))
      sending ??= drain()
    },
    async flushed() {
      await sending
    },
  }
}

/** @see sd_watchdog_enabled(3) */
function watchdogMsOf(env: NodeJS.ProcessEnv, pid: number): number | null {
  const isOurs = env['WATCHDOG_PID'] === undefined || env['WATCHDOG_PID'] === String(pid)
  const microseconds = Number(env['WATCHDOG_USEC'] ?? Number.NaN)
  return isOurs && microseconds > 0 ? microseconds / 1_000 : null
}

function systemdNotify(env: NodeJS.ProcessEnv): Deliver {
  return (assignments) =>
    new Promise((resolve, reject) => {
      execFile('systemd-notify', [...assignments], { env, timeout: PATIENCE_MS }, (error) => {
        if (error === null) resolve()
        else
          reject(new Error(`systemd-notify: ${error.code === 'ENOENT' ? 'not found' : (error.message.split('\n').at(1) ?? error.message)}`))
      })
    })
}

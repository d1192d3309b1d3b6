import type { Advice } from './manager.ts'
import type { RunTool } from './tool.ts'

/** Does the service manager of a user run while nobody is logged in? */
export type Lingering = 'on' | 'off' | 'unknown' | 'not-needed'

/** Asks systemd-logind (loginctl(1)). */
export async function lingeringOf(runTool: RunTool, userName: string): Promise<Lingering> {
  const { code, stdout } = await runTool('loginctl', ['show-user', userName, '--property=Linger', '--value'])
  const word = stdout.trim()
  return code === 0 && word === 'yes' ? 'on' : code === 0 && word === 'no' ? 'off' : 'unknown'
}

export function lingeringAdvice(lingering: Lingering): readonly Advice[] {
  switch (lingering) {
    case 'off':
      return [
        { what: 'it starts when you log in and stops when you log out; to run it always, from boot on', next: 'loginctl enable-linger' },
      ]
    case 'unknown':
      return [{ what: 'whether it runs while you are logged out is not known here; to run it always', next: 'loginctl enable-linger' }]
    default:
      return []
  }
}

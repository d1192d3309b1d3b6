import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Where Linux keeps it, machine-id(5); a container may have an empty one, or none. */
const FILES = ['/etc/machine-id', '/var/lib/dbus/machine-id']
/** Answers at once; a machine that can't is one whose id is not known. */
const PATIENCE_MS = 2_000

/**
 * Which machine this is, hashed, since the id itself is confidential (machine-id(5)): `/etc/machine-id`, on macOS `IOPlatformUUID`.
 * Null where none is known.
 */
export function readMachineId(platform: NodeJS.Platform = process.platform): string | null {
  const id = platform === 'darwin' ? platformUuid() : FILES.map(textOf).find((text) => text !== '')
  return id === undefined ? null : createHash('sha256').update(`encord-sync machine ${id}`).digest('hex')
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}

function platformUuid(): string | undefined {
  try {
    const text = execFileSync('/usr/sbin/ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice'], {
      encoding: 'utf8',
      timeout: PATIENCE_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return /"IOPlatformUUID" = "([^"]+)"/.exec(text)?.[1]
  } catch {
    return undefined
  }
}

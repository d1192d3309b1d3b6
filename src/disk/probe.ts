import { constants } from 'node:fs'
import { lstat, open, unlink } from 'node:fs/promises'
import type { Clock } from '../model/clock.ts'
import { STATE_DIRECTORY, statePath } from './stateDirectory.ts'

/** Longer than one tick of the kernel's clock; then longer than the two-second steps of FAT. */
const WAITS_MS = [25, 2_100]

/**
 * Whether this file system moves a directory's times on when a name is removed from it, which an unlink proves only then.
 * Tried out inside `.encord-sync/`, which has to exist.
 * @returns `unknown` where nothing can be written there.
 */
export async function keepsDirectoryTimes(root: string, clock: Clock): Promise<boolean | 'unknown'> {
  try {
    const directory = `${root}/${STATE_DIRECTORY}`
    for (const waitMs of WAITS_MS) {
      const probe = statePath(root, `probe.${process.pid}.tmp`)
      await unlink(probe).catch(() => undefined)
      const handle = await open(probe, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o644)
      await handle.close()
      const before = await lstat(directory, { bigint: true })
      await clock.sleep(waitMs)
      await unlink(probe)
      const after = await lstat(directory, { bigint: true })
      if (after.ctimeNs > before.ctimeNs && after.mtimeNs > before.mtimeNs) return true
    }
    return false
  } catch {
    return 'unknown'
  }
}

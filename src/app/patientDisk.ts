import type { Clock } from '../model/clock.ts'
import { inTime } from '../model/inTime.ts'
import { DISK_ANSWERS_MS } from '../sync/diskTrouble.ts'
import type { Disk } from '../sync/ports.ts'

const LATE = Symbol('late')

/**
 * A disk whose shares may die without a word, so that a question never ends: the folder is unreadable then, and holds up no other one.
 * While a question is open none is added to it, since each holds a thread.
 */
export function patientDisk(disk: Disk, clock: Clock): Disk {
  const silent = new Set<string>()

  async function ask<T>(root: string, question: () => Promise<T>, unanswered: T): Promise<T> {
    if (silent.has(root)) return unanswered
    const asked = question()
    const answer = await inTime<T, typeof LATE>(clock, DISK_ANSWERS_MS, asked, LATE)
    if (answer !== LATE) return answer
    silent.add(root)
    void asked.catch(() => undefined).finally(() => silent.delete(root))
    return unanswered
  }

  return {
    ...disk,
    identity: (root) => ask(root, () => disk.identity(root), { kind: 'unreadable', errno: 'ETIMEDOUT' }),
    mounts: (root) => ask(root, () => disk.mounts(root), null),
    writeAlive: (root, alive) => ask(root, () => disk.writeAlive(root, alive), undefined),
  }
}

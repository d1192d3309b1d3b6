import { type Alive, writeAlive } from '../disk/identity.ts'

/** Signs of life of a folder that are remembered: those of more than the five minutes that one counts. */
const MOST = 8

/**
 * Tells the signs of life that this process left, and the one it found, from those that come from elsewhere: while it holds the lock of its
 * ledger, nobody else leaves any with that ledger's id but who works with a copy of it.
 */
export function openAlives() {
  const found = new Map<string, { readonly ino: string; readonly alive: Alive | null }>()
  // A write that its disk answers late is done at either moment, and a disk that comes back shows what was left on it before.
  const left = new Map<string, readonly Alive[]>()
  // One after the other: of two at once the older one could be what stays.
  const writing = new Map<string, Promise<unknown>>()
  const isSame = (one: Alive, other: Alive): boolean =>
    one.ledgerId === other.ledgerId && one.sequence === other.sequence && one.atMs === other.atMs && one.released === other.released
  return {
    seen(root: string, ino: string, alive: Alive | null) {
      // Who was at work here before may have died: only what comes later is somebody's.
      if (found.get(root)?.ino !== ino) found.set(root, { ino, alive })
      if (alive === null) return null
      const known = [...(left.get(root) ?? []), found.get(root)?.alive ?? null]
      return { ...alive, isAnothers: !known.some((one) => one !== null && isSame(one, alive)) }
    },
    async write(root: string, alive: Alive): Promise<void> {
      const before = left.get(root) ?? []
      left.set(root, [...before.slice(-MOST), alive])
      const written = (writing.get(root) ?? Promise.resolve()).then(() => writeAlive(root, alive))
      writing.set(root, written)
      const { kind } = await written
      if (kind === 'unwritable') left.set(root, before)
    },
  }
}

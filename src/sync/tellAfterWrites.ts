import type { Log } from '../model/event.ts'
import type { LedgerPort } from './ledgerPort.ts'

/**
 * A ledger and a log for those who write the one and tell the other: what is told inside a write is logged once that write is on
 * disk, and never when it failed. Whoever waits for an event, or reads the log after a crash, finds in the ledger what it says.
 */
export function tellAfterWrites<Ledger extends Pick<LedgerPort, 'commit' | 'now'>>(
  ledger: Ledger,
  log: Log,
): { readonly ledger: Ledger; readonly log: Log } {
  /** What the write that runs now told; null outside of writes. */
  let told: (() => void)[] | null = null

  const collecting =
    <T>(into: (() => void)[], write: () => T) =>
    (): T => {
      const outer = told
      told = into
      try {
        return write()
      } finally {
        told = outer
      }
    }

  return {
    ledger: {
      ...ledger,
      async commit<T>(write: () => T): Promise<T> {
        const own: (() => void)[] = []
        const value = await ledger.commit(collecting(own, write))
        for (const tell of own) tell()
        return value
      },
      now<T>(write: () => T): T {
        const own: (() => void)[] = []
        const value = ledger.now(collecting(own, write))
        // Inside another write it is that one's end which counts.
        if (told !== null) told.push(...own)
        else for (const tell of own) tell()
        return value
      },
    },
    log: {
      emit(name, fields) {
        if (told === null) log.emit(name, fields)
        else told.push(() => log.emit(name, fields))
      },
    },
  }
}

import { takeLock } from '../../src/store/lock.ts'

/** A process of its own that takes the lock of a ledger, says `held` or `refused`, and holds what it has until it is killed. */
const [ledgerPath] = process.argv.slice(2)
if (ledgerPath === undefined) throw new Error('which ledger?')
const lock = takeLock(ledgerPath)
process.stdout.write(lock === null ? 'refused\n' : 'held\n')
if (lock !== null) setInterval(() => undefined, 60_000)

import { runEmulator } from '../../src/emulator/command.ts'

/** An emulator as a process: `emulatorMain.ts LISTEN DATA SEED`; ends at SIGTERM. */
const [listen = '', dataDir = '', seedFile] = process.argv.slice(2)
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())
await runEmulator({ listen, dataDir, seedFile, json: true, out: process.stdout, signal: stop.signal })

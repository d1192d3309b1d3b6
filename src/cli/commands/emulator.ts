import { join, resolve } from 'node:path'
import { defaultLedgerFile } from '../../config/defaultPath.ts'
import { messageOf, UserError } from '../../model/error.ts'
import { EXIT } from '../../model/exitCode.ts'
import { command } from '../command.ts'

/** An Encord server of one's own, on loopback. */
export const emulator = command({
  usage: 'emulator',
  about: 'an Encord server of your own, to try things',
  options: {
    listen: { type: 'string', requiresArg: true, default: '127.0.0.1:8766', describe: 'loopback address and port; 0 takes a free one' },
    data: { type: 'string', requiresArg: true, describe: 'where it keeps its state [default: beside the ledger]' },
    seed: {
      type: 'string',
      requiresArg: true,
      describe: 'JSON with users, datasets and keys to start with, instead of one dataset to try',
    },
  },
  exits: [
    [EXIT.ok, 'stopped by a signal'],
    [EXIT.usage, 'usage, a bad seed, an address that is not loopback or is taken'],
  ],
  examples: [
    ['emulator', 'on port 8766, with a dataset to try; it prints the `init` that uses it'],
    ['emulator --seed seed.json', 'trusts your key with {"users": [{"public_key": "ssh-ed25519 AAAA…"}]}'],
    ['emulator --listen 127.0.0.1:0 --data ./emu --seed seed.json --json', 'for scripts: one line of JSON when it is ready'],
  ],
  async run({ listen, data, seed }, { host, out, signal }) {
    const { runEmulator } = await import('../../emulator/command.ts')
    const dataDir = data === undefined ? join(defaultLedgerFile(host), '..', 'emulator') : resolve(host.directory, data)
    try {
      await runEmulator({
        listen,
        dataDir,
        seedFile: seed === undefined ? undefined : resolve(host.directory, seed),
        json: out.isJson,
        out: { write: (line: string) => (out.isJson ? out.json(JSON.parse(line)) : out.print(line.trimEnd())) },
        signal,
      })
      return EXIT.ok
    } catch (error) {
      throw cannotRun(error)
    }
  },
})

function cannotRun(cause: unknown): UserError {
  return new UserError(
    EXIT.usage,
    {
      what: `the emulator cannot run: ${messageOf(cause)}`,
      notDone: 'nothing was started',
      next: 'encord-sync emulator --help',
    },
    { cause },
  )
}

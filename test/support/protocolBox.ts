import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import sshpk from 'sshpk'
import type { Host } from '../../src/cli/command.ts'
import { CommandBox, type Ran } from './commandBox.ts'
import { BOX_DATASET, BOX_KEY, type EmulatorBox, emulatorBox } from './emulatorBox.ts'

/** A dataset on a cloud bucket, beside the box's own. */
export const CLOUD_DATASET = 'cccccccc-bbbb-4ccc-8ddd-eeeeeeeeeeee'
export const CLOUD_KEY = 'cloud-api-key-0123456789abcdef'

/** An OpenSSH ed25519 key without a passphrase; the emulator knows its user. */
const USER_KEY = sshpk.generatePrivateKey('ed25519')

/** An emulator, a config that names its dataset, and the program turned on them. */
export type ProtocolBox = AsyncDisposable & {
  readonly emulator: EmulatorBox
  readonly box: CommandBox
  /** The private key that the config names. */
  readonly privateKey: string
  /** Absolute path of a file in the box's directory, written with mode 0600. */
  write(name: string, text: string, mode?: number): string
  run(...words: readonly string[]): Promise<Ran>
  runWith(more: Partial<Host>, ...words: readonly string[]): Promise<Ran>
}

/** @param publicKeys OpenSSH lines of further users */
export async function protocolBox(publicKeys: readonly string[] = []): Promise<ProtocolBox> {
  const users = [USER_KEY.toPublic().toString('ssh'), ...publicKeys].map((public_key) => ({ public_key }))
  const emulator = await emulatorBox({
    seed: {
      users,
      datasets: [
        { dataset_hash: BOX_DATASET, title: 'box', type: 'CORD_STORAGE', description: 'for tests', api_keys: [BOX_KEY] },
        { dataset_hash: CLOUD_DATASET, title: 'cloudy', type: 'AWS_S3', api_keys: [CLOUD_KEY] },
      ],
      integrations: [{ id: 'bucket-1', title: 'the lab' }],
    },
  })
  const box = new CommandBox()
  const write = (name: string, text: string, mode = 0o600) => {
    const path = join(box.base, name)
    writeFileSync(path, text, { mode })
    return path
  }
  const privateKey = write('encord-key', USER_KEY.toString('openssh'))
  box.env['ENCORD_API_KEY'] = BOX_KEY
  const folder = join(box.base, 'IN')
  write(
    'config.yaml',
    [
      `encord: { domain: "${emulator.url}", private_key_file: ${privateKey}, absent_gap: 100ms }`,
      `ledger: ${box.path}`,
      `folders: [{ path: ${folder}, dataset: ${BOX_DATASET}, api_key: "\${ENCORD_API_KEY}" }]`,
      '',
    ].join('\n'),
  )
  const runWith = (more: Partial<Host>, ...words: readonly string[]) =>
    box.runBare([...words, '--config', box.configFile], { stopSignal: () => new AbortController().signal, nowMs: Date.now, ...more })
  return {
    emulator,
    box,
    privateKey,
    write,
    runWith,
    run: (...words) => runWith({}, ...words),
    async [Symbol.asyncDispose]() {
      box[Symbol.dispose]()
      await emulator.stop()
    },
  }
}

/** A person at a terminal: what is typed, what is shown, whether the terminal echoes. */
export function terminal(typed: string): Pick<Host, 'stdin' | 'stderr'> & { shown(): string; readonly raw: boolean[] } {
  const raw: boolean[] = []
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (mode: boolean) => void raw.push(mode) })
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80 })
  let shown = ''
  output.on('data', (part) => {
    shown += String(part)
  })
  input.write(typed)
  return {
    stdin: () => input as unknown as NodeJS.ReadStream,
    stderr: output as unknown as NodeJS.WriteStream,
    shown: () => shown,
    raw,
  }
}

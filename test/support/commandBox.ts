import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { Host } from '../../src/cli/command.ts'
import { program } from '../../src/cli/program.ts'
import type { FolderRecord } from '../../src/sync/records.ts'
import { LedgerBox } from './ledgerBox.ts'
import { NOW_MS } from './localParts.ts'

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** A planted ledger with a config that names it, and the program turned on them. */
export class CommandBox extends LedgerBox {
  readonly configFile = join(this.base, 'config.yaml')
  readonly env: NodeJS.ProcessEnv = { ENCORD_API_KEY: 'key-from-the-environment' }

  /** Writes the config for these folders; `more` is added to each, `ledger` instead of the planted one. */
  configure(folders: readonly Pick<FolderRecord, 'path'>[], more = '', ledger = this.path): void {
    const entry = ({ path }: Pick<FolderRecord, 'path'>) =>
      `  - { path: ${JSON.stringify(path)}, dataset: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee, api_key: "\${ENCORD_API_KEY}"${more} }`
    const lines = ['encord: { domain: "http://127.0.0.1:9" }', `ledger: ${ledger}`, 'folders:', ...folders.map(entry), '']
    writeFileSync(this.configFile, lines.join('\n'), { mode: 0o600 })
  }

  /** Runs one command line with the box's config. */
  run(...words: readonly string[]): Promise<Ran> {
    const at = words.indexOf('--')
    const [before, after] = at < 0 ? [words, []] : [words.slice(0, at), words.slice(at)]
    return this.runBare([...before, '--config', this.configFile, ...after])
  }

  /** Runs one command line as it is. */
  runBare(words: readonly string[], more: Partial<Host> = {}): Promise<Ran> {
    return runProgram(words, { env: this.env, directory: this.base, home: this.base, ...more })
  }
}

/** Runs one command line within this process, its output caught. */
export async function runProgram(words: readonly string[], more: Partial<Host>): Promise<Ran> {
  const [stdout, stderr] = [captured(), captured()]
  const code = await program(words, {
    stdout: stdout.stream as unknown as NodeJS.WriteStream,
    stderr: stderr.stream as unknown as NodeJS.WriteStream,
    stdin: () => new PassThrough() as unknown as NodeJS.ReadStream,
    env: {},
    directory: '/',
    home: '/',
    platform: 'linux',
    version: '1.2.3',
    nowMs: () => NOW_MS,
    stopSignal: () => AbortSignal.abort(),
    onHangup: () => () => undefined,
    ...more,
  })
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

function captured(): { readonly stream: PassThrough; text(): string } {
  const stream = new PassThrough()
  let text = ''
  stream.on('data', (part) => {
    text += String(part)
  })
  return { stream, text: () => text }
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type LoadOptions, loadConfig } from '../../src/config/load.ts'
import type { LoadedConfig } from '../../src/config/loadedConfig.ts'
import { ConfigError } from '../../src/config/problem.ts'
import { Secrets } from '../../src/model/secrets.ts'

/** A temporary home with real files, and the loader turned on it. */
export class ConfigBox implements Disposable {
  readonly home = mkdtempSync(join(tmpdir(), 'encord-sync-config-'))
  readonly secrets = new Secrets()
  readonly env: NodeJS.ProcessEnv = { ENCORD_API_KEY: 'key-from-the-environment' }

  /** Writes a file below the home; directories are made. */
  write(path: string, text: string | Uint8Array, mode = 0o600): string {
    const file = join(this.home, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text, { mode })
    return file
  }

  makeDirectory(path: string): string {
    const directory = join(this.home, path)
    mkdirSync(directory, { recursive: true })
    return directory
  }

  load(options: Partial<LoadOptions> = {}): LoadedConfig {
    const { home, env, secrets } = this
    return loadConfig({ file: 'config.yaml', directory: home, env, home, platform: 'linux', secrets, ...options })
  }

  /** Writes the text as `config.yaml` and loads it. */
  read(text: string, options: Partial<LoadOptions> = {}): LoadedConfig {
    this.write('config.yaml', text)
    return this.load(options)
  }

  /** The problems of a text, as `line:column: message`. */
  problems(text: string, options: Partial<LoadOptions> = {}): string[] {
    try {
      this.read(text, options)
    } catch (error) {
      if (error instanceof ConfigError) return error.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`)
      throw error
    }
    return []
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true, force: true })
  }
}

/** A config with one folder; `more` is added to the folder, `top` to the end. */
export function oneFolder(more = '', top = ''): string {
  return [
    'folders:',
    '  - path: in',
    '    dataset: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
    `    api_key: \${ENCORD_API_KEY}`,
    ...more
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => `    ${line}`),
    top,
    '',
  ].join('\n')
}

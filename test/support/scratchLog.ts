import { Writable } from 'node:stream'
import { type LogOptions, type OpenLog, openLog } from '../../src/log/log.ts'
import { Secrets } from '../../src/model/secrets.ts'

/** A log into memory. */
export class ScratchLog implements AsyncDisposable {
  written = ''
  readonly secrets = new Secrets()
  readonly log: OpenLog
  #closed: Promise<void> | undefined

  constructor(options: Partial<LogOptions>) {
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        this.written += String(chunk)
        done()
      },
    })
    this.log = openLog({ level: 'info', format: 'json', stream, colour: false, secrets: this.secrets, wallMs: () => 0, ...options })
  }

  /** Closes the log; its lines, each without its end. */
  async lines(): Promise<string[]> {
    await this.#close()
    return this.written.split('\n').slice(0, -1)
  }

  #close(): Promise<void> {
    this.#closed ??= this.log.close()
    return this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }
}

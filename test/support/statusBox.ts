import { once } from 'node:events'
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http'
import { queries } from '../../src/app/queries.ts'
import type { ReadingApi } from '../../src/status/routes.ts'
import { type StatusServer, type StatusServerOptions, serveStatus } from '../../src/status/server.ts'
import type { FolderRecord } from '../../src/sync/records.ts'
import { LedgerBox } from './ledgerBox.ts'
import { localParts, NOW_MS } from './localParts.ts'

export const TOKEN = 'T0ken-of-forty-three-characters-0123456789ab'

export type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }

/** The page over a real ledger, on a port of its own. */
export class StatusBox implements AsyncDisposable {
  readonly ledger = new LedgerBox()
  readonly folders: FolderRecord[] = []
  /** What a test sets: how long the engine has been idle, and uploads in hand. */
  idleMs = 0
  monotonicMs = 0
  uploads: { folder: string; path: string; sentBytes: number; sizeBytes: number }[] = []
  #server: StatusServer | undefined

  folder(name: string): FolderRecord {
    const folder = this.ledger.folder(name)
    this.folders.push(folder)
    return folder
  }

  api(): ReadingApi {
    return queries({ ...localParts(this.ledger, this.folders), uploads: () => this.uploads })
  }

  async serve(api: ReadingApi = this.api(), more: Partial<StatusServerOptions> = {}): Promise<StatusServer> {
    this.#server = await serveStatus(api, {
      host: '127.0.0.1',
      port: 0,
      token: TOKEN,
      wallMs: () => NOW_MS,
      monotonicMs: () => this.monotonicMs,
      idleMs: () => this.idleMs,
      ownFigures: () => ({ residentBytes: 90_000_000, heapUsedBytes: 20_000_000, resources: new Map([['Timeout', 3]]) }),
      ...more,
    })
    return this.#server
  }

  get port(): number {
    return Number(new URL(this.#server?.url ?? '').port)
  }

  /** One request as given; nothing is followed or corrected. */
  async ask(path: string, options: RequestOptions = {}): Promise<Answer> {
    const sent = request({ host: '127.0.0.1', port: this.port, path, agent: false, ...options })
    sent.end()
    const [response] = await once(sent, 'response')
    let body = ''
    for await (const part of response.setEncoding('utf8')) body += String(part)
    return { status: response.statusCode, headers: response.headers, body }
  }

  /** The same with the token. */
  async askWithToken(path: string): Promise<Answer> {
    return await this.ask(path, { headers: { authorization: `Bearer ${TOKEN}` } })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.close()
    this.ledger[Symbol.dispose]()
  }
}

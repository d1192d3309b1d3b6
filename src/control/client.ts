import { request } from 'node:http'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import { LOCAL_CALLS, type LocalApi } from './api.ts'
import { answerSchema, fromWire, MOST_REQUEST_BYTES, PROTOCOL, tooLong } from './protocol.ts'
import { readServiceFile } from './serviceFile.ts'
import { socketPlaces } from './socketPath.ts'

export type ConnectOptions = {
  /** This command's version, named when the service speaks another protocol. */
  readonly version?: string
  /** How long the service may take to say that it is there, ms. A call itself may take as long as it needs. */
  readonly patienceMs?: number
}

// Nobody listens: no socket, or one whose service died.
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR'])
const PATIENCE_MS = 10_000

/**
 * The service that holds a ledger; null when nobody listens.
 * @throws UserError (2) when it speaks another protocol, or belongs to another user; (75) when it listens and does not answer
 */
export async function connectLocal(ledgerPath: string, env: NodeJS.ProcessEnv, options: ConnectOptions = {}): Promise<LocalApi | null> {
  const socketPath = await findService(ledgerPath, env, options)
  if (socketPath === null) return null
  const call = (name: string) => (args: unknown) => ask(socketPath, name, args ?? {}, { ...options, patienceMs: 0 })
  return Object.fromEntries(LOCAL_CALLS.map((name) => [name, call(name)])) as unknown as LocalApi
}

async function findService(ledgerPath: string, env: NodeJS.ProcessEnv, options: ConnectOptions): Promise<string | null> {
  const own = ownWord(ledgerPath)
  for (const socketPath of new Set([...own, ...socketPlaces(ledgerPath, env)])) {
    try {
      await ask(socketPath, 'hello', {}, options)
      return socketPath
    } catch (error) {
      const code = codeOf(error)
      const isForbidden = code === 'EACCES' || code === 'EPERM'
      if (isForbidden && own.includes(socketPath)) throw otherUser(ledgerPath, error)
      // A runtime directory that was inherited from another user says nothing about this ledger.
      if (!isForbidden && (code === undefined || !NOBODY.has(code))) throw error
    }
  }
  return null
}

function ownWord(ledgerPath: string): readonly string[] {
  try {
    const note = readServiceFile(ledgerPath)
    return note === null ? [] : [note.socket]
  } catch (error) {
    throw otherUser(ledgerPath, error)
  }
}

/** One request, one connection. Rejects with the connection's own error, or the service's UserError. */
function ask(socketPath: string, call: string, args: unknown, { version, patienceMs = PATIENCE_MS }: ConnectOptions): Promise<unknown> {
  const body = JSON.stringify({ v: PROTOCOL, version, call, args })
  if (Buffer.byteLength(body) > MOST_REQUEST_BYTES) return Promise.reject(tooLong())
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const sent = request({ socketPath, path: '/call', method: 'POST', headers, agent: false, timeout: patienceMs }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', (error) => reject(cutOff(call, error)))
      response.on('end', () => {
        try {
          resolve(answeredValue(Buffer.concat(parts).toString('utf8')))
        } catch (error) {
          reject(error)
        }
      })
    })
    sent.on('timeout', () => sent.destroy(silent(patienceMs)))
    sent.on('error', (error) => reject(codeOf(error) === 'ECONNRESET' || codeOf(error) === 'EPIPE' ? cutOff(call, error) : error))
    sent.end(body)
  })
}

function answeredValue(text: string): unknown {
  let answer: ReturnType<typeof answerSchema.safeParse>
  try {
    answer = answerSchema.safeParse(JSON.parse(text))
  } catch (cause) {
    throw strange(cause)
  }
  if (!answer.success) throw strange(answer.error)
  if ('error' in answer.data) throw fromWire(answer.data.error)
  return answer.data.value
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function otherUser(ledgerPath: string, cause: unknown): UserError {
  return new UserError(
    EXIT.usage,
    {
      what: `the ledger ${ledgerPath} belongs to another user`,
      notDone: 'nothing was asked or changed',
      next: 'run the command as that user: sudo -u USER encord-sync …',
    },
    { cause },
  )
}

function silent(patienceMs: number): UserError {
  return new UserError(EXIT.locked, {
    what: `the service holds the ledger and did not answer within ${patienceMs / 1000} s`,
    notDone: 'what was asked for may not have been done',
    next: 'encord-sync status',
  })
}

function cutOff(call: string, cause: unknown): UserError {
  return new UserError(
    EXIT.failed,
    {
      what: `the service ended while it was asked (${call})`,
      notDone: 'what was asked for may not have been done',
      next: 'encord-sync status',
    },
    { cause },
  )
}

function strange(cause: unknown): UserError {
  return new UserError(
    EXIT.usage,
    {
      what: 'the service gave an answer that this command does not understand',
      notDone: 'what was asked for may not have been done',
      next: 'restart the service with the same version of encord-sync',
    },
    { cause },
  )
}

import { chmodSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { LOCAL_CALLS, type LocalApi } from '../../src/control/api.ts'
import { connectLocal } from '../../src/control/client.ts'
import { serveLocal } from '../../src/control/server.ts'
import { chooseSocketPath } from '../../src/control/socketPath.ts'
import { between } from '../simulation/chance.ts'
import { scratchFolder } from '../support/scratchFolder.ts'
import { mangle } from './mangle.ts'
import { type FuzzTarget, within } from './target.ts'

const BODIES = LOCAL_CALLS.map((call) =>
  JSON.stringify({ v: 1, call, args: { path: null, folder: null, paths: ['/a'], asIs: false, id: 1, digest: 'd' } }),
)
const FROM = BODIES.map((body) =>
  Buffer.from(
    `POST /call HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  ),
)
const WORDS = [
  '\r\n',
  'GET / HTTP/1.1\r\n',
  'Content-Length: 99999999\r\n',
  'Transfer-Encoding: chunked\r\n',
  'ffffffff\r\n',
  'Upgrade: h2c\r\n',
  'Expect: 100-continue\r\n',
  '"v":2',
  '"call":"hello"',
  'HTTP/9.9',
  '/call/../x',
  'host:\r\n',
]

/** A stranger says nothing more, and the connection is given up after this, ms. */
const PATIENCE_MS = 40
const LONGEST_MS = 20_000

/** Raw bytes on the local socket: whatever comes, the next command is answered. */
export async function localTarget(api: LocalApi = quietApi()): Promise<FuzzTarget> {
  const scratch = scratchFolder()
  chmodSync(scratch.path, 0o700)
  const ledgerPath = join(scratch.path, 'ledger.db')
  const socketPath = chooseSocketPath(ledgerPath, {})
  const server = await serveLocal(api, { socketPath, ledgerPath, version: '1.0.0', startedAtMs: 0 })
  return {
    name: 'local',
    make(random) {
      if (random() < 0.03)
        return Buffer.concat([Buffer.from('POST /call HTTP/1.1\r\nhost: x\r\n'), Buffer.alloc(between(random, 1, 150_000), 'a: b\r\n')])
      return mangle(random, FROM, WORDS)
    },
    async feed(input) {
      await within(LONGEST_MS, 'the connection', said(socketPath, input))
      const client = await within(LONGEST_MS, 'the next command', connectLocal(ledgerPath, {}))
      if (client === null) throw new Error('nobody listens any more')
      await within(LONGEST_MS, 'its answer', client.status())
    },
    async [Symbol.asyncDispose]() {
      await server.close()
      scratch[Symbol.dispose]()
    },
  }
}

function quietApi(): LocalApi {
  return Object.fromEntries(LOCAL_CALLS.map((call) => [call, async () => ({ call })])) as unknown as LocalApi
}

/** Sends the bytes, then waits a little for what comes back. */
function said(socketPath: string, input: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    const done = (): void => {
      socket.destroy()
      resolve()
    }
    socket.on('error', done)
    socket.on('close', done)
    socket.on('connect', () => socket.write(input))
    socket.on('data', () => undefined)
    socket.setTimeout(PATIENCE_MS, done)
  })
}

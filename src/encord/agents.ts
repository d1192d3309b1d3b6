import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import type { LookupFunction, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import type { Clock } from '../model/clock.ts'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import { inTime } from '../model/inTime.ts'
import { proxyFor } from '../network/proxy.ts'
import { usualAuthorities } from '../network/trust.ts'
import { Tunnel } from '../network/tunnel.ts'

type AgentOptions = {
  readonly clock: Clock
  readonly maxSockets: number
  readonly connectTimeoutMs: number
  /** A connection idle for longer is closed, and never used again. */
  readonly maxIdleMs: number
  /** PEM certificates that are trusted: the well-known ones and a company's. Undefined: Node's own list. */
  readonly ca?: readonly string[] | undefined
  readonly lookup?: LookupFunction | undefined
}

/** Keep-alive connections to one kind of place, http or https by the URL's scheme. */
export type Connections = { agentFor(url: URL): http.Agent; close(): void }

/** Opens a pool. An error before the connection stands is marked with the system call `connect`: not one byte of a request left. */
export function openConnections(options: AgentOptions): Connections {
  const plain = new PlainAgent(options)
  const secure = new SecureAgent(options)
  const tunnels = new Map<string, TunnelAgent>()
  const tunnelTo = (proxy: URL): TunnelAgent => {
    const tunnel = tunnels.get(proxy.href) ?? new TunnelAgent(proxy, options)
    tunnels.set(proxy.href, tunnel)
    return tunnel
  }
  return {
    agentFor(url) {
      const proxy = proxyFor(url)
      const agent = proxy !== null ? tunnelTo(proxy) : url.protocol === 'https:' ? secure : plain
      agent.idle.dropOld(agent.freeSockets)
      return agent
    },
    close() {
      for (const agent of [plain, secure, ...tunnels.values()]) agent.destroy()
    },
  }
}

/** @throws UserError exit 2 when the file cannot be read or holds no certificate */
export function trustedCertificates(caFile: string): readonly string[] {
  try {
    const pem = readFileSync(caFile, 'utf8')
    tls.createSecureContext({ ca: pem })
    if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new Error('no certificate in it')
    return [...usualAuthorities(process.env), pem]
  } catch (cause) {
    throw new UserError(
      EXIT.usage,
      {
        what: `The certificate file ${caFile} (encord.ca_file) cannot be used`,
        notDone: 'Nothing was sent.',
        next: 'Give a readable PEM file.',
      },
      { cause },
    )
  }
}

class PlainAgent extends http.Agent {
  readonly idle: IdleTimes
  readonly #connectTimeoutMs: number
  constructor(options: AgentOptions) {
    super(nodeOptions(options))
    this.idle = new IdleTimes(options.clock, options.maxIdleMs)
    this.#connectTimeoutMs = options.connectTimeoutMs
  }
  override createConnection(...args: Parameters<http.Agent['createConnection']>): Duplex | null | undefined {
    return watchConnect(super.createConnection(...args), 'connect', this.#connectTimeoutMs, this.idle.maxIdleMs)
  }
  override keepSocketAlive(socket: Duplex): boolean {
    this.idle.start(socket)
    super.keepSocketAlive(socket)
    return true
  }
}

class SecureAgent extends https.Agent {
  readonly idle: IdleTimes
  readonly #connectTimeoutMs: number
  constructor(options: AgentOptions) {
    super({ ...nodeOptions(options), ...(options.ca === undefined ? {} : { ca: [...options.ca] }) })
    this.idle = new IdleTimes(options.clock, options.maxIdleMs)
    this.#connectTimeoutMs = options.connectTimeoutMs
  }
  override createConnection(...args: Parameters<https.Agent['createConnection']>): Duplex | null | undefined {
    return watchConnect(super.createConnection(...args), 'secureConnect', this.#connectTimeoutMs, this.idle.maxIdleMs)
  }
  override keepSocketAlive(socket: Duplex): boolean {
    this.idle.start(socket)
    super.keepSocketAlive(socket)
    return true
  }
}

/** Through a proxy of the environment. The name of the server is resolved there, so that no `lookup` of ours looks at its address. */
class TunnelAgent extends Tunnel {
  readonly idle: IdleTimes
  readonly #connectTimeoutMs: number
  readonly #clock: Clock
  constructor(proxy: URL, options: AgentOptions) {
    super(proxy, { ...nodeOptions({ ...options, lookup: undefined }), ca: options.ca })
    this.idle = new IdleTimes(options.clock, options.maxIdleMs)
    this.#connectTimeoutMs = options.connectTimeoutMs
    this.#clock = options.clock
  }
  override async connect(...args: Parameters<Tunnel['connect']>): Promise<Socket> {
    const connecting = super.connect(...args)
    const socket = await inTime(this.#clock, this.#connectTimeoutMs, connecting, null)
    if (socket === null) {
      connecting.then((late) => late.destroy()).catch(() => undefined)
      throw Object.assign(new Error('the proxy did not answer in time'), { code: 'ETIMEDOUT', syscall: 'connect' })
    }
    if (args[1].secureEndpoint) watchConnect(socket, 'secureConnect', this.#connectTimeoutMs, this.idle.maxIdleMs)
    return socket
  }
  override keepSocketAlive(socket: Duplex): boolean {
    this.idle.start(socket)
    super.keepSocketAlive(socket)
    return true
  }
}

/** Since when each free connection is idle. Both clocks count: the monotonic one stops while a laptop sleeps, the wall clock may be set. */
class IdleTimes {
  readonly maxIdleMs: number
  readonly #clock: Clock
  readonly #since = new WeakMap<Duplex, { readonly wallMs: number; readonly monotonicMs: number }>()
  constructor(clock: Clock, maxIdleMs: number) {
    this.#clock = clock
    this.maxIdleMs = maxIdleMs
  }
  start(socket: Duplex): void {
    this.#since.set(socket, { wallMs: this.#clock.wallMs(), monotonicMs: this.#clock.monotonicMs() })
  }
  dropOld(freeSockets: NodeJS.ReadOnlyDict<Socket[]>): void {
    for (const sockets of Object.values(freeSockets)) {
      for (const socket of [...(sockets ?? [])]) if (this.#idleMs(socket) > this.maxIdleMs) socket.destroy()
    }
  }
  #idleMs(socket: Duplex): number {
    const since = this.#since.get(socket)
    if (since === undefined) return Number.POSITIVE_INFINITY
    return Math.max(Math.abs(this.#clock.wallMs() - since.wallMs), this.#clock.monotonicMs() - since.monotonicMs)
  }
}

function nodeOptions(options: AgentOptions): http.AgentOptions {
  const { maxSockets, maxIdleMs, lookup } = options
  return { keepAlive: true, maxSockets, timeout: maxIdleMs, scheduling: 'lifo', ...(lookup === undefined ? {} : { lookup }) }
}

function watchConnect(duplex: Duplex | null | undefined, ready: 'connect' | 'secureConnect', timeoutMs: number, idleMs: number) {
  if (!duplex) return duplex
  const socket = duplex as Socket
  const tooLate = () => socket.destroy(Object.assign(new Error('connect timed out'), { code: 'ETIMEDOUT' }))
  const neverStood = (error: Error) => Object.assign(error, { syscall: 'connect' })
  socket.setTimeout(timeoutMs)
  socket.once('timeout', tooLate)
  socket.prependListener('error', neverStood)
  socket.once(ready, () => {
    socket.off('timeout', tooLate)
    socket.off('error', neverStood)
    socket.setTimeout(idleMs)
  })
  return socket
}

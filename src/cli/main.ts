#!/usr/bin/env node
import { closeSync, openSync, readFileSync } from 'node:fs'
import { homedir, hostname } from 'node:os'

const words = process.argv.slice(2)
const { version, engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
  engines: { node: string }
}
const isVersionAsked = words.length === 1 && (words[0] === '--version' || words[0] === '-V')

if (isVersionAsked) process.stdout.write(`${version}\n`)
else if (!isNodeNewEnough()) {
  process.stderr.write(`error: encord-sync ${version} needs Node ${engines.node}, and this is ${process.version}\n`)
  process.exitCode = 2
} else await run()

/** Answered before anything else is loaded: an old Node would only show a syntax error. */
function isNodeNewEnough(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [needMajor = 0, needMinor = 0] = engines.node.replace('>=', '').split('.').map(Number)
  return major > needMajor || (major === needMajor && minor >= needMinor)
}

async function run(): Promise<void> {
  // The ledger and all that is written beside it are for its owner alone.
  process.umask(0o077)
  const { program } = await import('./program.ts').catch(unloadable)
  const { stdout, stderr, env, platform } = process
  const code = await program(words, {
    stdout,
    stderr,
    stdin: () => process.stdin,
    env,
    platform,
    directory: process.cwd(),
    home: homedir(),
    hostName: hostname(),
    version,
    nowMs: Date.now,
    stopSignal: onceStopped(),
    onHangup,
  })
  process.exit(code)
}

/** Listens only once somebody asks: until then a signal ends the process, as for any small command. */
function onceStopped(): () => AbortSignal {
  let stop: AbortController | undefined
  return () => {
    if (stop !== undefined) return stop.signal
    const controller = new AbortController()
    stop = controller
    for (const [signal, number] of [
      ['SIGINT', 2],
      ['SIGTERM', 15],
    ] as const) {
      process.on(signal, () => {
        if (controller.signal.aborted) process.exit(128 + number)
        controller.abort(signal)
      })
    }
    return controller.signal
  }
}

/** A terminal that closes sends SIGHUP as well, and cannot be opened any more: that ends the process, as it always did. */
function onHangup(listener: () => void): () => void {
  const heard = (): void => {
    if (process.stderr.isTTY === true && !hasTerminal()) process.kill(process.pid, 'SIGTERM')
    else listener()
  }
  process.on('SIGHUP', heard)
  return () => void process.off('SIGHUP', heard)
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

function unloadable(error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException
  if (code !== 'ERR_MODULE_NOT_FOUND') throw error
  process.stderr.write(`error: a part of encord-sync is missing: ${message}\n  not done: nothing was started\n  next: npm ci\n`)
  process.exit(2)
}

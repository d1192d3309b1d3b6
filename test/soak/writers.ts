import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'

const WRITER = new URL('./writer.ts', import.meta.url).pathname

/** Processes that work in a folder until they are stopped; each leaves nothing half done. */
export type Writers = { stop(): Promise<void> }

/** Resolves when all of them work. @param round makes the names of this start different from those of the last */
export async function startWriters(root: string, count: number, seed: number, round: string): Promise<Writers> {
  const children = Array.from({ length: count }, (_, i) => startWriter(root, `${round}${i}`, seed * 1_000 + i))
  // One that is stopped before it listens for that would look like one that failed.
  await Promise.all(children.map((child) => once(child.stdout, 'data')))
  return {
    async stop() {
      const ended = children.map((child) => (child.exitCode === null ? once(child, 'close') : Promise.resolve([child.exitCode])))
      for (const child of children) child.kill('SIGTERM')
      const codes = (await Promise.all(ended)).map(([code]) => code)
      if (codes.some((code) => code !== 0)) throw new Error(`a writer failed: exit codes ${codes.join(', ')}`)
    },
  }
}

function startWriter(root: string, name: string, seed: number): ChildProcessByStdio<null, Readable, null> {
  return spawn(process.execPath, ['--import', 'tsx', WRITER, root, name, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] })
}

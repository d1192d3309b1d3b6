import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

const WRITER = new URL('./writer.ts', import.meta.url).pathname

/** Processes that work in a folder until they are stopped; each leaves nothing half done. */
export type Writers = { stop(): Promise<void> }

/** @param round makes the names of this start different from those of the last */
export function startWriters(root: string, count: number, seed: number, round: string): Writers {
  const children = Array.from({ length: count }, (_, i) => startWriter(root, `${round}${i}`, seed * 1_000 + i))
  return {
    async stop() {
      const ended = children.map((child) => (child.exitCode === null ? once(child, 'close') : Promise.resolve([child.exitCode])))
      for (const child of children) child.kill('SIGTERM')
      const codes = (await Promise.all(ended)).map(([code]) => code)
      if (codes.some((code) => code !== 0)) throw new Error(`a writer failed: exit codes ${codes.join(', ')}`)
    },
  }
}

function startWriter(root: string, name: string, seed: number): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', WRITER, root, name, String(seed)], { stdio: ['ignore', 'ignore', 'inherit'] })
}

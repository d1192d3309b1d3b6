import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as z from 'zod'

const schema = z.object({ pid: z.number().int(), socket: z.string(), startedAtMs: z.number(), version: z.string() })

/** What the service says of itself beside its ledger; to be believed only while its socket answers. */
export type ServiceFile = z.infer<typeof schema>

const NAME = 'daemon.json'

/** Writes the note whole, so that a reader never sees a part of it. */
export function writeServiceFile(ledgerPath: string, note: ServiceFile): void {
  const path = join(dirname(ledgerPath), NAME)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${process.pid}.tmp`
  writeFileSync(draft, `${JSON.stringify(note)}\n`, { mode: 0o600 })
  renameSync(draft, path)
}

/** The note; null without one, or when it does not parse. @throws with `code` EACCES when another user's ledger can't be looked into */
export function readServiceFile(ledgerPath: string): ServiceFile | null {
  try {
    return schema.parse(JSON.parse(readFileSync(join(dirname(ledgerPath), NAME), 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') throw error
    return null
  }
}

/** Takes the note away at a clean stop, unless another service has written its own. */
export function removeServiceFile(ledgerPath: string, socket: string): void {
  if (readServiceFile(ledgerPath)?.socket !== socket) return
  rmSync(join(dirname(ledgerPath), NAME), { force: true })
}

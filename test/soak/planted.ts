import { wireBody } from '../support/emulatorCalls.ts'
import type { ServiceBox } from '../support/serviceBox.ts'

/** A module for `node --import`: a timer, a descriptor and 100 kB more each second. */
export const LEAK = `data:text/javascript,${encodeURIComponent(`
import { openSync } from 'node:fs'
const kept = []
setInterval(() => kept.push(openSync('/dev/null'), setInterval(() => {}, 3_600_000), Buffer.alloc(100_000, 1)), 1_000)
`)}`

/** Deletes a row whose file is there, as a defect would. */
export async function wrongDelete(box: ServiceBox): Promise<void> {
  const { url, dataset, key } = box.emulator
  const row = box.rows().find(({ createdAtMs }) => Date.now() - createdAtMs > 15_000)
  if (row === undefined) throw new Error('no row to delete')
  const body = wireBody('video', 'DELETE', [row.data_hash])
  const headers = { 'Content-Type': 'application/json', ResourceID: dataset, Authorization: key, Connection: 'close' }
  await fetch(`${url}/public`, { method: 'POST', headers, body })
}

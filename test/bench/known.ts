import { mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { dataset } from '../../src/encord/calls/dataset.ts'
import { readAnswer } from '../../src/encord/envelope.ts'
import { serviceBox, stop } from '../support/serviceBox.ts'
import type { Line } from './line.ts'
import { cpuMs, residentMb, usedBy, WATCHED } from './measure.ts'

const PER_DIRECTORY = 100
/** Rest fits between two rescans. */
const RESCAN = '20s'
const IDLE_MS = 12_000

/** A service that knows so many files, which are of no media type: what it holds, what a whole scan takes, what it does at rest. */
export async function knownFiles(count: number): Promise<readonly Line[]> {
  await using box = await serviceBox({ top: { rescan: RESCAN } })
  for (let i = 0; i < count; i++) {
    const dir = box.path(`d${Math.floor(i / PER_DIRECTORY)}`)
    if (i % PER_DIRECTORY === 0) mkdirSync(dir)
    writeFileSync(`${dir}/${i}.dat`, '')
  }
  const service = await box.run({ env: { NODE_OPTIONS: WATCHED } })
  const first = await service.until('folder.scanned', (line) => line['whole'] === true)
  // What is unchanged is told by the digests, which the first scans leave behind.
  await service.next('folder.scanned', (line) => line['whole'] === true)
  const second = await service.next('folder.scanned', (line) => line['whole'] === true)
  await delay(2_000)
  const before = cpuMs(service)
  await delay(IDLE_MS)
  const idle = (cpuMs(service) - before) * (60_000 / IDLE_MS)
  const resident = residentMb(service)
  await stop(service)
  const used = usedBy(service.stderr())
  const name = count.toLocaleString('en')
  return [
    { what: `first scan of ${name} files`, value: Number(first['tookMs']), unit: 'ms', goal: '' },
    { what: `whole scan of ${name} files, unchanged`, value: Number(second['tookMs']), unit: 'ms', goal: '<= 1.4 x find' },
    { what: '  memory at rest', value: resident, unit: 'MB', goal: count === 100_000 ? '<= 95' : '' },
    { what: '  CPU at rest', value: idle, unit: 'ms/min', goal: '<= 60' },
    { what: '  longest stall of the loop', value: used.loopDelayMs, unit: 'ms', goal: '<= 20, but for the first scan' },
  ]
}

/** The answer to a listing, parsed and checked. */
export function listing(rows: number): readonly Line[] {
  const data_rows = Array.from({ length: rows }, (_, i) => ({
    data_hash: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
    data_title: `site-a/run-3/frame-${i}.jpg`,
    data_type: 'IMAGE',
    created_at: '2024-05-01 10:20:30',
    file_size: 40_000 + i,
    client_metadata: { encord_sync: { folder: 'f', path: `site-a/run-3/frame-${i}.jpg`, sha256: 'a'.repeat(64), size: 40_000 + i } },
  }))
  const response = { dataset_hash: 'd', title: 't', description: '', dataset_type: 'CORD_STORAGE', data_rows }
  const body = Buffer.from(JSON.stringify({ status: 200, response }))
  const began = performance.now()
  const found = readAnswer(
    dataset({ clientMetadata: true }),
    'host',
    { status: 200, body, date: null, retryAfterMs: null },
    () => undefined,
  )
  const tookMs = performance.now() - began
  if (found.rows.length !== rows) throw new Error(`${found.rows.length} rows`)
  return [
    { what: `listing of ${rows.toLocaleString('en')} rows (${(body.length / 1e6).toFixed(0)} MB)`, value: tookMs, unit: 'ms', goal: '' },
  ]
}

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MAIN } from '../support/commandProcess.ts'
import { LedgerBox } from '../support/ledgerBox.ts'
import type { Line } from './line.ts'

const RUNS = 10

/** How long a person waits for Tab: for a command, and for a path among so many units. */
export function tabKey(units: number): readonly Line[] {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.ledger.now(() => {
    for (let i = 0; i < units; i++) box.unit(folder, `site-${i % 100}/clip-${i}.mp4`)
  })
  const config = join(box.base, 'config.yaml')
  const entry = `{ path: ${folder.path}, dataset: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee, api_key: key-of-the-bench }`
  writeFileSync(config, `ledger: ${box.path}\nfolders:\n  - ${entry}\n`, { mode: 0o600 })
  return [
    { what: 'Tab for a command', value: medianMs(['sta']), unit: 'ms', goal: '< 300' },
    {
      what: `Tab for a path, ${units.toLocaleString('en')} units`,
      value: medianMs(['why', '--config', config, 'site-42/']),
      unit: 'ms',
      goal: '< 300',
    },
  ]
}

function medianMs(typed: readonly string[]): number {
  const times = Array.from({ length: RUNS }, () => {
    const began = performance.now()
    execFileSync(process.execPath, [MAIN, '__complete', ...typed])
    return performance.now() - began
  })
  return times.sort((a, b) => a - b)[RUNS / 2] ?? 0
}

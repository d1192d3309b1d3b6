import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { MAIN, startCommand } from '../support/commandProcess.ts'
import { sha256 } from '../support/emulatorCalls.ts'
import { jpeg } from '../support/mediaVariants.ts'
import { serviceBox } from '../support/serviceBox.ts'

vi.setConfig({ testTimeout: 300_000 })

/** Runs the service until its ledger can't grow any more, then a pass with room. `$0`: the ledger's directory, `$1`: node, `$2`: the program, `$3`: the config. */
const SERVICE_THEN_PASS = `
  "$1" "$2" run --config "$3"
  echo "service ended with $?"
  "$1" "$2" status --config "$3"
  $MORE_ROOM
  "$1" "$2" once --config "$3"
  echo "pass ended with $?"
`

const canMount = spawnSync('sh', ['-c', 'unshare -m mount -t tmpfs none /mnt']).status === 0

/** A file system of 1 MB for the ledger, in a mount namespace of its own; where that is not allowed, a limit on the size of files. */
function script(): readonly string[] {
  if (!canMount) return ['sh', '-c', `ulimit -S -f 1024; ${SERVICE_THEN_PASS.replace('$MORE_ROOM', 'ulimit -S -f unlimited')}`]
  const body = SERVICE_THEN_PASS.replace('$MORE_ROOM', 'mount -o remount,size=64m "$0"')
  return ['unshare', '-m', 'sh', '-c', `mount -t tmpfs -o size=1m,mode=700 none "$0"; ${body}`]
}

test('a full ledger disk stops the service with its reason; with room again the next start goes on, and nothing is doubled', async () => {
  await using box = await serviceBox()
  const names = Array.from({ length: 120 }, (_, i) => `n${String(i).padStart(3, '0')}.jpg`)
  for (const name of names) box.put(name, jpeg(name))
  mkdirSync(box.ledgerDir, { mode: 0o700 })
  const { stdout, stderr } = await startCommand([box.ledgerDir, process.execPath, MAIN, box.configFile], {
    program: script(),
    env: { ENCORD_API_KEY: box.emulator.key },
  }).finished
  expect(stdout).toContain('service ended with 1')
  // A limit on the size of files is no full disk.
  if (canMount) expect(stdout).toContain(`the disk that holds the ledger is nearly full (${box.ledgerDir})\n    df -h ${box.ledgerDir}\n`)
  expect(stderr).toMatch(/error: the disk that holds the ledger (is full|does not take it)/)
  expect(stdout, stderr).toContain('pass ended with 0')
  expect(box.titles()).toEqual(names)
  expect(
    box
      .rows()
      .map((row) => row.sha256)
      .sort(),
  ).toEqual(names.map((name) => sha256(jpeg(name))).sort())
})

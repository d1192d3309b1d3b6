import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { copiedBuild } from '../support/copiedBuild.ts'
import { jpeg } from '../support/mediaVariants.ts'
import { type ServiceBox, serviceBox, wholeScans } from '../support/serviceBox.ts'

vi.setConfig({ testTimeout: 300_000 })

test.concurrent('G40: a ledger whose disk is absent doubles nothing, and is taken up again when it is back and was accepted', async () => {
  await using box = await serviceBox()
  for (let i = 0; i < 6; i++) box.put(`${i}.jpg`, jpeg(i))
  box.put('g/1.jpg', jpeg('g1'))
  box.put('g/2.jpg', jpeg('g2'))
  expect((await box.once()).code).toBe(0)
  const rows = box.rows()
  const away = join(box.base, 'state-away')
  renameSync(box.ledgerDir, away)
  mkdirSync(box.ledgerDir, { mode: 0o700 })
  box.emulator.calls.reset()
  const without = await box.once()
  expect(without.code === 0 || without.code === 3, without.stdout).toBe(true)
  expect([box.registrations(), box.deletes()]).toEqual([0, 0])
  rmSync(box.ledgerDir, { recursive: true })
  renameSync(away, box.ledgerDir)
  // Another ledger had the folder: whether this one is as it was left nobody can tell.
  expect((await box.once()).code).toBe(3)
  expect((await box.command(['ledger', 'accept'])).code).toBe(0)
  const back = await box.once()
  expect(back.code, back.stdout).toBe(0)
  expect(box.rows().map((row) => row.data_hash)).toEqual(rows.map((row) => row.data_hash))
  expect([box.registrations(), box.deletes()]).toEqual([0, 0])
})

test.concurrent.each([
  ['an edit of the config', (box: ServiceBox) => box.configure({ folder: { deletes: { grace: '1s', mode: 'hold' } } })],
  ['an edit of an ignore file', (box: ServiceBox) => box.put('.encordignore', '*.mp4\n')],
])('a ledger that is put back to moments before %s is frozen, also after a crash', async (_, edit) => {
  await using box = await serviceBox()
  box.put('a.jpg', jpeg('a'))
  const service = await box.run()
  await box.untilTitles('a.jpg')
  const copy = join(box.base, 'copy.db')
  expect((await box.command(['ledger', 'backup', copy])).code).toBe(0)
  edit(box)
  await wholeScans(service, 3)
  service.child.kill('SIGKILL')
  await service.finished
  rmSync(box.ledgerDir, { recursive: true })
  mkdirSync(box.ledgerDir, { mode: 0o700 })
  copyFileSync(copy, join(box.ledgerDir, 'ledger.db'))
  const pass = await box.once()
  expect([pass.code, pass.stderr]).toEqual([3, expect.stringContaining('frozen')])
})

test.concurrent('G41: a SQLite module that does not load is one plain message with the command that repairs it', async () => {
  await using box = await serviceBox()
  using build = copiedBuild(['better-sqlite3'])
  const binding = join(build.modules, 'better-sqlite3/build/Release/better_sqlite3.node')
  const program = [process.execPath, build.main]
  const damages = [() => writeFileSync(binding, 'built for another system'), () => rmSync(binding)]
  for (const damage of damages) {
    damage()
    const ended = await Promise.all([['run'], ['once']].map((args) => box.command(args, { program })))
    for (const { code, stdout, stderr } of ended) {
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr.split('\n').filter((line) => !/^warning: |config\.warning/.test(line))).toEqual([
        `error: better-sqlite3 was not built for this Node (${process.version})`,
        '  not done: nothing was started or sent',
        '  next: npm rebuild better-sqlite3',
        '',
      ])
    }
  }
  expect(box.emulator.calls.all()).toEqual([])
})

test.concurrent('G43: a log whose reader went away neither ends the service nor keeps it busy', async () => {
  await using box = await serviceBox()
  box.put('0.jpg', jpeg(0))
  const service = await box.run()
  await box.untilTitles('0.jpg')
  service.child.stdout?.destroy()
  service.child.stderr?.destroy()
  const names = ['1.jpg', '2.jpg', '3.jpg', '4.jpg', '5.jpg']
  for (const name of names) {
    box.put(name, jpeg(name))
    await delay(200)
  }
  await box.untilTitles('0.jpg', ...names)
  const before = cpuSeconds(service.pid)
  await delay(3_000)
  expect(cpuSeconds(service.pid) - before).toBeLessThan(1.2)
  expect(service.child.exitCode).toBe(null)
})

test.concurrent('G44: a key file may end in a newline, or begin and end in blanks', async () => {
  await using box = await serviceBox()
  const keyFile = join(box.base, 'key')
  box.configure({ folder: { api_key_file: keyFile } })
  box.put('a.jpg', jpeg('a'))
  for (const text of [`${box.emulator.key}\n`, `${box.emulator.key}\r\n`, ` ${box.emulator.key} \n`]) {
    writeFileSync(keyFile, text, { mode: 0o600 })
    const pass = await box.once({ env: { ENCORD_API_KEY: undefined } })
    expect(pass.code, pass.stderr).toBe(0)
  }
  expect(box.titles()).toEqual(['a.jpg'])
  expect(box.calls('PUT bucket')).toBe(1)
})

test.concurrent('a second instance is told who holds the ledger, and ends with 75', async () => {
  await using box = await serviceBox()
  await box.run()
  for (const args of [['once'], ['run']]) {
    const second = await box.command(args)
    expect(second.code).toBe(75)
    expect(second.stderr).toMatch(/error: .*(another|holds|in use)/i)
    expect(second.stderr).toContain('next: ')
  }
  const status = await box.command(['status', '--json'])
  expect([status.code, JSON.parse(status.stdout)]).toEqual([
    0,
    expect.objectContaining({ service: expect.objectContaining({ running: true }) }),
  ])
})

/** User and system time of a process so far (proc(5): fields 14 and 15, in hundredths of a second). */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

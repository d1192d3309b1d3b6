import { cpSync, readFileSync, utimesSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { EXIT } from '../../src/model/exitCode.ts'
import { serviceBox } from '../support/serviceBox.ts'
import { FIXTURES } from '../support/syncBox.ts'

// Each pass is a process.
vi.setConfig({ testTimeout: 300_000 })

const FRAME = readFileSync(`${FIXTURES}plain.png`)
const LOST = { match: { call: 'POST imagegroup', nth: 1 }, do: { kind: 'cut', when: 'after' } } as const
/** So that no listing shows what was made. */
const LAG = { match: { call: ['GET dataset', 'GET datarow'] }, do: { kind: 'listingLag' as const, ms: 3_600_000 } }

test('a group of which a person is asked what its call made is not sent again when it is touched, renamed or copied away', async () => {
  await using box = await serviceBox()
  box.put('g/1.png', FRAME)
  box.emulator.setFaults(LOST, LAG)
  expect((await box.once()).code).toBe(EXIT.person)
  box.emulator.calls.reset()
  utimesSync(box.path('g/1.png'), 1_700_000_000, 1_700_000_000)
  expect((await box.once()).code).toBe(EXIT.person)
  box.rename('g', 'h')
  expect((await box.once()).code).toBe(EXIT.person)
  cpSync(box.path('h'), box.path('copied'), { recursive: true })
  box.remove('h')
  expect((await box.once()).code).toBe(EXIT.person)
  expect(box.emulator.calls.count('POST imagegroup')).toBe(0)

  // The listing lags no more: the row can be told, and is taken.
  box.emulator.setFaults()
  await box.once()
  const adopted = await box.command(['adopt', '--json'])
  expect(JSON.parse(adopted.stdout)).toMatchObject({ linked: [box.path('copied')], ambiguous: [] })
  expect((await box.once()).code).toBe(EXIT.ok)
  expect(box.rows().map(({ title }) => title)).toEqual(['copied'])
  expect(box.emulator.calls.count('POST imagegroup')).toBe(0)
})

test('a group that no row is, as a person said, is sent again', async () => {
  await using box = await serviceBox()
  box.put('g/1.png', FRAME)
  box.emulator.setFaults(LOST, LAG)
  expect((await box.once()).code).toBe(EXIT.person)
  box.emulator.setFaults()
  expect(JSON.parse((await box.command(['adopt', '--none', '--json'])).stdout)).toMatchObject({ sent: [box.path('g')] })
  expect((await box.once()).code).toBe(EXIT.ok)
  expect(box.rows()).toHaveLength(2)
})

test('what a person said of a group is not said of another one, asked about still, that is renamed over it', async () => {
  await using box = await serviceBox({ folder: { regroup_settle: '500ms' } })
  box.put('g/1.png', FRAME)
  box.put('h/1.webp', readFileSync(`${FIXTURES}plain.webp`))
  box.emulator.setFaults({ ...LOST, match: { ...LOST.match, times: 2 } }, LAG)
  expect((await box.once()).code).toBe(EXIT.person)
  box.emulator.setFaults()
  await box.command(['adopt', '--none', box.path('g')])
  await box.once()
  expect(box.rows()).toHaveLength(3)
  box.remove('g')
  box.rename('h', 'g')
  expect((await box.once()).code).toBe(EXIT.person)
  expect(box.rows()).toHaveLength(3)
})

test('the row of a group that is removed while a person is asked what its call made is told by verify', async () => {
  await using box = await serviceBox()
  box.put('g/1.png', FRAME)
  box.emulator.setFaults(LOST, LAG)
  expect((await box.once()).code).toBe(EXIT.person)
  box.remove('g')
  await box.once()
  box.emulator.setFaults()
  await box.once()
  const { code, stdout } = await box.command(['verify', '--json'])
  expect(code).toBe(EXIT.person)
  const why = expect.stringContaining('a call whose answer was lost may have made it')
  expect(JSON.parse(stdout)).toMatchObject({ drift: [{ class: 'unknown-row', title: 'g', why, next: 'encord-sync status' }] })
})

import { cpSync, readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { EXIT } from '../../src/model/exitCode.ts'
import { serviceBox } from '../support/serviceBox.ts'
import { FIXTURES } from '../support/syncBox.ts'

// Each pass is a process.
vi.setConfig({ testTimeout: 300_000 })

const LOST = { match: { call: 'POST singleimage', nth: 1 }, do: { kind: 'cut', when: 'after' } } as const
/** So that no listing shows what was made. */
const LAG = { match: { call: ['GET dataset', 'GET datarow'] }, do: { kind: 'listingLag' as const, ms: 3_600_000 } }

test('a file whose lost call a listing shows while it settles at another path is not sent again, and has its row there', async () => {
  await using box = await serviceBox()
  box.put('a.png', readFileSync(`${FIXTURES}plain.png`))
  box.emulator.setFaults(LOST, LAG)
  expect((await box.once()).code).toBe(EXIT.person)
  cpSync(box.path('a.png'), box.path('b.png'))
  box.remove('a.png')
  // The copy is not at rest when a pass sees it first, nor when the listing lags no more.
  box.configure({ folder: { settle: '1h' } })
  await box.command(['once', '--wait', '100ms'])
  box.emulator.setFaults()
  await box.command(['once', '--wait', '100ms'])
  box.configure({})
  expect((await box.once()).code).toBe(EXIT.ok)
  expect(box.rows().map(({ title }) => title)).toEqual(['b.png'])
})

test('the row of a file that is removed while nobody knows what its call made is told by verify', async () => {
  await using box = await serviceBox()
  box.put('a.png', readFileSync(`${FIXTURES}plain.png`))
  box.emulator.setFaults(LOST, LAG)
  expect((await box.once()).code).toBe(EXIT.person)
  box.remove('a.png')
  await box.once()
  box.emulator.setFaults()
  await box.once()
  const { stdout } = await box.command(['verify', '--json'])
  const why = 'a call whose answer was lost made it, and no file here holds it'
  expect(JSON.parse(stdout)).toMatchObject({
    drift: [{ class: 'unknown-row', title: 'a.png', why, next: expect.stringMatching(/^encord-sync delete /) }],
  })
})

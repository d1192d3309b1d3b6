import { cpSync, readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { EXIT } from '../../src/model/exitCode.ts'
import { serviceBox } from '../support/serviceBox.ts'
import { FIXTURES } from '../support/syncBox.ts'

// Each pass is a process.
vi.setConfig({ testTimeout: 300_000 })

test('a file whose lost call a listing shows while it settles at another path is not sent again, and has its row there', async () => {
  await using box = await serviceBox()
  box.put('a.png', readFileSync(`${FIXTURES}plain.png`))
  box.emulator.setFaults(
    { match: { call: 'POST singleimage', nth: 1 }, do: { kind: 'cut', when: 'after' } },
    { match: { call: ['GET dataset', 'GET datarow'] }, do: { kind: 'listingLag', ms: 3_600_000 } },
  )
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

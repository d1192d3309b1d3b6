import { renameSync, rmSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import type { FaultRule } from '../../../src/emulator/faults.ts'
import { deletesBox } from '../../support/deletesBox.ts'

vi.setConfig({ testTimeout: 120_000 })

const DATAROW: FaultRule = { match: { call: ['GET datarow', 'POST datarow'] }, do: { kind: 'error', word: 'OPERATION_NOT_ALLOWED' } }

test.concurrent('a row that a lost call was given by its title goes only by a person: another machine may have made it', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg')
  box.emulator.setFaults(DATAROW)
  {
    await using _first = await box.open()
  }
  renameSync(box.beside('state'), box.beside('state-1'))
  box.put('run/1.jpg', 'of another machine', 'M2')
  {
    await using _second = await box.open({ folders: ['M2'] })
  }
  const theirs = box.emulator.rows().find(({ title }) => title === 'run')?.data_hash
  renameSync(box.beside('state'), box.beside('state-2'))
  renameSync(box.beside('state-1'), box.beside('state'))
  box.put('site/run/7.jpg')
  box.emulator.setFaults(DATAROW, { match: { call: 'POST imagegroup', nth: 1 }, do: { kind: 'cut', when: 'before' } })
  await using sync = await box.open()
  await vi.waitFor(() => expect(sync.ledger.versions.byHash(1, theirs ?? '')?.remote).toBe('live'), { timeout: 30_000, interval: 10 })
  await sync.look()
  rmSync(box.at('site'), { recursive: true })
  await sync.confirm()
  await sync.confirm()
  expect(box.emulator.rows().map((row) => row.data_hash)).toContain(theirs)
  expect(sync.notes()).toEqual({ 'site/run': expect.stringMatching(/^this row was linked by its name/) })
})

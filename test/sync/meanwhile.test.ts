import { createHash } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { FIXTURES, type SyncBox, syncBox, UNTIL_SCANNED } from '../support/syncBox.ts'

// Several passes over real files at once: generous where the machine is busy.
vi.setConfig({ testTimeout: 300_000 })

const fixture = (name: string): Buffer => readFileSync(join(FIXTURES, name))
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Does something when the first call of that name arrives. */
function when(box: SyncBox, call: string, act: () => void): void {
  let done = false
  box.emulator.emulator.onCall((entry) => {
    if (done || entry.call !== call || entry.endedAtMs !== null || entry.bodyBytes !== null) return
    done = true
    act()
  })
}

test.concurrent('a file renamed again while its title is written has its last name as a title', async () => {
  await using box = await syncBox()
  box.settle = '200ms'
  box.put('a.jpg')
  await box.once()
  renameSync(join(box.folder, 'a.jpg'), join(box.folder, 'b.jpg'))
  box.emulator.setFaults({ match: { call: 'POST datarow', nth: 1 }, do: UNTIL_SCANNED })
  when(box, 'POST datarow', () => renameSync(join(box.folder, 'b.jpg'), join(box.folder, 'c.jpg')))
  await box.once({ rescan: '1s' })
  expect(box.emulator.rows().map((row) => row.title)).toEqual(['c.jpg'])
})

test.concurrent('a file that was written anew while its old content was refused is sent', async () => {
  await using box = await syncBox()
  box.settle = '200ms'
  box.put('a.jpg')
  const first = { call: 'POST singleimage', nth: 1 }
  box.emulator.setFaults(
    { match: first, do: UNTIL_SCANNED },
    { match: first, do: { kind: 'error', word: 'FILE_TYPE_NOT_SUPPORTED_ERROR' } },
  )
  const other = fixture('progressive.jpg')
  when(box, 'POST singleimage', () => writeFileSync(join(box.folder, 'a.jpg'), other))
  await box.once({ rescan: '1s' })
  expect(box.emulator.rows().map((row) => row.sha256)).toEqual([sha256(other)])
})

test.concurrent('a file that is back while its row is deleted has a row of its own at the end', async () => {
  await using box = await syncBox()
  box.settle = '200ms'
  box.put('a.jpg')
  box.put('b.jpg', 'progressive.jpg')
  const settings = ''
  await box.once({ settings })
  rmSync(join(box.folder, 'a.jpg'))
  await box.once({ settings })
  const before = box.emulator.rows().find((row) => row.title === 'a.jpg')
  box.emulator.setFaults({ match: { call: 'DELETE video', nth: 1 }, do: UNTIL_SCANNED })
  when(box, 'DELETE video', () => box.put('a.jpg'))
  await box.onceAfterGrace({ settings, rescan: '1s' })
  await box.once()
  const rows = box.emulator.rows()
  expect(rows.map((row) => row.sha256).sort()).toEqual([sha256(fixture('plain.jpg')), sha256(fixture('progressive.jpg'))].sort())
  expect(before).toBeDefined()
  expect(rows.map((row) => row.data_hash)).not.toContain(before?.data_hash)
})

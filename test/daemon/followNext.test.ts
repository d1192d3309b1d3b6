import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { BOX_DATASET, BOX_KEY } from '../support/emulatorBox.ts'
import { call, registeredVideo } from '../support/emulatorCalls.ts'
import { type LiveService, liveConfig, liveService } from '../support/liveService.ts'
import { jpeg } from '../support/mediaVariants.ts'
import { syncBox } from '../support/syncBox.ts'

vi.setConfig({ testTimeout: 300_000 })

const OTHER = 'ffffffff-bbbb-4ccc-8ddd-eeeeeeeeeeee'
const OTHER_KEY = 'another-api-key-0123456789abcdef'

/** Runs the one command that an output names as the next one, as it is printed; `more` are its further options. */
async function follow(service: LiveService, output: string, ...more: readonly string[]) {
  const named = [...output.matchAll(/next: encord-sync (.*)/g)].map(([, words]) => words ?? '')
  expect(named).toHaveLength(1)
  const line = (named[0] ?? '').replace(/--config \S+ ?/, '')
  const words = execFileSync('sh', ['-c', `for word in ${line}; do printf '%s\\n' "$word"; done`], { encoding: 'utf8' })
    .trim()
    .split('\n')
  return await service.command(...words, ...more)
}

test('a title that the key may not write is said by the log and by `why`, and `retry` writes it once the key may', async () => {
  await using box = await syncBox()
  box.write('a.jpg', jpeg('a'))
  symlinkSync('elsewhere.jpg', join(box.folder, 'link.jpg'))
  await using service = await liveService(box, liveConfig(box, { IN: '' }))
  await box.emulator.emulator.until(() => box.emulator.rows()[0]?.client_metadata != null)
  box.emulator.setFaults({ match: { call: 'POST datarow' }, do: { kind: 'error', word: 'OPERATION_NOT_ALLOWED' } })
  const refused = service.next('remote.titles-refused')
  renameSync(join(box.folder, 'a.jpg'), join(box.folder, "b's.jpg"))
  expect(await refused).toEqual({ dataset: BOX_DATASET, next: `encord-sync retry ${box.folder}` })
  await vi.waitFor(async () => expect((await service.command('why', "b's.jpg")).stdout).toMatch(/its title still is a\.jpg: .*datarow/))
  box.emulator.setFaults()
  const why = await service.command('why', "b's.jpg")
  expect(await follow(service, why.stdout)).toMatchObject({ code: 0, stdout: expect.stringContaining('retry ') })
  await box.emulator.emulator.until(() => box.emulator.rows()[0]?.title === "b's.jpg")
  // Of a link no times are kept: it is there since it was seen.
  expect((await service.command('why', 'link.jpg')).stdout).toMatch(/since (just now|\d+s ago)/)
})

test('the next commands that `verify` prints do what they are for, beside a service and with several datasets', async () => {
  const datasets = [
    { dataset_hash: BOX_DATASET, title: 'box', api_keys: [BOX_KEY] },
    { dataset_hash: OTHER, title: 'other', api_keys: [OTHER_KEY] },
  ]
  await using box = await syncBox({ seed: { datasets } })
  mkdirSync(join(box.base, 'OTHER'))
  writeFileSync(join(box.base, 'OTHER', 'o.jpg'), jpeg('o'))
  const config = liveConfig(box, { IN: '', OTHER: `, api_key: ${OTHER_KEY}` })
    .split('\n')
    .map((line) => (line.includes('/OTHER') ? line.replace(BOX_DATASET, OTHER) : line))
    .join('\n')
  box.write('kept.jpg', jpeg('kept'))
  box.write('lost.jpg', jpeg('lost'))
  const first = await liveService(box, config)
  await box.emulator.emulator.until(() => box.emulator.rows().length === 2 && box.emulator.emulator.rows(OTHER).length === 1)
  await first.stop()
  // The start lists each dataset: only a row that was listed once can lack.
  const second = await liveService(box, config)
  await box.emulator.emulator.until(() => box.emulator.calls.count('GET dataset') >= 4)
  const lost = box.emulator.rows().find((row) => row.title === 'lost.jpg')?.data_hash ?? ''
  await call(box.emulator, 'video DELETE', [lost])
  const loss = await second.command('verify')
  expect(loss.stdout).toMatch(/in the ledger, and not in the dataset: 1/)
  expect(await follow(second, loss.stdout)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^retry .*lost\.jpg/) })
  await box.emulator.emulator.until(() => box.emulator.rows().some((row) => row.title === 'lost.jpg'))
  expect(box.emulator.rows()).toHaveLength(2)
  await second.stop()
  const { data_hash: twin } = await registeredVideo(box.emulator, 'kept.jpg')
  const note = box.emulator.rows().find((row) => row.title === 'kept.jpg' && row.data_hash !== twin)?.client_metadata
  await call(box.emulator, 'datarow POST', twin, { client_metadata: note })
  const stray = await second.command('verify')
  expect(stray.stdout).toMatch(/a second row of this file/)
  expect(await follow(second, stray.stdout, '--yes')).toMatchObject({ code: 0 })
  expect(box.emulator.rows().map((row) => row.data_hash)).not.toContain(twin)
  expect(box.emulator.rows()).toHaveLength(2)
})

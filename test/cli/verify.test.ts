import { expect, test } from 'vitest'
import { CommandBox, type Ran } from '../support/commandBox.ts'
import { registeredVideo } from '../support/emulatorCalls.ts'
import { type SyncBox, syncBox } from '../support/syncBox.ts'

async function verify(box: SyncBox, ...words: readonly string[]): Promise<Ran> {
  using commands = new CommandBox()
  return await commands.runBare(['verify', ...words, '--config', box.configure()], {
    env: { ENCORD_API_KEY: box.emulator.key },
    stopSignal: () => new AbortController().signal,
  })
}

test('verify prints each class under its heading, each difference with its next command, and exits 3; in sync it exits 0', async () => {
  await using box = await syncBox()
  box.put('v.mp4', 'plain.mp4')
  await box.once()
  const inSync = await verify(box)
  expect(inSync).toMatchObject({ code: 0, stdout: expect.stringMatching(/: 1 row\n.*ok: 1 in sync\nno difference\n$/) })
  const { data_hash: twin } = await registeredVideo(box.emulator, 'v.mp4')
  box.put('new.jpg', 'plain.jpg')
  const found = await verify(box)
  expect(found.code).toBe(3)
  expect(found.stdout).toContain(`in the dataset, and not in the ledger: 1\n  v.mp4  ${twin}\n`)
  expect(found.stdout).toMatch(/next: encord-sync .*why \S+v\.mp4\n/)
  expect(found.stdout).toMatch(
    /on the disk, and not in the dataset: 1\n {2}new\.jpg\n {4}it is ready .*\n {4}next: encord-sync --config \S+ once\n$/,
  )
  const json = JSON.parse((await verify(box, '--json')).stdout) as { drift: readonly { class: string }[] }
  expect(json.drift.map((one) => one.class)).toEqual(['unknown-row', 'not-in-dataset'])
})

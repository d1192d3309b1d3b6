import { Buffer } from 'node:buffer'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import type { UnitLine } from '../../src/control/api.ts'
import { jpeg } from '../support/mediaVariants.ts'
import { type ServiceBox, serviceBox } from '../support/serviceBox.ts'

vi.setConfig({ testTimeout: 300_000 })

async function unitsOf(box: ServiceBox): Promise<readonly UnitLine[]> {
  return JSON.parse((await box.command(['units', '--json'])).stdout) as UnitLine[]
}

test.concurrent('G24: a newline in a name and a space at the end of a directory are names like others', async () => {
  await using box = await serviceBox()
  const newline = 'General Semaphores\nBinary.jpg'
  box.put('ok.jpg', jpeg('ok'))
  box.put(newline, jpeg('newline'))
  box.put('trailing /1.jpg', jpeg(1))
  box.put('trailing /2.jpg', jpeg(2))
  expect((await box.once()).code).toBe(0)
  expect(box.titles()).toEqual([newline, 'ok.jpg', 'trailing '])
  expect(box.row('trailing ')?.type).toBe('IMG_GROUP')
  expect((await unitsOf(box)).map((unit) => [unit.path, unit.state])).toContainEqual([newline, 'synced'])
  box.emulator.calls.reset()
  expect((await box.once()).code).toBe(0)
  expect(box.calls('PUT bucket')).toBe(0)
})

test.concurrent('G25: characters that mean something in URLs and shells reach the title as they are', async () => {
  await using box = await serviceBox()
  const names = ['a+b.jpg', 'c#d.jpg', 'e%41.jpg', 'f?g=h&i.jpg', "it's (1).jpg", '[x].jpg', 'back\\slash.jpg']
  for (const name of names) box.put(name, jpeg(name))
  expect((await box.once()).code).toBe(0)
  expect(box.titles()).toEqual([...names].sort())
  const hash = box.row('e%41.jpg')?.data_hash
  box.emulator.calls.reset()
  expect((await box.once()).code).toBe(0)
  expect(box.calls('PUT bucket')).toBe(0)
  box.remove('e%41.jpg')
  await box.once()
  await box.onceAfterGrace()
  expect(box.emulator.calls.all().flatMap((call) => (call.call === 'DELETE video' ? [call.uid] : []))).toEqual([[hash]])
  expect(box.titles()).toEqual(names.filter((name) => name !== 'e%41.jpg').sort())
})

test.concurrent('G26: names that are not UTF-8 are reported and left alone', async () => {
  await using box = await serviceBox()
  const raw = (name: string) => Buffer.concat([Buffer.from(`${box.folder}/`), Buffer.from(name, 'latin1')])
  box.put('ok.jpg', jpeg('ok'))
  writeFileSync(raw('caf\xe9.jpg'), jpeg('café'))
  mkdirSync(raw('d\xe9'))
  writeFileSync(raw('d\xe9/1.jpg'), jpeg(1))
  writeFileSync(raw('d\xe9/2.jpg'), jpeg(2))
  const passes = [await box.once(), await box.onceAfterGrace()]
  for (const pass of passes) expect([pass.code, pass.signal]).toEqual([0, null])
  expect(box.titles()).toEqual(['ok.jpg'])
  expect([box.calls('PUT bucket'), box.deletes()]).toEqual([1, 0])
  const reported = (await unitsOf(box)).filter((unit) => unit.state === 'set-aside')
  expect(reported.map((unit) => [unit.path, unit.why])).toEqual([
    ['caf\\xe9.jpg', 'its name is not UTF-8'],
    ['d\\xe9', 'its name is not UTF-8'],
  ])
})

test.concurrent('names of every kind are synced as they are, and found again', async () => {
  await using box = await serviceBox()
  const names = [
    'with space.jpg',
    ' leading.jpg',
    '-leading-dash.jpg',
    '--help.jpg',
    '"quoted".jpg',
    '$(touch x).jpg',
    '😀 emoji.jpg',
    'рус 日本.jpg',
    'tab\there.jpg',
    'rtl\u202egpj.jpg',
    `${'n'.repeat(251)}.jpg`,
  ]
  for (const name of names) box.put(name, jpeg(name))
  expect((await box.once()).code).toBe(0)
  expect(box.titles()).toEqual([...names].sort())
  const why = await box.command(['why', '--', '-leading-dash.jpg'])
  expect([why.code, why.stdout]).toEqual([0, expect.stringContaining('synced')])
  box.emulator.calls.reset()
  expect((await box.once()).code).toBe(0)
  expect(box.emulator.calls.counts()).toEqual({ 'GET dataset': 1 })
  expect(readdirSync(box.base).sort()).toEqual(['IN', 'OUT', 'config.yaml', 'state'])
})

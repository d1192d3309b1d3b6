import { setTimeout as delay } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import type { UnitLine } from '../../src/control/api.ts'
import { sha256 } from '../support/emulatorCalls.ts'
import { cutAt } from '../support/mediaBytes.ts'
import { jpeg, png } from '../support/mediaVariants.ts'
import { type ServiceBox, serviceBox } from '../support/serviceBox.ts'

vi.setConfig({ testTimeout: 300_000 })

/** The order of a group's frames, by the names whose contents they have. */
function orderOf(box: ServiceBox, group: string, contents: Readonly<Record<string, Uint8Array>>): readonly string[] {
  const names = new Map(Object.entries(contents).map(([name, bytes]) => [sha256(bytes), name]))
  return box.row(group)?.frames.map((frame) => names.get(frame.sha256 ?? '') ?? 'unknown') ?? []
}

test.concurrent('G27: a group with a broken frame waits whole, and says which frame', async () => {
  await using box = await serviceBox()
  for (let i = 1; i <= 5; i++) box.put(`g/f${i}.jpg`, i === 3 ? cutAt(jpeg(3), 0.6) : jpeg(i))
  expect((await box.once()).code).toBe(0)
  expect(box.calls('POST imagegroup')).toBe(0)
  const why = (await box.command(['why', 'g'])).stdout
  expect(why).toContain('g/f3.jpg')
  expect(why).toMatch(/cut off/)
  box.put('g/f3.jpg', jpeg(3))
  // A late frame makes its group wait for five times as long as it was late; a younger file of this name ends the wait, and file
  // times come in ticks of some milliseconds.
  await delay(20)
  box.put('g/.done', '')
  expect((await box.once()).code).toBe(0)
  expect(box.rows().map((row) => [row.title, row.type, row.frames.length])).toEqual([['g', 'IMG_GROUP', 5]])
  expect(box.calls('POST imagegroup')).toBe(1)
})

test.concurrent('G28: equal base names in different directories stay apart', async () => {
  const files = { 'img/1/img.png': png(1), 'img/2/img.png': png(2), 'img/img.png': png(3) }
  await using groups = await serviceBox()
  await using singles = await serviceBox({ folder: { subdirectories: 'individual', title: 'name' } })
  for (const box of [groups, singles]) for (const [name, bytes] of Object.entries(files)) box.put(name, bytes)
  expect([(await groups.once()).code, (await singles.once()).code]).toEqual([0, 0])
  expect(groups.titles()).toEqual(['img', 'img/1', 'img/2'])
  for (const [name, bytes] of Object.entries(files)) {
    const group = groups.row(name.slice(0, name.lastIndexOf('/')))
    expect(group?.frames.map((frame) => frame.sha256)).toEqual([sha256(bytes)])
  }
  expect(singles.titles()).toEqual(['img.png', 'img.png', 'img.png'])
  expect(
    singles
      .rows()
      .map((row) => row.sha256)
      .sort(),
  ).toEqual(Object.values(files).map(sha256).sort())
  for (const box of [groups, singles]) {
    box.emulator.calls.reset()
    expect((await box.once()).code).toBe(0)
    expect(box.calls('PUT bucket')).toBe(0)
  }
})

test.concurrent('G29: frames stand in the order of their numbers', async () => {
  await using box = await serviceBox()
  const contents: Record<string, Buffer> = {}
  for (const n of [10003, 0, 1004, 5, 999]) {
    contents[`frame_${n}.jpg`] = jpeg(n)
    box.put(`seq/frame_${n}.jpg`, jpeg(n))
  }
  expect((await box.once()).code).toBe(0)
  expect(orderOf(box, 'seq', contents)).toEqual([0, 5, 999, 1004, 10003].map((n) => `frame_${n}.jpg`))
})

test.concurrent('G30: the order of frames does not depend on the order they came in', async () => {
  const names = ['1_1.png', '1_100.png', '1-10.png', '1-11.png', '1_1-1.png', '01_1.png']
  const contents = Object.fromEntries(names.map((name) => [name, png(name)]))
  await using forth = await serviceBox()
  await using back = await serviceBox()
  for (const name of names) forth.put(`t/${name}`, png(name))
  for (const name of names.toReversed()) back.put(`t/${name}`, png(name))
  expect([(await forth.once()).code, (await back.once()).code]).toEqual([0, 0])
  const order = orderOf(forth, 't', contents)
  expect(orderOf(back, 't', contents)).toEqual(order)
  expect([...order].sort()).toEqual([...names].sort())
  expect(order.indexOf('1-10.png')).toBeLessThan(order.indexOf('1-11.png'))
  expect(order.indexOf('1_1.png')).toBeLessThan(order.indexOf('1_100.png'))
})

test.concurrent('a `.done` beside the frames ends the wait of their group, and is no file to report', async () => {
  await using box = await serviceBox({ folder: { group_settle: '10m' } })
  const service = await box.run()
  box.put('g/1.jpg', jpeg(1))
  box.put('g/2.jpg', jpeg(2))
  await service.until('unit.waiting', (line) => String(line['why']).startsWith('more frames may come: its directory is not quiet yet'))
  box.put('g/.done', '')
  await box.untilTitles('g')
  const units = JSON.parse((await box.command(['units', '--json'])).stdout) as UnitLine[]
  expect(units.map((unit) => unit.path)).toEqual(['g'])
})

test.concurrent('a group named in units says how many files it has', async () => {
  await using box = await serviceBox()
  box.put('site/run/1.jpg', jpeg(1))
  box.put('site/run/2.jpg', jpeg(2))
  expect((await box.once()).code).toBe(0)
  const units = JSON.parse((await box.command(['units', '--json'])).stdout) as UnitLine[]
  expect(units).toEqual([expect.objectContaining({ path: 'site/run', kind: 'image_group', state: 'synced', files: 2 })])
})

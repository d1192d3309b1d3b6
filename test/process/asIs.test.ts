import { copyFileSync, readFileSync, renameSync, utimesSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { jpeg } from '../support/mediaVariants.ts'
import { type ServiceBox, serviceBox } from '../support/serviceBox.ts'
import { FIXTURES } from '../support/syncBox.ts'

vi.setConfig({ testTimeout: 300_000 })

const CUT = readFileSync(`${FIXTURES}plain.mp4`).subarray(0, 2_000)

/** A box whose files were cut off, and sent as they are by a person's word. */
async function sentAsIs(...names: readonly string[]): Promise<ServiceBox> {
  const box = await serviceBox()
  for (const name of names) box.put(name, CUT)
  await box.command(['once', '--wait', '1s'])
  await box.command(['retry', '--as-is', ...names.map((name) => box.path(name))])
  await box.once()
  expect(box.titles()).toEqual(names)
  return box
}

/** Copied to a new inode, and removed: what no identity tells from a new file. */
function carry(box: ServiceBox, from: string, to: string): void {
  copyFileSync(box.path(from), box.path(to))
  box.remove(from)
}

test.concurrent('a file that was sent as it is keeps its row, and says so, when it is touched, renamed or carried elsewhere', async () => {
  await using box = await sentAsIs('clip.mp4')
  const [row] = box.rows()
  for (const change of [
    () => utimesSync(box.path('clip.mp4'), 1_700_000_000, 1_700_000_000),
    () => renameSync(box.path('clip.mp4'), box.path('renamed.mp4')),
    () => carry(box, 'renamed.mp4', 'carried.mp4'),
  ]) {
    change()
    await box.once()
  }
  const why = await box.command(['why', box.path('carried.mp4')])
  expect(why.stdout).toMatch(/^carried.mp4 {2}synced/)
  expect(box.rows()).toMatchObject([{ data_hash: row?.data_hash, title: 'carried.mp4' }])
  expect(box.registrations()).toBe(1)
  // Other content that looks cut off is not what the person spoke of.
  box.put('carried.mp4', CUT.subarray(0, 1_900))
  await box.command(['once', '--wait', '2s'])
  expect((await box.command(['why', box.path('carried.mp4')])).stdout).toContain('looks cut off so far')
  expect(box.registrations()).toBe(1)
})

test.concurrent('a copy of a file that was sent as it is, and touched, is sent once a person says so of it too', async () => {
  await using box = await sentAsIs('clip.mp4')
  utimesSync(box.path('clip.mp4'), 1_700_000_000, 1_700_000_000)
  copyFileSync(box.path('clip.mp4'), box.path('copy.mp4'))
  await box.command(['once', '--wait', '2s'])
  expect(box.titles()).toEqual(['clip.mp4'])
  await box.command(['retry', '--as-is', box.path('copy.mp4')])
  await box.once()
  expect(box.titles()).toEqual(['clip.mp4', 'copy.mp4'])
})

test.concurrent('a word about a file that waits to be sent as it is holds when the file is renamed', async () => {
  await using box = await serviceBox()
  box.put('clip.mp4', CUT)
  await box.command(['once', '--wait', '1s'])
  await box.command(['retry', '--as-is', box.path('clip.mp4')])
  box.rename('clip.mp4', 'renamed.mp4')
  await box.once()
  expect(box.titles()).toEqual(['renamed.mp4'])
})

test.concurrent('a group that was sent as it is, with a frame that is cut off, is not sent anew when that frame is touched', async () => {
  for (const incomplete of ['block', 'skip']) {
    await using box = await serviceBox({ folder: { group_incomplete: incomplete, regroup_settle: '500ms' } })
    box.put('g/1.jpg', jpeg(1))
    box.put('g/2.jpg', jpeg(2).subarray(0, 1_000))
    await box.command(['once', '--wait', '1s'])
    await box.command(['retry', '--as-is', box.path('g')])
    await box.once()
    expect(box.rows().map(({ frames }) => frames.length)).toEqual([2])
    utimesSync(box.path('g/2.jpg'), 1_700_000_000, 1_700_000_000)
    await box.once()
    box.rename('g', 'h')
    await box.once()
    expect([box.titles(), box.registrations()]).toEqual([['h'], 1])
    expect((await box.command(['why', box.path('h')])).stdout).toMatch(/^h {2}synced/)
  }
})

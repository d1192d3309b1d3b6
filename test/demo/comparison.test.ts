import { expect, test } from 'vitest'
import { type Content, compare, readDataset, readFolder } from '../../src/demo/comparison.ts'
import { BOX_DATASET, emulatorBox } from '../support/emulatorBox.ts'
import { scratchFolder } from '../support/scratchFolder.ts'

const image = (title: string, sha256: string): Content => ({ title, kind: 'image', sums: [{ name: title, sha256 }] })
const group = (title: string, ...sums: readonly string[]): Content => ({
  title,
  kind: 'image_group',
  sums: sums.map((sha256, index) => ({ name: `${index}.png`, sha256 })),
})
const verdicts = (local: readonly Content[], dataset: readonly Content[]) =>
  compare(local, dataset)
    .filter((line) => line.kind !== 'frame')
    .map(({ title, equal }) => `${title} ${equal}`)

test('the same content under the same title is equal', () => {
  expect(verdicts([image('a', '1'), group('g', '2', '3')], [group('g', '2', '3'), image('a', '1')])).toEqual(['a true', 'g true'])
})

test.each<[string, readonly Content[], readonly Content[], string]>([
  ['other content', [image('a', '1')], [image('a', '2')], 'a false'],
  ['a row that is missing', [image('a', '1')], [], 'a false'],
  ['a row too many', [], [image('a', '1')], 'a false'],
  ['another kind', [image('a', '1')], [{ ...image('a', '1'), kind: 'video' }], 'a false'],
  ['frames in another order', [group('g', '1', '2')], [group('g', '2', '1')], 'g false'],
  ['a frame that is missing', [group('g', '1', '2')], [group('g', '1')], 'g false'],
  ['a frame too many', [group('g', '1')], [group('g', '1', '2')], 'g false'],
  ['a group without frames', [group('g')], [group('g')], 'g false'],
])('%s is not equal', (_what, local, dataset, verdict) => {
  expect(verdicts(local, dataset)).toContain(verdict)
})

test('a row that is there twice is equal once', () => {
  expect(verdicts([image('a', '1')], [image('a', '1'), image('a', '1')])).toEqual(['a true', 'a false'])
})

test('each frame of a group has a line of its own, with both sums', () => {
  expect(compare([group('g', '1', '2')], [group('g', '1', '3')])).toEqual([
    { title: 'g', kind: 'image_group', localSha256: null, datasetSha256: null, equal: false },
    { title: 'g/0.png', kind: 'frame', localSha256: '1', datasetSha256: '1', equal: true },
    { title: 'g/1.png', kind: 'frame', localSha256: '2', datasetSha256: '3', equal: false },
  ])
})

test('the folder is read without hidden entries, frames in natural order', () => {
  using scratch = scratchFolder()
  scratch.write('.encord-sync/folder.json')
  scratch.write('clip.mp4')
  for (const name of ['frame10.jpg', 'frame9.jpg']) scratch.write(`run/${name}`, name)
  const [clip, run] = readFolder(scratch.path)
  expect(clip).toEqual({
    title: 'clip.mp4',
    kind: 'video',
    sums: [{ name: 'clip.mp4', sha256: '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881' }],
  })
  expect([run?.kind, run?.sums.map((sum) => sum.name)]).toEqual(['image_group', ['frame9.jpg', 'frame10.jpg']])
})

test('a dataset that the emulator does not have is an error, not an empty one', async () => {
  await using box = await emulatorBox()
  expect(await readDataset(box.url, BOX_DATASET)).toEqual([])
  await expect(readDataset(box.url, 'another')).rejects.toThrow('no dataset another')
})

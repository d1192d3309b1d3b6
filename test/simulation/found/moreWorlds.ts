import { folderOf, type KnownWorld, worldOf } from './knownWorld.ts'

/** Worlds that once broke a promise: calls whose outcome stayed open, folders that left the config, groups. */
export const MORE: readonly KnownWorld[] = [
  {
    name: 'a call that a folder left open when it left the config is asked for when the folder is back',
    world: worldOf({
      seed: 500_200,
      server: { second: 'ok', lagMs: 4500, members: false, datarow: false },
      absentGapMs: 5000,
      rescanMs: 60_000,
      folders: [folderOf({ graceMs: 15_000, onChange: 'hold' })],
      events: [
        { atMs: 32_167, do: 'fault', call: 'register', mishap: 'lost-answer', times: 4, retryAfterMs: null },
        { atMs: 53_996, do: 'write', at: '/f0/b.jpg', content: 'i6' },
        { atMs: 56_000, do: 'stop', forMs: 3841, edit: { set: 'configured', folder: 0, configured: false } },
        { atMs: 75_502, do: 'stop', forMs: 3841, edit: { set: 'configured', folder: 0, configured: true } },
      ],
    }),
  },
  {
    name: 'a call that a folder left open when it left the config is asked for by the other folder of its dataset',
    world: worldOf({
      seed: 500_201,
      server: { second: 'error', lagMs: 4500, members: true, datarow: false },
      absentGapMs: 5000,
      folders: [folderOf(), folderOf({ path: '/f1' })],
      events: [
        { atMs: 300, do: 'write', at: '/f1/a.jpg', content: 'i1' },
        { atMs: 19_000, do: 'fault', call: 'register', mishap: 'lost-answer', times: 1, retryAfterMs: null },
        { atMs: 20_000, do: 'write', at: '/f0/b.jpg', content: 'i6' },
        { atMs: 23_000, do: 'stop', forMs: 100, edit: { set: 'configured', folder: 0, configured: false } },
      ],
    }),
  },
  {
    name: 'a row whose place was given away while its outcome was unknown is an older row of that place',
    world: worldOf({
      seed: 500_202,
      server: { second: 'error', lagMs: 4500, members: true, datarow: false },
      absentGapMs: 5000,
      folders: [folderOf()],
      events: [
        { atMs: 300, do: 'write', at: '/f0/a.jpg', content: 'i1' },
        { atMs: 19_000, do: 'fault', call: 'register', mishap: 'lost-answer', times: 1, retryAfterMs: null },
        { atMs: 20_000, do: 'write', at: '/f0/b.jpg', content: 'i6' },
        { atMs: 22_500, do: 'rename', at: '/f0/a.jpg', to: '/f0/b.jpg' },
      ],
    }),
  },
  {
    name: 'a dataset that holds only a row whose answer was lost is still ours',
    world: worldOf({
      seed: 10_000_724,
      server: { second: 'error', lagMs: 4500, members: true, datarow: false },
      absentGapMs: 5000,
      rescanMs: 60_000,
      folders: [folderOf({ birth: false, limit: { count: 50, percent: 10 }, onChange: 'keep', graceMs: 2000 })],
      events: [
        { atMs: 186, do: 'write', at: '/f0/b.jpg', content: 'i1' },
        { atMs: 3969, do: 'fault', call: 'register', mishap: 'lost-answer', times: 4, retryAfterMs: 23_497 },
        { atMs: 13_716, do: 'otherRemoves', nth: 0 },
        { atMs: 29_413, do: 'write', at: '/f0/c.jpg', content: 'i2' },
        { atMs: 40_290, do: 'crash', step: 0, forMs: 12_569 },
      ],
    }),
  },
  {
    name: 'a group may have come from one whose frame was overwritten with what is no image',
    world: worldOf({
      seed: 1_001_341,
      server: { second: 'ok', lagMs: 0, members: true, datarow: true },
      absentGapMs: 5000,
      rescanMs: 60_000,
      folders: [folderOf({ graceMs: 15_000, mode: 'never' })],
      events: [
        { atMs: 449, do: 'write', at: '/f0/g/x/1.jpg', content: 'i2' },
        { atMs: 2304, do: 'write', at: '/f0/g/x/1.jpg', content: 'x1' },
        { atMs: 2648, do: 'write', at: '/f0/g/2.jpg', content: 'i2' },
      ],
    }),
  },
  {
    name: 'a group that was set aside is looked at again once the bad frame was moved out of it',
    world: worldOf({
      seed: 500_000_597,
      server: { second: 'error', lagMs: 0, members: true, datarow: false },
      absentGapMs: 5000,
      rescanMs: 60_000,
      folders: [folderOf({ groupSettleMs: 4000, regroupSettleMs: 8000, graceMs: 2000, onChange: 'keep' })],
      events: [
        { atMs: 2390, do: 'write', at: '/f0/a.jpg', content: 'x1' },
        { atMs: 7734, do: 'write', at: '/f0/g/x/10.jpg', content: 'i3' },
        { atMs: 10_031, do: 'shuttle', at: '/f0/a.jpg', to: '/f0/g/x/2.jpg', everyMs: 1295, times: 2 },
      ],
    }),
  },
  {
    name: 'a file that went on before it was read may be what was moved: proofs of its size start anew',
    world: worldOf({
      seed: 6213,
      server: { second: 'row', lagMs: 0, members: true, datarow: true },
      hintLoss: 0.5,
      folders: [folderOf({ birth: false, regroupSettleMs: 8000, graceMs: 2000 })],
      events: [
        { atMs: 1787, do: 'write', at: '/f0/h/1.jpg', content: 'i1' },
        { atMs: 2455, do: 'write', at: '/f0/e.mp4', content: 'v2' },
        { atMs: 10_037, do: 'shuttle', at: '/f0/a.jpg', to: '/f0/e.mp4', everyMs: 2654, times: 6 },
        { atMs: 15_968, do: 'shuttle', at: '/f0/m/10.jpg', to: '/f0/a.jpg', everyMs: 718, times: 8 },
      ],
    }),
  },
  {
    name: 'what was moved into a directory that a link took the place of cannot be seen, and keeps its row',
    world: worldOf({
      seed: 800_018_515,
      server: { second: 'row', lagMs: 500, members: false, datarow: true },
      hintLoss: 1,
      folders: [folderOf({ graceMs: 2000, limit: { count: 3, percent: 100 }, onChange: 'hold', mount: 'm' })],
      events: [
        { atMs: 2936, do: 'write', at: '/f0/g/10.jpg', content: 'i6' },
        { atMs: 6284, do: 'save', at: '/f0/c.jpg', content: 'i7' },
        { atMs: 11_453, do: 'shuttle', at: '/f0/n/1.jpg', to: '/f0/c.jpg', everyMs: 2952, times: 8 },
        { atMs: 26_658, do: 'link', at: '/f0/n', forMs: 37_145, dangling: true },
      ],
    }),
  },
  {
    name: 'a file that is renamed while the answer to its register is lost is not sent again under its new name',
    world: worldOf({
      seed: 8362,
      server: { second: 'error', lagMs: 500, members: true, datarow: true },
      absentGapMs: 5000,
      folders: [folderOf({ birth: false, settleMs: 3000, groupSettleMs: 1000, graceMs: 15_000 })],
      events: [
        { atMs: 1423, do: 'fault', call: 'register', mishap: 'lost-answer', times: 1, retryAfterMs: null },
        { atMs: 1736, do: 'write', at: '/f0/c.jpg', content: 'i1' },
        { atMs: 4938, do: 'rename', at: '/f0/c.jpg', to: '/f0/d.mp4' },
      ],
    }),
  },
  {
    name: 'a file that went into a new directory, which went onto another disk and left a link, is not deleted',
    world: worldOf({
      seed: 30_007_897,
      server: { second: 'ok', lagMs: 0, members: true, datarow: true },
      absentGapMs: 5000,
      rescanMs: 60_000,
      hintLoss: 1,
      folders: [folderOf({ limit: { count: 3, percent: 100 }, graceMs: 2000 })],
      events: [
        { atMs: 564, do: 'write', at: '/f0/a.jpg', content: 'i4' },
        { atMs: 1681, do: 'write', at: '/f0/e.mp4', content: 'v3' },
        { atMs: 40_362, do: 'rename', at: '/f0/a.jpg', to: '/f0/g/1.jpg' },
        { atMs: 58_222, do: 'link', at: '/f0/g', forMs: 20_797, dangling: true },
      ],
    }),
  },
]

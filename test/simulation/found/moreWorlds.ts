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
  {
    name: 'a file that went onto a disk below the folder, which was unmounted a moment later, is not deleted',
    world: worldOf({
      seed: 40_010_601,
      server: { second: 'ok', lagMs: 0, members: true, datarow: true },
      absentGapMs: 5000,
      slowness: 0.5,
      folders: [folderOf({ birth: false, onChange: 'hold', graceMs: 2000, mount: 'm' })],
      events: [
        { atMs: 1291, do: 'write', at: '/f0/g/x/10.jpg', content: 'i2' },
        { atMs: 1950, do: 'write', at: '/f0/d.mp4', content: 'v1' },
        { atMs: 35_682, do: 'rename', at: '/f0/d.mp4', to: '/f0/m/v.mp4' },
        { atMs: 35_785, do: 'unmount', at: '/f0/m', forMs: 15_547 },
      ],
    }),
  },
  {
    name: 'a group does not go without the frame that has the name of a video for a moment',
    world: worldOf({
      seed: 40_009_686,
      server: { second: 'ok', lagMs: 500, members: true, datarow: true },
      absentGapMs: 2000,
      folders: [folderOf({ birth: false, tickMs: 1000, settleMs: 3000, regroupSettleMs: 4000, graceMs: 2000 })],
      events: [
        { atMs: 632, do: 'write', at: '/f0/n/10.jpg', content: 'i3' },
        { atMs: 713, do: 'write', at: '/f0/n/1.jpg', content: 'i2' },
        { atMs: 21_607, do: 'shuttle', at: '/f0/n/v.mp4', to: '/f0/n/10.jpg', everyMs: 2037, times: 3 },
      ],
    }),
  },
  {
    name: 'a row of a moment ago is not taken for removed because the clock was set a year ahead',
    world: worldOf({
      seed: 40_007_578,
      server: { second: 'error', lagMs: 4500, members: true, datarow: true },
      absentGapMs: 5000,
      folders: [folderOf({ regroupSettleMs: 4000, graceMs: 2000, mode: 'hold' })],
      events: [
        { atMs: 709, do: 'write', at: '/f0/d.mp4', content: 'v1' },
        { atMs: 2260, do: 'write', at: '/f0/d.mp4', content: 'v2' },
        { atMs: 4124, do: 'jump', ms: 31_536_000_000, forMs: 42_798 },
        { atMs: 7767, do: 'slowMove', at: '/f0/d.mp4', to: '/f0/d.mp4', forMs: 16_209 },
      ],
    }),
  },
  {
    name: 'a row whose file became another kind of unit keeps its row until two scans lacked its own path',
    world: worldOf({
      seed: 40_037_150,
      server: { second: 'error', lagMs: 0, members: false, datarow: false },
      absentGapMs: 5000,
      folders: [folderOf({ birth: false, tickMs: 1000, settleMs: 3000, groupSettleMs: 4000, onChange: 'hold', graceMs: 15_000 })],
      events: [
        { atMs: 1208, do: 'write', at: '/f0/a.jpg', content: 'i2' },
        { atMs: 1342, do: 'write', at: '/f0/m/2.jpg', content: 'v1' },
        { atMs: 15_699, do: 'rewrite', at: '/f0/m/2.jpg', content: 'i7', hidden: false },
        { atMs: 30_464, do: 'rename', at: '/f0/m', to: '/f0/h' },
      ],
    }),
  },
  {
    name: 'a ledger from a backup, in a folder that lost its marker, sends nothing twice',
    world: worldOf({
      seed: 40_038_340,
      server: { second: 'error', lagMs: 0, members: true, datarow: true },
      absentGapMs: 2000,
      folders: [
        folderOf({
          settleMs: 3000,
          groupSettleMs: 4000,
          regroupSettleMs: 4000,
          graceMs: 2000,
          limit: { count: 3, percent: 100 },
          mount: 'm',
        }),
      ],
      events: [
        { atMs: 1948, do: 'rememberLedger' },
        { atMs: 2017, do: 'write', at: '/f0/g/v.mp4', content: 'v3' },
        { atMs: 52_899, do: 'loseMarker', at: '/f0' },
        { atMs: 61_123, do: 'oldLedger', forMs: 1180 },
      ],
    }),
  },
  {
    name: 'what moved out of a directory before it was closed is not sent again from its new place',
    world: worldOf({
      seed: 40_042_541,
      server: { second: 'error', lagMs: 500, members: false, datarow: true },
      absentGapMs: 2000,
      rescanMs: 60_000,
      hintLoss: 0.5,
      folders: [folderOf({ tickMs: 1000, regroupSettleMs: 4000, mode: 'hold' })],
      events: [
        { atMs: 34, do: 'write', at: '/f0/g/2.jpg', content: 'i2' },
        { atMs: 285, do: 'write', at: '/f0/g/x/2.jpg', content: 'i4' },
        { atMs: 1628, do: 'write', at: '/f0/a.jpg', content: 'i1' },
        { atMs: 1699, do: 'write', at: '/f0/d.mp4', content: 'v3' },
        { atMs: 21_411, do: 'rename', at: '/f0/g/x', to: '/f0/h' },
        { atMs: 30_294, do: 'close', at: '/f0/g', forMs: 25_997 },
        { atMs: 30_497, do: 'touch', at: '/f0/d.mp4' },
      ],
    }),
  },
  {
    name: 'a dataset that someone emptied is no reason to wait for the first contact for ever',
    world: worldOf({
      seed: 50_005_615,
      server: { second: 'error', lagMs: 0, members: true, datarow: true },
      absentGapMs: 5000,
      rescanMs: 60_000,
      folders: [folderOf({ regroupSettleMs: 4000, limit: { count: 50, percent: 10 }, onChange: 'keep' })],
      events: [
        { atMs: 1964, do: 'write', at: '/f0/d.mp4', content: 'v1' },
        { atMs: 33_950, do: 'otherRemoves', nth: 0 },
        { atMs: 34_229, do: 'loseMarker', at: '/f0' },
        { atMs: 46_368, do: 'write', at: '/f0/m/v.mp4', content: 'v2' },
      ],
    }),
  },
  {
    name: 'a file that goes to and fro between a group and the root is one file all the time',
    world: worldOf({
      seed: 60_007_093,
      server: { second: 'error', lagMs: 4500, members: true, datarow: true },
      absentGapMs: 5000,
      rescanMs: 60_000,
      hintLoss: 0.1,
      folders: [
        folderOf({ tickMs: 1000, settleMs: 3000, groupSettleMs: 4000, graceMs: 6000, limit: { count: 3, percent: 100 } }),
        folderOf({
          path: '/f1',
          dataset: 'd1',
          groupSettleMs: 4000,
          regroupSettleMs: 4000,
          graceMs: 15_000,
          limit: { count: 3, percent: 100 },
          mode: 'hold',
          onChange: 'keep',
          mount: 'm',
        }),
      ],
      events: [
        { atMs: 1278, do: 'write', at: '/f0/b.jpg', content: 'i3' },
        { atMs: 2452, do: 'write', at: '/f0/e.mp4', content: 'v2' },
        { atMs: 2934, do: 'write', at: '/f1/b.jpg', content: 'i1' },
        { atMs: 11_186, do: 'shuttle', at: '/f1/g/x/v.mp4', to: '/f1/b.jpg', everyMs: 155, times: 5 },
      ],
    }),
  },
  {
    name: 'a file that goes to and fro between two folders of a dataset is sent by one of them at a time',
    world: worldOf({
      seed: 60_021_784,
      server: { second: 'row', lagMs: 500, members: false, datarow: true },
      absentGapMs: 5000,
      slowness: 0.5,
      folders: [
        folderOf({ settleMs: 3000, mode: 'never', subdirectories: 'individual', mount: 'm' }),
        folderOf({ path: '/f1', tickMs: 1000, groupSettleMs: 4000, regroupSettleMs: 4000, limit: { count: 50, percent: 10 }, mount: 'm' }),
      ],
      events: [
        { atMs: 2154, do: 'write', at: '/f0/c.jpg', content: 'i1' },
        { atMs: 4181, do: 'fault', call: 'ticket', mishap: 'not-done', times: 1, retryAfterMs: 12_815 },
        { atMs: 6053, do: 'shuttle', at: '/f1/c.jpg', to: '/f0/c.jpg', everyMs: 1837, times: 5 },
      ],
    }),
  },
  {
    name: 'an image that is cut off holds up its group, also under the name of a video',
    world: worldOf({
      seed: 60_023_257,
      server: { second: 'error', lagMs: 500, members: false, datarow: true },
      absentGapMs: 5000,
      rescanMs: 60_000,
      hintLoss: 1,
      folders: [folderOf({ groupSettleMs: 4000, graceMs: 6000, mount: 'm' })],
      events: [
        { atMs: 14_833, do: 'grow', at: '/f0/b.jpg', content: 'i4', forMs: 5734 },
        { atMs: 14_938, do: 'shuttle', at: '/f0/g/x/v.mp4', to: '/f0/b.jpg', everyMs: 2972, times: 6 },
        { atMs: 36_868, do: 'write', at: '/f0/g/x/1.jpg', content: 'i5' },
      ],
    }),
  },
  {
    name: 'a group whose answer was lost is found although the Date of the server is an hour ahead of its rows',
    world: worldOf({
      seed: 60_027_825,
      server: { second: 'row', lagMs: 0, members: false, datarow: true },
      absentGapMs: 2000,
      rescanMs: 60_000,
      folders: [folderOf({ graceMs: 6000, regroupSettleMs: 4000, limit: { count: 3, percent: 100 }, mount: 'm' })],
      events: [
        { atMs: 2553, do: 'serverDate', ms: 3_600_000, forMs: 25_100 },
        { atMs: 2622, do: 'fault', call: 'group', mishap: 'lost-answer', times: 3, retryAfterMs: null },
        { atMs: 3118, do: 'grow', at: '/f0/g/x/2.jpg', content: 'i3', forMs: 3397 },
      ],
    }),
  },
  {
    name: 'a file that moved over a frame whose group holds its content already is not deleted before that group is sent anew',
    world: worldOf({
      seed: 70_005_432,
      server: { second: 'ok', lagMs: 0, members: true, datarow: true },
      absentGapMs: 5000,
      folders: [folderOf({ tickMs: 1000, groupSettleMs: 4000, regroupSettleMs: 4000, graceMs: 6000, limit: { count: 3, percent: 100 } })],
      events: [
        { atMs: 1073, do: 'write', at: '/f0/m/10.jpg', content: 'i2' },
        { atMs: 2060, do: 'write', at: '/f0/m/2.jpg', content: 'i1' },
        { atMs: 2270, do: 'write', at: '/f0/c.jpg', content: 'i1' },
        { atMs: 17_858, do: 'slowMove', at: '/f0/c.jpg', to: '/f0/m/10.jpg', forMs: 18_253 },
      ],
    }),
  },
  {
    name: 'a disk that came while another place could not be looked into is no trouble afterwards',
    world: worldOf({
      seed: 90_022_178,
      server: { second: 'ok', lagMs: 0, members: true, datarow: true },
      absentGapMs: 2000,
      rescanMs: 60_000,
      folders: [folderOf({ tickMs: 1000, regroupSettleMs: 4000, graceMs: 6000, mount: 'm' })],
      events: [
        { atMs: 1391, do: 'write', at: '/f0/e.mp4', content: 'v1' },
        { atMs: 1447, do: 'write', at: '/f0/m/10.jpg', content: 'i2' },
        { atMs: 1482, do: 'unmount', at: '/f0/m', forMs: 2609 },
        { atMs: 2161, do: 'write', at: '/f0/g/x/2.jpg', content: 'i4' },
        { atMs: 4633, do: 'close', at: '/f0/g/x', forMs: 6950 },
        { atMs: 4865, do: 'remove', at: '/f0/e.mp4' },
      ],
    }),
  },
  {
    name: 'a row that a listing showed once was made, also when the listings before and after it lack it',
    world: worldOf({
      seed: 90_062_996,
      server: { second: 'error', lagMs: 0, members: true, datarow: true },
      absentGapMs: 2000,
      rescanMs: 60_000,
      hintLoss: 1,
      folders: [
        folderOf({ birth: false, settleMs: 3000, groupSettleMs: 4000, regroupSettleMs: 8000, graceMs: 6000, onChange: 'keep', mount: 'm' }),
      ],
      events: [
        { atMs: 187, do: 'write', at: '/f0/d.mp4', content: 'x3' },
        { atMs: 687, do: 'write', at: '/f0/g/x/2.jpg', content: 'i6' },
        { atMs: 1393, do: 'write', at: '/f0/n/10.jpg', content: 'i5' },
        { atMs: 1592, do: 'write', at: '/f0/a.jpg', content: 'i7' },
        { atMs: 1876, do: 'write', at: '/f0/g/x/10.jpg', content: 'i4' },
        { atMs: 4095, do: 'listing', how: 'half', times: 3 },
        { atMs: 4259, do: 'fault', call: 'group', mishap: 'lost-answer', times: 4, retryAfterMs: null },
        { atMs: 4452, do: 'fault', call: 'listing', mishap: 'not-done', times: 3, retryAfterMs: null },
        { atMs: 9757, do: 'grow', at: '/f0/n/10.jpg', content: 'i12', forMs: 261 },
        { atMs: 13_062, do: 'fault', call: 'listing', mishap: 'not-done', times: 3, retryAfterMs: null },
      ],
    }),
  },
  {
    name: 'the older row of a group that grew waits while one of its frames stands elsewhere without a row',
    world: worldOf({
      seed: 90_072_051,
      server: { second: 'ok', lagMs: 500, members: false, datarow: true },
      absentGapMs: 5000,
      folders: [folderOf({ birth: false, settleMs: 3000, groupSettleMs: 4000, regroupSettleMs: 4000, graceMs: 6000, mount: 'm' })],
      events: [
        { atMs: 1132, do: 'write', at: '/f0/n/2.jpg', content: 'i2' },
        { atMs: 2778, do: 'write', at: '/f0/n/10.jpg', content: 'i3' },
        { atMs: 15_811, do: 'grow', at: '/f0/g/2.jpg', content: 'i7', forMs: 4842 },
        { atMs: 51_185, do: 'save', at: '/f0/n/1.jpg', content: 'i8' },
        { atMs: 88_103, do: 'save', at: '/f0/g/1.jpg', content: 'i2' },
      ],
    }),
  },
  {
    name: 'a directory that could not be read holds nothing back once an ignore rule covers it',
    world: worldOf({
      seed: 90_091_787,
      server: { second: 'ok', lagMs: 0, members: true, datarow: true },
      absentGapMs: 2000,
      folders: [folderOf({ birth: false, graceMs: 2000, regroupSettleMs: 8000, mode: 'hold', onChange: 'hold', mount: 'm' })],
      events: [
        { atMs: 189, do: 'write', at: '/f0/h/2.jpg', content: 'i7' },
        { atMs: 423, do: 'write', at: '/f0/g/x/1.jpg', content: 'i4' },
        { atMs: 539, do: 'write', at: '/f0/b.jpg', content: 'i6' },
        { atMs: 19_118, do: 'close', at: '/f0/g', forMs: 37_442 },
        { atMs: 49_104, do: 'stop', forMs: 14_024, edit: { set: 'ignore', folder: 0, ignore: ['g/'] } },
        { atMs: 61_049, do: 'remove', at: '/f0/b.jpg' },
      ],
    }),
  },
]

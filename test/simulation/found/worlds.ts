import { folderOf, type KnownWorld, worldOf } from './knownWorld.ts'

/** Worlds that once broke a promise, made as small as they go; each stands for the defect that its name denies. */
export const FOUND: readonly KnownWorld[] = [
  {
    name: 'a unit that was displaced twice keeps one ghost of its file',
    world: worldOf({
      seed: 22,
      rescanMs: 60_000,
      folders: [folderOf({ groupSettleMs: 4_000, graceMs: 15_000, limit: { count: 3, percent: 100 }, onChange: 'hold', mount: 'm' })],
      events: [
        { atMs: 789, do: 'write', at: '/f0/h/v.mp4', content: 'v2' },
        { atMs: 971, do: 'write', at: '/f0/a.jpg', content: 'i3' },
        { atMs: 1267, do: 'write', at: '/f0/d.mp4', content: 'v1' },
        { atMs: 1858, do: 'write', at: '/f0/c.jpg', content: 'i4' },
        { atMs: 19_893, do: 'crash', step: 1, forMs: 7993 },
        { atMs: 28_421, do: 'rename', at: '/f0/a.jpg', to: '/f0/g/x/10.jpg' },
        { atMs: 41_866, do: 'rename', at: '/f0/g/x/10.jpg', to: '/f0/c.jpg' },
      ],
    }),
  },
  {
    name: 'a move into another folder is no copy, although its far end is looked at later',
    world: worldOf({
      seed: 35,
      server: { second: 'error', lagMs: 500, members: true, datarow: false },
      hintLoss: 1,
      folders: [
        folderOf({ birth: false, tickMs: 1000, subdirectories: 'individual' }),
        folderOf({ path: '/f1', subdirectories: 'individual' }),
      ],
      events: [
        { atMs: 342, do: 'write', at: '/f1/c.jpg', content: 'i1' },
        { atMs: 35_783, do: 'rename', at: '/f1/c.jpg', to: '/f0/d.mp4' },
      ],
    }),
  },
  {
    name: 'a file that was moved over and went again is deleted only on scans that lacked it',
    world: worldOf({
      seed: 520,
      folders: [folderOf({ birth: false, mount: 'm' })],
      events: [
        { atMs: 902, do: 'write', at: '/f0/g/x/2.jpg', content: 'i4' },
        { atMs: 1027, do: 'write', at: '/f0/a.jpg', content: 'i1' },
        { atMs: 1376, do: 'write', at: '/f0/e.mp4', content: 'v2' },
        { atMs: 31_972, do: 'shuttle', at: '/f0/e.mp4', to: '/f0/a.jpg', everyMs: 2233, times: 2 },
      ],
    }),
  },
  {
    name: 'clocks that agree again end the state that they began',
    world: worldOf({
      seed: 263,
      folders: [folderOf()],
      events: [
        { atMs: 500, do: 'write', at: '/f0/a.jpg', content: 'i1' },
        { atMs: 600, do: 'write', at: '/f0/b.jpg', content: 'i2' },
        { atMs: 20_000, do: 'remove', at: '/f0/a.jpg' },
        { atMs: 21_000, do: 'jump', ms: 3_600_000, forMs: 60_000 },
      ],
    }),
  },
  {
    name: 'a row that someone else removed before it was listed is not tried for ever',
    world: worldOf({
      seed: 124,
      folders: [folderOf({ settleMs: 3000, graceMs: 15_000, mount: 'm' })],
      absentGapMs: 5000,
      rescanMs: 60_000,
      events: [
        { atMs: 1481, do: 'write', at: '/f0/a.jpg', content: 'i1' },
        { atMs: 13_645, do: 'otherRemoves', nth: 1 },
        { atMs: 38_718, do: 'rewrite', at: '/f0/a.jpg', content: 'i3', hidden: false },
      ],
    }),
  },
  {
    name: 'a group whose frame went to the root by a swap keeps its row in the ledger',
    world: worldOf({
      seed: 104,
      server: { second: 'ok', lagMs: 4500, members: true, datarow: false },
      absentGapMs: 5000,
      folders: [folderOf({ birth: false, regroupSettleMs: 8000, onChange: 'keep' })],
      events: [
        { atMs: 568, do: 'write', at: '/f0/n/2.jpg', content: 'i1' },
        { atMs: 579, do: 'write', at: '/f0/d.mp4', content: 'v2' },
        { atMs: 24_855, do: 'shuttle', at: '/f0/b.jpg', to: '/f0/d.mp4', everyMs: 2957, times: 3 },
        { atMs: 28_665, do: 'swap', at: '/f0/b.jpg', to: '/f0/n/2.jpg' },
      ],
    }),
  },
  {
    name: 'a frame written over with a video leaves a group with a row that is asked about',
    world: worldOf({
      seed: 162,
      absentGapMs: 5000,
      folders: [folderOf({ regroupSettleMs: 8000 })],
      events: [
        { atMs: 266, do: 'write', at: '/f0/g/2.jpg', content: 'i1' },
        { atMs: 2049, do: 'write', at: '/f0/g/2.jpg', content: 'v2' },
      ],
    }),
  },
  {
    name: 'a newer version that was registered under a wrong clock is believed once it is listed',
    world: worldOf({
      seed: 126,
      server: { second: 'error', lagMs: 500, members: true, datarow: true },
      absentGapMs: 5000,
      rescanMs: 60_000,
      folders: [folderOf({ groupSettleMs: 4000, regroupSettleMs: 8000, graceMs: 15_000 })],
      events: [
        { atMs: 2725, do: 'write', at: '/f0/c.jpg', content: 'i4' },
        { atMs: 24_590, do: 'grow', at: '/f0/c.jpg', content: 'i2', forMs: 4117 },
        { atMs: 24_854, do: 'jump', ms: 31_536_000_000, forMs: 41_473 },
      ],
    }),
  },
  {
    name: 'a file that moved into another folder is planned there',
    world: worldOf({
      seed: 217,
      server: { second: 'ok', lagMs: 0, members: false, datarow: true },
      absentGapMs: 5000,
      hintLoss: 0.5,
      folders: [
        folderOf({ settleMs: 3000, groupSettleMs: 4000, regroupSettleMs: 8000, graceMs: 2000, onChange: 'hold', mount: 'm' }),
        folderOf({
          path: '/f1',
          settleMs: 3000,
          groupSettleMs: 4000,
          regroupSettleMs: 8000,
          limit: { count: 3, percent: 100 },
          mode: 'never',
          subdirectories: 'individual',
        }),
      ],
      events: [
        { atMs: 368, do: 'write', at: '/f1/c.jpg', content: 'i2' },
        { atMs: 459, do: 'write', at: '/f1/e.mp4', content: 'v6' },
        { atMs: 621, do: 'write', at: '/f0/m/1.jpg', content: 'i8' },
        { atMs: 1372, do: 'write', at: '/f1/e.mp4', content: 'v3' },
        { atMs: 1795, do: 'write', at: '/f1/d.mp4', content: 'v5' },
        { atMs: 2669, do: 'write', at: '/f1/b.jpg', content: 'i4' },
        { atMs: 54_096, do: 'rename', at: '/f1/d.mp4', to: '/f0/n/10.jpg' },
      ],
    }),
  },
  {
    name: 'a file that is no media does not hold up the one that took its row along',
    world: worldOf({
      seed: 227,
      server: { second: 'row', lagMs: 500, members: true, datarow: true },
      folders: [folderOf({ birth: false, settleMs: 3000, groupSettleMs: 4000, graceMs: 2000 })],
      events: [
        { atMs: 291, do: 'write', at: '/f0/c.jpg', content: 'x2' },
        { atMs: 38_573, do: 'write', at: '/f0/e.mp4', content: 'v8' },
        { atMs: 58_552, do: 'swap', at: '/f0/e.mp4', to: '/f0/c.jpg' },
      ],
    }),
  },
  {
    name: 'empty listings mark no row as removed, seen before or not',
    world: worldOf({
      seed: 309,
      server: { second: 'error', lagMs: 500, members: false, datarow: true },
      absentGapMs: 5000,
      folders: [
        folderOf({ tickMs: 1000, settleMs: 3000, groupSettleMs: 4000, graceMs: 15_000, limit: { count: 50, percent: 10 } }),
        folderOf({ path: '/f1', dataset: 'd1', graceMs: 15_000, limit: { count: 50, percent: 10 }, subdirectories: 'individual' }),
      ],
      events: [
        { atMs: 916, do: 'write', at: '/f0/c.jpg', content: 'i3' },
        { atMs: 32_755, do: 'listing', how: 'empty', times: 3 },
        { atMs: 36_702, do: 'copy', at: '/f0/c.jpg', to: '/f1/b.jpg' },
        { atMs: 49_622, do: 'crash', step: 0, forMs: 14_739 },
        { atMs: 52_888, do: 'shuttle', at: '/f1/b.jpg', to: '/f0/c.jpg', everyMs: 594, times: 7 },
        { atMs: 52_958, do: 'deaf', forMs: 17_715 },
      ],
    }),
  },
  {
    name: 'a file renamed while its row was removed by someone else is one new row',
    world: worldOf({
      seed: 394,
      server: { second: 'error', lagMs: 500, members: true, datarow: true },
      rescanMs: 60_000,
      folders: [
        folderOf({ tickMs: 1000, regroupSettleMs: 8000, graceMs: 15_000, onChange: 'keep' }),
        folderOf({ path: '/f1', birth: false, regroupSettleMs: 8000, graceMs: 2000, onChange: 'keep', subdirectories: 'individual' }),
      ],
      events: [
        { atMs: 162, do: 'write', at: '/f1/m/2.jpg', content: 'i2' },
        { atMs: 20_334, do: 'crash', step: 19, forMs: 11_582 },
        { atMs: 25_986, do: 'otherRemoves', nth: 7 },
        { atMs: 41_732, do: 'rename', at: '/f1/m', to: '/f1/h' },
      ],
    }),
  },
  {
    name: 'a row removed by someone else does not stop what replaced it',
    world: worldOf({
      seed: 736,
      server: { second: 'ok', lagMs: 0, members: true, datarow: true },
      absentGapMs: 5000,
      rescanMs: 60_000,
      folders: [
        folderOf({ tickMs: 1000, groupSettleMs: 4000, graceMs: 15_000, limit: { count: 50, percent: 10 }, subdirectories: 'individual' }),
        folderOf({ path: '/f1', groupSettleMs: 4000, regroupSettleMs: 8000, graceMs: 15_000, mount: 'm' }),
      ],
      events: [
        { atMs: 124, do: 'write', at: '/f0/m/10.jpg', content: 'v3' },
        { atMs: 204, do: 'write', at: '/f0/e.mp4', content: 'v1' },
        { atMs: 406, do: 'write', at: '/f1/c.jpg', content: 'i2' },
        { atMs: 725, do: 'write', at: '/f0/a.jpg', content: 'i1' },
        { atMs: 2391, do: 'rewrite', at: '/f0/c.jpg', content: 'i4', hidden: true },
        { atMs: 55_166, do: 'otherRemoves', nth: 2 },
        { atMs: 55_223, do: 'rename', at: '/f1/c.jpg', to: '/f0/c.jpg' },
      ],
    }),
  },
  {
    name: 'a video that became an image in a directory joins its group',
    world: worldOf({
      seed: 909,
      absentGapMs: 5000,
      folders: [
        folderOf({ tickMs: 1000, settleMs: 3000, groupSettleMs: 4000, graceMs: 15_000, limit: { count: 3, percent: 100 }, mount: 'm' }),
      ],
      events: [
        { atMs: 1100, do: 'write', at: '/f0/m/1.jpg', content: 'v5' },
        { atMs: 20_999, do: 'grow', at: '/f0/m/1.jpg', content: 'i6', forMs: 5544 },
      ],
    }),
  },
  {
    name: 'a wait for the server that a wrong clock wrote ends with that clock',
    world: worldOf({
      seed: 924,
      rescanMs: 60_000,
      folders: [
        folderOf({
          settleMs: 3000,
          regroupSettleMs: 8000,
          limit: { count: 3, percent: 100 },
          mode: 'never',
          onChange: 'hold',
          subdirectories: 'individual',
        }),
      ],
      events: [
        { atMs: 18_444, do: 'rewrite', at: '/f0/n/2.jpg', content: 'i3', hidden: true },
        { atMs: 21_423, do: 'fault', call: 'ticket', mishap: 'not-done', times: 3, retryAfterMs: 16_189 },
        { atMs: 31_562, do: 'jump', ms: 3_600_000, forMs: 8957 },
      ],
    }),
  },
  {
    name: 'a file gone below a mount is held for a person, and not tried for ever',
    world: worldOf({
      seed: 1184,
      server: { second: 'ok', lagMs: 0, members: true, datarow: true },
      absentGapMs: 5000,
      folders: [folderOf({ groupSettleMs: 4000, graceMs: 15_000, onChange: 'hold', mount: 'm' })],
      events: [
        { atMs: 1433, do: 'write', at: '/f0/b.jpg', content: 'i2' },
        { atMs: 1820, do: 'write', at: '/f0/m/2.jpg', content: 'i6' },
        { atMs: 43_604, do: 'remove', at: '/f0/m/2.jpg' },
      ],
    }),
  },
  {
    name: 'content copied over another file keeps its row until it has one of its own',
    world: worldOf({
      seed: 1443,
      server: { second: 'row', lagMs: 500, members: false, datarow: true },
      absentGapMs: 5000,
      rescanMs: 60_000,
      folders: [folderOf({ tickMs: 1000, groupSettleMs: 4000, graceMs: 2000, limit: { count: 50, percent: 10 }, onChange: 'keep' })],
      events: [
        { atMs: 2406, do: 'write', at: '/f0/e.mp4', content: 'v4' },
        { atMs: 2553, do: 'write', at: '/f0/m/2.jpg', content: 'i1' },
        { atMs: 47_255, do: 'badKey', forMs: 25_772 },
        { atMs: 59_893, do: 'slowMove', at: '/f0/m/2.jpg', to: '/f0/e.mp4', forMs: 9 },
      ],
    }),
  },
  {
    name: 'content moved over a frame keeps its row until the group is sent anew',
    world: worldOf({
      seed: 2081,
      server: { second: 'ok', lagMs: 0, members: true, datarow: true },
      rescanMs: 60_000,
      folders: [folderOf({ birth: false, limit: { count: 50, percent: 10 }, onChange: 'hold', mount: 'm' })],
      events: [
        { atMs: 1261, do: 'write', at: '/f0/n/10.jpg', content: 'v5' },
        { atMs: 1444, do: 'write', at: '/f0/a.jpg', content: 'i4' },
        { atMs: 1793, do: 'write', at: '/f0/n/1.jpg', content: 'i3' },
        { atMs: 32_749, do: 'rename', at: '/f0/a.jpg', to: '/f0/n/10.jpg' },
      ],
    }),
  },
  {
    name: 'an older row is asked about again after its place could not be seen',
    world: worldOf({
      seed: 1896,
      server: { second: 'ok', lagMs: 0, members: true, datarow: true },
      absentGapMs: 5000,
      folders: [
        folderOf({
          birth: false,
          tickMs: 1000,
          groupSettleMs: 4000,
          graceMs: 2000,
          limit: { count: 3, percent: 100 },
          mode: 'never',
          onChange: 'keep',
        }),
      ],
      events: [
        { atMs: 399, do: 'write', at: '/f0/g/x/10.jpg', content: 'i5' },
        { atMs: 6154, do: 'rewrite', at: '/f0/g/x/10.jpg', content: 'i6', hidden: false },
        { atMs: 6180, do: 'restoreFolder', at: '/f0' },
        { atMs: 13_402, do: 'close', at: '/f0/g', forMs: 18_079 },
      ],
    }),
  },
  {
    name: 'a mount that comes back empty is seen to be empty',
    world: worldOf({
      seed: 2482,
      server: { second: 'ok', lagMs: 1500, members: true, datarow: true },
      folders: [folderOf({ onChange: 'keep', subdirectories: 'individual', mount: 'm' })],
      events: [
        { atMs: 383, do: 'write', at: '/f0/m/1.jpg', content: 'i3' },
        { atMs: 808, do: 'write', at: '/f0/d.mp4', content: 'v6' },
        { atMs: 39_703, do: 'stop', forMs: 514, edit: null },
        { atMs: 50_219, do: 'save', at: '/f0/d.mp4', content: 'v7' },
        { atMs: 66_354, do: 'unmount', at: '/f0/m', forMs: 25_432 },
        { atMs: 94_841, do: 'empty', at: '/f0/m', everyMs: 113 },
      ],
    }),
  },
  {
    name: 'a whole directory that moved into another folder is sent no second time',
    world: worldOf({
      seed: 5361,
      rescanMs: 60_000,
      folders: [
        folderOf({ settleMs: 3000, graceMs: 15_000, mount: 'm' }),
        folderOf({ path: '/f1', birth: false, regroupSettleMs: 8000, limit: { count: 3, percent: 100 }, mode: 'never', onChange: 'hold' }),
      ],
      events: [
        { atMs: 115, do: 'write', at: '/f1/c.jpg', content: 'i7' },
        { atMs: 208, do: 'write', at: '/f0/n/2.jpg', content: 'i8' },
        { atMs: 56_869, do: 'rename', at: '/f0/n', to: '/f1/g/x' },
      ],
    }),
  },
  {
    name: 'a video in a directory whose group is held takes no row along',
    world: worldOf({
      seed: 20_194,
      server: { second: 'error', lagMs: 0, members: false, datarow: true },
      rescanMs: 60_000,
      folders: [
        folderOf({
          birth: false,
          settleMs: 3000,
          groupSettleMs: 4000,
          regroupSettleMs: 8000,
          graceMs: 2000,
          limit: { count: 50, percent: 10 },
          mode: 'hold',
          mount: 'm',
        }),
      ],
      events: [
        { atMs: 2093, do: 'write', at: '/f0/d.mp4', content: 'v3' },
        { atMs: 2264, do: 'write', at: '/f0/m/2.jpg', content: 'i2' },
        { atMs: 75_047, do: 'rename', at: '/f0/m/2.jpg', to: '/f0/h/10.jpg' },
        { atMs: 89_458, do: 'remove', at: '/f0/h' },
        { atMs: 108_554, do: 'copy', at: '/f0/d.mp4', to: '/f0/h/1.jpg' },
      ],
    }),
  },
  {
    name: 'an approved delete below a mount comes back to the person',
    world: worldOf({
      seed: 20_578,
      server: { second: 'error', lagMs: 500, members: true, datarow: true },
      rescanMs: 60_000,
      folders: [folderOf({ birth: false, regroupSettleMs: 8000, graceMs: 2000, limit: { count: 3, percent: 100 }, mount: 'm' })],
      events: [
        { atMs: 816, do: 'write', at: '/f0/m/v.mp4', content: 'v1' },
        { atMs: 15_934, do: 'empty', at: '/f0/m', everyMs: 1411 },
        { atMs: 27_912, do: 'decide', how: 'approve' },
      ],
    }),
  },
  {
    name: 'a proof written under a wrong clock starts anew',
    world: worldOf({
      seed: 30_229,
      server: { second: 'row', lagMs: 0, members: false, datarow: true },
      absentGapMs: 5000,
      rescanMs: 60_000,
      folders: [
        folderOf({ settleMs: 3000, regroupSettleMs: 8000, graceMs: 15_000, limit: { count: 50, percent: 10 }, mount: 'm' }),
        folderOf({ path: '/f1' }),
      ],
      events: [
        { atMs: 1120, do: 'jump', ms: 3_600_000, forMs: 52_488 },
        { atMs: 2515, do: 'write', at: '/f0/a.jpg', content: 'i1' },
        { atMs: 27_679, do: 'write', at: '/f0/a.jpg', content: 'i5' },
        { atMs: 42_110, do: 'crash', step: 15, forMs: 2477 },
      ],
    }),
  },
  {
    name: 'an image with the name of a video brings back the group it joins',
    world: worldOf({
      seed: 31_998,
      server: { second: 'ok', lagMs: 0, members: true, datarow: true },
      folders: [folderOf({ regroupSettleMs: 8000, graceMs: 15_000, mode: 'never', onChange: 'keep' })],
      events: [
        { atMs: 1156, do: 'write', at: '/f0/d.mp4', content: 'v1' },
        { atMs: 1754, do: 'write', at: '/f0/n/1.jpg', content: 'i3' },
        { atMs: 82_873, do: 'rename', at: '/f0/d.mp4', to: '/f0/n/1.jpg' },
        { atMs: 96_686, do: 'rewrite', at: '/f0/n/v.mp4', content: 'i5', hidden: false },
      ],
    }),
  },
  {
    name: 'a directory that could not be read and was removed goes like any other',
    world: worldOf({
      seed: 30_484,
      server: { second: 'error', lagMs: 500, members: true, datarow: true },
      folders: [folderOf({ graceMs: 2000, limit: { count: 50, percent: 10 } })],
      events: [
        { atMs: 1080, do: 'write', at: '/f0/g/x/10.jpg', content: 'i7' },
        { atMs: 1947, do: 'write', at: '/f0/m/10.jpg', content: 'i4' },
        { atMs: 15_337, do: 'close', at: '/f0/g/x', forMs: 38_415 },
        { atMs: 26_907, do: 'remove', at: '/f0/g/x' },
      ],
    }),
  },
  {
    name: 'a unit that took over another place sends nothing of the old one',
    world: worldOf({
      seed: 201_071,
      server: { second: 'ok', lagMs: 1500, members: true, datarow: true },
      rescanMs: 60_000,
      slowness: 0.5,
      hintLoss: 1,
      folders: [folderOf({ groupSettleMs: 4000, graceMs: 2000, mode: 'never', mount: 'm' })],
      events: [
        { atMs: 156, do: 'write', at: '/f0/e.mp4', content: 'v1' },
        { atMs: 913, do: 'write', at: '/f0/n/10.jpg', content: 'i3' },
        { atMs: 24_299, do: 'save', at: '/f0/e.mp4', content: 'v1' },
        { atMs: 47_166, do: 'crash', step: 4, forMs: 2460 },
        { atMs: 80_890, do: 'swap', at: '/f0/e.mp4', to: '/f0/n/10.jpg' },
        { atMs: 83_411, do: 'rootAway', at: '/f0', forMs: 22_910, how: 'gone' },
      ],
    }),
  },
  {
    name: 'a file that changed while its row seemed removed is compared once the row is listed again',
    world: worldOf({
      seed: 200_256,
      server: { second: 'ok', lagMs: 0, members: true, datarow: true },
      rescanMs: 60_000,
      folders: [folderOf({ groupSettleMs: 4000, limit: { count: 3, percent: 100 }, onChange: 'keep' })],
      events: [
        { atMs: 257, do: 'write', at: '/f0/d.mp4', content: 'v5' },
        { atMs: 1877, do: 'write', at: '/f0/a.jpg', content: 'i4' },
        { atMs: 25_157, do: 'stop', forMs: 15_804, edit: { set: 'subdirectories', folder: 0, subdirectories: 'group' } },
        { atMs: 31_727, do: 'badKey', forMs: 20_648 },
        { atMs: 41_894, do: 'listing', how: 'half', times: 1 },
        { atMs: 50_500, do: 'save', at: '/f0/a.jpg', content: 'i6' },
        { atMs: 70_533, do: 'rename', at: '/f0/d.mp4', to: '/f0/c.jpg' },
        { atMs: 80_136, do: 'rewrite', at: '/f0/c.jpg', content: 'i7', hidden: false },
      ],
    }),
  },
  {
    name: 'a directory first heard of by a hint is missed like any other',
    world: worldOf({
      seed: 102_944,
      server: { second: 'ok', lagMs: 0, members: true, datarow: true },
      absentGapMs: 5000,
      hintLoss: 0.5,
      folders: [
        folderOf({ tickMs: 1000, settleMs: 3000, groupSettleMs: 4000, limit: { count: 50, percent: 10 } }),
        folderOf({ path: '/f1', dataset: 'd1', groupSettleMs: 4000, onChange: 'hold', mount: 'm' }),
      ],
      events: [
        { atMs: 410, do: 'write', at: '/f1/h/1.jpg', content: 'i2' },
        { atMs: 2399, do: 'write', at: '/f0/g/x/1.jpg', content: 'i1' },
        { atMs: 38_245, do: 'remove', at: '/f0/g/x' },
      ],
    }),
  },
  {
    name: 'the older row of a place stays one when files are moved to and fro over it',
    world: worldOf({
      seed: 102_477,
      server: { second: 'ok', lagMs: 0, members: true, datarow: true },
      absentGapMs: 5000,
      rescanMs: 60_000,
      folders: [folderOf({ birth: false, graceMs: 2000, mode: 'hold' })],
      events: [
        { atMs: 1282, do: 'write', at: '/f0/e.mp4', content: 'v8' },
        { atMs: 2944, do: 'write', at: '/f0/c.jpg', content: 'i6' },
        { atMs: 5264, do: 'shuttle', at: '/f0/c.jpg', to: '/f0/e.mp4', everyMs: 1300, times: 6 },
      ],
    }),
  },
  {
    name: 'a move out of a mount whose far end is seen first sends nothing',
    world: worldOf({
      seed: 101_475,
      server: { second: 'ok', lagMs: 0, members: true, datarow: true },
      hintLoss: 0.5,
      folders: [
        folderOf({
          settleMs: 3000,
          groupSettleMs: 4000,
          regroupSettleMs: 8000,
          mode: 'never',
          onChange: 'hold',
          subdirectories: 'individual',
          mount: 'm',
        }),
      ],
      events: [
        { atMs: 1368, do: 'write', at: '/f0/d.mp4', content: 'v2' },
        { atMs: 1664, do: 'write', at: '/f0/h/10.jpg', content: 'i1' },
        { atMs: 2903, do: 'write', at: '/f0/m/1.jpg', content: 'i3' },
        { atMs: 16_579, do: 'rename', at: '/f0/m/1.jpg', to: '/f0/n/2.jpg' },
      ],
    }),
  },
  {
    name: 'files under a mount that nobody looked at before are files like any other',
    world: worldOf({
      seed: 301_156,
      server: { second: 'ok', lagMs: 0, members: false, datarow: true },
      absentGapMs: 5000,
      hintLoss: 0.5,
      folders: [
        folderOf({ settleMs: 3000, regroupSettleMs: 8000, graceMs: 2000, limit: { count: 50, percent: 10 }, onChange: 'hold', mount: 'm' }),
        folderOf({ path: '/f1', birth: false, regroupSettleMs: 8000, limit: { count: 50, percent: 10 }, onChange: 'keep' }),
      ],
      events: [
        { atMs: 1053, do: 'write', at: '/f0/d.mp4', content: 'v5' },
        { atMs: 1378, do: 'write', at: '/f1/b.jpg', content: 'i1' },
        { atMs: 2258, do: 'write', at: '/f0/m/1.jpg', content: 'i3' },
        { atMs: 2811, do: 'write', at: '/f1/g/x/1.jpg', content: 'i2' },
        { atMs: 7521, do: 'write', at: '/f0/m/10.jpg', content: 'i7' },
        { atMs: 12_591, do: 'unmount', at: '/f0/m', forMs: 7713 },
        { atMs: 16_406, do: 'rewrite', at: '/f0/n/10.jpg', content: 'i8', hidden: true },
        { atMs: 26_876, do: 'grow', at: '/f0/n/1.jpg', content: 'i9', forMs: 6184 },
        { atMs: 26_880, do: 'empty', at: '/f0', everyMs: 330 },
      ],
    }),
  },
  {
    name: 'a rolled-back ledger doubles no file that changed since',
    world: worldOf({
      seed: 302_994,
      server: { second: 'error', lagMs: 0, members: true, datarow: false },
      rescanMs: 60_000,
      hintLoss: 1,
      folders: [folderOf({ birth: false, tickMs: 1000, groupSettleMs: 4000, regroupSettleMs: 8000, mode: 'hold', onChange: 'keep' })],
      events: [
        { atMs: 326, do: 'write', at: '/f0/e.mp4', content: 'v5' },
        { atMs: 12_555, do: 'grow', at: '/f0/e.mp4', content: 'v7', forMs: 7859 },
        { atMs: 58_817, do: 'rememberLedger' },
        { atMs: 69_853, do: 'oldLedger', forMs: 12_300 },
      ],
    }),
  },
  {
    name: 'a frame that another file took the place of is held for a person',
    world: worldOf({
      seed: 304_387,
      server: { second: 'row', lagMs: 0, members: false, datarow: true },
      absentGapMs: 5000,
      rescanMs: 60_000,
      folders: [folderOf({ birth: false, settleMs: 3000, groupSettleMs: 4000, regroupSettleMs: 8000, limit: { count: 3, percent: 100 } })],
      events: [
        { atMs: 163, do: 'write', at: '/f0/e.mp4', content: 'v5' },
        { atMs: 351, do: 'write', at: '/f0/g/2.jpg', content: 'i1' },
        { atMs: 2697, do: 'write', at: '/f0/m/10.jpg', content: 'i4' },
        { atMs: 70_483, do: 'swap', at: '/f0/m/10.jpg', to: '/f0/e.mp4' },
        { atMs: 72_746, do: 'shuttle', at: '/f0/m/1.jpg', to: '/f0/g/2.jpg', everyMs: 2519, times: 3 },
      ],
    }),
  },
  {
    name: 'a cut file moved over another one keeps the row that was there',
    world: worldOf({
      seed: 30_060,
      absentGapMs: 5000,
      rescanMs: 60_000,
      folders: [folderOf({ regroupSettleMs: 8000, graceMs: 15_000, onChange: 'hold', mount: 'm' })],
      events: [
        { atMs: 504, do: 'write', at: '/f0/b.jpg', content: 'i3' },
        { atMs: 1075, do: 'write', at: '/f0/c.jpg', content: 'i4' },
        { atMs: 1235, do: 'write', at: '/f0/e.mp4', content: 'v1' },
        { atMs: 1249, do: 'write', at: '/f0/a.jpg', content: 'i2' },
        { atMs: 1271, do: 'write', at: '/f0/m/1.jpg', content: 'i5' },
        { atMs: 2198, do: 'write', at: '/f0/d.mp4', content: 'v1' },
        { atMs: 10_265, do: 'unmount', at: '/f0/m', forMs: 26_272 },
        { atMs: 10_422, do: 'copy', at: '/f0/a.jpg', to: '/f0/b.jpg' },
        { atMs: 14_668, do: 'grow', at: '/f0/g/x/2.jpg', content: 'v6', forMs: 5905 },
        { atMs: 18_529, do: 'shuttle', at: '/f0/g/x/2.jpg', to: '/f0/c.jpg', everyMs: 696, times: 5 },
      ],
    }),
  },
  {
    name: 'a rolled-back ledger links the newer row of a file to its unit',
    world: worldOf({
      seed: 302_994,
      rescanMs: 60_000,
      hintLoss: 1,
      folders: [folderOf({ birth: false, tickMs: 1000, groupSettleMs: 4000, regroupSettleMs: 8000, mode: 'hold', onChange: 'keep' })],
      events: [
        { atMs: 326, do: 'write', at: '/f0/e.mp4', content: 'v5' },
        { atMs: 12_555, do: 'grow', at: '/f0/e.mp4', content: 'v7', forMs: 7859 },
        { atMs: 58_817, do: 'rememberLedger' },
        { atMs: 69_853, do: 'oldLedger', forMs: 12_300 },
      ],
    }),
  },
  {
    name: 'a delete that was proven in one folder is not sent from the one the file moved to',
    world: worldOf({
      seed: 402_504,
      server: { second: 'error', lagMs: 500, members: true, datarow: true },
      absentGapMs: 5000,
      rescanMs: 60_000,
      folders: [
        folderOf({ onChange: 'keep' }),
        folderOf({ path: '/f1', birth: false, regroupSettleMs: 8000, graceMs: 2000, limit: { count: 50, percent: 10 }, mount: 'm' }),
      ],
      events: [
        { atMs: 334, do: 'write', at: '/f0/d.mp4', content: 'v5' },
        { atMs: 2087, do: 'write', at: '/f0/d.mp4', content: 'v2' },
        { atMs: 15_141, do: 'shuttle', at: '/f0/d.mp4', to: '/f1/c.jpg', everyMs: 1917, times: 3 },
      ],
    }),
  },
  {
    name: 'an approved row whose place was taken is settled first',
    world: worldOf({
      seed: 407_932,
      server: { second: 'row', lagMs: 0, members: true, datarow: true },
      folders: [folderOf({ tickMs: 1000, settleMs: 3000, graceMs: 15_000, limit: { count: 3, percent: 100 }, onChange: 'keep' })],
      events: [
        { atMs: 773, do: 'write', at: '/f0/d.mp4', content: 'v5' },
        { atMs: 900, do: 'write', at: '/f0/n/2.jpg', content: 'i1' },
        { atMs: 2114, do: 'write', at: '/f0/c.jpg', content: 'i6' },
        { atMs: 2486, do: 'write', at: '/f0/g/x/2.jpg', content: 'i2' },
        { atMs: 16_670, do: 'grow', at: '/f0/g/10.jpg', content: 'i8', forMs: 7517 },
        { atMs: 30_089, do: 'empty', at: '/f0', everyMs: 688 },
        { atMs: 32_419, do: 'rename', at: '/f0/g/10.jpg', to: '/f0/g/x/1.jpg' },
        { atMs: 53_392, do: 'decide', how: 'approve' },
      ],
    }),
  },
  {
    name: 'a restored folder with a rolled-back ledger sends nothing twice',
    world: worldOf({
      seed: 407_273,
      server: { second: 'ok', lagMs: 0, members: false, datarow: true },
      folders: [
        folderOf({
          birth: false,
          tickMs: 1000,
          settleMs: 3000,
          graceMs: 2000,
          limit: { count: 50, percent: 10 },
          mode: 'never',
          onChange: 'hold',
        }),
      ],
      events: [
        { atMs: 14_930, do: 'rememberLedger' },
        { atMs: 34_642, do: 'grow', at: '/f0/g/x/2.jpg', content: 'i7', forMs: 6949 },
        { atMs: 43_119, do: 'restoreFolder', at: '/f0' },
        { atMs: 82_106, do: 'oldLedger', forMs: 4455 },
      ],
    }),
  },
  {
    name: 'a video that became an image of a group, and then a unit of its own again, is compared with its row',
    world: worldOf({
      seed: 700_003_070,
      folders: [folderOf()],
      events: [
        { atMs: 2825, do: 'write', at: '/f0/n/v.mp4', content: 'v2' },
        { atMs: 9965, do: 'rename', at: '/f0/n', to: '/f0/h' },
        { atMs: 14_701, do: 'rewrite', at: '/f0/h/v.mp4', content: 'i3', hidden: false },
        { atMs: 23_627, do: 'stop', forMs: 1094, edit: { set: 'subdirectories', folder: 0, subdirectories: 'individual' } },
      ],
    }),
  },
]

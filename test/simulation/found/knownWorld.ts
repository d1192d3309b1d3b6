import type { FolderTruth, World } from '../worldEvent.ts'

/** A world that is kept because of what it showed. */
export type KnownWorld = { readonly name: string; readonly world: World }

/** An ordinary local folder, but for what is given. */
export function folderOf(change: Partial<FolderTruth> = {}): FolderTruth {
  return {
    path: '/f0',
    dataset: 'd0',
    birth: true,
    tickMs: 4,
    settleMs: 1_000,
    groupSettleMs: 1_000,
    regroupSettleMs: 4_000,
    graceMs: 6_000,
    limit: { count: 50, percent: 100 },
    mode: 'propagate',
    onChange: 'replace',
    subdirectories: 'group',
    ignore: [],
    mount: null,
    ...change,
  }
}

/** A world with a server and a process that do nothing odd, but for what is given. */
export function worldOf(world: Partial<World> & Pick<World, 'seed' | 'folders' | 'events'>): World {
  return {
    server: { second: 'error', lagMs: 0, members: true, datarow: true },
    absentGapMs: 2_000,
    rescanMs: 20_000,
    concurrency: 2,
    slowness: 0,
    hintLoss: 0,
    ...world,
  }
}

import type { FolderConfig, LoadedConfig } from '../../src/config/loadedConfig.ts'
import type { FolderTruth, World } from './worldEvent.ts'

/** The config file of a world, as it is read when it lists these folders. */
export function configOf(world: World, folders: readonly FolderTruth[]): LoadedConfig {
  return {
    file: '/config.yaml',
    encord: {
      domain: 'sim',
      privateKeyFile: null,
      readPassphrase: () => null,
      absentGapMs: world.absentGapMs,
      caFile: null,
      uploadHosts: [],
    },
    ledgerPath: '/ledger.db',
    folders: folders.map(entryOf),
    upload: { concurrency: world.concurrency, bandwidth: { hours: [], otherwise: null } },
    rescanMs: world.rescanMs,
    status: null,
    notify: null,
    log: { level: 'info', format: 'auto', file: null },
    warnings: [],
  }
}

function entryOf(folder: FolderTruth): FolderConfig {
  return {
    path: folder.path,
    dataset: folder.dataset,
    keyFile: null,
    readApiKey: () => '',
    policy: {
      via: { kind: 'upload' },
      title: { kind: 'path' },
      dicom: 'set-aside',
      subdirectories: folder.subdirectories,
      settleMs: folder.settleMs,
      groupSettleMs: folder.groupSettleMs,
      regroupSettleMs: folder.regroupSettleMs,
      groupIncomplete: folder.groupIncomplete ?? 'block',
      onChange: folder.onChange,
      deletes: { mode: folder.mode, graceMs: folder.graceMs, limit: { ...folder.limit, perMs: 86_400_000 } },
    },
    explicit: { settle: true, grace: true },
    ignore: folder.ignore.map((pattern) => ({ pattern, where: 'config' })),
    watch: 'events',
    limits: null,
  }
}

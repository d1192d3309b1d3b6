import type { ChangeParts } from '../../src/app/changeParts.ts'
import { openDisk } from '../../src/app/disk.ts'
import type { FolderConfig } from '../../src/config/loadedConfig.ts'
import type { FolderPolicy } from '../../src/model/folder.ts'
import type { FolderRecord } from '../../src/sync/records.ts'
import { type LedgerBox, PLANTED_MS } from './ledgerBox.ts'
import { realClock } from './realClock.ts'

/** Now, an hour after everything was planted, ms since 1970. */
export const NOW_MS = PLANTED_MS + 3_600_000

export const POLICY: FolderPolicy = {
  title: { kind: 'path' },
  dicom: 'set-aside',
  subdirectories: 'group',
  via: { kind: 'upload' },
  settleMs: 5000,
  groupSettleMs: 60_000,
  regroupSettleMs: 600_000,
  groupIncomplete: 'block',
  onChange: 'hold',
  deletes: { mode: 'propagate', graceMs: 120_000, limit: { count: 50, percent: 100, perMs: 86_400_000 } },
}

export type PokedParts = ChangeParts & { readonly poked: (number | null)[]; readonly events: string[] }

/** What the local interface is made of, over a planted ledger and the real disk. */
export function localParts(
  { ledger }: Pick<LedgerBox, 'ledger'>,
  folders: readonly FolderRecord[],
  more: { readonly ignore?: FolderConfig['ignore']; readonly policy?: Partial<FolderPolicy>; readonly nowMs?: number } = {},
): PokedParts {
  const poked: (number | null)[] = []
  const events: string[] = []
  const wallMs = () => more.nowMs ?? NOW_MS
  return {
    ledger,
    config: {
      folders: folders.map(({ path }) => ({
        path,
        dataset: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
        keyFile: null,
        readApiKey: () => 'key',
        policy: { ...POLICY, ...more.policy },
        limits: null,
        explicit: { settle: false, grace: false },
        ignore: more.ignore ?? [],
        watch: 'auto',
      })),
      encord: {
        domain: 'http://127.0.0.1:9',
        privateKeyFile: null,
        readPassphrase: () => null,
        absentGapMs: 60_000,
        caFile: null,
        uploadHosts: [],
      },
    },
    version: '1.2.3',
    wallMs,
    service: null,
    reloaded: () => null,
    unread: () => null,
    reload: async () => null,
    uploads: () => [],
    guard: (_folder, policy) => ({ graceMs: policy.deletes.graceMs, fileSystem: 'local' }),
    log: { emit: (name) => void events.push(name) },
    disk: openDisk(() => Promise.reject(new Error('no walk'))),
    clock: { ...realClock, wallMs },
    readDataset: async () => false,
    poke: (folderId) => void poked.push(folderId),
    poked,
    events,
  }
}

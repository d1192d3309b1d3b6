import type { LoadedConfig } from './loadedConfig.ts'

/** A changed config as far as it can be carried into a running service. */
export type Live = {
  /** The new one, with what can't be changed as it was. */
  readonly config: LoadedConfig
  /** Keys of the config whose new value waits for a restart. */
  readonly restartNeeded: readonly string[]
}

/** What stays as it was at the start, by key: its place in the loaded config. */
const FIXED: readonly {
  readonly key: string
  of(config: LoadedConfig): unknown
  keep(next: LoadedConfig, old: LoadedConfig): LoadedConfig
}[] = [
  {
    key: 'encord.domain',
    of: ({ encord }) => encord.domain,
    keep: (next, old) => ({ ...next, encord: { ...next.encord, domain: old.encord.domain } }),
  },
  {
    key: 'encord.ca_file',
    of: ({ encord }) => encord.caFile,
    keep: (next, old) => ({ ...next, encord: { ...next.encord, caFile: old.encord.caFile } }),
  },
  {
    key: 'encord.upload_hosts',
    of: ({ encord }) => encord.uploadHosts,
    keep: (next, old) => ({ ...next, encord: { ...next.encord, uploadHosts: old.encord.uploadHosts } }),
  },
  { key: 'ledger', of: ({ ledgerPath }) => ledgerPath, keep: (next, old) => ({ ...next, ledgerPath: old.ledgerPath }) },
  { key: 'status.listen', of: ({ status }) => status, keep: (next, old) => ({ ...next, status: old.status }) },
  {
    key: 'log.file',
    of: ({ log }) => log.file,
    keep: (next, old) => ({ ...next, log: { ...next.log, file: old.log.file } }),
  },
  {
    key: 'log.format',
    of: ({ log }) => log.format,
    keep: (next, old) => ({ ...next, log: { ...next.log, format: old.log.format } }),
  },
]

/** Parts a new config from what needs a restart. Pure. */
export function liveChanges(old: LoadedConfig, next: LoadedConfig): Live {
  const fixed = FIXED.filter(({ of }) => JSON.stringify(of(old)) !== JSON.stringify(of(next)))
  return { config: fixed.reduce((config, { keep }) => keep(config, old), next), restartNeeded: fixed.map(({ key }) => key) }
}

import type { LoadedConfig } from '../config/loadedConfig.ts'
import { openBandwidth } from '../encord/bandwidth.ts'
import { openDeleteCall } from '../encord/calls/deleteData.ts'
import type { RemoteOptions } from '../encord/options.ts'
import { openRemote } from '../encord/remote.ts'
import { rateAt } from '../model/bandwidthPlan.ts'
import { EncordError, messageOf } from '../model/error.ts'
import type { DeleteCall, Remote } from '../sync/ports.ts'
import type { FolderRecord } from '../sync/records.ts'
import { openRemoteLink, type RemoteLink, type RemoteTools } from '../sync/remoteLink.ts'
import type { DatasetAccess } from './datasetCalls.ts'
import type { CallTools } from './userCalls.ts'

/** The links to datasets of one process. `ensure` opens what a further folder needs; several folders of one dataset share one. */
export type Links = {
  /** By the id of the dataset's record. */
  readonly links: ReadonlyMap<number, RemoteLink>
  ensure(folder: FolderRecord): RemoteLink
  /** No folder feeds it any more. */
  release(remoteId: number): void
  close(): void
}

/**
 * Links to every dataset that a bound folder feeds.
 * @param config as it is at the time: keys are read by the entry that is in force when a call is made
 */
export function openLinks(
  config: () => LoadedConfig,
  folders: readonly FolderRecord[],
  tools: Omit<RemoteTools, 'absentGapMs'> & { readonly maxSockets: number; onTouched(unitIds: readonly number[]): void },
  deletes: 'may-delete' | 'reads-only',
): Links {
  const links = new Map<number, RemoteLink>()
  const closers = new Map<number, () => void>()
  const linkTools: RemoteTools = {
    ...tools,
    get absentGapMs() {
      return config().encord.absentGapMs
    },
  }
  const bandwidth = openBandwidth(tools.clock, () => rateAt(config().upload.bandwidth, tools.clock.wallMs()))

  function ensure(folder: FolderRecord): RemoteLink {
    const { remoteId } = folder
    const known = links.get(remoteId)
    if (known !== undefined) return known
    const { domain, dataset } = tools.ledger.remotes.get(remoteId)
    const { caFile, uploadHosts } = config().encord
    const options: RemoteOptions = {
      domain,
      dataset,
      apiKey: () => readKey(() => keyOf(config(), dataset)),
      clock: tools.clock,
      random: tools.random,
      signal: undefined,
      caFile: caFile ?? undefined,
      uploadHosts,
      limits: { maxSockets: tools.maxSockets, bandwidth },
    }
    const client = openRemote(options)
    closers.set(remoteId, () => client.close())
    const deleteCall: DeleteCall = deletes === 'may-delete' ? openDeleteCall(options) : refuseDelete
    const link = openRemoteLink(linkTools, remoteId, client.remote, deleteCall, tools.onTouched)
    links.set(remoteId, link)
    return link
  }

  for (const folder of folders) ensure(folder)
  return {
    links,
    ensure,
    release(remoteId) {
      closers.get(remoteId)?.()
      closers.delete(remoteId)
      links.delete(remoteId)
    },
    close: () => {
      for (const close of closers.values()) close()
    },
  }
}

/** The key of a dataset as the config has it now. @throws UserError (3) when it has none */
function keyOf({ folders }: LoadedConfig, dataset: string): string {
  const entry = folders.find((folder) => folder.dataset === dataset)
  if (entry === undefined) throw new Error('no folder of the config feeds this dataset')
  return entry.readApiKey()
}

/**
 * Opens one dataset for `delete`, the command: its listing and the DELETE, nothing that makes a row.
 * @throws UserError (2) when the domain or the CA file cannot be used
 */
export function openForDelete(
  { encord }: Pick<LoadedConfig, 'encord'>,
  { dataset, readKey: read }: DatasetAccess,
  tools: CallTools,
): { readonly remote: Pick<Remote, 'listing' | 'serverTime'>; readonly deleteCall: DeleteCall; close(): void } {
  const options: RemoteOptions = {
    domain: encord.domain,
    dataset,
    apiKey: () => readKey(read),
    clock: tools.clock,
    random: tools.random,
    caFile: encord.caFile ?? undefined,
    uploadHosts: encord.uploadHosts,
    limits: { maxSockets: 1 },
  }
  const { remote, close } = openRemote(options)
  return { remote, deleteCall: openDeleteCall(options), close }
}

/** A key that can't be read is a refused key: the folder pauses and goes on when it works again. */
function readKey(read: () => string): string {
  try {
    return read()
  } catch (error) {
    const message = messageOf(error)
    throw new EncordError('credentials', { call: 'API key', outcome: 'not-done', message })
  }
}

async function refuseDelete(): Promise<void> {
  throw new Error('this command never deletes')
}

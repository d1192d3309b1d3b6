import type { LoadedConfig } from '../config/loadedConfig.ts'
import { openBandwidth } from '../encord/bandwidth.ts'
import { openDeleteCall } from '../encord/calls/deleteData.ts'
import type { RemoteOptions } from '../encord/options.ts'
import { openRemote } from '../encord/remote.ts'
import { EncordError } from '../model/error.ts'
import type { DeleteCall, Remote } from '../sync/ports.ts'
import type { FolderRecord } from '../sync/records.ts'
import { openRemoteLink, type RemoteLink, type RemoteTools } from '../sync/remoteLink.ts'
import type { DatasetAccess } from './datasetCalls.ts'
import { entryOf } from './localParts.ts'
import type { CallTools } from './userCalls.ts'

/** Links to every dataset that a bound folder feeds; several folders of one dataset share one. */
export function openLinks(
  config: LoadedConfig,
  folders: readonly FolderRecord[],
  tools: Omit<RemoteTools, 'absentGapMs'> & { readonly maxSockets: number; onTouched(unitIds: readonly number[]): void },
  deletes: 'may-delete' | 'reads-only',
): { readonly links: ReadonlyMap<number, RemoteLink>; close(): void } {
  const links = new Map<number, RemoteLink>()
  const closers: (() => void)[] = []
  const linkTools: RemoteTools = { ...tools, absentGapMs: config.encord.absentGapMs }
  const bandwidth = openBandwidth(tools.clock, config.upload.bandwidthBytesPerSecond)
  for (const folder of folders) {
    const entry = entryOf({ config }, folder)
    if (entry === null || links.has(folder.remoteId)) continue
    const { domain, dataset } = tools.ledger.remotes.get(folder.remoteId)
    const options: RemoteOptions = {
      domain,
      dataset,
      apiKey: () => readKey(entry.readApiKey),
      clock: tools.clock,
      random: tools.random,
      signal: undefined,
      caFile: config.encord.caFile ?? undefined,
      uploadHosts: config.encord.uploadHosts,
      limits: { maxSockets: tools.maxSockets, bandwidth },
    }
    const client = openRemote(options)
    closers.push(() => client.close())
    const deleteCall: DeleteCall = deletes === 'may-delete' ? openDeleteCall(options) : refuseDelete
    links.set(folder.remoteId, openRemoteLink(linkTools, folder.remoteId, client.remote, deleteCall, tools.onTouched))
  }
  return {
    links,
    close: () => {
      for (const close of closers) close()
    },
  }
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
    const message = error instanceof Error ? error.message : String(error)
    throw new EncordError('credentials', { call: 'API key', outcome: 'not-done', message })
  }
}

async function refuseDelete(): Promise<void> {
  throw new Error('this command never deletes')
}

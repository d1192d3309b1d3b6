import type { LoadedConfig } from '../config/loadedConfig.ts'
import { openRemote, type RemoteClient } from '../encord/remote.ts'
import type { RemoteListing } from '../model/remote.ts'
import type { CallTools } from './userCalls.ts'

/** One dataset and the key it is reached with. */
export type DatasetAccess = {
  readonly dataset: string
  /** @throws UserError (3) when there is no key */
  readKey(): string
}

/** What commands ask of a dataset; nothing here removes a row. Every call throws `EncordError`. */
export type DatasetCalls = RemoteClient['cloud'] & {
  /** What the key is for. */
  keyMeta(): ReturnType<RemoteClient['remote']['keyMeta']>
  /** The dataset and all its rows. */
  listing(): Promise<RemoteListing>
  /** The server's clock, from the newest answer. */
  serverTime(): ReturnType<RemoteClient['remote']['serverTime']>
  close(): void
}

/** Opens the calls of one dataset for a command. @throws UserError (2) when the domain or the CA file cannot be used */
export function openDatasetCalls({ encord }: Pick<LoadedConfig, 'encord'>, access: DatasetAccess, tools: CallTools): DatasetCalls {
  const { remote, cloud, close } = openRemote({
    domain: encord.domain,
    caFile: encord.caFile ?? undefined,
    dataset: access.dataset,
    apiKey: () => access.readKey(),
    uploadHosts: encord.uploadHosts,
    limits: { maxSockets: 1 },
    ...tools,
  })
  return {
    ...cloud,
    keyMeta: () => remote.keyMeta(),
    listing: () => remote.listing({ clientMetadata: false }),
    serverTime: () => remote.serverTime(),
    close,
  }
}

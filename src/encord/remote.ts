import { EncordError } from '../model/error.ts'
import type { Registered, Ticket } from '../model/remote.ts'
import { proxyFor } from '../network/proxy.ts'
import type { CallOptions, Remote } from '../sync/ports.ts'
import { openConnections, trustedCertificates } from './agents.ts'
import { openBandwidth } from './bandwidth.ts'
import { type Caller, POOL_IDLE_MS } from './caller.ts'
import { logged } from './callLog.ts'
import { apiKeyMeta } from './calls/apiKeyMeta.ts'
import { type CloudIntegration, cloudIntegrations } from './calls/cloudIntegration.ts'
import { dataRow, updateDataRow } from './calls/dataRow.ts'
import { dataset } from './calls/dataset.ts'
import { type CloudData, datasetData } from './calls/datasetData.ts'
import { dicomSeries } from './calls/dicomSeries.ts'
import { imageGroup } from './calls/imageGroup.ts'
import { registerImage } from './calls/registerImage.ts'
import { registerVideo } from './calls/registerVideo.ts'
import { signedDicomsUrl } from './calls/signedDicomsUrl.ts'
import { signedImagesUrl } from './calls/signedImagesUrl.ts'
import { signedVideoUrl } from './calls/signedVideoUrl.ts'
import { stageImage } from './calls/stageImage.ts'
import { stageImages } from './calls/stageImages.ts'
import { openDatasetEndpoint } from './datasetEndpoint.ts'
import { parseDomain } from './domain.ts'
import type { ApiCall } from './envelope.ts'
import { DEFAULT_TIMEOUTS, type RemoteOptions } from './options.ts'
import { putObject } from './putObject.ts'
import { checkProxiedName, checkSignedUrl, guardedLookup, PUT_CALL, uploadPolicy } from './signedUrl.ts'
import { MAX_TICKETS_PER_CALL, pairTickets } from './ticket.ts'
import { retryPolicy, withRetry } from './withRetry.ts'

/** Data in the owner's own cloud buckets. */
type CloudCalls = {
  integrations(options?: CallOptions): Promise<readonly CloudIntegration[]>
  /** Sent once, like every call that makes rows. */
  add(data: CloudData, options?: CallOptions): Promise<readonly Registered[]>
}

export type RemoteClient = { readonly remote: Remote; readonly cloud: CloudCalls; close(): void }

/**
 * Opens the calls of one dataset, everything but DELETE. `close` ends its connections.
 * @throws UserError exit 2: `domain` or `caFile` cannot be used
 */
export function openRemote(options: RemoteOptions): RemoteClient {
  const endpoint = openDatasetEndpoint(options)
  const store = openStore(options)
  return {
    remote: { ...datasetCalls(endpoint.call, options.dataset), put: store.put, serverTime: endpoint.serverTime },
    cloud: {
      integrations: (callOptions) => endpoint.call(cloudIntegrations(), callOptions),
      add: (data, callOptions) => endpoint.call(datasetData(options.dataset, data), callOptions),
    },
    close() {
      endpoint.close()
      store.close()
    },
  }
}

function datasetCalls(call: Caller, datasetHash: string): Omit<Remote, 'put' | 'serverTime'> {
  return {
    keyMeta: (options) => call(apiKeyMeta(), options),
    listing: (ask, options) => call(dataset(ask), options),
    row: (dataHash, options) => unlessWord('RESOURCE_NOT_FOUND_ERROR', null, call(dataRow(dataHash), options)),
    videoTicket: (fileName, options) => call(signedVideoUrl(fileName), options),
    imageTickets: (fileNames, options) => ticketsOf(call, signedImagesUrl, fileNames, options),
    dicomTickets: (fileNames, options) => ticketsOf(call, signedDicomsUrl, fileNames, options),
    registerVideo: (ticket, title, options) => call(registerVideo(ticket, title), options),
    registerImage: (ticket, title, options) => call(registerImage(ticket, title), options),
    stageImages: (tickets, options) => call(stageImages(tickets), options),
    stageImage: (ticket, options) => staged(call, stageImage(ticket), options),
    createGroup: (frames, group, options) => call(imageGroup(frames, group), options),
    createSeries: (slices, title, options) => call(dicomSeries(slices, title), options),
    registerCloud: (data, options) => call(datasetData(datasetHash, data), options),
    updateRow: (dataHash, change, options) => call(updateDataRow(dataHash, change), options),
  }
}

async function ticketsOf(
  call: Caller,
  callFor: (fileNames: readonly string[]) => ApiCall<readonly Ticket[]>,
  fileNames: readonly string[],
  options?: CallOptions,
): Promise<readonly Ticket[]> {
  if (fileNames.length === 0) return []
  const ask = callFor(fileNames)
  if (fileNames.length > MAX_TICKETS_PER_CALL) {
    const message = `at most ${MAX_TICKETS_PER_CALL} names go into one call`
    throw new EncordError('not-allowed', { call: ask.name, outcome: 'not-done', message })
  }
  return pairTickets(ask.name, fileNames, await call(ask, options))
}

/** A frame that is staged already is staged. */
function staged(call: Caller, stage: ApiCall<void>, options?: CallOptions): Promise<void> {
  return unlessWord('RESOURCE_EXISTS_ERROR', undefined, call(stage, options))
}

async function unlessWord<T, F>(word: string, instead: F, result: Promise<T>): Promise<T | F> {
  try {
    return await result
  } catch (error) {
    if (error instanceof EncordError && error.word === word) return instead
    throw error
  }
}

/** The object store: its own connections, whose names are resolved with care; one bandwidth for all PUTs; log and retry around each. */
function openStore(options: RemoteOptions): { put: Remote['put']; close(): void } {
  const { clock, limits } = options
  const policy = uploadPolicy(parseDomain(options.domain), options.uploadHosts)
  const timeouts = { ...DEFAULT_TIMEOUTS, ...limits.timeouts }
  const connections = openConnections({
    clock,
    maxSockets: limits.maxSockets,
    connectTimeoutMs: timeouts.connectMs,
    maxIdleMs: POOL_IDLE_MS,
    ca: options.caFile === undefined ? undefined : trustedCertificates(options.caFile),
    lookup: guardedLookup(policy, options.lookup),
  })
  const bandwidth = limits.bandwidth ?? openBandwidth(clock, () => limits.bandwidthBytesPerSecond ?? null)
  const means = { clock, connections, bandwidth, stallMs: timeouts.stallMs }
  const retry = retryPolicy(clock, options.random)
  return {
    async put(ticket, body, contentType, putOptions) {
      const stops = [options.signal, putOptions?.signal]
      const url = checkSignedUrl(ticket.signed_url, policy)
      if (proxyFor(url) !== null) checkProxiedName(url, policy)
      const request = { url, body, contentType, onBytes: putOptions?.onBytes, stops }
      return withRetry(retry, stops, () => logged(options, PUT_CALL, () => putObject(means, request)))
    },
    close: () => connections.close(),
  }
}

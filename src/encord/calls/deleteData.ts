import { EncordError } from '../../model/error.ts'
import type { DeleteCall } from '../../sync/ports.ts'
import { openDatasetEndpoint } from '../datasetEndpoint.ts'
import { type ApiCall, apiCall } from '../envelope.ts'
import type { DatasetOptions } from '../options.ts'
import { anyAnswer } from '../successAnswer.ts'

/** How many rows one call may remove (design, section 6, rule 9). */
const MAX_DELETES_PER_CALL = 20

/** What was looked at a moment ago is to be so still when the call leaves: a connection that gets no further for longer is given up, and nothing was sent, ms. */
const CONNECT_MS = 2_000

/** `video` DELETE: removes rows of any kind, with their annotations; there is no trash. */
function deleteData(dataHashes: readonly string[]): ApiCall<void> {
  return apiCall({ queryType: 'video', queryMethod: 'DELETE', uid: dataHashes, payload: null, answer: anyAnswer })
}

/**
 * Opens the one destructive call. It is sent once and never repeated, on a fresh connection that stands soon or one idle for at most 2 s.
 * @throws EncordError from the call: `unknown` means that some or all of the rows may be gone
 */
export function openDeleteCall(options: DatasetOptions): DeleteCall {
  const { limits } = options
  const connectMs = Math.min(limits.timeouts?.connectMs ?? CONNECT_MS, CONNECT_MS)
  const endpoint = openDatasetEndpoint({ ...options, limits: { ...limits, timeouts: { ...limits.timeouts, connectMs } } })
  return async (dataHashes, callOptions) => {
    const call = deleteData([...dataHashes])
    const sane = dataHashes.length > 0 && dataHashes.length <= MAX_DELETES_PER_CALL && dataHashes.every((hash) => hash !== '')
    if (!sane) {
      const message = `refused: a call removes 1 to ${MAX_DELETES_PER_CALL} rows, each by its hash`
      throw new EncordError('not-allowed', { call: call.name, outcome: 'not-done', message })
    }
    try {
      await endpoint.call(call, callOptions)
    } catch (error) {
      throw dataHashes.length > 1 ? unlessUntouched(error) : error
    }
  }
}

/** A refused batch may have been carried out in part: only what never reached the rows is proven to be not done. */
function unlessUntouched(error: unknown): unknown {
  if (!(error instanceof EncordError) || error.word === null || error.kind === 'credentials') return error
  const { call, word, retryAfterMs } = error
  return new EncordError(error.kind, { call, outcome: 'unknown', message: `${word}; some of the rows may be gone`, word, retryAfterMs })
}

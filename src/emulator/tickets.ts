import { randomBytes } from 'node:crypto'
import { actionOf } from './faults.ts'
import type { DatasetContext } from './operation.ts'
import type { BucketObject } from './records.ts'
import { Refusal } from './refusal.ts'

/** The answer to a signed-URL call (protocol: signedvideourl, signedimagesurl, signeddicomsurl). */
export type Ticket = { readonly signed_url: string; readonly data_hash: string; readonly title: string; readonly file_link: string }

/** Makes a ticket for each name, in order. Nothing is visible in the dataset. */
export function issueTickets(context: DatasetContext, kind: BucketObject['kind'], names: readonly string[]): Ticket[] {
  const { dataset, faults, nowMs, state } = context
  if (dataset.type !== 'CORD_STORAGE') {
    throw new Refusal('UPLOAD_OPERATION_NOT_SUPPORTED_ERROR', `a dataset of type ${dataset.type} takes no uploads`)
  }
  const lifeMs = actionOf(faults, 'urlLife')?.ms ?? context.urlLifeMs
  const objects = names.map((title): BucketObject => {
    const data_hash = context.newHash()
    const file_link = `emulator/${dataset.dataset_hash}/${data_hash}`
    const token = randomBytes(24).toString('base64url')
    const expiresAtMs = nowMs + lifeMs
    return {
      data_hash,
      dataset_hash: dataset.dataset_hash,
      kind,
      title,
      file_link,
      token,
      expiresAtMs,
      put: null,
      staged: false,
      usedBy: [],
    }
  })
  state.commit(objects.map((object) => ({ object })))
  return objects.map((object) => ticketOf(context, object))
}

function ticketOf(context: DatasetContext, object: BucketObject): Ticket {
  const { data_hash, title, file_link } = object
  const signed_url = actionOf(context.faults, 'ticketUrl')?.url ?? signedUrl(context.origin, object)
  return { signed_url, data_hash, title, file_link }
}

/** The URL that stores or reads one object; who holds it needs no key. */
export function signedUrl(origin: string, object: BucketObject): string {
  const query = new URLSearchParams({ token: object.token, expires: String(object.expiresAtMs) })
  return `${origin}/bucket/${object.dataset_hash}/${object.data_hash}?${query}`
}

import type { RemoteRow } from '../../model/remote.ts'
import { dataRowAnswer } from '../dataRowAnswer.ts'
import { type ApiCall, apiCall } from '../envelope.ts'
import { anyAnswer } from '../successAnswer.ts'

/** `datarow` GET: one row with its client metadata and, for a group, its members (named as the vendor's SDK asks for them). */
export function dataRow(dataHash: string): ApiCall<RemoteRow> {
  return apiCall({
    queryType: 'datarow',
    queryMethod: 'GET',
    uid: dataHash,
    payload: {
      additional_data: { signed_url: false, images_data_fetch_options: { fetch_signed_urls: false }, client_metadata: true },
    },
    answer: dataRowAnswer,
    repeatable: true,
    large: true,
    exact: true,
  })
}

/** `datarow` POST: a new title, the client's own JSON (replaced whole), or both. */
export function updateDataRow(
  dataHash: string,
  change: { readonly title?: string; readonly clientMetadata?: Readonly<Record<string, unknown>> },
): ApiCall<void> {
  return apiCall({
    queryType: 'datarow',
    queryMethod: 'POST',
    uid: dataHash,
    payload: {
      ...(change.title === undefined ? {} : { data_title: change.title }),
      ...(change.clientMetadata === undefined ? {} : { client_metadata: change.clientMetadata }),
    },
    answer: anyAnswer,
  })
}

import { stringArgument } from '../arguments.ts'
import type { DatasetOperation } from '../operation.ts'
import { issueTickets } from '../tickets.ts'

/** Protocol: `signedvideourl` GET, uid: file name -> `{signed_url, data_hash, title, file_link}`. */
export const signedVideoUrlGet: DatasetOperation = {
  queryType: 'signedvideourl',
  queryMethod: 'GET',
  endpoint: '/public',
  scope: 'dataset.write',
  run: (context, uid) => issueTickets(context, 'video', [stringArgument(uid, 'uid')])[0],
}

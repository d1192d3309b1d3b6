import { stringList } from '../arguments.ts'
import type { DatasetOperation } from '../operation.ts'
import { issueTickets } from '../tickets.ts'
import { misshapen } from './signedImagesUrl.ts'

/** SDK 0.1.60, `upload_dicom_series`: `signeddicomsurl` GET, uid: a list of file names -> a list of tickets in the order asked. */
export const signedDicomsUrlGet: DatasetOperation = {
  queryType: 'signeddicomsurl',
  queryMethod: 'GET',
  endpoint: '/public',
  scope: 'dataset.write',
  run(context, uid) {
    const names = stringList(uid, 'uid')
    return misshapen(context, 'dicom', issueTickets(context, 'dicom', names), names)
  },
}

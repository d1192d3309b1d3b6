import type { DatasetOperation } from '../operation.ts'
import { sameHash, storedObject } from '../registration.ts'

/** Protocol: `image` PUT, uid: data_hash, payload: the ticket -> `{data_hash, …}`. Stages one frame; nothing is visible yet. */
export const imagePut: DatasetOperation = {
  queryType: 'image',
  queryMethod: 'PUT',
  endpoint: '/public',
  scope: 'dataset.write',
  run(context, uid, payload) {
    const object = storedObject(context, payload)
    sameHash(uid, object, false)
    if (!object.staged) context.state.commit([{ object: { ...object, staged: true } }])
    return { data_hash: object.data_hash, title: object.title, file_link: object.file_link }
  },
}

import { objectArgument, stringArgument } from '../arguments.ts'
import type { DatasetOperation } from '../operation.ts'
import { registerObject, sameHash, storedObject } from '../registration.ts'

/** Protocol: `singleimage` POST, uid: data_hash (SDK: null), payload: the ticket, whose `title` may be changed -> `{success: true}`. */
export const singleImagePost: DatasetOperation = {
  queryType: 'singleimage',
  queryMethod: 'POST',
  endpoint: '/public',
  scope: 'dataset.write',
  run(context, uid, payload) {
    const object = storedObject(context, payload)
    sameHash(uid, object, true)
    registerObject(context, object, 'IMAGE', stringArgument(objectArgument(payload, 'payload')['title'], 'payload.title'))
    return { success: true }
  },
}

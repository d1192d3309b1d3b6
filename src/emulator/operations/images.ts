import { wrong } from '../arguments.ts'
import type { DatasetOperation } from '../operation.ts'
import { storedObject } from '../registration.ts'

/** Protocol: `images` PUT, uid: null, payload: a list of tickets -> `{success: true}`. Stages all or, if one is refused, none. */
export const imagesPut: DatasetOperation = {
  queryType: 'images',
  queryMethod: 'PUT',
  endpoint: '/public',
  scope: 'dataset.write',
  run(context, _uid, payload) {
    if (!Array.isArray(payload) || payload.length === 0) throw wrong('payload', 'a list of signed-URL objects')
    const objects = payload.map((item) => storedObject(context, item))
    context.state.commit(objects.map((object) => ({ object: { ...object, staged: true } })))
    return { success: true }
  },
}

import { stringList } from '../arguments.ts'
import { actionOf } from '../faults.ts'
import type { DatasetContext, DatasetOperation } from '../operation.ts'
import type { BucketObject } from '../records.ts'
import { issueTickets, type Ticket } from '../tickets.ts'

/** Protocol: `signedimagesurl` GET, uid: a file name or a list of them -> a list of tickets in the order asked. */
export const signedImagesUrlGet: DatasetOperation = {
  queryType: 'signedimagesurl',
  queryMethod: 'GET',
  endpoint: '/public',
  scope: 'dataset.write',
  run(context, uid) {
    const names = stringList(typeof uid === 'string' ? [uid] : uid, 'uid')
    return misshapen(context, 'image', issueTickets(context, 'image', names), names)
  },
}

/** The answer to a call for several names, as a fault wants it. */
export function misshapen(
  context: DatasetContext,
  kind: BucketObject['kind'],
  tickets: readonly Ticket[],
  names: readonly string[],
): readonly Ticket[] {
  const shape = actionOf(context.faults, 'tickets')?.shape
  if (shape === 'short') return tickets.slice(0, -1)
  if (shape === 'reversed') return [...tickets].reverse()
  if (shape === 'long') return [...tickets, ...issueTickets(context, kind, names.slice(-1))]
  return tickets
}

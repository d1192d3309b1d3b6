import { EncordError } from '../model/error.ts'

/** Fresh tickets tried for one file before its attempt ends. */
export const TICKETS = 3

/** What an object store says of the body, not of the URL: another ticket changes nothing (RFC 9110, section 15.5). */
const ABOUT_THE_BODY = /\bHTTP (?:400|411|413|415|422)\b/

/**
 * What it means that fresh signed URLs were refused one after the other: a body that the store does not take sets the file aside; anything else
 * may pass, and is tried again.
 * @param error of the last one, `dead-url`
 */
export function refusedTickets(error: EncordError): EncordError {
  const { call } = error
  const status = ABOUT_THE_BODY.exec(error.message)?.[0]
  if (status === undefined) {
    return new EncordError('transient', { call, outcome: 'not-done', message: `${TICKETS} fresh signed URLs were refused` })
  }
  const message = `the object store does not take it (${status}, with ${TICKETS} fresh signed URLs)`
  return new EncordError('this-file', { call, outcome: 'not-done', message })
}

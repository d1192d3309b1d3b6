import { EncordError } from '../model/error.ts'

/**
 * An API key as it is sent: without the newline or spaces that editors leave around it.
 * @throws EncordError `credentials` when it is empty or could not be an HTTP header; the key itself is never told
 */
export function cleanApiKey(read: () => string, call: string): string {
  const failed = (message: string, cause?: unknown) => new EncordError('credentials', { call, outcome: 'not-done', message, cause })
  let key: string
  try {
    key = read().trim()
  } catch (cause) {
    throw failed('the API key could not be read', cause)
  }
  if (key === '') throw failed('the API key is empty')
  if (!/^[\x21-\x7e]+$/.test(key)) throw failed('the API key holds a space, a line break or another character that no key has')
  return key
}

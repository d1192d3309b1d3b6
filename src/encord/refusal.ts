import type { CallFailure } from '../model/remote.ts'

/** The vendor's error words that prove that nothing happened, and what follows from each (protocol notes, "Envelope"). */
const REFUSALS: Readonly<Record<string, CallFailure>> = {
  AUTHENTICATION_ERROR: 'credentials',
  AUTHORISATION_ERROR: 'credentials',
  SSH_KEY_NOT_FOUND_ERROR: 'credentials',
  DUPLICATE_SSH_KEY_ERROR: 'credentials',
  OPERATION_NOT_ALLOWED: 'not-allowed',
  METHOD_NOT_ALLOWED_ERROR: 'not-allowed',
  UPLOAD_OPERATION_NOT_SUPPORTED_ERROR: 'not-allowed',
  FILE_TYPE_NOT_SUPPORTED_ERROR: 'this-file',
  FILE_SIZE_NOT_SUPPORTED_ERROR: 'this-file',
  INVALID_ARGUMENTS_ERROR: 'this-file',
  RESOURCE_NOT_FOUND_ERROR: 'look-first',
  RESOURCE_EXISTS_ERROR: 'look-first',
}

/** What a listed refusal word means; null for UNKNOWN_ERROR and any other word: transient, outcome unknown. */
export function refusalKind(word: string | null): CallFailure | null {
  return word !== null && Object.hasOwn(REFUSALS, word) ? (REFUSALS[word] ?? null) : null
}

/** The error word in an answer's `response`: a word alone or the first of a list. Other text is not trusted to hold no secret. */
export function errorWord(response: unknown): string | null {
  const first: unknown = Array.isArray(response) ? response[0] : response
  return typeof first === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(first) ? first : null
}

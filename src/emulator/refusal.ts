/** A call the emulator refuses in the vendor's way: HTTP 200 with this status and word inside (protocol: envelope). */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly word: string
  readonly status: number
  /** What a person needs to understand the word; sent as `payload`. */
  readonly detail: string

  constructor(word: string, detail: string, status?: number) {
    super(`${word}: ${detail}`)
    this.word = word
    this.status = status ?? STATUS_OF_WORD[word] ?? 400
    this.detail = detail
  }
}

const STATUS_OF_WORD: Readonly<Record<string, number>> = {
  AUTHENTICATION_ERROR: 401,
  SSH_KEY_NOT_FOUND_ERROR: 401,
  AUTHORISATION_ERROR: 403,
  OPERATION_NOT_ALLOWED: 403,
  RESOURCE_NOT_FOUND_ERROR: 404,
  METHOD_NOT_ALLOWED_ERROR: 405,
  RESOURCE_EXISTS_ERROR: 409,
  UNKNOWN_ERROR: 500,
}

/** What stands in the place of a secret. */
export const REDACTED = '[secret]'

// A shorter "secret" would eat ordinary words of the log.
const SHORTEST = 4

/**
 * The secrets of this process and the net that catches them. Private fields, so that printing an object which holds the list shows none.
 * Keys that are read again later are added as they come.
 */
export class Secrets {
  readonly #values = new Set<string>()

  /** Adds a secret, in the spellings in which it may turn up. Those under 4 characters are not looked for. */
  add(secret: string): void {
    for (const spelling of [secret, urlSpelling(secret), JSON.stringify(secret).slice(1, -1)]) {
      if (spelling.length >= SHORTEST) this.#values.add(spelling)
    }
  }

  /** The text without any known secret, and without the query of any http address: signed URLs carry their signature there. */
  redact(text: string): string {
    let clean = text.replace(/(\bhttps?:\/\/[^\s?#"'<>]+)\?[^\s"'<>]*/gi, `$1?${REDACTED}`)
    // The longest first: one secret may be the beginning of another.
    for (const value of [...this.#values].sort((a, b) => b.length - a.length)) clean = clean.replaceAll(value, REDACTED)
    return clean
  }
}

/** As in an address; encodeURIComponent throws on a lone surrogate, which no address holds. */
function urlSpelling(secret: string): string {
  return encodeURIComponent(Buffer.from(secret).toString())
}

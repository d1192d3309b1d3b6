// Control and format characters, separators that end a line, soft hyphen, fillers that look like nothing, tags, lone surrogates, and the
// backslash itself, so that no two names look the same.
const HIDDEN = /[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|\u034f|[\u115f\u1160\u3164\uffa0]|\u17b4|\u17b5/gu

// The joiner inside an emoji such as a family is part of a picture, and hides nothing.
const EMOJI_JOINER = /(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)\u200d(?=\p{Extended_Pictographic})/gu

const SHORT: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * A name as people may see it: control characters, ESC, newlines, bidi and zero-width characters and lone surrogates are written as escapes
 * (`\n`, `\x1b`, `\u202e`, `\u{e0041}`), a backslash as two. Different names stay different. For terminals, logs and pages; `--json` has the raw name.
 */
export function displayName(name: string): string {
  const joiners = new Set([...name.matchAll(EMOJI_JOINER)].map((match) => match.index))
  return name.replace(HIDDEN, (character, offset: number) => (joiners.has(offset) ? character : escaped(character)))
}

function escaped(character: string): string {
  const short = SHORT[character]
  if (short !== undefined) return short
  const code = character.codePointAt(0) ?? 0
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`
  return `\\u{${code.toString(16)}}`
}

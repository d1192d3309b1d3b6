import { parse, stringify } from 'lossless-json'

/** What clients send is kept to the last digit, as a server in Python does: whole numbers that no double can hold are bigint. */
export function readJson(text: string): unknown {
  return parse(text, null, {
    parseNumber: (digits) => (/^-?\d+$/.test(digits) && !Number.isSafeInteger(Number(digits)) ? BigInt(digits) : Number(digits)),
    onDuplicateKey: ({ newValue }) => newValue,
  })
}

export function writeJson(value: unknown): string {
  return stringify(value) ?? 'null'
}

import { closest, distance } from 'fastest-levenshtein'
import type { core } from 'zod'
import type { ConfigDocument } from './document.ts'
import { elsewhere, knownKeys } from './keys.ts'
import { type KeyPath, keyName, type Problem } from './problem.ts'

/** What the schema found, each at its place and in words; unknown keys with the nearest known one. No message repeats a value. */
export function schemaProblems(issues: readonly core.$ZodIssue[], document: ConfigDocument): Problem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.filter((key) => typeof key !== 'symbol')
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key, document))
    const inner = branchOf(issue)
    if (inner !== null)
      return schemaProblems(
        inner.map((one) => ({ ...one, path: [...issue.path, ...one.path] })),
        document,
      )
    return [{ ...document.at(path), message: `${nameFor(path)}: ${reason(issue, path, document)}` }]
  })
}

/** Of a value that may have several forms: what is wrong with the form that was meant, which is the one of its kind. */
function branchOf(issue: core.$ZodIssue): readonly core.$ZodIssue[] | null {
  if (issue.code !== 'invalid_union') return null
  const isOtherKind = (one: core.$ZodIssue) => one.path.length === 0 && (one.code === 'invalid_type' || one.code === 'invalid_value')
  const isOurs = (one: core.$ZodIssue) => one.code === 'custom' || typeof issue.input === 'object'
  return issue.errors.find((issues) => !issues.some(isOtherKind) && issues.every(isOurs)) ?? null
}

function unknownKey(path: KeyPath, key: string, document: ConfigDocument): Problem {
  const where = path.length === 0 ? '' : ` in ${keyName(path)}`
  const place = document.atKey([...path, key])
  return { ...place, message: `unknown key "${key}"${where}; ${hint(path, key)}` }
}

function hint(path: KeyPath, key: string): string {
  const known = knownKeys(path)
  const nearest = closest(key, known)
  if (known.length > 0 && isNear(key, nearest)) return `did you mean "${nearest}"?`
  const place = elsewhere(path, key)
  if (place !== undefined) return `it belongs ${place === '' ? 'at the top, outside of everything' : `in ${place}`}`
  return `the nearest is "${nearest}"; known here: ${known.join(', ')}`
}

function isNear(word: string, other: string): boolean {
  return distance(word, other) <= Math.max(1, Math.floor(word.length / 3))
}

function reason(issue: core.$ZodIssue, path: KeyPath, document: ConfigDocument): string {
  if (issue.code === 'invalid_value') return choice(issue.values.map(String), document.textAt(path)?.value)
  if (issue.code !== 'invalid_type') return issue.message
  if (issue.input === undefined) return 'is missing'
  if (issue.expected === 'object') return `expected keys: ${knownKeys(path).join(', ')}`
  return issue.message
}

function choice(known: readonly string[], value: unknown): string {
  const nearest = typeof value === 'string' && value !== '' ? closest(value, known) : undefined
  const guess = nearest !== undefined && isNear(String(value), nearest) ? `; did you mean ${nearest}?` : ''
  return `expected one of ${known.join(', ')}${guess}`
}

function nameFor(path: KeyPath): string {
  return path.length === 0 ? 'the config' : keyName(path)
}

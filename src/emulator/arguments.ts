import { Refusal } from './refusal.ts'

/** Reads what a caller sent. Each function names the argument in its refusal. @throws Refusal INVALID_ARGUMENTS_ERROR */
export function stringArgument(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') throw wrong(name, 'a string that is not empty')
  return value
}

/** A string, or undefined when it is null or absent. */
export function optionalString(value: unknown, name: string): string | undefined {
  return value === undefined || value === null ? undefined : stringArgument(value, name)
}

export function stringList(value: unknown, name: string): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) throw wrong(name, 'a list of strings that is not empty')
  return value.map((item) => stringArgument(item, name))
}

export function objectArgument(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name, 'an object')
  return value as Readonly<Record<string, unknown>>
}

/** The object, or an empty one when it is null or absent. */
export function optionalObject(value: unknown, name: string): Readonly<Record<string, unknown>> {
  return value === undefined || value === null ? {} : objectArgument(value, name)
}

export function wrong(name: string, expected: string): Refusal {
  return new Refusal('INVALID_ARGUMENTS_ERROR', `${name} must be ${expected}`)
}

import { readFileSync } from 'node:fs'
import { displayName } from '../model/displayName.ts'
import { UserError } from '../model/error.ts'
import { parseExactly } from '../model/exactJson.ts'
import { EXIT } from '../model/exitCode.ts'

/** A private-cloud JSON that was checked: which objects it names, by list. `files` is passed on as it is. */
export type CloudFile = {
  readonly files: Readonly<Record<string, unknown>>
  readonly counts: Readonly<Record<string, number>>
}

/** Lists whose objects are made of several files: `objectUrl_0`, `objectUrl_1` … */
const OF_SEVERAL: readonly string[] = ['image_groups', 'dicom_series']

/**
 * Reads and checks a private-cloud JSON (the vendor's format: lists of objects, each with its `objectUrl`).
 * @throws UserError (2) with everything that is wrong, each object by the name of its list and its position from 0
 */
export function readCloudFile(path: string): CloudFile {
  const shown = displayName(path)
  const value = parsed(textOf(path, shown), shown)
  if (!isObject(value)) throw unusable(`${shown} is no JSON object with lists such as "videos" and "images"`)
  const lists = Object.entries(value).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]))
  const problems = [
    ...Object.entries(value).flatMap(([name, list]) => (isObject(list) ? [`${displayName(name)}: not a list`] : [])),
    ...lists.flatMap(([name, list]) => list.flatMap((item, position) => problemsOf(name, item, `${displayName(name)}[${position}]`))),
  ]
  const counts = Object.fromEntries(lists.map(([name, list]) => [name, list.length]))
  if (problems.length > 0) {
    const head = problems.length === 1 ? `${shown} has a problem:` : `${shown} has ${problems.length} problems:`
    throw unusable([head, ...problems.map((problem) => `  ${problem}`)].join('\n'))
  }
  if (Object.values(counts).every((count) => count === 0)) throw unusable(`${shown} names no object`)
  return { files: value, counts }
}

function problemsOf(list: string, item: unknown, at: string): readonly string[] {
  if (!isObject(item)) return [`${at}: not an object`]
  const title = typeof item['title'] === 'string' ? ` (${displayName(item['title'])})` : ''
  if (!OF_SEVERAL.includes(list)) return isUrl(item['objectUrl']) ? [] : [`${at}${title}: no objectUrl`]
  const numbers = Object.keys(item).flatMap((name) => /^objectUrl_(\d+)$/.exec(name)?.[1] ?? [])
  const expected = Array.from({ length: Math.max(1, numbers.length) }, (_, number) => `objectUrl_${number}`)
  return expected.filter((name) => !isUrl(item[name])).map((name) => `${at}${title}: no ${name}`)
}

function isUrl(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== ''
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(path: string, shown: string): string {
  try {
    // A byte order mark is no part of JSON; the decoder takes it away.
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw unusable(`${shown} is not UTF-8 text`)
    throw unusable(`${shown} cannot be read (${code ?? 'unknown reason'})`)
  }
}

function parsed(text: string, shown: string): unknown {
  try {
    return parseExactly(text)
  } catch (error) {
    // The message quotes the text, which may hold signed addresses: only the place is told.
    const position = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
    throw unusable(`${shown}${position === undefined ? '' : placeOf(text, Number(position))} is not JSON`)
  }
}

function placeOf(text: string, position: number): string {
  const before = text.slice(0, position).split('\n')
  return `:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`
}

function unusable(what: string): UserError {
  return new UserError(EXIT.usage, { what, notDone: 'nothing was sent', next: 'correct the file, then run the command again' })
}
